package agent

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/router"
)

func TestCancelSend(t *testing.T) {
	t.Parallel()
	held := desk.Delivery{Recipient: "jo@acme.example", Channel: desk.ChannelEmail, State: desk.DeliveryHeld}
	sent := desk.Delivery{Recipient: "sam@acme.example", Channel: desk.ChannelEmail, State: desk.DeliverySent}
	line := desk.Delivery{Recipient: "vs_1", Channel: desk.ChannelChat, State: desk.DeliveryDelivered}
	for _, c := range []struct {
		name       string
		deliveries []desk.Delivery
		fails      string
		says       string // "": it is taken back
		kind       desk.Kind
	}{
		{"held", []desk.Delivery{held, held}, "", "", desk.KindInternal},
		{"one has left", []desk.Delivery{held, sent}, "", "too late: the reply has left (to sam@acme.example: sent)", desk.KindConflict},
		{"a chat line", []desk.Delivery{line}, "", "to the visitor: delivered", desk.KindConflict},
		{"from elsewhere", nil, "", "not sent from here", desk.KindConflict},
		{"no deliveries", []desk.Delivery{held}, "Outgoing", "down", desk.KindTemporary},
		{"not saved", []desk.Delivery{held}, "Save", "down", desk.KindTemporary},
		{"no draft", []desk.Delivery{held}, "Draft", "down", desk.KindTemporary},
	} {
		d, s := office()
		m, id := desk.NewID[desk.MessageID](), s.state.Conversation.ID
		s.out, s.fails = Outgoing{Author: s.agents[0].ID, Seq: 3, Deliveries: c.deliveries}, c.fails
		kept, err := d.CancelSend(t.Context(), s.agents[0], id, m)
		if c.says != "" {
			if desk.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || kept.Text != "kept" || !slices.Equal(kinds(s.saved), []desk.EventKind{desk.EventMessageCancelled}) {
			t.Errorf("%s: %+v, %v", c.name, s.saved, err)
			continue
		}
		if len(s.saved.Cancelled) != 1 || s.saved.Cancelled[0].Message != m || s.saved.Cancelled[0].Conversation != id || len(s.saved.Placements) != 1 ||
			s.saved.Placements[0].Seq != 3 || !s.saved.Placements[0].Until.Equal(noon) || len(s.saved.Notices) > 0 {
			t.Errorf("%s: %+v", c.name, s.saved)
		}
		// Somebody else takes it back: its author is told.
		if _, err := d.CancelSend(t.Context(), s.agents[1], id, m); err != nil || len(s.saved.Notices) != 1 || s.saved.Notices[0].AgentID != s.agents[0].ID {
			t.Errorf("%s: %+v, %v", c.name, s.saved.Notices, err)
		}
	}
}

// TestUndo: who asks for nothing gets what the inbox says, else the default; a chat is
// answered at once.
func TestUndo(t *testing.T) {
	t.Parallel()
	rules := func(undo string) *router.Policy {
		p, err := router.Compile([]byte("version: 1\ntiers: [{tier: 1, name: One}, {tier: 2, name: Two}]\ninboxes: {frontline: {tier: 1" + undo + "}, billing: {tier: 2, undo: 5s}}\nrouting: [{name: default, set: {inbox: frontline}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		name   string
		policy *router.Policy
		chat   bool
		asked  int // seconds; -1: nothing
		want   time.Duration
	}{
		{"no policy", nil, false, -1, 10 * time.Second},
		{"a policy without it", rules(""), false, -1, 10 * time.Second},
		{"the inbox's", rules(", undo: 20s"), false, -1, 20 * time.Second},
		{"not held", rules(", undo: 0s"), false, -1, 0},
		{"asked for", rules(", undo: 20s"), false, 30, 30 * time.Second},
		{"asked for none", nil, false, 0, 0},
		{"a chat", rules(", undo: 20s"), true, -1, 0},
		{"a chat, asked for", nil, true, 5, 5 * time.Second},
	} {
		d, s := office()
		d.opt.Undo = 10 * time.Second
		d.opt.Policy = func() lifecycle.Policy { return lifecycle.Policy{Rules: c.policy, Inboxes: s.inboxes} }
		if c.chat {
			s.state.Conversation.ReplyChannel, s.state.Conversation.ReplyTo = desk.ChannelChat, desk.NewID[desk.SessionID]().String()
		}
		r := Reply{Text: "x"}
		if c.asked >= 0 {
			undo := time.Duration(c.asked) * time.Second
			r.Undo = &undo
		}
		if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, r); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := s.saved.Deliveries[0]
		if held := got.State == desk.DeliveryHeld; held != (c.want > 0) || got.NextAttemptAt.Sub(noon) != c.want || len(s.state.Service.Unsent) > 0 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// TestSendingRefuses: when a reply cannot be sent.
func TestSendingRefuses(t *testing.T) {
	t.Parallel()
	long := 2 * time.Minute
	for name, sending := range map[string]Sending{
		"undo_s: at most 60": {Undo: &long}, "send_at: must be in the future": {At: noon}, "send_at: must be within": {At: noon.Add(400 * 24 * time.Hour)},
		"until: a snooze must end": {Then: lifecycle.Then{Status: desk.StatusSnoozed, Until: noon}}, "not possible after": {Then: lifecycle.Then{Status: desk.StatusOpen}},
	} {
		d, s := office()
		if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "x", Sending: sending}); desk.KindOf(err) != desk.KindInvalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, s := office()
	s.state.Conversation.ReplyChannel, s.state.Conversation.ReplyTo = desk.ChannelChat, desk.NewID[desk.SessionID]().String()
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "x", Sending: Sending{At: noon.Add(time.Hour)}}); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("a scheduled chat line: %v", err)
	}
}
