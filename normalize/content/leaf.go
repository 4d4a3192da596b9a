package content

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/charset"
	"switchboard/normalize/filename"
	"switchboard/normalize/htmltext"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/report"
	"switchboard/normalize/transfer"
	"switchboard/normalize/uuencode"
)

// leaf reads a part that is not a multipart: as text or as an attachment.
func (r *Content) leaf(p *mimeparse.Part, in place) Body {
	if r.isText(p, in) {
		data := transfer.Decode(p.Body, p.Encoding)
		if inner, ok := r.openClearSigned(p, data); ok {
			plain := *p
			plain.Declared = true // text that was signed as text/plain is not read as HTML
			return r.text(&plain, inner)
		}
		if !looksBinary(data) {
			return r.text(p, data)
		}
		r.attach(p, data)
		return Body{}
	}
	if v, ok := r.inlineText(p, in); ok {
		return v
	}
	data := p.Body
	if p.Type != "message/rfc822" || p.Encoding == "base64" || p.Encoding == "quoted-printable" {
		data = transfer.Decode(p.Body, p.Encoding)
	}
	switch {
	case isTNEF(p):
		if r.unpackTNEF(data) {
			return Body{}
		}
	case p.Type == "text/calendar" || p.Type == "application/ics":
		r.noteCalendar(p, data)
	case p.Type == "message/rfc822" || p.Type == "message/global":
		if r.Forward == nil {
			r.Forward = data
		}
		r.Reports.AddOriginal(data)
	case report.IsPart(p.Type):
		r.Reports.Add(p.Type, data)
	case isPKCS7(p):
		if v, ok := r.openOpaque(p, in, data); ok {
			return v
		}
	case p.Type == "application/pgp-encrypted":
		r.parser.Report("encrypted", "the message is encrypted")
	}
	r.attach(p, data)
	return Body{}
}

// isText reports whether a leaf is part of the text of the message.
func (r *Content) isText(p *mimeparse.Part, in place) bool {
	switch p.Type {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/x-html", "application/xhtml+xml", "text/markdown", "text/unknown":
	default:
		return false
	}
	// Some programs mark the message text as an attachment, but without a name.
	if p.Disposition == "attachment" && (p.Name != "" || in.later || in.resource) {
		return false
	}
	if in.alternative || in.single {
		return true
	}
	if in.resource && (p.ContentID != "" || p.Header.Has("content-location")) {
		return false
	}
	if p.Type != "text/plain" && p.Type != "text/html" {
		return p.Name == "" && !in.later
	}
	// A named text after the message text is a file, even if its disposition is
	// inline.
	return p.Name == "" || !in.later
}

// maxInlineText is the size up to which an inline file (RFC 2183 §2.1) becomes part of the
// text; a larger one is only an attachment.
const maxInlineText = 8 << 10

// inlineText reads a named inline text. It becomes an attachment as well.
func (r *Content) inlineText(p *mimeparse.Part, in place) (Body, bool) {
	if p.Type != "text/plain" || p.Disposition != "inline" || in.resource || len(p.Body) > maxInlineText {
		return Body{}, false
	}
	data := transfer.Decode(p.Body, p.Encoding)
	if looksBinary(data) {
		return Body{}, false
	}
	r.attach(p, data)
	return r.text(p, data), true
}

// text decodes a text leaf.
func (r *Content) text(p *mimeparse.Part, data []byte) Body {
	isHTML := p.Type == "text/html" || p.Type == "text/x-html" || p.Type == "application/xhtml+xml"
	label := p.Params["charset"]
	s, wrong := charset.ToUTF8(data, label, isHTML)
	if wrong {
		if label == "" {
			r.parser.Report("charset-missing", "a text part has 8-bit characters but declares no charset; it was detected")
		} else {
			r.parser.Report("charset-wrong", "a text part is not in its declared charset "+imf.OneLine(plaintext.Clip(label, 40)))
		}
	}
	s = plaintext.Clean(s)
	if strings.HasPrefix(s, pgpMessage) {
		r.parser.Report("encrypted", "the message is encrypted")
	}
	switch {
	case isHTML || p.Type == "text/plain" && !p.Declared && mimeparse.LooksHTML([]byte(plaintext.Clip(s, 512))):
		return Body{Text: htmltext.Text(s), HTML: s, Rich: !plaintext.IsBlank(s)}
	case p.Type == "text/enriched" || p.Type == "text/richtext":
		return Body{Text: plaintext.FromEnriched(s), Plain: true}
	case strings.EqualFold(p.Params["format"], "flowed"):
		s = plaintext.Unflow(s, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	text, files := uuencode.Extract(s)
	for i, f := range files {
		r.add(desk.Part{PartID: fmt.Sprintf("uu.%d", i+1), Name: f.Name, Type: filename.MediaType(f.Name), Data: f.Data})
	}
	return Body{Text: text, Plain: true}
}

// attach adds a leaf to the attachments.
func (r *Content) attach(p *mimeparse.Part, data []byte) {
	id := p.ID
	if id == "" {
		id = "1"
	}
	r.add(desk.Part{PartID: id, Name: p.Name, Type: p.Type, Charset: charset.Name(p.Params["charset"]), CID: p.ContentID, Location: p.Header.Get("content-location"), Data: data})
}

func (r *Content) add(a desk.Part) {
	r.Attachments = append(r.Attachments, Attachment(a, len(r.Attachments)+1, r.parser.Report))
}

// maxLocation is the length up to which a Content-Location is kept.
const maxLocation = 2000

// Attachment completes an attachment: safe name, size, digest. problem receives what
// is wrong with it.
func Attachment(a desk.Part, number int, problem func(code, detail string)) desk.Part {
	sum := sha256.Sum256(a.Data)
	a.Disposition = "attachment" // until it is known to be shown by the HTML
	a.Picture = Picture(a.Type, a.Data)
	a.Location = imf.OneLine(a.Location)
	if len(a.Location) > maxLocation {
		a.Location = ""
	}
	a.BlobID, a.Size = hex.EncodeToString(sum[:]), int64(len(a.Data))
	original := a.Name
	if a.Name = filename.Safe(a.Name); a.Name == "" {
		a.Name = filename.Default(a.Type, number)
	}
	if a.Name != original && original != "" && strings.ContainsAny(original, `/\`) {
		problem("file-name-unsafe", "a file name contained a path: "+imf.OneLine(plaintext.Clip(original, 120)))
	}
	return a
}

// looksBinary reports whether a part declared as text contains something else.
func looksBinary(b []byte) bool {
	b = plaintext.ClipBytes(b, 4096)
	if len(b) == 0 || bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return false
	}
	nul, control := bytes.Count(b, []byte{0}), 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && c != 0x0e && c != 0x0f {
			control++
		}
	}
	// UTF-16 without a byte order mark has a NUL in about every second octet.
	if nul*5 > len(b)*2 && nul*5 < len(b)*3 {
		return false
	}
	return control > 16 && control*10 > len(b)
}
