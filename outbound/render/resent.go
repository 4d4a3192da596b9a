package render

import (
	"bytes"
	"time"

	"switchboard/desk"
)

// maxResent bounds how often a mail is passed on: one that has been around so often is in a
// loop (RFC 5321 §6.3).
const maxResent = 5

// Resent returns a received mail as m passes it on (RFC 5322 §3.6.6): the same bytes, with the
// fields that say who did it, when and to whom before them. KindInvalid, if it has been passed
// on too often, or is no mail.
func Resent(original []byte, m *desk.Message) ([]byte, error) {
	fields := []field{{"Resent-Date", m.SentAt.UTC().Format(time.RFC1123Z)}}
	for _, list := range []struct {
		name string
		of   []desk.Address
	}{{"Resent-From", m.From}, {"Resent-To", m.To}, {"Resent-Cc", m.CC}} {
		value, err := addressList(list.of)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{list.name, value})
	}
	if !usableID(m.MessageID) {
		return nil, desk.Errorf(desk.KindInvalid, "render message: %q is not a valid Message-ID", m.MessageID)
	}
	fields = append(fields, field{"Resent-Message-ID", "<" + m.MessageID + ">"})
	original = crlf(original)
	head, _, ok := bytes.Cut(original, []byte("\r\n\r\n"))
	if !ok {
		return nil, desk.Errorf(desk.KindInvalid, "the original has no header, and cannot be passed on; forward it instead")
	}
	lower := bytes.ToLower(append([]byte("\r\n"), head...))
	if bytes.Count(lower, []byte("\r\nresent-date:")) >= maxResent {
		return nil, desk.Errorf(desk.KindInvalid, "it has been passed on %d times already, which looks like a loop; forward it instead", maxResent)
	}
	var b bytes.Buffer
	for _, f := range fields {
		if f.value != "" {
			b.Write(f.fold())
		}
	}
	b.Write(original)
	return b.Bytes(), nil
}

// crlf returns a message with the line ends of SMTP (RFC 5321 §2.3.8); usually it has them. A
// CR alone is left out: servers that take it for a line end would see another mail in it.
func crlf(b []byte) []byte {
	pairs := bytes.Count(b, []byte("\r\n"))
	if bytes.Count(b, []byte("\n")) == pairs && bytes.Count(b, []byte("\r")) == pairs {
		return b
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\r"), nil)
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
}
