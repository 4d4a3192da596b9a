package normalize

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/clearsign"

	"switchboard/desk"
	"switchboard/internal/cms"
)

const (
	maxOpaque     = 3       // signed contents within signed contents that are opened
	maxSignature  = 1 << 20 // octets of an OpenPGP signature
	maxListFooter = 2 << 10 // octets of what a mailing list puts below a mail

	pgpSigned  = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpMessage = "-----BEGIN PGP MESSAGE-----"
)

// seal is a signature and the part whose content it is for.
type seal struct {
	part   *part
	signed desk.Signed
}

// detached notes the signature of a multipart/signed (RFC 1847 §2.1): two parts,
// what is signed and its signature. A third one would be shown and not be signed.
func (r *content) detached(p *part) {
	protocol := strings.ToLower(p.params["protocol"])
	media := protocol
	if len(p.children) > 1 {
		media = p.children[1].media
	}
	s := seal{part: p}
	switch {
	case isPGPSignature(media) || isPGPSignature(protocol):
		s.signed.Kind = desk.SignatureOpenPGP
	case isPKCS7Signature(media) || isPKCS7Signature(protocol):
		s.signed.Kind = desk.SignatureSMIME
	default:
		r.parser.report("signature-unknown", "the mail carries a signature of a kind that is not known here")
		return
	}
	switch {
	case len(p.children) != 2:
		s.signed.Broken = "it is not made of one signed part and its signature"
	case protocol != "" && isPGPSignature(protocol) != isPGPSignature(media), isPGPSignature(media) == isPKCS7Signature(media):
		s.signed.Broken = "the part that should be the signature is something else"
	default:
		s.signed.Content, s.signed.Signature = p.children[0].entity, decodeTransfer(p.children[1].body, p.children[1].encoding)
	}
	r.seals = append(r.seals, s)
}

func isPGPSignature(media string) bool { return media == "application/pgp-signature" }

func isPKCS7Signature(media string) bool {
	return media == "application/pkcs7-signature" || media == "application/x-pkcs7-signature"
}

// isPKCS7 recognises S/MIME content, by its type or, as RFC 8551 §3.9 allows, by
// the name that gateways leave it.
func isPKCS7(p *part) bool {
	return strings.HasSuffix(p.media, "/pkcs7-mime") || strings.HasSuffix(p.media, "/x-pkcs7-mime") ||
		p.media == "application/octet-stream" && strings.HasSuffix(strings.ToLower(p.name), ".p7m")
}

// opaque opens signed content (RFC 8551 §3.5.2) and reads the MIME entity in it as if
// it stood there. The part itself is an attachment all the same.
func (r *content) opaque(p *part, in context, data []byte) (view, bool) {
	inner, err := cms.Parse(data)
	kind := strings.ToLower(p.params["smime-type"])
	switch {
	case kind == "compressed-data":
		r.parser.report("compressed", "the mail is compressed as S/MIME, which is not read here; it is attached")
		return view{}, false
	case errors.Is(err, cms.ErrNotSigned), err != nil && strings.HasSuffix(p.media, "pkcs7-mime") && !strings.HasPrefix(kind, "signed"):
		r.parser.report("encrypted", "the mail is encrypted")
		return view{}, false
	case err != nil:
		r.parser.report("signature-broken", "the mail is signed in a way that hides its text, and could not be opened: "+err.Error())
		return view{}, false
	case inner.Content == nil:
		return view{}, false // certificates alone
	}
	child, ok := (*part)(nil), false
	if r.opened++; r.opened <= maxOpaque {
		child, ok = r.parser.nested(p, inner.Content)
	}
	if !ok {
		r.parser.report("too-deep", "signed contents are nested too deep; the innermost were not opened")
		return view{}, false
	}
	r.seals = append(r.seals, seal{p, desk.Signed{Kind: desk.SignatureSMIME, Content: inner.Content, Signature: data}})
	r.attach(p, data)
	return r.compose(child, in), true
}

// clearText opens clear-signed text (RFC 9580 §7): the text inside stands for the
// part, which is kept as an attachment. With more text around it than a list's
// footer all stays as it came, so that its reader sees where the signed text ends.
func (r *content) clearText(p *part, data []byte) ([]byte, bool) {
	if p.media != "text/plain" || !bytes.Contains(data, []byte(pgpSigned)) {
		return nil, false
	}
	block, rest := clearsign.Decode(skipBlank(data))
	if block == nil {
		return nil, false
	}
	s := seal{part: p, signed: desk.Signed{Kind: desk.SignatureOpenPGP, Content: block.Bytes}}
	footer := bytes.TrimSpace(rest)
	if !bytes.HasPrefix(skipBlank(data), []byte(pgpSigned)) || len(footer) > 0 && !r.isFooter(string(footer)) || readOtherwise(p, block.Bytes) {
		s.signed.Covers = desk.CoversPart
		r.seals = append(r.seals, s)
		return nil, false
	}
	signature, err := io.ReadAll(io.LimitReader(block.ArmoredSignature.Body, maxSignature))
	if err != nil {
		s.signed.Broken = "its armour is damaged"
	}
	s.signed.Signature, s.signed.Footer = signature, r.decodeFooter(p, footer)
	r.seals = append(r.seals, s)
	kept := *p
	if kept.name == "" {
		kept.name = "signed-text.asc"
	}
	r.attach(&kept, data)
	inner := block.Bytes
	if len(footer) > 0 {
		inner = append(append(bytes.Clone(inner), "\r\n\r\n"...), footer...)
	}
	return inner, true
}

// readOtherwise: the charset, which the unsigned header names, makes other words
// of signed ASCII, as UTF-7 and UTF-16 do.
func readOtherwise(p *part, signed []byte) bool {
	if !isASCII(signed) {
		return false
	}
	shown, _ := toUTF8(signed, p.params["charset"], false)
	return shown != string(signed)
}

// signed settles what the mail's signature is for. It counts when it is for all
// that is shown, but for the footer of a mailing list: a signed text that stands
// beside one that is not must never vouch for it.
func (r *content) signed(root *part) *desk.Signed {
	if len(r.seals) == 0 {
		return nil
	}
	out := desk.Signed{Kind: r.seals[0].signed.Kind, Covers: desk.CoversPart}
	for p := root; ; p = p.children[0] {
		s, found := r.sealOf(p)
		footer := ""
		if !found && p.media == "multipart/mixed" && len(p.children) == 2 {
			if s, found = r.sealOf(p.children[0]); found {
				footer, found = r.footerPart(p.children[1])
			}
		}
		switch {
		case found && s.Covers == desk.CoversPart:
			return &out
		case found:
			out = s
			out.Footer = strings.TrimSpace(out.Footer + "\n" + footer)
			out.Covers = desk.CoversAll
			if out.Footer != "" {
				out.Covers = desk.CoversFooter
			}
			return &out
		case len(p.children) != 1:
			return &out
		}
	}
}

func (r *content) sealOf(p *part) (desk.Signed, bool) {
	for _, s := range r.seals {
		if s.part == p {
			return s.signed, true
		}
	}
	return desk.Signed{}, false
}

// footerPart reads what a mailing list appends to a mail that it must not change.
func (r *content) footerPart(p *part) (string, bool) {
	if p.media != "text/plain" || p.name != "" || p.disposition == "attachment" {
		return "", false
	}
	data := bytes.TrimSpace(decodeTransfer(p.body, p.encoding))
	return r.decodeFooter(p, data), len(data) > 0 && r.isFooter(string(data))
}

func (r *content) decodeFooter(p *part, data []byte) string {
	s, _ := toUTF8(data, p.params["charset"], false)
	return tidyText(cleanText(s))
}

// isFooter recognises the lines below a list's mail. They begin with a rule, so that
// a reader sees where the signed text ends.
func (r *content) isFooter(s string) bool {
	rule, _ := cutLine([]byte(s))
	rule = bytes.TrimSpace(rule)
	return r.list && len(s) <= maxListFooter && len(rule) >= 5 && len(bytes.Trim(rule, string(rule[:1]))) == 0 && bytes.ContainsRune([]byte("_-=*"), rune(rule[0]))
}
