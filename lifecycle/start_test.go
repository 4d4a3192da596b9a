package lifecycle

import (
	"testing"
	"time"

	"switchboard/desk"
)

func started(t *testing.T, p Policy) State {
	t.Helper()
	ana := agents["ana"]
	c := desk.Conversation{ID: desk.ConversationID{1}, InboxID: desk.InboxID{1}, Tier: 1, Priority: desk.PriorityNormal}
	return Start(c, Opening{Data: desk.ConversationOpened{Inbox: "frontline"}}, ana.ID, &ana, p, day).State
}

func metrics(s State) map[desk.Metric]desk.ClockState {
	out := map[desk.Metric]desk.ClockState{}
	for _, k := range s.Service.Clocks {
		out[k.Metric] = k.State
	}
	return out
}

// Nobody was promised a first response. The customer's answer starts the next one.
func TestStartedConversationClocks(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	s := started(t, p)
	if m := metrics(s); len(m) != 1 || m[desk.Resolution] != desk.ClockPaused {
		t.Errorf("at the opening: %v", m)
	}
	s = mustApply(t, s, Reply{Author: ana, Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{7}}}}, p, day)
	if m := metrics(s); len(m) != 2 || m[desk.Resolution] != desk.ClockPaused || m[desk.UpdateEvery] != desk.ClockPaused || s.Conversation.Status != desk.StatusPending {
		t.Errorf("sent: %v", m)
	}
	s = mustApply(t, s, Message{Data: desk.MessageReceived{}}, p, day.Add(time.Hour))
	if m := metrics(s); len(m) != 3 || m[desk.Resolution] != desk.ClockRunning || m[desk.NextResponse] != desk.ClockRunning || s.Conversation.WaitingOn != desk.WaitingUs {
		t.Errorf("answered: %v", m)
	}
	for _, k := range s.Service.Clocks {
		if k.Metric == desk.Resolution && (k.Used != 0 || !k.StartedAt.Equal(day)) {
			t.Errorf("the time in which it waited for the customer counts: %+v", k)
		}
	}
}

// A conversation of which nothing is left is closed, and its clocks are void. One with an
// answer or another message is not.
func TestStartedConversationIsAbandoned(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	by := desk.AgentActor(ana.ID)
	sent := func(n byte) Reply {
		return Reply{Author: ana, Held: true, Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{n}}}}
	}
	for name, c := range map[string]struct {
		moments []moment
		want    desk.Status
	}{
		"taken back":            {[]moment{{0, sent(1)}, {1, Cancel{By: by, Message: desk.MessageID{1}, Author: ana.ID}}}, desk.StatusClosed},
		"scheduled, taken back": {[]moment{{0, Schedule{Reply: sent(1), At: day.Add(time.Hour)}}, {1, Cancel{By: by, Message: desk.MessageID{1}, Author: ana.ID}}}, desk.StatusClosed},
		"one of two":            {[]moment{{0, sent(1)}, {1, sent(2)}, {2, Cancel{By: by, Message: desk.MessageID{1}, Author: ana.ID}}}, desk.StatusPending},
		"both":                  {[]moment{{0, sent(1)}, {1, sent(2)}, {2, Cancel{By: by, Message: desk.MessageID{1}, Author: ana.ID}}, {3, Cancel{By: by, Message: desk.MessageID{2}, Author: ana.ID}}}, desk.StatusClosed},
		"answered":              {[]moment{{0, sent(1)}, {1, Message{}}, {2, Cancel{By: by, Message: desk.MessageID{1}, Author: ana.ID}}}, desk.StatusOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := started(t, p)
			for _, m := range c.moments {
				s = mustApply(t, s, m.e, p, day.Add(m.at*time.Second))
			}
			if s.Conversation.Status != c.want {
				t.Errorf("%s, want %s", s.Conversation.Status, c.want)
			}
			for _, k := range s.Service.Clocks {
				if c.want == desk.StatusClosed {
					t.Errorf("clock %s is %s", k.Metric, k.State)
				}
			}
		})
	}
}
