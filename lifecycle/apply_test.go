package lifecycle

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// verbs are the lines that FuzzApply composes histories from.
var verbs = []string{
	"message jo@acme.example", "message sam@acme.example", "automatic robot@acme.example", "reply ana to lee@acme.example", "reply ben",
	"sent cleo", "sent -", "automatic-reply", "note ana", "duplicate", "assign ana ben", "assign cleo ana", "assign dan ana", "assign - ana",
	"move billing ana", "move frontline ben keep", "move helpline cleo", "status ana open", "status ana pending", "status ben pending on third-party",
	"status ana resolved", "status ana closed", "status ana snoozed until 23:00", "status ana snoozed until 00:30", "delivery failed dsn",
	"delivery failed attempt", "delivery unknown attempt", "delivery delayed attempt retry", "timer", "snooze-expired", "absorbed 00:10", "absorbed-idle 00:10", "merged",
	"unmerged", "released", "released unchanged",
}

// FuzzApply applies random histories and checks the invariants of the state after
// each event; see check.
func FuzzApply(f *testing.F) {
	f.Add([]byte{0, 1, 3, 1, 22, 5, 28, 60, 32, 1, 0, 1})
	f.Add([]byte{3, 1, 0, 1, 14, 1, 18, 1, 24, 1, 20, 1, 25, 1, 30, 1, 4, 200})
	f.Fuzz(func(t *testing.T, history []byte) {
		s := newScript()
		s.line(t, "00:00 open frontline")
		minutes := 0
		for n := 0; n < 60 && len(history) >= 2; n++ {
			// An odd second byte goes back in time, like mail that is read late.
			step := int(history[1]) / 2
			at := min(minutes+step, 24*60-1)
			if history[1]%2 == 1 {
				at = max(0, minutes-step)
			} else {
				minutes = at
			}
			before := s.state
			frozen := fmt.Sprint(before)
			s.line(t, fmt.Sprintf("%02d:%02d %s", at/60, at%60, verbs[int(history[0])%len(verbs)]))
			if fmt.Sprint(before) != frozen {
				t.Fatalf("Apply changed the state it was given: %s\n%s", frozen, fmt.Sprint(before))
			}
			history = history[2:]
			check(t, s)
		}
	})
}

// check checks the invariants of every state.
func check(t *testing.T, s *script) {
	t.Helper()
	c, running := s.state.Conversation, s.state.Stint
	if running.InboxID != c.InboxID || running.Tier != c.Tier || running.AssigneeID != c.AssigneeID || running.WaitingOn != c.WaitingOn || !running.EndedAt.IsZero() {
		t.Errorf("the running stint is %+v, the conversation %+v", running, c)
	}
	if last := s.stints[len(s.stints)-1]; last != running {
		t.Errorf("the last stint is %+v, the running one %+v", last, running)
	}
	tiled(t, s.stints)
	for _, f := range []struct {
		name      string
		set, want bool
	}{
		{"waiting since", !c.WaitingSince.IsZero(), c.WaitingOn == desk.WaitingUs},
		{"snoozed until", !c.SnoozedUntil.IsZero(), c.Status == desk.StatusSnoozed},
		{"resolved at", !c.ResolvedAt.IsZero(), done(c.Status)},
	} {
		if f.set != f.want {
			t.Errorf("%s is set: %v, with status %s waiting on %s\n%s", f.name, f.set, c.Status, c.WaitingOn, s.log.String())
		}
	}
	seq := int64(0)
	for line := range strings.Lines(s.log.String()) {
		if strings.HasPrefix(line, " ") {
			continue
		}
		if seq++; !strings.HasPrefix(line, fmt.Sprint(seq)+" ") {
			t.Fatalf("event %d is %q", seq, line)
		}
	}
	if seq != c.LastSeq {
		t.Errorf("%d events, last number %d", seq, c.LastSeq)
	}
}

func TestApplyWithoutEffect(t *testing.T) {
	t.Parallel()
	s := newScript()
	for _, line := range []string{"09:00 open frontline", "09:00 message jo@acme.example", "09:10 assign ana ana"} {
		s.line(t, line)
	}
	for _, e := range []Event{Assign{To: agents["ana"]}, Move{To: inboxes["frontline"]}, SetStatus{To: desk.StatusOpen}, Timer{}, SnoozeExpired{}} {
		out, err := Apply(s.state, e, Policy{}, day.Add(12*time.Hour))
		if err != nil || out.Changed() || !reflect.DeepEqual(out.State, s.state) || len(out.Begun)+len(out.Ended) > 0 {
			t.Errorf("%T: %+v, error %v", e, out, err)
		}
	}
	out, err := Apply(s.state, SetStatus{To: "gone"}, Policy{}, day)
	if err == nil || !reflect.DeepEqual(out.State, s.state) {
		t.Errorf("a refused event: error %v, state %+v", err, out.State)
	}
}

func TestParticipantsAreBounded(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("p%03d@acme.example", i))
	}
	for _, e := range []Event{
		Message{Participants: many}, Reply{Participants: many},
		Absorbed{From: desk.Conversation{ID: desk.ConversationID{1}, Participants: many}},
	} {
		out, err := Apply(State{Conversation: desk.Conversation{Participants: []string{"p299@acme.example"}}}, e, Policy{}, day)
		if got := out.State.Conversation.Participants; err != nil || len(got) != MaxParticipants || got[0] != "p299@acme.example" || got[199] != "p198@acme.example" {
			t.Errorf("%T: %d participants, error %v", e, len(got), err)
		}
	}
}

func TestNextTimer(t *testing.T) {
	t.Parallel()
	c := desk.Conversation{Status: desk.StatusSnoozed, SnoozedUntil: day}
	if at, ok := NextTimer(State{Conversation: c}, Policy{}); !ok || !at.Equal(day) {
		t.Errorf("snoozed: %v %v", at, ok)
	}
	c.Status = desk.StatusOpen
	if at, ok := NextTimer(State{Conversation: c}, Policy{}); ok {
		t.Errorf("open: %v", at)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	id := func(n byte) desk.ConversationID { return desk.ConversationID{n} }
	into := map[desk.ConversationID]desk.ConversationID{
		id(1): id(2), id(2): id(3), id(3): {}, // a chain
		id(5): id(4), id(4): id(5), id(6): id(5), // a cycle, and a conversation that leads into it
		id(7): id(9), // 9 is not known
	}
	for from, want := range map[desk.ConversationID]desk.ConversationID{
		id(1): id(3), id(2): id(3), id(3): id(3), id(4): id(4), id(5): id(4), id(6): id(4), id(7): {}, id(8): {},
	} {
		got, ok := Follow(from, func(id desk.ConversationID) (desk.ConversationID, bool) {
			next, known := into[id]
			return next, known
		})
		if got != want || ok == want.IsZero() {
			t.Errorf("Follow(%s) = %v %v, want %s", from, got, ok, want)
		}
	}
}

func TestOutcomeAddsToChanges(t *testing.T) {
	t.Parallel()
	var c desk.Changes
	opened := Open(desk.Conversation{ID: desk.ConversationID{9}, InboxID: inboxes["frontline"].ID}, Opening{}, Policy{}, day)
	opened.AddOpenedTo(&c)
	replied, err := Apply(opened.State, Reply{Author: agents["ana"]}, Policy{}, day.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	replied.AddTo(&c)
	if len(c.Opened) != 1 || len(c.Updated) != 0 || c.Opened[0].Status != desk.StatusPending {
		t.Errorf("opened %+v, updated %+v", c.Opened, c.Updated)
	}
	if len(c.Begun) != 2 || len(c.Ended) != 0 || !c.Begun[0].EndedAt.Equal(day.Add(time.Hour)) || !c.Begun[1].EndedAt.IsZero() {
		t.Errorf("begun %+v, ended %+v", c.Begun, c.Ended)
	}
	if len(c.Events) != 4 || c.Events[3].Seq != 4 || c.Events[0].Subject != desk.ConversationSubject(desk.ConversationID{9}) {
		t.Errorf("events %+v", c.Events)
	}
	var later desk.Changes
	resolved, err := Apply(replied.State, SetStatus{To: desk.StatusOpen}, Policy{}, day.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	resolved.AddTo(&later)
	if len(later.Updated) != 1 || len(later.Ended) != 1 || later.Ended[0].ID != replied.State.Stint.ID {
		t.Errorf("a stored conversation: %+v", later)
	}
}
