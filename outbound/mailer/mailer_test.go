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
	"switchboard/outbound/smtpclient"
)

// memoryArchive is an Archive in memory.
type memoryArchive struct {
	mu         sync.Mutex
	renderings map[desk.MessageID][]byte
	blobs      map[string][]byte
	begun      []desk.DeliveryID
	refuse     error // of BeginContent
}

func (a *memoryArchive) Rendering(_ context.Context, id desk.MessageID) ([]byte, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.renderings[id]
	return b, ok, nil
}

func (a *memoryArchive) BeginContent(_ context.Context, d desk.Delivery, b []byte) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begun = append(a.begun, d.ID)
	if a.refuse != nil {
		return nil, a.refuse
	}
	if a.renderings == nil {
		a.renderings = map[desk.MessageID][]byte{}
	}
	if _, ok := a.renderings[d.MessageID]; !ok {
		a.renderings[d.MessageID] = b
	}
	return a.renderings[d.MessageID], nil
}

func (a *memoryArchive) Blob(_ context.Context, id string) ([]byte, error) {
	b, ok := a.blobs[id]
	if !ok {
		return nil, desk.Errorf(desk.KindNotFound, "no such blob")
	}
	return b, nil
}

func mailerFor(t *testing.T, addr string, archive *memoryArchive, reply ReplyAddress) *Mailer {
	t.Helper()
	client, err := smtpclient.New(smtpclient.Config{Addr: addr, TLS: smtpclient.TLSNone, Hostname: "desk.example", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return New(client, archive, Options{ReplyAddress: reply})
}

func answer() desk.Message {
	return desk.Message{
		ID: desk.NewID[desk.MessageID](), ConversationID: desk.NewID[desk.ConversationID](),
		Direction: desk.Outbound, Channel: desk.ChannelEmail, MessageID: "out.1@desk.example",
		From: []desk.Address{{Name: "Ana", Email: "help@desk.example"}}, To: []desk.Address{{Name: "Jo Doe", Email: "jo@acme.example"}},
		Subject: "Re: Printer on fire", SentAt: time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), TextBody: "Hello Jo,\n\nplease pull the plug.\n",
	}
}

func deliveryOf(m *desk.Message, to string) desk.Delivery {
	id := desk.NewID[desk.DeliveryID]()
	return desk.Delivery{ID: id, MessageID: m.ID, ConversationID: m.ConversationID, Channel: desk.ChannelEmail, Recipient: to,
		ReturnPath: "help@desk.example", EnvelopeID: id.String(), State: desk.DeliverySending, Attempts: 1}
}

// TestReplyTokens: each recipient has a token of their own in the reverse-path, and
// all receive the same bytes.
func TestReplyTokens(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	m := mailerFor(t, sink.Addr, &memoryArchive{}, func(base string, _ desk.ConversationID, to string) string {
		return strings.Replace(base, "@", fmt.Sprintf("+t.%x@", to[:2]), 1)
	})
	msg := answer()
	msg.CC = []desk.Address{{Email: "sam@acme.example"}}
	for _, to := range []string{"jo@acme.example", "sam@acme.example"} {
		if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, to)); err != nil || r.State != desk.DeliverySent {
			t.Fatalf("got %+v, %v", r, err)
		}
	}
	automatic := answer()
	automatic.AutoSubmitted = desk.AutoReply
	d := deliveryOf(&automatic, "ann@acme.example")
	d.ReturnPath = ""
	if r, err := m.Send(t.Context(), automatic, d); err != nil || r.State != desk.DeliverySent {
		t.Fatalf("got %+v, %v", r, err)
	}
	want := map[string]string{"jo@acme.example": "help+t.6a6f@desk.example", "sam@acme.example": "help+t.7361@desk.example", "ann@acme.example": ""}
	var first []byte
	for _, got := range sink.Await(3) {
		to := got.To[0]
		if got.From != want[to] {
			t.Errorf("%s: reverse-path %q, want %q", to, got.From, want[to])
		}
		if to == "ann@acme.example" {
			continue
		}
		if replyTo := "Reply-To: \"Ana\" <help+t.6a6f@desk.example>\n"; !bytes.Contains(got.Content, []byte(replyTo)) {
			t.Errorf("%s: no %q in\n%s", to, replyTo, got.Content)
		}
		if body := message(got.Content); first == nil {
			first = body
		} else if !bytes.Equal(first, body) {
			t.Errorf("%s received different bytes", to)
		}
	}
}

// message cuts off the trace fields that smtp-sink puts on top.
func message(content []byte) []byte { return content[max(bytes.Index(content, []byte("Date: ")), 0):] }

// TestSameBytes changes the message between attempts: the first rendering is sent.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	archive := &memoryArchive{blobs: map[string][]byte{"b1": []byte("invoice")}}
	m := mailerFor(t, sink.Addr, archive, nil)
	msg := answer()
	msg.Attachments = []desk.Part{{BlobID: "b1", Name: "invoice.txt", Type: "text/plain", Disposition: "attachment"}}
	for i := range 3 {
		if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != desk.DeliverySent {
			t.Fatalf("got %+v, %v", r, err)
		}
		msg.TextBody += fmt.Sprintf("edited %d", i)
	}
	var first []byte
	for _, got := range sink.Await(3) {
		if body := message(got.Content); first == nil {
			first = body
		} else if !bytes.Equal(first, body) {
			t.Errorf("an attempt sent different bytes:\n%s", body)
		}
	}
	if !bytes.Contains(first, []byte("aW52b2ljZQ==")) {
		t.Errorf("the attachment is missing from\n%s", first)
	}
}

// TestClaimLost: what cannot be recorded as being sent is not sent.
func TestClaimLost(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	archive := &memoryArchive{refuse: desk.Errorf(desk.KindConflict, "claimed by another node")}
	m := mailerFor(t, sink.Addr, archive, nil)
	msg := answer()
	d := deliveryOf(&msg, "jo@acme.example")
	if r, err := m.Send(t.Context(), msg, d); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("got %+v, %v", r, err)
	}
	archive.refuse = nil
	if r, err := m.Send(t.Context(), msg, d); err != nil || r.State != desk.DeliverySent {
		t.Errorf("got %+v, %v", r, err)
	}
	if len(archive.begun) != 2 || archive.begun[1] != d.ID {
		t.Errorf("recorded %v", archive.begun)
	}
	if got := sink.Await(1); len(got) != 1 {
		t.Errorf("%d mails", len(got))
	}
}

// TestUnsendable: a message that can never be sent fails without an attempt; a
// connection would fail here and delay it.
func TestUnsendable(t *testing.T) {
	t.Parallel()
	m := mailerFor(t, "127.0.0.1:1", &memoryArchive{}, nil)
	for name, c := range map[string]struct {
		change func(*desk.Message, *desk.Delivery)
		code   string
	}{
		"no Message-ID":       {func(m *desk.Message, _ *desk.Delivery) { m.MessageID = "" }, "5.6.0"},
		"invalid recipient":   {func(_ *desk.Message, d *desk.Delivery) { d.Recipient = "jo@acme.example> NOTIFY=NEVER" }, "5.1.3"},
		"recipient with CRLF": {func(_ *desk.Message, d *desk.Delivery) { d.Recipient = "jo@acme.example\r\nRCPT TO:<x@y>" }, "5.1.3"},
	} {
		msg := answer()
		d := deliveryOf(&msg, "jo@acme.example")
		c.change(&msg, &d)
		if r, err := m.Send(t.Context(), msg, d); err != nil || r.State != desk.DeliveryFailed || r.EnhancedCode != c.code {
			t.Errorf("%s: got %+v, %v; want %s", name, r, err, c.code)
		}
	}
	missing := answer()
	missing.Attachments = []desk.Part{{BlobID: "gone", Name: "x", Type: "text/plain"}}
	if _, err := m.Send(t.Context(), missing, deliveryOf(&missing, "jo@acme.example")); desk.KindOf(err) != desk.KindNotFound || err == nil {
		t.Errorf("missing blob: %v", err)
	}
}

// TestSignedOnce: a mail is signed when it is rendered, and repeated with the same bytes.
func TestSignedOnce(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	m := mailerFor(t, sink.Addr, &memoryArchive{}, nil)
	signed := 0
	m.sign = func(from string, b []byte) ([]byte, error) {
		signed++
		return append([]byte(fmt.Sprintf("X-Signed: %s %d\r\n", from, signed)), b...), nil
	}
	msg := answer()
	for range 2 {
		if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != desk.DeliverySent {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	for _, got := range sink.Await(2) {
		if !bytes.Contains(got.Content, []byte("X-Signed: help@desk.example 1\n")) {
			t.Errorf("%s", got.Content)
		}
	}
}
