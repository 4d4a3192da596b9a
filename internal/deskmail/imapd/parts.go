package imapd

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/normalize"
	"switchboard/normalize/encodedword"
)

// envelope reads the header of a message.
func envelope(b []byte) *imap.Envelope {
	header, _, _ := deskmail.Split(b)
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(deskmail.Wellformed(slices.Concat(bytes.TrimRight(header, "\r\n"), []byte("\r\n\r\n"))))))
	if err != nil {
		return nil
	}
	return imapserver.ExtractEnvelope(h)
}

// structure returns the parts of a message. One with too many is shown as a single text.
func structure(b []byte) imap.BodyStructure {
	if !deskmail.Flat(b) {
		return imapserver.ExtractBodyStructure(bytes.NewReader(deskmail.Wellformed(b)))
	}
	_, body, _ := deskmail.Split(b)
	return &imap.BodyStructureSinglePart{Type: "text", Subtype: "plain", Size: uint32(len(body)), Extended: &imap.BodyStructureSinglePartExt{},
		Text: &imap.BodyStructureText{NumLines: int64(bytes.Count(body, []byte("\n")))}}
}

// extract returns a section of a message. The whole, its header and its text are as they are stored.
func extract(b []byte, item *imap.FetchItemBodySection) []byte {
	header, body, _ := deskmail.Split(b)
	var out []byte
	switch {
	case len(item.Part) > 0 && !deskmail.Flat(b):
		whole := *item
		whole.Partial = nil
		out = imapserver.ExtractBodySection(bytes.NewReader(deskmail.Wellformed(b)), &whole)
	case len(item.Part) > 0 && (len(item.Part) > 1 || item.Part[0] != 1):
	case len(item.Part) > 0 && item.Specifier == imap.PartSpecifierNone:
		out = body
	case len(item.HeaderFields) > 0:
		out = deskmail.Fields(header, item.HeaderFields, false)
	case len(item.HeaderFieldsNot) > 0:
		out = deskmail.Fields(header, item.HeaderFieldsNot, true)
	case item.Specifier == imap.PartSpecifierNone:
		out = b
	case item.Specifier == imap.PartSpecifierText:
		out = body
	default:
		out = header
	}
	return part(out, item.Partial)
}

// part returns the octets that a client asks for.
func part(b []byte, p *imap.SectionPartial) []byte {
	if p == nil {
		return b
	}
	from := min(max(p.Offset, 0), int64(len(b)))
	return b[from:min(from+max(p.Size, 0), int64(len(b)))]
}

// decoded returns a header field as it reads; every field with the name, one a line.
func decoded(b []byte, name string) string {
	header, _, _ := deskmail.Split(b)
	fields := deskmail.Fields(header, []string{name}, false)
	var out strings.Builder
	for line := range strings.Lines(strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(string(fields))) {
		_, value, _ := strings.Cut(line, ":")
		out.WriteString(encodedword.Decode(strings.TrimSpace(value), "") + "\n")
	}
	return out.String()
}

// shown returns what a reader sees of a message: a header field, its text ("body"), or both ("").
func shown(b []byte, field string) string {
	if field != "" && field != "body" {
		return decoded(b, field)
	}
	m := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: b})
	if field == "body" {
		return m.TextBody
	}
	header, _, _ := deskmail.Split(b)
	return encodedword.DecodeText(string(header), "") + m.TextBody
}
