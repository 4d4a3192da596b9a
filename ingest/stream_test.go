package ingest

import (
	"strings"
	"testing"

	"switchboard/desk"
)

func TestStream(t *testing.T) {
	t.Parallel()
	mail := func(header string) desk.Raw {
		return desk.Raw{Channel: desk.ChannelEmail, Endpoint: "support", EnvelopeFrom: "bounces@relay.example", Bytes: []byte(header + "\r\n\r\nText\r\nFrom: not@this.example\r\n")}
	}
	sent := mail("From: support@desk.example\r\nTo: Jo <jo@acme.example>")
	sent.Outgoing = true
	for name, c := range map[string]struct {
		raw  desk.Raw
		want string
	}{
		"an organization":            {mail("Subject: x\r\nFrom: Jo Doe <Jo@ACME.example>"), "email:acme.example"},
		"a colleague":                {mail("from: lee@acme.example\r\nSubject: x"), "email:acme.example"},
		"a freemail user":            {mail("From: Jo.Doe@gmail.com"), "email:jo.doe@gmail.com"},
		"a folded field":             {mail("From: =?utf-8?q?J=C3=B6?=\r\n\t<jo@acme.example>"), "email:acme.example"},
		"line feeds only":            {desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte("Subject: x\nFrom: jo@acme.example\n\nText")}, "email:acme.example"},
		"only a sender":              {mail("Sender: jo@acme.example"), "email:acme.example"},
		"no author":                  {mail("Subject: x"), "email:relay.example"},
		"an author without address":  {mail("From: Jo Doe"), "email:relay.example"},
		"no author and null path":    {desk.Raw{Channel: desk.ChannelEmail, Endpoint: "support", Bytes: []byte("Subject: x\r\n\r\n")}, "email:/support"},
		"a mail that we sent":        {sent, "email:acme.example"},
		"nothing":                    {desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp"}, "email:/smtp"},
		"a header without end":       {desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", Bytes: []byte("From: jo@acme.example")}, "email:acme.example"},
		"an endless address":         {mail("From: " + strings.Repeat("x", 5000) + "@gmail.com"), "email:relay.example"},
		"a chat session":             {desk.Raw{Channel: desk.ChannelChat, SourceKey: "vs_1/line"}, "chat:vs_1"},
		"a form":                     {desk.Raw{Channel: desk.ChannelForm, Endpoint: "contact", Bytes: []byte(`{"email":"Jo@acme.example"}`)}, "form:acme.example"},
		"a form without an address":  {desk.Raw{Channel: desk.ChannelForm, Endpoint: "contact", Bytes: []byte(`{"name":"Jo"}`)}, "form:/contact"},
		"a form that cannot be read": {desk.Raw{Channel: desk.ChannelForm, Endpoint: "contact", Bytes: []byte(`{`)}, "form:/contact"},
	} {
		if got := Stream(&c.raw); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte("From: Jo\r\n <jo@acme.example>\r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, mail []byte) {
		s := Stream(&desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", Bytes: mail})
		if !strings.HasPrefix(s, "email:") || len(s) > 2000 || strings.ContainsAny(s, "\r\n") {
			t.Errorf("stream %q", s)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	raw := desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte(strings.Repeat("Received: by relay.example; Mon, 2 Feb 2026 10:00:00 +0000\r\n", 12) + "From: Jo Doe <jo@acme.example>\r\n\r\nText")}
	for b.Loop() {
		Stream(&raw)
	}
}
