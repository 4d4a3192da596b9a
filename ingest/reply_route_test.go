package ingest

import (
	"fmt"
	"slices"
	"testing"

	"switchboard/desk"
	"switchboard/threading"
)

// Each proof is enough on its own.
func TestProven(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	c := &desk.Conversation{ID: desk.NewID[desk.ConversationID]()}
	b.snap.Sent["out@desk.example"] = c.ID
	b.snap.Sent["other@desk.example"] = desk.NewID[desk.ConversationID]()
	for name, x := range map[string]struct {
		message desk.Message
		method  string
		want    bool
	}{
		"a reply address":                  {desk.Message{}, threading.MethodToken, true},
		"In-Reply-To":                      {desk.Message{InReplyTo: []string{"1@a", "out@desk.example"}}, threading.MethodReferences, true},
		"References":                       {desk.Message{References: []string{"out@desk.example", "1@a"}}, threading.MethodReferences, true},
		"the customer's mail":              {desk.Message{InReplyTo: []string{"1@a"}, References: []string{"1@a"}}, threading.MethodReferences, false},
		"a mail of another conversation":   {desk.Message{InReplyTo: []string{"other@desk.example"}}, threading.MethodReferences, false},
		"our Message-ID as its own, alone": {desk.Message{MessageID: "out@desk.example"}, threading.MethodNew, false},
	} {
		if got := b.proven(c, &x.message, threading.Decision{Method: x.method}); got != x.want {
			t.Errorf("%s: %t, want %t", name, got, x.want)
		}
	}
}

func addresses(list ...string) (out []desk.Address) {
	for _, a := range list {
		out = append(out, desk.Address{Email: a})
	}
	return out
}

func TestReplyPath(t *testing.T) {
	t.Parallel()
	account, other := desk.NewID[desk.AccountID](), desk.NewID[desk.AccountID]()
	const jo = "jo@acme.example"
	for name, x := range map[string]struct {
		replyTo      string // in the message
		email        string // the sender's; "": Jo's
		account      desk.AccountID
		trust        desk.Trust
		proven       bool
		channel      desk.Channel // of replies; "": mail
		before       string       // where replies go so far
		want         string
		participants string
	}{
		"the author":                           {account: account, before: "old@acme.example", want: jo, participants: "[jo@acme.example x@y.example]"},
		"another domain":                       {replyTo: "eve@evil.example", account: account, before: jo, want: jo, participants: "[jo@acme.example x@y.example]"},
		"another domain, with proof":           {replyTo: "eve@evil.example", account: account, before: jo, proven: true, want: "eve@evil.example", participants: "[jo@acme.example x@y.example to@b.example cc@c.example]"},
		"a participant":                        {replyTo: "known@b.example", account: account, before: jo, want: "known@b.example", participants: "[jo@acme.example x@y.example]"},
		"where replies go already":             {replyTo: "old@b.example", account: account, before: "old@b.example", want: "old@b.example", participants: "[jo@acme.example x@y.example]"},
		"a colleague":                          {replyTo: "team@acme.example", account: account, before: jo, want: "team@acme.example", participants: "[jo@acme.example x@y.example]"},
		"another account":                      {account: other, before: "old@b.example", want: "", participants: "[jo@acme.example x@y.example]"},
		"another account, the first message":   {account: other, before: "", want: jo, participants: "[jo@acme.example x@y.example]"},
		"a chat":                               {account: account, before: "vs_1", channel: desk.ChannelChat, want: "", participants: "[jo@acme.example x@y.example]"},
		"a forged sender":                      {account: account, trust: desk.TrustForged, want: jo, participants: "[jo@acme.example]"},
		"one of our own addresses":             {email: "support@desk.example", account: account, want: "", participants: "[jo@acme.example x@y.example]"},
		"a sender without an address":          {email: unknownSender, account: account, want: "", participants: "[jo@acme.example x@y.example]"},
		"our own address, then another domain": {replyTo: "support@desk.example", account: account, want: jo, participants: "[jo@acme.example x@y.example]"},
	} {
		b := newBatch(rules(t), nothing())
		s := sender{key: IdentityKey{desk.ChannelEmail, jo}, email: jo, domain: "acme.example", trust: x.trust}
		if x.email != "" {
			s.email = x.email
		}
		b.snap.Contacts[s.key] = desk.Contact{AccountID: x.account}
		c := &desk.Conversation{AccountID: account, ReplyChannel: desk.ChannelEmail, ReplyTo: x.before, Participants: []string{"known@b.example"}}
		if x.channel != "" {
			c.ReplyChannel = x.channel
		}
		m := &desk.Message{From: addresses(jo, "x@y.example"), To: addresses("to@b.example"), CC: addresses("cc@c.example")}
		if x.replyTo != "" {
			m.ReplyTo = addresses(x.replyTo)
		}
		to, participants := b.replyPath(c, m, s, x.proven)
		if to != x.want || fmt.Sprint(participants) != x.participants {
			t.Errorf("%s: replies go to %q, participants %v; want %q, %s", name, to, participants, x.want, x.participants)
		}
	}
}

// The forward-paths come first: only they are proven to be ours.
func TestRecipients(t *testing.T) {
	t.Parallel()
	raw := &desk.Raw{EnvelopeTo: append(make([]string, 0, 9), "envelope@x.example")}
	m := &desk.Message{To: addresses("to@x.example"), CC: addresses("cc@x.example"), BCC: addresses("bcc@x.example")}
	if got := recipients(raw, m); !slices.Equal(got, []string{"envelope@x.example", "to@x.example", "cc@x.example", "bcc@x.example"}) || raw.EnvelopeTo[:2][1] != "" {
		t.Errorf("recipients %v", got)
	}
}

func TestReplyFrom(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	for want, to := range map[string][]string{"billing@desk.example": {"jo@acme.example", "billing+x@desk.example", "support@desk.example"}, "support@desk.example": {"billing@acme.example"}} {
		if got := b.replyFrom(&desk.Raw{}, &desk.Message{To: addresses(to...)}); got != want {
			t.Errorf("to %v: replies come from %s, want %s", to, got, want)
		}
	}
}

func TestReplyTo(t *testing.T) {
	t.Parallel()
	b := newBatch(rules(t), nothing())
	for want, list := range map[string][]string{"jo@acme.example": nil, "team@acme.example": {"@@", "support@desk.example", "Team@Acme.example", "x@acme.example"}} {
		if got := b.replyTo(&desk.Message{ReplyTo: addresses(list...)}, sender{email: "jo@acme.example"}); got != want {
			t.Errorf("Reply-To %v: %s, want %s", list, got, want)
		}
	}
}

// Which deliveries a report may be about.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	for state, want := range map[desk.DeliveryState]bool{desk.DeliverySent: true, desk.DeliveryDelayed: true, desk.DeliveryUnknown: true, desk.DeliveryDelivered: true,
		desk.DeliveryQueued: false, desk.DeliveryHeld: false, desk.DeliveryFailed: false} {
		if got := handedOver(state); got != want {
			t.Errorf("%s: %t, want %t", state, got, want)
		}
	}
}

func TestConcerns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		recipient, original string
		want                bool
	}{
		"the final recipient":    {"JO@acme.example", "x@acme.example", true},
		"the original recipient": {"x@acme.example", "Jo@acme.example", true},
		"someone else":           {"x@acme.example", "y@acme.example", false},
	} {
		if got := concerns(desk.ReportRecipient{Recipient: c.recipient, Original: c.original}, "jo@acme.example"); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
