package mailer

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

// Render makes the bytes of a mail (RFC 5322): CRLF line ends, no line over 998
// octets, 7-bit but for an address that has no ASCII form (RFC 6532). The same
// message gives the same bytes; every recipient gets these.
//
// replyTo is where answers shall go; empty: to From. The bytes of attachments
// are expected in their Data. A message that cannot be put into a mail, for want
// of a sender or for an address that is none, is KindInvalid.
func Render(m desk.Message, replyTo string) ([]byte, error) {
	h, err := header(&m, replyTo)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := writeEntity(&b, h, tree(&m)); err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "render mail: %w", err)
	}
	return b.Bytes(), nil
}

// header makes the message's own fields, in the order they appear in.
func header(m *desk.Message, replyTo string) ([]field, error) {
	if len(m.From) == 0 || len(m.To) == 0 {
		return nil, desk.Errorf(desk.KindInvalid, "render mail: it has no sender or no recipient")
	}
	if !usableID(m.MessageID) {
		return nil, desk.Errorf(desk.KindInvalid, "render mail: %q is not a msg-id", m.MessageID)
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
		field{"Subject", words(oneLine(m.Subject))},
		field{"Message-ID", "<" + m.MessageID + ">"},
		field{"In-Reply-To", idList(m.InReplyTo)},
		field{"References", idList(m.References)},
	)
	return append(fields, automatic(m.AutoSubmitted)...), nil
}

func replyAddress(m *desk.Message, to string) []desk.Address {
	if to == "" {
		return nil
	}
	return []desk.Address{{Name: m.From[0].Name, Email: to}}
}

// automatic marks what a machine sent, so that no other machine answers it:
// RFC 3834 §5, and what programs look for that do not know it.
func automatic(a desk.AutoSubmitted) []field {
	switch a {
	case desk.AutoNo, "":
		return nil
	case desk.AutoReply:
		return []field{{"Auto-Submitted", "auto-replied"}, {"Precedence", "bulk"}, {"X-Auto-Response-Suppress", "All"}}
	}
	return []field{{"Auto-Submitted", "auto-generated"}, {"Precedence", "bulk"}, {"X-Auto-Response-Suppress", "All"}}
}

func addressList(list []desk.Address) (string, error) {
	out := make([]string, len(list))
	for i, a := range list {
		if !imf.ValidAddr(a.Email) {
			return "", desk.Errorf(desk.KindInvalid, "render mail: %q is not an address", a.Email)
		}
		out[i] = mailbox(oneLine(a.Name), asciiDomain(a.Email))
	}
	return strings.Join(out, ", "), nil
}

// entity is a MIME entity (RFC 2045): a body, or parts.
type entity struct {
	fields []field
	body   []byte
	parts  []entity
}

// tree arranges text, HTML and files: mixed(alternative(plain, related(html,
// pictures)), files), with every level that has a single member left out.
func tree(m *desk.Message) entity {
	var pictures, files []entity
	for i := range m.Attachments {
		p := &m.Attachments[i]
		if p.Disposition == "inline" && p.CID != "" && m.HTMLBody != "" {
			pictures = append(pictures, file(p, "inline"))
		} else {
			files = append(files, file(p, "attachment"))
		}
	}
	boundary := boundaries(m)
	body := text("text/plain; charset=utf-8", m.TextBody)
	if m.HTMLBody != "" {
		html := multipart("related", boundary("r"), text("text/html; charset=utf-8", m.HTMLBody), pictures...)
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

// boundaries makes boundaries that no quoted-printable or base64 body can
// contain ("=_", RFC 2045 §6.7) and that are the same each time.
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
	name := oneLine(p.Name)
	if len(name) > 150 {
		name = strings.ToValidUTF8(name[:150], "")
	}
	contentType := mime.FormatMediaType(p.Type, nil)
	if contentType == "" || strings.HasPrefix(contentType, "multipart/") || strings.HasPrefix(contentType, "message/") {
		contentType = "application/octet-stream" // RFC 2046 §5.2.1 allows no base64 for the others
	}
	e := entity{body: p.Data, fields: []field{{"Content-Type", contentType}, {"Content-Transfer-Encoding", "base64"},
		{"Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name})}}}
	if disposition == "inline" && usableID(p.CID) {
		e.fields = append(e.fields, field{"Content-ID", "<" + p.CID + ">"})
	}
	return e
}

// writeEntity writes an entity, its own fields after the ones given.
func writeEntity(w io.Writer, before []field, e entity) error {
	mw, err := message.CreateWriter(w, headerOf(append(before, append([]field{{"MIME-Version", "1.0"}}, e.fields...)...)))
	if err != nil {
		return err
	}
	return fill(mw, e)
}

func fill(w *message.Writer, e entity) error {
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
		if err := fill(pw, p); err != nil {
			return err
		}
	}
	return w.Close()
}
