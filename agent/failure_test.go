package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
)

// Every operation returns the database's error, whatever step it comes from.
func TestOperationsReturnErrors(t *testing.T) {
	t.Parallel()
	ctx, seen := t.Context(), int64(2)
	type operation func(*Desk, *memory) error
	reply := func(d *Desk, s *memory) error {
		m, err := d.Reply(ctx, s.agents[0], s.state.Conversation.ID, Reply{Text: "x", ExpectedSeq: &seen})
		if err != nil && !m.ID.IsZero() {
			return errors.New("a message with an error")
		}
		return err
	}
	note := func(d *Desk, s *memory) error {
		_, err := d.Note(ctx, s.agents[0], s.state.Conversation.ID, "x")
		return err
	}
	assign := func(d *Desk, s *memory) error {
		_, err := d.Assign(ctx, s.agents[0], s.state.Conversation.ID, s.agents[1].ID)
		return err
	}
	claim := func(d *Desk, s *memory) error {
		s.state.Conversation.AssigneeID = s.agents[1].ID
		_, err := d.Claim(ctx, s.agents[0], s.state.Conversation.ID)
		return err
	}
	move := func(d *Desk, s *memory) error {
		s.state.Conversation.AssigneeID = s.agents[1].ID
		_, err := d.Move(ctx, s.agents[0], s.state.Conversation.ID, Move{Inbox: "billing", Note: "x"})
		return err
	}
	status := func(d *Desk, s *memory) error {
		_, err := d.SetStatus(ctx, s.agents[0], s.state.Conversation.ID, Status{To: desk.StatusResolved})
		return err
	}
	timers := func(d *Desk, s *memory) error {
		s.state.Conversation.Status, s.state.Conversation.SnoozedUntil = desk.StatusSnoozed, noon
		n, err := d.FireTimers(ctx, s)
		if n != 0 {
			return fmt.Errorf("%d timers fired", n)
		}
		return err
	}
	for method, operations := range map[string]map[string]operation{
		"Agent":         {"reply": reply, "note": note, "assign": assign, "claim": claim, "move": move, "status": status},
		"other Agent":   {"assign": assign, "claim": claim, "move": move},
		"Head":          {"reply": reply},
		"MessagesAfter": {"reply": reply},
		"Inboxes":       {"move": move},
		"Save":          {"reply": reply, "note": note, "assign": assign, "move": move, "status": status, "timers": timers},
		"Due":           {"timers": timers},
	} {
		for name, run := range operations {
			d, s := office()
			s.fails = method
			if err := run(d, s); !errors.Is(err, errDown) {
				t.Errorf("%s while %s fails: %v", name, method, err)
			}
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1 newer message has arrived; the newest is number 7", 3: "3 newer messages have arrived; the newest is number 7"} {
		if got := (&Stale{LastSeq: 7, Newer: n}).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Events name the agent who caused them.
func TestActors(t *testing.T) {
	t.Parallel()
	d, s := office()
	id, ben := s.state.Conversation.ID, s.agents[1]
	for name, run := range map[string]func() error{
		"note":   func() error { _, err := d.Note(t.Context(), ben, id, "x"); return err },
		"assign": func() error { _, err := d.Assign(t.Context(), ben, id, ben.ID); return err },
		"move":   func() error { _, err := d.Move(t.Context(), ben, id, Move{Inbox: "billing", Note: "x"}); return err },
		"status": func() error {
			_, err := d.SetStatus(t.Context(), ben, id, Status{To: desk.StatusResolved})
			return err
		},
	} {
		if err := run(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, e := range s.saved.Events {
			if e.Actor != desk.AgentActor(ben.ID) {
				t.Errorf("%s: event %s is by %q", name, e.Kind, e.Actor)
			}
		}
	}
}

func TestCopiesAreBounded(t *testing.T) {
	t.Parallel()
	d, s := office()
	var cc []desk.Address
	for i := range 51 {
		cc = append(cc, desk.Address{Email: fmt.Sprintf("p%d@acme.example", i)})
	}
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "x", CC: cc}); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("51 copies: %v", err)
	}
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "x", CC: cc[:50]}); err != nil || len(s.saved.Deliveries) != 51 {
		t.Errorf("50 copies: %v", err)
	}
}

// Operations are logged under the verbs that doc/operations.md lists.
func TestOperationsAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d, s := office()
	d.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
	id, ana := s.state.Conversation.ID, s.agents[0]
	if _, err := d.Reply(t.Context(), ana, id, Reply{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Note(t.Context(), ana, id, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Assign(t.Context(), ana, id, ana.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetStatus(t.Context(), ana, id, Status{To: desk.StatusSnoozed, Until: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.state.Conversation.Status, s.state.Conversation.SnoozedUntil = desk.StatusSnoozed, noon
	if _, err := d.FireTimers(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"Replied", "NoteAdded", "Assigned", "StatusChanged", "SnoozeExpired"} {
		if n := strings.Count(log.String(), "msg="+verb+" conversation="+id.String()); n != 1 {
			t.Errorf("%s is logged %d times:\n%s", verb, n, &log)
		}
	}
}

// outage is a Timers that fails, has something due, has nothing due, and fails again
// when the program is stopped.
type outage struct {
	*memory
	calls int
	stop  func()
}

func (o *outage) Due(ctx context.Context, limit int, fn func(Tx, []desk.ConversationID) error) error {
	switch o.calls++; o.calls {
	case 1, 2: // the batch, and again one by one
		return errDown
	case 3:
		o.state.Conversation.Status, o.state.Conversation.SnoozedUntil = desk.StatusSnoozed, noon
	case 4:
		o.state.Conversation.Status = desk.StatusOpen
	default:
		o.stop()
		return errDown
	}
	return o.memory.Due(ctx, limit, fn)
}

// RunTimers logs an error and tries again, and stops quietly.
func TestRunTimers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d, s := office()
		d.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		begin, fired := time.Now(), 0
		if err := d.RunTimers(ctx, &outage{memory: s, stop: stop}, time.Minute, func() { fired++ }); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); fired != 1 || took != 3*time.Minute || s.limit != timerBatch {
			t.Errorf("fired %d times in %s with the limit %d", fired, took, s.limit)
		}
		if n := strings.Count(log.String(), "TimersFailed"); n != 1 {
			t.Errorf("%d errors are logged:\n%s", n, &log)
		}
	})
}
