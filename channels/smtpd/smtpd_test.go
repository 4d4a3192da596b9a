package smtpd

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/desk"
	"switchboard/internal/mailtest"
)

// sender is a channeltest.Customer that writes mail.
type sender struct {
	t    *testing.T
	addr string
}

func (s sender) Send(ctx context.Context, nonce string) error {
	c, err := dialContext(ctx, s.t, s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.send(mail(nonce))
}

func (s sender) Repeat(ctx context.Context, nonce string) error { return s.Send(ctx, nonce) }

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{New: func(t *testing.T, _ *channeltest.Sink) (channels.Channel, channeltest.Customer) {
		s := newServer(t, nil)
		addr, err := s.Listen()
		if err != nil {
			t.Fatal(err)
		}
		return s, sender{t, addr.String()}
	}})
}

func TestJournaledItem(t *testing.T) {
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, nil))
	c.do("250", "MAIL FROM:<%s> BODY=8BITMIME", customer)
	c.do("250", "RCPT TO:<%s>", support)
	c.do("250", "RCPT TO:<billing+42@desk.example>")
	c.do("250", "RCPT TO:<%s>", support)
	c.do("354", "DATA")
	c.do("250", "%s..dotted\r\n.", mail("one"))
	c.do("221", "QUIT")
	raws := sink.Raws()
	if len(raws) != 1 {
		t.Fatalf("%d raw items for one mail to two addresses, want 1", len(raws))
	}
	raw := raws[0]
	if raw.Channel != desk.ChannelEmail || raw.Endpoint != "smtp" || raw.EnvelopeFrom != customer ||
		strings.Join(raw.EnvelopeTo, " ") != support+" billing+42@desk.example" {
		t.Errorf("envelope %+v", raw)
	}
	trace, content, _ := strings.Cut(string(raw.Bytes), "From:")
	if "From:"+content != mail("one")+".dotted\r\n" {
		t.Errorf("content %q", content)
	}
	if !strings.HasPrefix(trace, "Received: from client.example ([127.0.0.1])\r\n\tby mx.desk.example with ESMTP id "+raw.ID.String()) || strings.Contains(trace, "for <") {
		t.Errorf("trace field %q", trace)
	}
	if raw.Size != int64(len(raw.Bytes)) || raw.RemoteAddr == "" {
		t.Errorf("size %d, remote %q", raw.Size, raw.RemoteAddr)
	}
}

func TestReplies(t *testing.T) {
	const limit = 4000
	exact := mail("exact")
	exact += strings.Repeat("x", limit-len(exact)-2) + "\r\n"
	hop := strings.Repeat("Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n", 50)
	for _, test := range []struct {
		name   string
		script []string // "> line" is sent, "< prefix" is the expected reply, "| text" is sent without a line end
		stored int
	}{
		{"null reverse-path", []string{"> MAIL FROM:<>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + mail("n"), "> .", "< 250"}, 1},
		{"unknown recipient", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<who@else.example>", "< 550 5.1.1"}, 0},
		{"an unknown and a known recipient", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<who@else.example>", "< 550 5.1.1", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + mail("n"), "> .", "< 250"}, 1},
		{"no recipient", []string{"> MAIL FROM:<a@b.example>", "< 250", "> DATA", "< 502"}, 0},
		{"exactly at the limit", []string{"> MAIL FROM:<a@b.example> SIZE=4000", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + exact, "> .", "< 250"}, 1},
		{"one octet above the limit", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| x" + exact, "> .", "< 552 5.3.4", "> NOOP", "< 250"}, 0},
		{"announced size too large", []string{"> MAIL FROM:<a@b.example> SIZE=4001", "< 552 5.3.4"}, 0},
		{"exactly at the limit, in a chunk", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> BDAT 4000 LAST", "| " + exact, "< 250"}, 1},
		{"one octet above the limit, in a chunk", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> BDAT 4001 LAST", "| x" + exact, "< 552 5.3.4", "> NOOP", "< 250"}, 0},
		{"far too large", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + strings.Repeat(exact, 100), "> .", "< 552 5.3.4"}, 0},
		{"mail loop", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| Received: one more\r\n" + hop + "Subject: x\r\n\r\n", "> .", "< 554 5.4.6"}, 0},
		{"fifty hops", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + hop + "Subject: x\r\n\r\nReceived: not a hop\r\n", "> .", "< 250"}, 1},
		{"reset forgets the envelope", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> RSET", "< 250", "> DATA", "< 502"}, 0},
		{"no relaying with AUTH either", []string{"> AUTH PLAIN AGEAYg==", "< 523"}, 0},
		{"a line of 3000 octets in the content", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> DATA", "< 354", "| " + strings.Repeat("y", 3000) + "\r\n", "> .", "< 250"}, 1},
		{"an endless command", []string{"| " + strings.Repeat("x", 1<<17), "< 500"}, 0},
		{"chunk by chunk", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> BDAT 12", "| Subject: x\r\n", "< 250", "> BDAT 4", "| \r\nhi", "< 250", "> BDAT 0 LAST", "< 250", "> QUIT", "< 221"}, 1},
		{"chunks aborted", []string{"> MAIL FROM:<a@b.example>", "< 250", "> RCPT TO:<" + support + ">", "< 250", "> BDAT 12", "| Subject: x\r\n", "< 250", "> RSET", "< 250", "> NOOP", "< 250"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sink := channeltest.NewSink()
			c := greeted(t, serve(t, sink, func(cfg *Config) { cfg.MaxSize = limit }))
			for _, step := range test.script {
				switch text := step[2:]; step[0] {
				case '>':
					fmt.Fprintf(c, "%s\r\n", text)
				case '|':
					c.Write([]byte(text))
				case '<':
					c.want(text)
				}
			}
			if got := len(sink.Raws()); got != test.stored {
				t.Errorf("%d raw items, want %d", got, test.stored)
			}
		})
	}
}

func TestTooManyRecipients(t *testing.T) {
	c := greeted(t, serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.MaxRecipients = 3 }))
	c.do("250", "MAIL FROM:<%s>", customer)
	for i := range 3 {
		c.do("250", "RCPT TO:<a%d@desk.example>", i)
	}
	c.do("452 4.5.3", "RCPT TO:<a3@desk.example>")
}

// After a journal error the sender keeps its message and sees no details.
func TestJournalFaults(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"plain error", fmt.Errorf("pq: secret detail"), "451 4.3.0 Temporary failure, try again later\r\n"},
		{"internal", desk.Errorf(desk.KindInternal, "secret detail"), "451 4.3.0 Temporary failure, try again later\r\n"},
		{"temporary", desk.Errorf(desk.KindTemporary, "secret detail"), "451 4.3.0 Temporary failure, try again later\r\n"},
		{"conflict", desk.Errorf(desk.KindConflict, "secret detail"), "451 4.3.0 Temporary failure, try again later\r\n"},
		{"not found", desk.Errorf(desk.KindNotFound, "secret detail"), "451 4.3.0 Temporary failure, try again later\r\n"},
		{"invalid", desk.Errorf(desk.KindInvalid, "secret detail"), "554 5.6.0 Message cannot be accepted\r\n"},
		{"denied", desk.Errorf(desk.KindDenied, "secret detail"), "550 5.7.1 Not allowed\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := channeltest.NewSink()
			sink.Fail(test.err)
			c := greeted(t, serve(t, sink, nil))
			for _, chunked := range []bool{false, true} {
				c.envelope()
				if got := c.content(mail("x"), chunked); got != test.want {
					t.Errorf("chunked %t: reply %q, want %q", chunked, got, test.want)
				}
			}
		})
	}
}

type sinkFunc func(context.Context, desk.Raw) (desk.Receipt, error)

func (f sinkFunc) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) { return f(ctx, raw) }

func TestJournalThatPanicsOrHangs(t *testing.T) {
	hung := make(chan struct{})
	defer close(hung)
	for name, sink := range map[string]sinkFunc{
		"panics": func(context.Context, desk.Raw) (desk.Receipt, error) { panic("nil map") },
		"hangs": func(context.Context, desk.Raw) (desk.Receipt, error) {
			<-hung // ignores its context, like a stopped database
			return desk.Receipt{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(cfg *Config) { cfg.AcceptTimeout = 50e6 })
			addr, err := s.Listen()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx, sink) }()
			c := greeted(t, addr.String())
			c.envelope()
			if got := c.content(mail("x"), false); !strings.HasPrefix(got, "451 4.3.0") {
				t.Errorf("reply %q", got)
			}
			c.do("221", "QUIT")
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSMTPSource(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, nil)
	mailtest.SMTPSource(t, addr, "-m", "1000", "-s", "16", "-l", "4000", "-f", customer, "-t", support)
	if got := len(sink.Raws()); got != 1000 {
		t.Errorf("%d raw items of 1000 accepted mails", got)
	}
}
