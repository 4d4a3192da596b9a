package lifecycle

import (
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// TestSurveyTimer: a conversation that stays resolved is passed on once, at its time.
func TestSurveyTimer(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile([]byte(`version: 1
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, automatic: {survey: {kind: csat, after: 1h}}}, silent: {tier: 1}}
routing: [{name: default, set: {inbox: frontline}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	asking, silent, ana := desk.NewID[desk.InboxID](), desk.NewID[desk.InboxID](), desk.NewID[desk.AgentID]()
	p := Policy{Rules: rules, Inboxes: []desk.Inbox{{ID: asking, Key: "frontline", Tier: 1}, {ID: silent, Key: "silent", Tier: 1}}}
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		inbox   desk.InboxID
		channel desk.Channel
		steps   []desk.Status // ten minutes apart
		merged  bool
		due     time.Duration // after the start; 0: never
	}{
		"resolved":             {steps: []desk.Status{desk.StatusResolved}, due: time.Hour},
		"resolved and closed":  {steps: []desk.Status{desk.StatusResolved, desk.StatusClosed}, due: time.Hour},
		"open again":           {steps: []desk.Status{desk.StatusResolved, desk.StatusOpen}},
		"resolved twice":       {steps: []desk.Status{desk.StatusResolved, desk.StatusOpen, desk.StatusResolved}, due: 80 * time.Minute},
		"closed at once":       {steps: []desk.Status{desk.StatusClosed}},
		"merged":               {steps: []desk.Status{desk.StatusResolved}, merged: true},
		"an inbox without one": {inbox: silent, steps: []desk.Status{desk.StatusResolved}},
		"a chat":               {channel: desk.ChannelChat, steps: []desk.Status{desk.StatusResolved}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conv := desk.Conversation{ID: desk.NewID[desk.ConversationID](), InboxID: asking, Tier: 1, ReplyChannel: desk.ChannelEmail}
			if !c.inbox.IsZero() {
				conv.InboxID = c.inbox
			}
			if c.channel != "" {
				conv.ReplyChannel = c.channel
			}
			s := Open(conv, Opening{}, p, at.Add(-time.Hour)).State
			s.Conversation.AssigneeID = ana
			for i, to := range c.steps {
				out, err := Apply(s, SetStatus{By: desk.ActorSystem, To: to}, p, at.Add(time.Duration(i)*10*time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				s = out.State
			}
			if c.merged {
				s.Conversation.MergedInto = desk.NewID[desk.ConversationID]()
				out, err := Apply(s, Note{By: desk.ActorSystem}, p, at.Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				s = out.State
			}
			stored, err := Load(s.Conversation, s.Stint) // as it is between two transactions
			if err != nil {
				t.Fatal(err)
			}
			if early, err := Apply(stored, Timer{}, p, at.Add(c.due-time.Second)); err != nil || c.due > 0 && len(early.Surveys) > 0 {
				t.Fatal("too early:", early.Surveys, err)
			}
			late, err := Apply(stored, Timer{}, p, at.Add(3*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if c.due == 0 {
				if len(late.Surveys) != 0 {
					t.Error("asked:", late.Surveys)
				}
				return
			}
			if next, ok := NextTimer(stored, p); !ok || !next.Equal(at.Add(c.due)) {
				t.Error("the timer is set to", next, ok)
			}
			if len(late.Surveys) != 1 || late.Surveys[0].Facts.Assignee != ana || !late.Surveys[0].Facts.Received.Equal(stored.Conversation.ResolvedAt) {
				t.Fatalf("asked: %+v", late.Surveys)
			}
			if again, err := Apply(late.State, Timer{}, p, at.Add(4*time.Hour)); err != nil || len(again.Surveys) != 0 {
				t.Error("asked again:", again.Surveys, err)
			}
		})
	}
}
