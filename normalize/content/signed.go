package content

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/clearsign"

	"switchboard/desk"
	"switchboard/internal/cms"
	"switchboard/normalize/charset"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/transfer"
)

const (
	maxOpaque     = 3       // nesting depth to which S/MIME contents are opened
	maxSignature  = 1 << 20 // octets of an OpenPGP signature
	maxListFooter = 2 << 10 // octets of a mailing list's footer

	PGPSigned  = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpMessage = "-----BEGIN PGP MESSAGE-----"
)

// partSignature is a signature and the part that contains it.
type partSignature struct {
	part   *mimeparse.Part
	signed desk.Signed
}

// addDetached records the signature of a multipart/signed (RFC 1847 §2.1), which has two
// parts: the content and its signature. A third part would be displayed without being
// signed.
func (r *Content) addDetached(p *mimeparse.Part) {
	protocol := strings.ToLower(p.Params["protocol"])
	media := protocol
	if len(p.Children) > 1 {
		media = p.Children[1].Type
	}
	s := partSignature{part: p}
	switch {
	case isPGPSignature(media) || isPGPSignature(protocol):
		s.signed.Kind = desk.SignatureOpenPGP
	case isPKCS7Signature(media) || isPKCS7Signature(protocol):
		s.signed.Kind = desk.SignatureSMIME
	default:
		r.parser.Report("signature-unknown", "the message has a signature of an unknown kind")
		return
	}
	switch {
	case len(p.Children) != 2:
		s.signed.Broken = "it does not consist of one signed part and its signature"
	case protocol != "" && isPGPSignature(protocol) != isPGPSignature(media), isPGPSignature(media) == isPKCS7Signature(media):
		s.signed.Broken = "the part that should be the signature has another type"
	default:
		s.signed.Content, s.signed.Signature = p.Children[0].Entity, transfer.Decode(p.Children[1].Body, p.Children[1].Encoding)
	}
	r.signatures = append(r.signatures, s)
}

func isPGPSignature(media string) bool { return media == "application/pgp-signature" }

func isPKCS7Signature(media string) bool {
	return media == "application/pkcs7-signature" || media == "application/x-pkcs7-signature"
}

// isPKCS7 recognizes S/MIME content by its type or, as RFC 8551 §3.9 allows, by the
// file name that gateways preserve.
func isPKCS7(p *mimeparse.Part) bool {
	return strings.HasSuffix(p.Type, "/pkcs7-mime") || strings.HasSuffix(p.Type, "/x-pkcs7-mime") ||
		p.Type == "application/octet-stream" && strings.HasSuffix(strings.ToLower(p.Name), ".p7m")
}

// openOpaque opens signed content (RFC 8551 §3.5.2) and reads the MIME entity inside in
// place of the part, which becomes an attachment as well.
func (r *Content) openOpaque(p *mimeparse.Part, in place, data []byte) (Body, bool) {
	inner, err := cms.Parse(data)
	kind := strings.ToLower(p.Params["smime-type"])
	switch {
	case kind == "compressed-data":
		r.parser.Report("compressed", "the message is compressed with S/MIME, which is not supported; the compressed part is attached")
		return Body{}, false
	case errors.Is(err, cms.ErrNotSigned), err != nil && strings.HasSuffix(p.Type, "pkcs7-mime") && !strings.HasPrefix(kind, "signed"):
		r.parser.Report("encrypted", "the message is encrypted")
		return Body{}, false
	case err != nil:
		r.parser.Report("signature-broken", "the text is inside an S/MIME signature that could not be opened: "+err.Error())
		return Body{}, false
	case inner.Content == nil:
		return Body{}, false // only certificates
	}
	child, ok := (*mimeparse.Part)(nil), false
	if r.opened++; r.opened <= maxOpaque {
		child, ok = r.parser.ParseNested(p, inner.Content)
	}
	if !ok {
		r.parser.Report("too-deep", "S/MIME signatures are nested too deeply; the innermost were not opened")
		return Body{}, false
	}
	r.signatures = append(r.signatures, partSignature{p, desk.Signed{Kind: desk.SignatureSMIME, Content: inner.Content, Signature: data}})
	r.attach(p, data)
	return r.compose(child, in), true
}

// openClearSigned opens clear-signed text (RFC 9580 §7): the text inside replaces the part,
// which becomes an attachment. If there is more text around it than a list footer,
// everything stays as received, so that the reader sees where the signed text ends.
func (r *Content) openClearSigned(p *mimeparse.Part, data []byte) ([]byte, bool) {
	if p.Type != "text/plain" || !bytes.Contains(data, []byte(PGPSigned)) {
		return nil, false
	}
	block, rest := clearsign.Decode(plaintext.SkipBlankLines(data))
	if block == nil {
		return nil, false
	}
	s := partSignature{part: p, signed: desk.Signed{Kind: desk.SignatureOpenPGP, Content: block.Bytes}}
	footer := bytes.TrimSpace(rest)
	if !bytes.HasPrefix(plaintext.SkipBlankLines(data), []byte(PGPSigned)) || len(footer) > 0 && !r.isFooter(string(footer)) || charsetChangesText(p, block.Bytes) {
		s.signed.Covers = desk.CoversPart
		r.signatures = append(r.signatures, s)
		return nil, false
	}
	signature, err := io.ReadAll(io.LimitReader(block.ArmoredSignature.Body, maxSignature))
	if err != nil {
		s.signed.Broken = "its ASCII armour is damaged"
	}
	s.signed.Signature, s.signed.Footer = signature, r.decodeFooter(p, footer)
	r.signatures = append(r.signatures, s)
	kept := *p
	if kept.Name == "" {
		kept.Name = "signed-text.asc"
	}
	r.attach(&kept, data)
	inner := block.Bytes
	if len(footer) > 0 {
		inner = append(append(bytes.Clone(inner), "\r\n\r\n"...), footer...)
	}
	return inner, true
}

// charsetChangesText reports whether the charset, which the unsigned header declares,
// turns signed ASCII into other text, as UTF-7 and UTF-16 can.
func charsetChangesText(p *mimeparse.Part, signed []byte) bool {
	if !charset.IsASCII(signed) {
		return false
	}
	shown, _ := charset.ToUTF8(signed, p.Params["charset"], false)
	return shown != string(signed)
}

// Signed returns the signature of the message and what it covers, or nil if there is
// none. It counts only if it covers everything that is shown, except for a mailing
// list's footer: a signed text next to an unsigned one must not lend it credibility.
// Author is left empty.
func (r *Content) Signed(root *mimeparse.Part) *desk.Signed {
	if len(r.signatures) == 0 {
		return nil
	}
	out := desk.Signed{Kind: r.signatures[0].signed.Kind, Covers: desk.CoversPart}
	for p := root; ; p = p.Children[0] {
		s, found := r.signatureOf(p)
		footer := ""
		if !found && p.Type == "multipart/mixed" && len(p.Children) == 2 {
			if s, found = r.signatureOf(p.Children[0]); found {
				footer, found = r.footerPart(p.Children[1])
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
		case len(p.Children) != 1:
			return &out
		}
	}
}

func (r *Content) signatureOf(p *mimeparse.Part) (desk.Signed, bool) {
	for _, s := range r.signatures {
		if s.part == p {
			return s.signed, true
		}
	}
	return desk.Signed{}, false
}

// footerPart reads the part that a mailing list appends to a message it must not
// change.
func (r *Content) footerPart(p *mimeparse.Part) (string, bool) {
	if p.Type != "text/plain" || p.Name != "" || p.Disposition == "attachment" {
		return "", false
	}
	data := bytes.TrimSpace(transfer.Decode(p.Body, p.Encoding))
	return r.decodeFooter(p, data), len(data) > 0 && r.isFooter(string(data))
}

func (r *Content) decodeFooter(p *mimeparse.Part, data []byte) string {
	s, _ := charset.ToUTF8(data, p.Params["charset"], false)
	return plaintext.TrimBlankLines(plaintext.Clean(s))
}

// isFooter recognizes the footer of a mailing list. It starts with a rule, so that
// the reader sees where the signed text ends.
func (r *Content) isFooter(s string) bool {
	rule, _ := plaintext.CutLine([]byte(s))
	rule = bytes.TrimSpace(rule)
	return r.list && len(s) <= maxListFooter && len(rule) >= 5 && len(bytes.Trim(rule, string(rule[:1]))) == 0 && bytes.ContainsRune([]byte("_-=*"), rune(rule[0]))
}
