package normalize

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/normalize/hostiletest"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/report"
	"switchboard/normalize/transfer"
)

// checkSafe fails if a message violates what every message guarantees.
func checkSafe(t *testing.T, m desk.Message) {
	t.Helper()
	if m.MessageID == "" || m.SentAt.IsZero() {
		t.Errorf("id %q, date %v", m.MessageID, m.SentAt)
	}
	lines := append([]string{m.Subject, m.MessageID, m.ListID, m.Preview}, append(m.InReplyTo, m.References...)...)
	for _, list := range [][]desk.Address{m.From, m.Sender, m.ReplyTo, m.To, m.CC, m.BCC} {
		for _, a := range list {
			lines = append(lines, a.Name, a.Email)
		}
	}
	for _, a := range m.Attachments {
		lines = append(lines, a.Name, a.CID)
		if a.Name == "" || strings.ContainsAny(a.Name, `/\`) || a.Name == ".." || len(a.Name) > 255 {
			t.Errorf("unsafe file name %q", a.Name)
		}
		if a.Type == "" || len(a.BlobID) != 64 || a.Size != int64(len(a.Data)) {
			t.Errorf("part %+v", a)
		}
	}
	for _, s := range lines {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("a header value is not a single clean line: %q", s)
		}
	}
	for _, s := range []string{m.TextBody, m.HTMLBody, m.NewText} {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\x00") {
			t.Errorf("a text contains CR, NUL or invalid UTF-8: %q", plaintext.Clip(s, 200))
		}
	}
	for _, p := range m.Problems {
		if p.Code == "unreadable" {
			t.Error(p.Detail)
		}
	}
}

func FuzzEmail(f *testing.F) {
	hostiletest.AddSeeds(f, "testdata/*.eml")
	f.Fuzz(func(t *testing.T, b []byte) {
		raw := desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: b}
		m := Email(raw)
		checkSafe(t, m)
		if again := Email(raw); !reflect.DeepEqual(m, again) {
			t.Error("the same bytes gave different messages")
		}
	})
}

func FuzzReport(f *testing.F) {
	hostiletest.AddSeeds(f, "testdata/dsn-*.eml")
	hostiletest.AddSeeds(f, "testdata/bounce-*.eml")
	hostiletest.AddSeeds(f, "testdata/arf-*.eml")
	hostiletest.AddSeeds(f, "testdata/mdn-*.eml")
	f.Fuzz(func(t *testing.T, b []byte) {
		m := Email(desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: b})
		switch rep := m.Report; {
		case rep == nil:
			if m.AutoSubmitted == desk.AutoBounce || m.AutoSubmitted == desk.AutoComplaint {
				t.Errorf("%s without a report", m.AutoSubmitted)
			}
		case rep.Kind == "" || rep.Recipients == nil || len(rep.Recipients) > report.MaxRecipients:
			t.Errorf("%+v", rep)
		default:
			for _, r := range rep.Recipients {
				for _, s := range []string{r.Recipient, r.Original, r.Action, r.Status, r.Diagnostic, r.RemoteMTA} {
					if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
						t.Errorf("a report field is not a single clean line: %q", s)
					}
				}
			}
		}
	})
}

// FuzzOpaque mutates the octets inside signed content, which FuzzEmail would have to
// find through base64.
func FuzzOpaque(f *testing.F) {
	hostiletest.AddSeeds(f, "testdata/signed-smime-opaque*.eml")
	f.Add([]byte(opaqueStart + "\x24\x80\x04\x03a\n\nb\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if i := bytes.Index(b, []byte("\n\n")); i > 0 && bytes.HasPrefix(b, []byte("From: ")) {
			b = transfer.DecodeBase64(b[i+2:]) // a seed
		}
		m := Email(desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: []byte(opaque(string(b)))})
		checkSafe(t, m)
		kept := slices.ContainsFunc(m.Attachments, func(a desk.Part) bool { return a.PartID == "1" && bytes.Equal(a.Data, b) })
		if !kept && len(b) > 0 {
			t.Error("the part was not kept unchanged as an attachment")
		}
	})
}
