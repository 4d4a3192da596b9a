package mailer

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/mailtest"
)

// TestCuts breaks the talk at every point. Whatever the peer saw in full may not
// be called undelivered, and whatever it did not see may not be called sent.
func TestCuts(t *testing.T) {
	cut := reply{cut: true}
	const none, dot = 0, 1
	for _, c := range []struct {
		name  string
		s     script
		state desk.DeliveryState
		code  int
		mails int
	}{
		{"nothing goes wrong", script{}, desk.DeliverySent, 250, dot},
		{"cut at connect", script{"connect": cut}, desk.DeliveryDelayed, 0, none},
		{"cut in the greeting", script{"connect": {say: "22...", cut: true}}, desk.DeliveryDelayed, 0, none},
		{"421 as greeting", script{"connect": {say: "421 4.3.2 later", cut: true}}, desk.DeliveryDelayed, 421, none},
		{"554 as greeting", script{"connect": {say: "554 5.3.2 never", cut: true}}, desk.DeliveryDelayed, 554, none},
		{"cut at EHLO", script{"EHLO": cut}, desk.DeliveryDelayed, 0, none},
		{"cut at MAIL", script{"MAIL": cut}, desk.DeliveryDelayed, 0, none},
		{"421 at MAIL", script{"MAIL": {say: "421 4.3.2 later", cut: true}}, desk.DeliveryDelayed, 421, none},
		{"cut at RCPT", script{"RCPT": cut}, desk.DeliveryDelayed, 0, none},
		{"450 at RCPT", script{"RCPT": {say: "450 4.2.1 greylisted"}}, desk.DeliveryDelayed, 450, none},
		{"550 at RCPT", script{"RCPT": {say: "550-5.1.1 no such\n550 5.1.1 user"}}, desk.DeliveryFailed, 550, none},
		{"cut at DATA", script{"DATA": cut}, desk.DeliveryDelayed, 0, none},
		{"554 at DATA", script{"DATA": {say: "554 5.7.1 no", cut: true}}, desk.DeliveryFailed, 554, none},
		{"cut at the first octet", script{"body": {read: 1, cut: true}}, desk.DeliveryUnknown, 0, none},
		{"cut in the body", script{"body": {read: 200, cut: true}}, desk.DeliveryUnknown, 0, none},
		{"cut after the dot", script{"dot": cut}, desk.DeliveryUnknown, 0, dot},
		{"cut in the answer to the dot", script{"dot": {say: "25...", cut: true}}, desk.DeliveryUnknown, 0, dot},
		{"nonsense after the dot", script{"dot": {say: "thanks a lot", cut: true}}, desk.DeliveryUnknown, 0, dot},
		{"421 after the dot", script{"dot": {say: "421 4.3.0 disk", cut: true}}, desk.DeliveryDelayed, 421, dot},
		{"451 after the dot", script{"dot": {say: "451 4.3.0 disk"}}, desk.DeliveryDelayed, 451, dot},
		{"554 after the dot", script{"dot": {say: "554 5.6.0 spam"}}, desk.DeliveryFailed, 554, dot},
		{"cut after 250", script{"dot": {say: "250 2.0.0 taken", cut: true}}, desk.DeliverySent, 250, dot},
		{"silence after the dot", script{"dot": {stall: true}}, desk.DeliveryUnknown, 0, dot},
		{"silence at MAIL", script{"MAIL": {stall: true}}, desk.DeliveryDelayed, 0, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := startPeer(t, c.s)
			m := mailerFor(t, p.addr, func(cfg *Config) { cfg.Timeout, cfg.Answer = 500*time.Millisecond, 500*time.Millisecond })
			msg := numbered()
			r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example"))
			if err != nil || r.State != c.state || r.Code != c.code {
				t.Errorf("got %+v, %v; want %s %d", r, err, c.state, c.code)
			}
			if p.mails() != c.mails {
				t.Errorf("the peer saw %d mails, want %d", p.mails(), c.mails)
			}
			if r.Detail == "" {
				t.Error("nothing tells a person what happened")
			}
		})
	}
}

// TestStalledBody sends more than any buffer holds to a peer that stops reading.
func TestStalledBody(t *testing.T) {
	p := startPeer(t, script{"body": {read: 1000, stall: true}})
	m := mailerFor(t, p.addr, func(cfg *Config) { cfg.Timeout = 300 * time.Millisecond })
	msg := numbered()
	msg.TextBody = strings.Repeat("a long line of text that fills the buffers\n", 200_000)
	if _, err := m.rendering(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example"))
	if err != nil || r.State != desk.DeliveryDelayed || p.mails() != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestCancel ends an attempt whose context ends.
func TestCancel(t *testing.T) {
	for point, want := range map[string]desk.DeliveryState{"connect": desk.DeliveryDelayed, "RCPT": desk.DeliveryDelayed, "dot": desk.DeliveryUnknown} {
		p := startPeer(t, script{point: {stall: true}})
		m := mailerFor(t, p.addr, func(cfg *Config) { cfg.Timeout, cfg.Answer = time.Minute, time.Minute })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		msg := numbered()
		r, err := m.Send(ctx, msg, deliveryOf(&msg, "jo@acme.example"))
		cancel()
		if err != nil || r.State != want {
			t.Errorf("%s: got %+v, %v", point, r, err)
		}
	}
}

// TestKeptConnection uses one connection for several mails, and a new one when
// the server has hung up in between, without anyone noticing.
func TestKeptConnection(t *testing.T) {
	for name, c := range map[string]struct {
		s           script
		connections int
	}{
		"kept":    {nil, 1},
		"hung up": {script{"dot": {say: "250 2.0.0 taken", cut: true}}, 4},
	} {
		p := startPeer(t, c.s)
		m := mailerFor(t, p.addr, nil)
		for range 4 {
			msg := numbered()
			if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != desk.DeliverySent {
				t.Fatalf("%s: got %+v, %v", name, r, err)
			}
		}
		greetings := 0
		for _, c := range p.commands() {
			if strings.HasPrefix(c, "EHLO ") {
				greetings++
			}
		}
		if greetings != c.connections || p.mails() != 4 {
			t.Errorf("%s: %d mails took %d connections", name, p.mails(), greetings)
		}
	}
}

// TestEnvelope looks at what the server is told besides the mail.
func TestEnvelope(t *testing.T) {
	p := startPeer(t, nil)
	m := mailerFor(t, p.addr, func(cfg *Config) {
		cfg.ReplyAddress = func(base string, c desk.ConversationID, to string) string {
			return strings.Replace(base, "@", fmt.Sprintf("+t.%x@", to[:2]), 1)
		}
	})
	msg := numbered()
	msg.CC = []desk.Address{{Email: "sam@bücher.example"}}
	var mails [][]byte
	for _, to := range []string{"jo@acme.example", "sam@bücher.example"} {
		if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, to)); err != nil || r.State != desk.DeliverySent {
			t.Fatalf("got %+v, %v", r, err)
		}
		mails = append(mails, p.last)
	}
	auto := numbered()
	auto.AutoSubmitted = desk.AutoReply
	d := deliveryOf(&auto, "jo@acme.example")
	d.ReturnPath = ""
	if r, err := m.Send(t.Context(), auto, d); err != nil || r.State != desk.DeliverySent {
		t.Fatalf("got %+v, %v", r, err)
	}
	if !bytes.Equal(mails[0], mails[1]) {
		t.Error("the recipients got different bytes")
	}
	if want := "Reply-To: \"Ana\" <help+t.6a6f@desk.example>\r\n"; !bytes.Contains(mails[0], []byte(want)) {
		t.Errorf("no %q in\n%s", want, mails[0])
	}
	for i, prefix := range []string{"EHLO desk.example", "MAIL FROM:<help+t.6a6f@desk.example> SIZE=", "RCPT TO:<jo@acme.example> NOTIFY=FAILURE,DELAY", "DATA",
		"MAIL FROM:<help+t.7361@desk.example> ", "RCPT TO:<sam@xn--bcher-kva.example> ", "DATA", "MAIL FROM:<> ", "RCPT TO:<jo@acme.example>"} {
		if got := p.commands(); i >= len(got) || !strings.HasPrefix(got[i], prefix) {
			t.Errorf("command %d: want %q in %q", i, prefix, got)
		}
	}
}

// TestSameBytes changes the message between two attempts: what was rendered once
// goes out, under the same Message-ID.
func TestSameBytes(t *testing.T) {
	p := startPeer(t, nil)
	m := mailerFor(t, p.addr, nil)
	msg := numbered()
	var first []byte
	for i := range 3 {
		if _, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = p.last
		}
		if !bytes.Equal(first, p.last) {
			t.Error("another attempt, other bytes")
		}
		msg.TextBody += fmt.Sprintf("edited %d", i)
	}
}

// TestUnsendable gives up at once on what can never be sent.
func TestUnsendable(t *testing.T) {
	p := startPeer(t, nil)
	m := mailerFor(t, p.addr, nil)
	for name, change := range map[string]func(*desk.Message, *desk.Delivery){
		"no msg-id":            func(m *desk.Message, _ *desk.Delivery) { m.MessageID = "" },
		"recipient is none":    func(_ *desk.Message, d *desk.Delivery) { d.Recipient = "jo@acme.example> NOTIFY=NEVER" },
		"recipient with CRLF":  func(_ *desk.Message, d *desk.Delivery) { d.Recipient = "jo@acme.example\r\nRCPT TO:<x@y>" },
		"local part not ASCII": func(_ *desk.Message, d *desk.Delivery) { d.Recipient = "jö@acme.example" },
	} {
		msg := numbered()
		d := deliveryOf(&msg, "jo@acme.example")
		change(&msg, &d)
		if r, err := m.Send(t.Context(), msg, d); err != nil || r.State != desk.DeliveryFailed || r.EnhancedCode == "" {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
	if p.mails() != 0 {
		t.Errorf("%d mails got through", p.mails())
	}
}

// TestSink sends to Postfix's smtp-sink, in parallel and over kept connections.
func TestSink(t *testing.T) {
	sink := mailtest.NewSMTPSink(t)
	m := mailerFor(t, sink.Addr, func(cfg *Config) { cfg.Timeout = 10 * time.Second })
	const mails = 64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range mails / 8 {
				msg := numbered()
				msg.MessageID = fmt.Sprintf("out.%d.%d@desk.example", i, j)
				if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != desk.DeliverySent {
					t.Errorf("got %+v, %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, got := range sink.Await(mails) {
		parsed := lawful(t, bytes.ReplaceAll(got.Content, []byte("\n"), []byte("\r\n")))
		seen[parsed.Header.Get("Message-ID")] = true
		if got.From != "help@desk.example" || len(got.To) != 1 || got.To[0] != "jo@acme.example" || got.Helo != "desk.example" {
			t.Fatalf("envelope %q %q %q", got.Helo, got.From, got.To)
		}
		if !bytes.Contains(got.Content, []byte("\n.\n..\nFrom here on")) {
			t.Fatalf("the dots did not survive:\n%s", got.Content)
		}
	}
	if len(seen) != mails {
		t.Errorf("%d different mails arrived, want %d", len(seen), mails)
	}
}

// TestSinkRefuses lets smtp-sink fail in its own ways.
func TestSinkRefuses(t *testing.T) {
	for _, c := range []struct {
		flags []string
		state desk.DeliveryState
	}{
		{[]string{"-r", "RCPT"}, desk.DeliveryDelayed}, // 450
		{[]string{"-f", "RCPT"}, desk.DeliveryFailed},  // 500
		{[]string{"-Q", "RCPT"}, desk.DeliveryDelayed}, // 421 and a cut
		{[]string{"-q", "."}, desk.DeliveryUnknown},    // a cut after the dot
		{[]string{"-r", "."}, desk.DeliveryDelayed},
		{[]string{"-f", "."}, desk.DeliveryFailed},
	} {
		sink := mailtest.NewSMTPSink(t, c.flags...)
		m := mailerFor(t, sink.Addr, nil)
		msg := numbered()
		if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != c.state {
			t.Errorf("smtp-sink %q: got %+v, %v", c.flags, r, err)
		}
		sink.Stop()
	}
}
