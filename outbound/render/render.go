// Package render turns a message into the bytes of an email (RFC 5322, MIME).
package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Message renders an email: CRLF line ends, no line over 998 octets, 7-bit except
// for addresses without an ASCII form (RFC 6532). The same message always renders
// to the same bytes.
//
// replyTo is the address for Reply-To; empty: no such field. The content of
// attachments is taken from their Data. A message without a sender or a recipient
// or with an invalid address is KindInvalid.
func Message(m desk.Message, replyTo string) ([]byte, error) {
	h, err := header(&m, replyTo)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := writeEntity(&b, h, tree(&m)); err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "render message: %w", err)
	}
	return b.Bytes(), nil
}

// header returns the message's header fields in order.
func header(m *desk.Message, replyTo string) ([]field, error) {
	if len(m.From) == 0 || len(m.To) == 0 {
		return nil, desk.Errorf(desk.KindInvalid, "render message: it has no sender or no recipient")
	}
	if !usableID(m.MessageID) {
		return nil, desk.Errorf(desk.KindInvalid, "render message: %q is not a valid Message-ID", m.MessageID)
	}
	fields := []field{{"Date", m.SentAt.UTC().Format(time.RFC1123Z)}}
	for _, list := range []struct {
		name string
		of   []desk.Address
	}{{"From", m.From}, {"Reply-To", replyAddress(m, replyTo)}, {"To", m.To}, {"Cc", m.CC}} {
		value, err := addressList(list.of)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{list.name, value})
	}
	fields = append(fields,
		field{"Subject", encodeWords(imf.OneLine(m.Subject))},
		field{"Message-ID", "<" + m.MessageID + ">"},
		field{"In-Reply-To", idList(m.InReplyTo)},
		field{"References", idList(m.References)},
	)
	fields = append(fields, unsubscribe(m.Unsubscribe)...)
	fields = append(fields, exchange(m)...)
	return append(fields, automatic(m.AutoSubmitted)...), nil
}

func replyAddress(m *desk.Message, to string) []desk.Address {
	if to == "" {
		return nil
	}
	return []desk.Address{{Name: m.From[0].Name, Email: to}}
}

// automatic returns the fields that mark an automatic message, so that no
// autoresponder answers it: RFC 3834 §5, and two fields for programs that do not
// implement it.
func automatic(a desk.AutoSubmitted) []field {
	switch a {
	case desk.AutoNo, "":
		return nil
	case desk.AutoReply:
		return []field{{"Auto-Submitted", "auto-replied"}, {"Precedence", "bulk"}, {"X-Auto-Response-Suppress", "All"}}
	}
	return []field{{"Auto-Submitted", "auto-generated"}, {"Precedence", "bulk"}, {"X-Auto-Response-Suppress", "All"}}
}

// unsubscribe returns the fields by which mail programs offer their readers to get no more mail
// of this kind: RFC 2369 §3.2, and with one click RFC 8058 §3.1, which only https has.
func unsubscribe(url string) []field {
	switch {
	case url == "":
		return nil
	case !strings.HasPrefix(url, "https://"):
		return []field{{"List-Unsubscribe", "<" + url + ">"}}
	}
	return []field{{"List-Unsubscribe", "<" + url + ">"}, {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}}
}

func addressList(list []desk.Address) (string, error) {
	out := make([]string, len(list))
	for i, a := range list {
		if !imf.ValidAddr(a.Email) {
			return "", desk.Errorf(desk.KindInvalid, "render message: %q is not a valid email address", a.Email)
		}
		out[i] = mailbox(imf.OneLine(a.Name), imf.ASCIIAddr(a.Email))
	}
	return strings.Join(out, ", "), nil
}

// entity is a MIME entity (RFC 2045) with either a body or parts.
type entity struct {
	fields []field
	body   []byte
	parts  []entity
}

// tree arranges text, HTML and attachments as mixed(alternative(plain,
// related(html, images)), files). A level with a single member is omitted.
func tree(m *desk.Message) entity {
	var images, files []entity
	for i := range m.Attachments {
		p := &m.Attachments[i]
		if p.Disposition == "inline" && p.CID != "" && m.HTMLBody != "" {
			images = append(images, file(p, "inline"))
		} else {
			files = append(files, file(p, "attachment"))
		}
	}
	boundary := boundaries(m)
	body := text("text/plain; charset=utf-8", m.TextBody)
	if m.HTMLBody != "" {
		html := multipart("related", boundary("r"), text("text/html; charset=utf-8", m.HTMLBody), images...)
		body = multipart("alternative", boundary("a"), body, html)
	}
	return multipart("mixed", boundary("m"), body, files...)
}

func multipart(subtype, boundary string, first entity, rest ...entity) entity {
	if len(rest) == 0 {
		return first
	}
	return entity{fields: []field{{"Content-Type", "multipart/" + subtype + "; boundary=\"" + boundary + "\""}}, parts: append([]entity{first}, rest...)}
}

// boundaries returns a function that makes multipart boundaries. They are derived
// from the Message-ID, and no quoted-printable or base64 body can contain them
// ("=_", RFC 2045 §6.7).
func boundaries(m *desk.Message) func(level string) string {
	sum := sha256.Sum256([]byte(m.MessageID))
	return func(level string) string { return "=_" + level + "_" + hex.EncodeToString(sum[:12]) }
}

func text(contentType, s string) entity {
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return entity{fields: []field{{"Content-Type", contentType}, {"Content-Transfer-Encoding", "quoted-printable"}}, body: []byte(s)}
}

func file(p *desk.Part, disposition string) entity {
	name := imf.OneLine(p.Name)
	if len(name) > 150 {
		name = strings.ToValidUTF8(name[:150], "")
	}
	contentType := mime.FormatMediaType(p.Type, nil)
	if contentType == "" || strings.HasPrefix(contentType, "multipart/") || strings.HasPrefix(contentType, "message/") {
		contentType = "application/octet-stream" // RFC 2046 §5.2.1 forbids base64 for these types
	}
	e := entity{body: p.Data, fields: []field{{"Content-Type", contentType}, {"Content-Transfer-Encoding", "base64"},
		{"Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name})}}}
	if disposition == "inline" && usableID(p.CID) {
		e.fields = append(e.fields, field{"Content-ID", "<" + p.CID + ">"})
	}
	return e
}

// writeEntity writes an entity; its own fields follow those in before.
func writeEntity(w io.Writer, before []field, e entity) error {
	mw, err := message.CreateWriter(w, headerOf(append(before, append([]field{{"MIME-Version", "1.0"}}, e.fields...)...)))
	if err != nil {
		return err
	}
	return writeBody(mw, e)
}

func writeBody(w *message.Writer, e entity) error {
	if len(e.body) > 0 {
		if _, err := w.Write(e.body); err != nil {
			return err
		}
	}
	for _, p := range e.parts {
		pw, err := w.CreatePart(headerOf(p.fields))
		if err != nil {
			return err
		}
		if err := writeBody(pw, p); err != nil {
			return err
		}
	}
	return w.Close()
}
