package normalize

import (
	"testing"

	"switchboard/desk"
)

// A server prepended its trace fields: what preceded the header is now in the middle
// of it.
func TestTraceFieldsBeforeDamagedHeader(t *testing.T) {
	const trace = "Return-Path: <jo@acme.example>\r\nReceived: from a\r\n\tby b; Sat, 21 Nov 2026 12:00:00 +0000\r\n"
	const header = "From: Jo <jo@acme.example>\r\nSubject: Lamp\r\n\r\nIt is broken.\r\n"
	for name, between := range map[string]string{"nothing": "", "byte order mark": "\xef\xbb\xbf", "blank lines": "\r\n\r\n", "NUL": "\x00"} {
		t.Run(name, func(t *testing.T) {
			m := Email(desk.Raw{ReceivedAt: received, Bytes: []byte(trace + between + header)})
			if len(m.From) != 1 || m.From[0].Email != "jo@acme.example" || m.Subject != "Lamp" || m.TextBody != "It is broken." {
				t.Errorf("from %v, subject %q, text %q", m.From, m.Subject, m.TextBody)
			}
		})
	}
	m := Email(desk.Raw{ReceivedAt: received, Bytes: []byte(trace + "\r\nDear desk,\r\nit is broken.\r\n")})
	if m.TextBody != "Dear desk,\r\nit is broken." && m.TextBody != "Dear desk,\nit is broken." {
		t.Errorf("message without a header: text %q", m.TextBody)
	}
}
