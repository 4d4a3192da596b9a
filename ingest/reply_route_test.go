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
	const jo, all = "jo@acme.example", "[jo@acme.example x@y.example to@b.example cc@c.example]"
	const aligned, claimed, forged = desk.TrustAligned, desk.TrustClaimed, desk.TrustForged
	for name, x := range map[string]struct {
		trust        desk.Trust
		replyTo      string // in the message
		email        string // the sender's; "": Jo's
		account      desk.AccountID
		opening      bool
		known        bool   // the contact has written before
		closed       string // where the replies of the closed conversation go that it continues
		proven       bool
		channel      desk.Channel // of replies; "": mail
		before       string       // where replies go so far
		want         string
		participants string
	}{
		"the author":                           {trust: aligned, account: account, before: "old@acme.example", want: jo, participants: "[jo@acme.example x@y.example]"},
		"another domain":                       {trust: aligned, replyTo: "eve@evil.example", account: account, before: jo, want: jo, participants: "[jo@acme.example x@y.example]"},
		"another domain, with proof":           {trust: aligned, replyTo: "eve@evil.example", account: account, before: jo, proven: true, want: "eve@evil.example", participants: all},
		"a participant":                        {trust: aligned, replyTo: "known@b.example", account: account, before: jo, want: "known@b.example", participants: "[jo@acme.example x@y.example]"},
		"where replies go already":             {trust: aligned, replyTo: "old@b.example", account: account, before: "old@b.example", want: "old@b.example", participants: "[jo@acme.example x@y.example]"},
		"a colleague":                          {trust: aligned, replyTo: "team@acme.example", account: account, before: jo, want: "team@acme.example", participants: "[jo@acme.example x@y.example]"},
		"another account":                      {trust: aligned, account: other, before: "old@b.example", want: "", participants: "[jo@acme.example x@y.example]"},
		"another account, no address yet":      {trust: aligned, account: other, before: "", want: jo, participants: "[jo@acme.example x@y.example]"},
		"a chat":                               {trust: aligned, account: account, before: "vs_1", channel: desk.ChannelChat, want: "", participants: "[jo@acme.example x@y.example]"},
		"one of our own addresses":             {trust: aligned, email: "support@desk.example", account: account, want: "", participants: "[jo@acme.example x@y.example]"},
		"a sender without an address":          {trust: aligned, email: unknownSender, account: account, want: "", participants: "[jo@acme.example x@y.example]"},
		"our own address, then another domain": {trust: aligned, replyTo: "support@desk.example", account: account, want: jo, participants: "[jo@acme.example x@y.example]"},

		"not authenticated":                      {trust: claimed, account: account, before: "old@acme.example", want: "", participants: "[]"},
		"not authenticated, with proof":          {trust: claimed, replyTo: "eve@evil.example", account: account, before: jo, proven: true, want: "", participants: "[]"},
		"not authenticated, a colleague":         {trust: claimed, replyTo: "team@acme.example", account: account, before: jo, proven: true, want: "", participants: "[]"},
		"not authenticated, a participant":       {trust: claimed, replyTo: "known@b.example", account: account, before: jo, proven: true, want: "", participants: "[]"},
		"the first mail":                         {trust: claimed, replyTo: "jo@home.example", account: account, opening: true, want: "jo@home.example", participants: all},
		"the first mail, forged":                 {trust: forged, replyTo: "eve@evil.example", account: account, opening: true, want: jo, participants: "[jo@acme.example]"},
		"another first mail":                     {trust: claimed, replyTo: "eve@evil.example", account: account, opening: true, known: true, want: jo, participants: all},
		"another first mail, for the team":       {trust: claimed, replyTo: "team@acme.example", account: account, opening: true, known: true, want: "team@acme.example", participants: all},
		"another first mail, authenticated":      {trust: aligned, replyTo: "jo@home.example", account: account, opening: true, known: true, want: "jo@home.example", participants: all},
		"it continues a closed conversation":     {trust: claimed, replyTo: "eve@evil.example", account: account, opening: true, closed: "old@b.example", want: "old@b.example", participants: all},
		"the same, authenticated":                {trust: aligned, replyTo: "jo@home.example", account: account, opening: true, closed: "old@b.example", want: "jo@home.example", participants: all},
		"the same, with the author's own adress": {trust: claimed, account: account, opening: true, closed: "old@b.example", want: jo, participants: all},
	} {
		b := newBatch(rules(t), nothing())
		s := sender{key: IdentityKey{desk.ChannelEmail, jo}, email: jo, domain: "acme.example", trust: x.trust, known: x.known}
		if x.email != "" {
			s.email = x.email
		}
		b.snap.Contacts[s.key] = desk.Contact{AccountID: x.account}
		c := &desk.Conversation{ID: desk.NewID[desk.ConversationID](), AccountID: account, ReplyChannel: desk.ChannelEmail, ReplyTo: x.before, Participants: []string{"known@b.example"}}
		if x.channel != "" {
			c.ReplyChannel = x.channel
		}
		var d threading.Decision
		if x.closed != "" {
			d.FollowUpOf = desk.NewID[desk.ConversationID]()
			b.snap.Conversations[d.FollowUpOf] = &desk.Conversation{ID: d.FollowUpOf, ReplyChannel: desk.ChannelEmail, ReplyTo: x.closed}
		}
		m := &desk.Message{From: addresses(jo, "x@y.example"), To: addresses("to@b.example"), CC: addresses("cc@c.example")}
		if x.replyTo != "" {
			m.ReplyTo = addresses(x.replyTo)
		}
		if x.proven {
			m.References = []string{"out@desk.example"}
			b.snap.Sent["out@desk.example"] = c.ID
		}
		to, participants := b.replyPath(c, m, s, d, x.opening)
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
