package limit

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// record is a message as Store writes it.
type record struct {
	id                                 string // Message-ID
	refs                               []string
	from, subject, text, html, headers string
}

var angle = regexp.MustCompile(`<([^<>\s]+)>`)

// records parses the messages before the measurement.
func records(raws [][]byte) ([]record, error) {
	parser := enmime.NewParser(enmime.DisableCharacterDetection(true))
	out := make([]record, 0, len(raws))
	for i, raw := range raws {
		e, err := parser.ReadEnvelope(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("mail %d: %w", i, err)
		}
		header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		r := record{from: e.GetHeader("From"), subject: e.GetHeader("Subject"), text: storable(e.Text), html: storable(e.HTML),
			headers: storable(string(header))}
		if m := angle.FindStringSubmatch(e.GetHeader("Message-ID")); m != nil {
			r.id = m[1]
		}
		for _, m := range angle.FindAllStringSubmatch(e.GetHeader("In-Reply-To")+" "+e.GetHeader("References"), -1) {
			r.refs = append(r.refs, m[1])
		}
		out = append(out, r)
	}
	return out, nil
}

func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
