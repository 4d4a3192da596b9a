package render

import (
	"bytes"
	"flag"
	"io"
	"mime"
	stdmultipart "mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
	"switchboard/internal/imf"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func answer() desk.Message {
	return desk.Message{
		Direction: desk.Outbound, Channel: desk.ChannelEmail, MessageID: "out.1@desk.example",
		From: []desk.Address{{Name: "Ana", Email: "help@desk.example"}}, To: []desk.Address{{Name: "Jo Doe", Email: "jo@acme.example"}},
		Subject: "Re: Printer on fire", SentAt: time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC),
		InReplyTo: []string{"q1@acme.example"}, References: []string{"q0@acme.example", "q1@acme.example"},
		TextBody: "Hello Jo,\n\nplease pull the plug.\n.\n..\nFrom here on it is easy.\n\nAna\n", AutoSubmitted: desk.AutoNo,
	}
}

// renderings are the test messages by the name of their file in testdata.
var renderings = map[string]func(m *desk.Message) (replyTo string){
	"plain":    func(m *desk.Message) string { return "" },
	"reply-to": func(m *desk.Message) string { return "help+c1.tok@desk.example" },
	"copies": func(m *desk.Message) string {
		m.CC = []desk.Address{{Name: "Doe, Sam", Email: "sam@acme.example"}, {Email: "li@acme.example"}}
		return "help+c1.tok@desk.example"
	},
	"html": func(m *desk.Message) string {
		m.HTMLBody = "<p>Hello Jo,</p>\n<p>please pull the plug.</p>"
		return ""
	},
	"unicode": func(m *desk.Message) string {
		m.From[0].Name, m.To[0].Name = "Ána Åström", "山田 太郎"
		m.Subject = "Re: Grüße aus Köln, und eine ziemlich lange Betreffzeile über den brennenden Drucker im dritten Stock"
		m.TextBody = "Grüße\nこんにちは\n" + strings.Repeat("ein langer Satz ohne Umbruch ", 50)
		return ""
	},
	"domain-idn": func(m *desk.Message) string {
		m.To[0] = desk.Address{Email: "jo@bücher.example"}
		return ""
	},
	"exchange": func(m *desk.Message) string {
		m.ConversationID = desk.ConversationID{0x01, 0x9a, 0x50, 0x01, 0x02, 0x03, 0x70, 0x01, 0x80}
		m.Subject = "AW: RE: Störung im Büro"
		return ""
	},
	"files": func(m *desk.Message) string {
		m.HTMLBody = `<p>Look: <img src="cid:pic@desk"></p>`
		m.Attachments = []desk.Part{
			{Name: "Übersicht.pdf", Type: "application/pdf", Disposition: "attachment", Data: []byte("%PDF-1.7 not really")},
			{Name: "pic.png", Type: "image/png", Disposition: "inline", CID: "pic@desk", Data: []byte{0x89, 'P', 'N', 'G'}},
			{Name: "bounce.eml", Type: "message/rfc822", Disposition: "attachment", Data: []byte("Subject: x\r\n\r\ny")},
		}
		return ""
	},
	"automatic": func(m *desk.Message) string {
		m.AutoSubmitted, m.InReplyTo, m.References = desk.AutoReply, nil, nil
		return ""
	},
	"long": func(m *desk.Message) string {
		m.Subject = "Re: " + strings.Repeat("x", 1200)
		m.References = nil
		for range 20 {
			m.References = append(m.References, strings.Repeat("r", 120)+"@acme.example")
		}
		return ""
	},
	"hostile": func(m *desk.Message) string {
		m.Subject = "Re: hi\r\nBcc: victim@other.example\x00 =?utf-8?q?=0ABcc:_x?="
		m.From[0].Name = "Ana\r\nX-Evil: 1"
		m.To[0].Name = "\" <evil@other.example>, \"\\"
		m.InReplyTo = []string{"a@b>\r\nX-Evil: 1", "q1@acme.example"}
		m.References = []string{"with space@x", "", "ü@x", "q1@acme.example"}
		m.Attachments = []desk.Part{{Name: "a\"\r\nX-Evil: 1.txt", Type: "text/plain\r\nX-Evil: 1", Disposition: "attachment", Data: []byte("x")}}
		m.TextBody = "lone\rreturn, NUL \x00, and\r\nboth"
		return ""
	},
}

func TestMessage(t *testing.T) {
	for name, change := range renderings {
		t.Run(name, func(t *testing.T) {
			m := answer()
			got, err := Message(m, change(&m))
			if err != nil {
				t.Fatal(err)
			}
			checkFormat(t, got)
			again, err := Message(m, change(&m))
			if err != nil || !bytes.Equal(got, again) {
				t.Errorf("rendering the same message again gave different bytes (%v)", err)
			}
			path := filepath.Join("testdata", name+".eml")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\r\n"), strings.Split(string(got), "\r\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestInvalidMessages(t *testing.T) {
	for name, change := range map[string]func(m *desk.Message){
		"no sender":            func(m *desk.Message) { m.From = nil },
		"no recipient":         func(m *desk.Message) { m.To = nil },
		"no Message-ID":        func(m *desk.Message) { m.MessageID = "" },
		"Message-ID with CRLF": func(m *desk.Message) { m.MessageID = "a@b\r\nX: 1" },
		"CRLF in a To address": func(m *desk.Message) { m.To[0].Email = "jo@acme.example\r\nBcc: x@y" },
		"invalid Cc address":   func(m *desk.Message) { m.CC = []desk.Address{{Email: "sam"}} },
		"two addresses in one": func(m *desk.Message) { m.To[0].Email = "a@x.example, b@y.example" },
	} {
		m := answer()
		change(&m)
		if b, err := Message(m, ""); desk.KindOf(err) != desk.KindInvalid || err == nil {
			t.Errorf("%s: got %v and\n%s", name, err, b)
		}
	}
}

// fieldNames lists every field that a rendered message may have.
var fieldNames = []string{"Date", "From", "Reply-To", "To", "Cc", "Subject", "Message-Id", "In-Reply-To", "References", "Thread-Topic", "Thread-Index", "Auto-Submitted",
	"Precedence", "X-Auto-Response-Suppress", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// checkFormat checks the line format (RFC 5322 §2.1, RFC 5321 §4.5.3.1.6) and that
// there are no unexpected or repeated fields.
func checkFormat(t *testing.T, b []byte) *mail.Message {
	t.Helper()
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		t.Fatal("the message does not end with CRLF")
	}
	for i, line := range bytes.Split(b[:len(b)-2], []byte("\r\n")) {
		if bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %d has a bare CR, a bare LF or a NUL: %q", i+1, line)
		}
		if len(line) > 998 {
			t.Fatalf("line %d is %d octets long", i+1, len(line))
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("cannot parse the message: %v\n%s", err, b)
	}
	for name, values := range parsed.Header {
		if !slices.Contains(fieldNames, name) || len(values) != 1 {
			t.Fatalf("unexpected or repeated field %s: %q", name, values)
		}
	}
	return parsed
}

// checkMessage checks the format of a message with files, and that nothing adds a field to
// any part.
func checkMessage(t *testing.T, m desk.Message) {
	t.Helper()
	b, err := Message(m, "")
	if err != nil {
		t.Fatal(err)
	}
	checkFormat(t, b)
	known := append([]string{"Content-Disposition", "Content-Id"}, fieldNames...)
	var walk func(contentType string, body io.Reader)
	walk = func(contentType string, body io.Reader) {
		kind, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(kind, "multipart/") {
			return
		}
		parts := stdmultipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range p.Header {
				if !slices.Contains(known, name) || len(values) != 1 {
					t.Fatalf("unexpected or repeated field %s: %q", name, values)
				}
			}
			walk(p.Header.Get("Content-Type"), p)
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	walk(parsed.Header.Get("Content-Type"), parsed.Body)
}

// FuzzMessage checks that no input can add a header field or change the text.
func FuzzMessage(f *testing.F) {
	f.Add("Ana", "Jo", "jo@acme.example", "sam@acme.example", "Re: hi", "q1@acme.example", "hello")
	f.Add("A\r\nBcc: x@y", "\x00", "jo@acme.example\nX: y", "", "a\rb\nc =?utf-8?q?=0A?=", "a@b>\r\nX: 1", "\r.\r\n..\nFrom x")
	f.Add("\"", ",;:<>@", "\"a b\"@x.example", "ü@ü.example", strings.Repeat("ü ", 400), "é@x", strings.Repeat("x", 2000))
	f.Fuzz(func(t *testing.T, from, name, to, cc, subject, ref, text string) {
		m := answer()
		m.ConversationID = desk.NewID[desk.ConversationID]()
		m.Attachments = []desk.Part{{Name: name, Type: ref, CID: ref, Disposition: text, Data: []byte(text)}, {Name: subject, Type: "image/png", CID: cc, Disposition: "inline"}}
		m.HTMLBody = text
		checkMessage(t, m)
		m.Attachments, m.HTMLBody = nil, ""
		m.From[0].Name, m.To[0], m.CC = from, desk.Address{Name: name, Email: to}, []desk.Address{{Name: subject, Email: cc}}
		m.Subject, m.InReplyTo, m.References, m.TextBody = subject, []string{ref}, []string{ref, "z@z", ref}, text
		b, err := Message(m, "help+tok@desk.example")
		if err != nil {
			if desk.KindOf(err) != desk.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		parsed := checkFormat(t, b)
		got, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if err != nil || got != imf.OneLine(subject) {
			t.Fatalf("subject %q came out as %q (%v)", subject, got, err)
		}
		if list, err := parsed.Header.AddressList("To"); err != nil || len(list) != 1 {
			t.Fatalf("to: %v %v", list, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
		if err != nil {
			t.Fatal(err)
		}
		unix := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		want := unix.Replace(text)
		if !strings.HasSuffix(text, "\n") {
			want = unix.Replace(text + "\n")
		}
		if unix.Replace(string(body)) != want {
			t.Fatalf("text %q came out as %q", text, body)
		}
	})
}
