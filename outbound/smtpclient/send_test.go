package smtpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/outbound/smtpreply"
)

// TestConnectionLost breaks the session at every point. A message that the peer
// received completely must not count as failed or delayed, and one that it did not
// receive must not count as sent.
func TestConnectionLost(t *testing.T) {
	cut := reply{cut: true}
	const none, dot = 0, 1
	for _, c := range []struct {
		name  string
		s     script
		state desk.DeliveryState
		code  int
		mails int
	}{
		{"no failure", script{}, desk.DeliverySent, 250, dot},
		{"closed at connect", script{"connect": cut}, desk.DeliveryDelayed, 0, none},
		{"closed in the greeting", script{"connect": {say: "22...", cut: true}}, desk.DeliveryDelayed, 0, none},
		{"421 as greeting", script{"connect": {say: "421 4.3.2 later", cut: true}}, desk.DeliveryDelayed, 421, none},
		{"554 as greeting", script{"connect": {say: "554 5.3.2 never", cut: true}}, desk.DeliveryDelayed, 554, none},
		{"closed at EHLO", script{"EHLO": cut}, desk.DeliveryDelayed, 0, none},
		{"closed at MAIL", script{"MAIL": cut}, desk.DeliveryDelayed, 0, none},
		{"421 at MAIL", script{"MAIL": {say: "421 4.3.2 later", cut: true}}, desk.DeliveryDelayed, 421, none},
		{"closed at RCPT", script{"RCPT": cut}, desk.DeliveryDelayed, 0, none},
		{"450 at RCPT", script{"RCPT": {say: "450 4.2.1 greylisted"}}, desk.DeliveryDelayed, 450, none},
		{"550 at RCPT", script{"RCPT": {say: "550-5.1.1 no such\n550 5.1.1 user"}}, desk.DeliveryFailed, 550, none},
		{"closed at DATA", script{"DATA": cut}, desk.DeliveryDelayed, 0, none},
		{"554 at DATA", script{"DATA": {say: "554 5.7.1 no", cut: true}}, desk.DeliveryFailed, 554, none},
		{"closed at the first octet", script{"body": {read: 1, cut: true}}, desk.DeliveryUnknown, 0, none},
		{"closed in the body", script{"body": {read: 200, cut: true}}, desk.DeliveryUnknown, 0, none},
		{"closed after the dot", script{"dot": cut}, desk.DeliveryUnknown, 0, dot},
		{"closed in the answer to the dot", script{"dot": {say: "25...", cut: true}}, desk.DeliveryUnknown, 0, dot},
		{"invalid reply to the dot", script{"dot": {say: "thanks a lot", cut: true}}, desk.DeliveryUnknown, 0, dot},
		{"421 after the dot", script{"dot": {say: "421 4.3.0 disk", cut: true}}, desk.DeliveryDelayed, 421, dot},
		{"451 after the dot", script{"dot": {say: "451 4.3.0 disk"}}, desk.DeliveryDelayed, 451, dot},
		{"554 after the dot", script{"dot": {say: "554 5.6.0 spam"}}, desk.DeliveryFailed, 554, dot},
		{"closed after 250", script{"dot": {say: "250 2.0.0 accepted", cut: true}}, desk.DeliverySent, 250, dot},
		{"no reply after the dot", script{"dot": {stall: true}}, desk.DeliveryUnknown, 0, dot},
		{"no reply at MAIL", script{"MAIL": {stall: true}}, desk.DeliveryDelayed, 0, none},
	} {
		for _, way := range []string{"", ", pipelined"} {
			t.Run(c.name+way, func(t *testing.T) {
				t.Parallel()
				s := maps.Clone(c.s)
				if _, ok := s["EHLO"]; !ok && way != "" {
					s["EHLO"] = reply{say: pipelining}
				}
				p := startPeer(t, s)
				m := clientFor(t, p.addr, func(cfg *Config) { cfg.Timeout, cfg.Answer = 500*time.Millisecond, 500*time.Millisecond })
				r := m.Submit(t.Context(), mailTo("jo@acme.example"))
				if r.State != c.state || r.Code != c.code {
					t.Errorf("got %+v; want %s %d", r, c.state, c.code)
				}
				if p.mails() != c.mails {
					t.Errorf("the peer received %d messages, want %d", p.mails(), c.mails)
				}
				if r.Detail == "" {
					t.Error("Detail is empty")
				}
			})
		}
	}
}

// pipelining is the answer to EHLO of a server that takes several commands at once.
const pipelining = "250-peer\n250-PIPELINING\n250-SIZE\n250 DSN"

// TestPipelining: a server that answers nothing before it has all commands gets them all, on
// a new connection and on one that is kept.
func TestPipelining(t *testing.T) {
	t.Parallel()
	p := startPeer(t, script{"EHLO": {say: pipelining}, "MAIL": {}, "RCPT": {}, "DATA": {say: "250 2.1.0 Ok\n250 2.1.5 Ok\n354 End data with <CR><LF>.<CR><LF>"}})
	c := clientFor(t, p.addr, nil)
	for n := range 3 {
		if r := c.Submit(t.Context(), mailTo("jo@acme.example")); r.State != desk.DeliverySent || p.mails() != n+1 {
			t.Fatalf("got %+v, %d mails", r, p.mails())
		}
		if !bytes.Equal(p.last, mailTo("jo@acme.example").Data) {
			t.Errorf("the peer got %q", p.last)
		}
	}
	if n := strings.Count(strings.Join(p.commands(), " "), "EHLO"); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestStalledBody sends more than the buffers hold to a peer that stops reading.
func TestStalledBody(t *testing.T) {
	p := startPeer(t, script{"body": {read: 1000, stall: true}})
	m := clientFor(t, p.addr, func(cfg *Config) { cfg.Timeout = 300 * time.Millisecond })
	large := mailTo("jo@acme.example")
	large.Data = append(large.Data, strings.Repeat("a long line of text that fills the buffers\r\n", 200_000)...)
	begin := time.Now()
	r := m.Submit(t.Context(), large)
	if r.State != desk.DeliveryDelayed || p.mails() != 0 {
		t.Errorf("got %+v", r)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("Submit took %s", took)
	}
}

// TestCancel checks that an attempt ends with its context.
func TestCancel(t *testing.T) {
	for point, want := range map[string]desk.DeliveryState{"connect": desk.DeliveryDelayed, "RCPT": desk.DeliveryDelayed, "dot": desk.DeliveryUnknown} {
		p := startPeer(t, script{point: {stall: true}})
		m := clientFor(t, p.addr, func(cfg *Config) { cfg.Timeout, cfg.Answer = time.Minute, time.Minute })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		r := m.Submit(ctx, mailTo("jo@acme.example"))
		cancel()
		if r.State != want {
			t.Errorf("%s: got %+v, want %s", point, r, want)
		}
	}
}

// TestBegin: the content waits for Begin, and nothing of it is sent if that fails, not
// even a final dot. The server is not blamed.
func TestBegin(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{nil, errors.New("claimed by another node")} {
		p := startPeer(t, nil)
		reports, calls := 0, 0
		c := clientFor(t, p.addr, func(cfg *Config) { cfg.Report = func(f *smtpreply.Fault) { reports++ } })
		m := mailTo("jo@acme.example")
		content := append([]byte("X-Kept: yes\r\n"), m.Data...)
		m.Begin = func(context.Context) ([]byte, error) {
			if calls++; p.commands()[len(p.commands())-1] != "DATA" || p.mails() != 0 {
				t.Errorf("called after %q", p.commands())
			}
			return content, refusal
		}
		r := c.Submit(t.Context(), m)
		if refusal == nil && (r.State != desk.DeliverySent || calls != 1 || p.mails() != 1 || !bytes.Equal(p.last, content)) {
			t.Errorf("got %+v after %d calls", r, calls)
		}
		if refusal == nil {
			continue
		}
		if r.State != desk.DeliveryDelayed || r.Detail != refusal.Error() || reports != 0 {
			t.Errorf("got %+v, %d reports", r, reports)
		}
		m.Begin = nil
		if r := c.Submit(t.Context(), m); r.State != desk.DeliverySent || p.mails() != 1 || !bytes.Equal(p.last, m.Data) {
			t.Errorf("the next message: %+v, %d mails", r, p.mails())
		}
	}
}

// TestConnectionReuse: one connection serves several messages, and is replaced
// without an error if the server has closed it in the meantime.
func TestConnectionReuse(t *testing.T) {
	for name, c := range map[string]struct {
		s           script
		connections int
	}{
		"open":   {nil, 1},
		"closed": {script{"dot": {say: "250 2.0.0 accepted", cut: true}}, 4},
	} {
		p := startPeer(t, c.s)
		m := clientFor(t, p.addr, nil)
		for range 4 {
			if r := m.Submit(t.Context(), mailTo("jo@acme.example")); r.State != desk.DeliverySent {
				t.Fatalf("%s: got %+v", name, r)
			}
		}
		greetings := 0
		for _, c := range p.commands() {
			if strings.HasPrefix(c, "EHLO ") {
				greetings++
			}
		}
		if greetings != c.connections || p.mails() != 4 {
			t.Errorf("%s: %d messages used %d connections", name, p.mails(), greetings)
		}
	}
}

// TestEnvelope checks the commands that carry the envelope.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	p := startPeer(t, nil)
	c := clientFor(t, p.addr, nil)
	bounce := mailTo("jo@acme.example")
	bounce.From = ""
	for _, m := range []Mail{mailTo("jo@acme.example"), mailTo("sam@bücher.example"), bounce} {
		m.Data = mailTo("jo@acme.example").Data
		if r := c.Submit(t.Context(), m); r.State != desk.DeliverySent {
			t.Fatalf("got %+v", r)
		}
	}
	for i, prefix := range []string{"EHLO desk.example", "MAIL FROM:<help@desk.example> SIZE=", "RCPT TO:<jo@acme.example> NOTIFY=FAILURE,DELAY ORCPT=RFC822;jo@acme.example", "DATA",
		"MAIL FROM:<help@desk.example> ", "RCPT TO:<sam@xn--bcher-kva.example> ", "DATA", "MAIL FROM:<> ", "RCPT TO:<jo@acme.example>"} {
		if got := p.commands(); i >= len(got) || !strings.HasPrefix(got[i], prefix) {
			t.Errorf("command %d: want prefix %q in %q", i, prefix, got)
		}
	}
	if got := p.commands()[1]; !strings.Contains(got, "ENVID=env-1") {
		t.Errorf("no ENVID in %q", got)
	}
}

// TestInternationalizedLocalPart: a server without SMTPUTF8 cannot deliver it.
func TestInternationalizedLocalPart(t *testing.T) {
	t.Parallel()
	p := startPeer(t, nil)
	r := clientFor(t, p.addr, nil).Submit(t.Context(), mailTo("jö@acme.example"))
	if r.State != desk.DeliveryFailed || r.EnhancedCode != "5.6.7" || p.mails() != 0 {
		t.Errorf("got %+v and %d messages", r, p.mails())
	}
}

// TestSink sends to Postfix's smtp-sink, in parallel and over reused connections.
func TestSink(t *testing.T) {
	sink := mailtest.NewSMTPSink(t)
	c := clientFor(t, sink.Addr, func(cfg *Config) { cfg.Timeout = 10 * time.Second })
	const mails = 64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range mails / 8 {
				m := mailTo("jo@acme.example")
				m.Data = bytes.Replace(m.Data, []byte("out.1@"), fmt.Appendf(nil, "out.%d.%d@", i, j), 1)
				if r := c.Submit(t.Context(), m); r.State != desk.DeliverySent {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, got := range sink.Await(mails) {
		parsed, err := mail.ReadMessage(bytes.NewReader(got.Content))
		if err != nil {
			t.Fatal(err)
		}
		seen[parsed.Header.Get("Message-ID")] = true
		if got.From != "help@desk.example" || len(got.To) != 1 || got.To[0] != "jo@acme.example" || got.Helo != "desk.example" {
			t.Fatalf("envelope %q %q %q", got.Helo, got.From, got.To)
		}
		if !bytes.Contains(got.Content, []byte("\n.\n..\nFrom here on")) {
			t.Fatalf("dot-stuffing changed the message:\n%s", got.Content)
		}
	}
	if len(seen) != mails {
		t.Errorf("%d distinct messages arrived, want %d", len(seen), mails)
	}
}

// TestSinkRefuses runs the failure modes of smtp-sink.
func TestSinkRefuses(t *testing.T) {
	for _, c := range []struct {
		flags []string
		state desk.DeliveryState
	}{
		{[]string{"-r", "RCPT"}, desk.DeliveryDelayed}, // 450
		{[]string{"-f", "RCPT"}, desk.DeliveryFailed},  // 500
		{[]string{"-Q", "RCPT"}, desk.DeliveryDelayed}, // 421, then it disconnects
		{[]string{"-q", "."}, desk.DeliveryUnknown},    // it disconnects after the dot
		{[]string{"-r", "."}, desk.DeliveryDelayed},
		{[]string{"-f", "."}, desk.DeliveryFailed},
	} {
		sink := mailtest.NewSMTPSink(t, c.flags...)
		m := clientFor(t, sink.Addr, nil)
		if r := m.Submit(t.Context(), mailTo("jo@acme.example")); r.State != c.state {
			t.Errorf("smtp-sink %q: got %+v, want %s", c.flags, r, c.state)
		}
		sink.Stop()
	}
}
