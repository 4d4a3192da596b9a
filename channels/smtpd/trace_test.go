package smtpd

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestSourceKey(t *testing.T) {
	const content = "Subject: x\r\n\r\nHello.\r\n"
	key := func(reverse, forward, content string) string {
		return sourceKey(reverse, strings.Fields(forward), []byte(content))
	}
	base := key("a@x.example", "b@y.example c@y.example", content)
	for _, test := range []struct {
		name, reverse, forward, content string
		same                            bool
	}{
		{"again", "a@x.example", "b@y.example c@y.example", content, true},
		{"paths in another order and case", "a@x.example", "C@Y.example b@y.example", content, true},
		{"a path listed twice", "a@x.example", "b@y.example c@y.example b@y.example", content, true},
		{"by another route", "a@x.example", "b@y.example c@y.example", "Received: from p\r\n\tby q; now\r\nreturn-path: <a>\r\nDelivered-To: b\r\nX-Original-To : b\r\n" + content, true},
		{"other reverse-path", "z@x.example", "b@y.example c@y.example", content, false},
		{"fewer recipients", "a@x.example", "b@y.example", content, false},
		{"other content", "a@x.example", "b@y.example c@y.example", content + "!", false},
		{"a trace field below other fields", "a@x.example", "b@y.example c@y.example", "Subject: x\r\nReceived: from p\r\n\r\nHello.\r\n", false},
		{"a path that contains the separator", "a@x.example", "b@y.example\n12:c@y.example", content, false},
	} {
		if got := key(test.reverse, test.forward, test.content); (got == base) != test.same {
			t.Errorf("%s: same %t, want %t", test.name, got == base, test.same)
		}
	}
}

func TestHops(t *testing.T) {
	for _, test := range []struct {
		content string
		want    int
	}{
		{"", 0},
		{"\r\nReceived: in the body\r\n", 0},
		{"Received: a\r\n\tb\r\nreceived: c\r\nX-Received: d\r\n\r\nReceived: e\r\n", 2},
		{"RECEIVED: no line end", 1},
		{"Subject: x\nReceived: a\n\nReceived: b\n", 1},
	} {
		if got := hops([]byte(test.content)); got != test.want {
			t.Errorf("%q: %d, want %d", test.content, got, test.want)
		}
	}
}

func TestTraceFieldEscapesClientText(t *testing.T) {
	raw := &desk.Raw{ID: desk.NewID[desk.RawID](), RemoteAddr: "[2001:db8::1]:25", ReceivedAt: time.Unix(0, 0).UTC(), EnvelopeTo: []string{`"x>;\r"@desk.example`}}
	field := string(received(raw, "evil (; \r\nSubject: forged", "mx.desk.example", with(false, true, true)))
	if strings.Count(field, "\r\n") != 4 || !strings.HasPrefix(field, "Received: from evil______Subject:_forged ([IPv6:2001:db8::1])\r\n\tby mx.desk.example with UTF8SMTPS id rw_") {
		t.Errorf("field %q", field)
	}
	if !strings.HasSuffix(field, ";\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\n") {
		t.Errorf("date of %q", field)
	}
}

func FuzzTrace(f *testing.F) {
	f.Add([]byte("Received: a\r\n b\r\nSubject: x\r\n\r\nbody"))
	f.Add([]byte("\n\n"))
	f.Add([]byte("Received:"))
	f.Fuzz(func(t *testing.T, content []byte) {
		rest := withoutTrace(content)
		if !bytes.HasSuffix(content, rest) {
			t.Errorf("%q is not a suffix of %q", rest, content)
		}
		if again := withoutTrace(rest); !bytes.Equal(again, rest) {
			t.Errorf("a second pass shortens %q to %q", rest, again)
		}
		if hops(content) > bytes.Count(bytes.ToLower(content), []byte("received:")) {
			t.Error("more hops than Received fields")
		}
	})
}
