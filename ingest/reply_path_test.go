package ingest

import (
	"slices"
	"testing"
	"time"

	"switchboard/desk"
)

// A sender who forges the customer's From receives no replies, whatever Message-ID
// they know. The customer chooses another address with proof.
func TestDecideForgedReplyTo(t *testing.T) {
	for name, c := range map[string]struct {
		mail []string
		want string
	}{
		"a guessed Message-ID of the customer's mail": {from("jo@acme.example", "2@a", refers("1@a"), "Reply-To: eve@evil.example", "Cc: eve@evil.example"), "jo@acme.example"},
		"the Message-ID of our reply":                 {from("jo@acme.example", "2@a", refers("out.1@desk.example"), "Reply-To: jo@home.example"), "jo@home.example"},
		"the first address that is not ours":          {from("jo@acme.example", "2@a", refers("1@a"), "Reply-To: support@desk.example, team@acme.example"), "team@acme.example"},
		"an invalid Reply-To":                         {from("jo@acme.example", "2@a", refers("1@a"), "Reply-To: <@@>"), "jo@acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rules(t)
			snap, conversation := stored(t, r, desk.StatusPending)
			out := decide([]parsed{item(t, 1, c.mail...)}, snap, r, noon.Add(2*time.Hour))
			asked := slices.ContainsFunc(out.Messages[0].Problems, func(p desk.Problem) bool { return p.Code == desk.ProblemReplyTo })
			if conversation.ReplyTo != "jo@acme.example" || slices.Contains(conversation.Participants, "eve@evil.example") || asked != (name != "an invalid Reply-To") {
				t.Errorf("not authenticated: replies go to %q; participants %q; problems %v", conversation.ReplyTo, conversation.Participants, out.Messages[0].Problems)
			}
			snap, conversation = stored(t, r, desk.StatusPending)
			decide([]parsed{authentic(item(t, 1, c.mail...))}, snap, r, noon.Add(2*time.Hour))
			if conversation.ReplyTo != c.want || slices.Contains(conversation.Participants, "eve@evil.example") {
				t.Errorf("replies go to %q, want %q; participants %q", conversation.ReplyTo, c.want, conversation.Participants)
			}
		})
	}
}

// Replies to a first mail whose Reply-To is one of our own addresses go to its From.
func TestDecideFirstReplyToIsOwnAddress(t *testing.T) {
	out := decide([]parsed{item(t, 0, from("jo@acme.example", "1@a", "Reply-To: support+x@desk.example")...)}, nothing(), rules(t), noon)
	if got := out.Opened[0].ReplyTo; got != "jo@acme.example" {
		t.Errorf("replies go to %q", got)
	}
}

// Mail from a stranger to a reply address that was forwarded to them joins, and is
// marked as unverified.
func TestDecideMarksStrangerWithForwardedReplyAddress(t *testing.T) {
	r := rules(t)
	snap, conversation := stored(t, r, desk.StatusPending)
	issued := r.Tokens.Address("support@desk.example", conversation.ID, "jo@acme.example")
	mail := item(t, 1, "From: eve@evil.example", "To: "+issued, "Subject: Hello", "Message-ID: <9@evil>")
	out := decide([]parsed{mail}, snap, r, noon.Add(2*time.Hour))
	m := out.Messages[0]
	marked := slices.ContainsFunc(m.Problems, func(p desk.Problem) bool { return p.Code == desk.ProblemUnverified })
	if m.ConversationID != conversation.ID || !marked || conversation.ReplyTo != "jo@acme.example" {
		t.Errorf("in %s (want %s), problems %v, replies go to %q", m.ConversationID, conversation.ID, m.Problems, conversation.ReplyTo)
	}
}
