package normalize

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// leaf reads a part that is no multipart: text for reading, or an attachment.
func (r *content) leaf(p *part, in context) view {
	if r.isText(p, in) {
		data := decodeTransfer(p.body, p.encoding)
		if inner, ok := r.clearText(p, data); ok {
			plain := *p
			plain.declared = true // what was signed as text is not read as HTML
			return r.text(&plain, inner)
		}
		if !looksBinary(data) {
			return r.text(p, data)
		}
		r.attach(p, data)
		return view{}
	}
	if v, ok := r.shownFile(p, in); ok {
		return v
	}
	data := p.body
	if p.media != "message/rfc822" || p.encoding == "base64" || p.encoding == "quoted-printable" {
		data = decodeTransfer(p.body, p.encoding)
	}
	switch {
	case isTNEF(p):
		if r.unpackTNEF(data) {
			return view{}
		}
	case p.media == "text/calendar" || p.media == "application/ics":
		r.noteCalendar(p, data)
	case p.media == "message/rfc822" || p.media == "message/global":
		if r.forward == nil {
			r.forward = data
		}
		r.parts.addOriginal(data)
	case isReportPart(p.media):
		r.parts.add(p.media, data)
	case isPKCS7(p):
		if v, ok := r.opaque(p, in, data); ok {
			return v
		}
	case p.media == "application/pgp-encrypted":
		r.parser.report("encrypted", "the mail is encrypted")
	}
	r.attach(p, data)
	return view{}
}

// isText decides whether a leaf is part of what the sender wrote.
func (r *content) isText(p *part, in context) bool {
	switch p.media {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/x-html", "application/xhtml+xml", "text/markdown", "text/unknown":
	default:
		return false
	}
	// Some programs call the message itself an attachment, but give it no name.
	if p.disposition == "attachment" && (p.name != "" || in.later || in.resource) {
		return false
	}
	if in.alternative || in.single {
		return true
	}
	if in.resource && (p.cid != "" || p.head.has("content-location")) {
		return false
	}
	if p.media != "text/plain" && p.media != "text/html" {
		return p.name == "" && !in.later
	}
	// A named text after the message is a file the sender attached, whether the
	// program called it inline or not.
	return p.name == "" || !in.later
}

// maxShown is the size up to which a file that its sender wants shown (RFC 2183
// §2.1) is part of the text; a longer one is only an attachment.
const maxShown = 8 << 10

// shownFile reads a named text that is to be displayed where it stands. It is an
// attachment as well.
func (r *content) shownFile(p *part, in context) (view, bool) {
	if p.media != "text/plain" || p.disposition != "inline" || in.resource || len(p.body) > maxShown {
		return view{}, false
	}
	data := decodeTransfer(p.body, p.encoding)
	if looksBinary(data) {
		return view{}, false
	}
	r.attach(p, data)
	return r.text(p, data), true
}

// text decodes a text leaf into a view.
func (r *content) text(p *part, data []byte) view {
	isHTML := p.media == "text/html" || p.media == "text/x-html" || p.media == "application/xhtml+xml"
	charset := p.params["charset"]
	s, wrong := toUTF8(data, charset, isHTML)
	if wrong {
		if charset == "" {
			r.parser.report("charset-missing", "a text has 8-bit characters and no charset; it was guessed")
		} else {
			r.parser.report("charset-wrong", "a text is not in its declared charset "+imf.OneLine(clip(charset, 40)))
		}
	}
	s = cleanText(s)
	if strings.HasPrefix(s, pgpMessage) {
		r.parser.report("encrypted", "the mail is encrypted")
	}
	switch {
	case isHTML || p.media == "text/plain" && !p.declared && looksHTML([]byte(clip(s, 512))):
		return view{text: htmlToText(s), html: s, rich: !isBlank(s)}
	case p.media == "text/enriched" || p.media == "text/richtext":
		return view{text: enrichedToText(s), plain: true}
	case strings.EqualFold(p.params["format"], "flowed"):
		s = unflow(s, strings.EqualFold(p.params["delsp"], "yes"))
	}
	text, files := unpackUU(s)
	for i, f := range files {
		r.add(desk.Part{PartID: fmt.Sprintf("uu.%d", i+1), Name: f.name, Type: typeByName(f.name), Data: f.data})
	}
	return view{text: text, plain: true}
}

// attach adds a leaf to the attachments.
func (r *content) attach(p *part, data []byte) {
	id := p.id
	if id == "" {
		id = "1"
	}
	r.add(desk.Part{PartID: id, Name: p.name, Type: p.media, Charset: charsetName(p.params["charset"]), CID: p.cid, Data: data})
}

func (r *content) add(a desk.Part) {
	r.attachments = append(r.attachments, attachment(a, len(r.attachments)+1, r.parser.report))
}

// attachment completes a part: its name made safe, its size and digest.
func attachment(a desk.Part, number int, report func(code, detail string)) desk.Part {
	sum := sha256.Sum256(a.Data)
	a.Disposition = "attachment" // until the HTML turns out to show it
	a.BlobID, a.Size = hex.EncodeToString(sum[:]), int64(len(a.Data))
	original := a.Name
	if a.Name = safeName(a.Name); a.Name == "" {
		a.Name = madeUpName(a.Type, number)
	}
	if a.Name != original && original != "" && strings.ContainsAny(original, `/\`) {
		report("file-name-unsafe", "a file name held a path: "+imf.OneLine(clip(original, 120)))
	}
	return a
}

// looksBinary says that a part declared as text holds something else.
func looksBinary(b []byte) bool {
	b = clipBytes(b, 4096)
	if len(b) == 0 || bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return false
	}
	nul, control := bytes.Count(b, []byte{0}), 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && c != 0x0e && c != 0x0f {
			control++
		}
	}
	// UTF-16 without a mark has a NUL for about every second octet.
	if nul*5 > len(b)*2 && nul*5 < len(b)*3 {
		return false
	}
	return control > 16 && control*10 > len(b)
}
