package lifecycle

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"switchboard/desk"
)

var update = flag.Bool("update", false, "rewrite the expected outcome of every script")

// TestScripts runs the files in testdata. Each is the specification of a rule, which
// its comment states: "history" is what happens, one event per line, and the other
// files are the expected outcome. A line is a time of day, a verb and its arguments:
//
//	09:00 open INBOX                    09:00 assign AGENT BY       (- for no one)
//	09:00 message ADDRESS               09:00 move INBOX BY [keep]
//	09:00 automatic ADDRESS             09:00 status BY STATUS [until TIME | on SIDE]
//	09:00 reply AGENT [to ADDRESS]      09:00 delivery STATE SOURCE [retry]
//	09:00 sent AGENT                    09:00 note AGENT
//	09:00 timer                         09:00 merged | absorbed SINCE
//	09:00 unmerged                      09:00 released [unchanged]
//
// An event that is refused has its error as its line in "events".
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScript()
			for line := range strings.Lines(string(archive.Files[0].Data)) {
				if line = strings.TrimSpace(line); line != "" {
					s.line(t, line)
				}
			}
			got := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
				archive.Files[0],
				{Name: "conversation", Data: []byte(s.conversation())},
				{Name: "stints", Data: []byte(s.stintTable())},
				{Name: "events", Data: []byte(s.log.String())},
			}}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := txtar.Format(archive); string(txtar.Format(got)) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", txtar.Format(got), want)
			}
			tiled(t, s.stints)
		})
	}
}

// script is the state while a history is applied.
type script struct {
	state  State
	policy Policy
	stints []desk.Stint
	before desk.BeforeMerge // what the last merge changed
	log    strings.Builder
}

var (
	day     = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	inboxes = map[string]desk.Inbox{
		"frontline": {ID: desk.InboxID{1}, Key: "frontline", Tier: 1},
		"billing":   {ID: desk.InboxID{2}, Key: "billing", Tier: 2},
		"helpline":  {ID: desk.InboxID{3}, Key: "helpline", Tier: 1},
	}
	agents = map[string]desk.Agent{
		"ana":  {ID: desk.AgentID{1}, Name: "ana", Tiers: []desk.Tier{1}},
		"ben":  {ID: desk.AgentID{2}, Name: "ben", Tiers: []desk.Tier{2}},
		"cleo": {ID: desk.AgentID{3}, Name: "cleo", Tiers: []desk.Tier{1, 2}},
		"dan":  {ID: desk.AgentID{4}, Name: "dan", Tiers: []desk.Tier{1}, Disabled: true},
		"-":    {},
	}
)

func newScript() *script {
	return &script{policy: Policy{Own: func(a string) bool { return strings.HasSuffix(a, "@desk.example") }}}
}

func instant(t *testing.T, clock string) time.Time {
	t.Helper()
	at, err := time.Parse("15:04", clock)
	if err != nil {
		t.Fatal(err)
	}
	return day.Add(at.Sub(at.Truncate(24 * time.Hour)))
}

func (s *script) line(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	at, verb, args := instant(t, words[0]), words[1], append(words[2:], "", "", "", "")
	if verb == "open" || verb == "open-restricted" {
		inbox := inboxes[args[0]]
		s.take(Open(desk.Conversation{ID: desk.ConversationID{9}, Number: 7, InboxID: inbox.ID, Tier: inbox.Tier, Restricted: verb == "open-restricted"},
			Opening{Data: desk.ConversationOpened{Inbox: args[0]}}, s.policy, at))
		return
	}
	out, err := Apply(s.state, s.event(t, verb, args), s.policy, at)
	if err != nil {
		fmt.Fprintf(&s.log, "  %s refused (%s): %v\n", words[0], desk.KindOf(err), err)
		return
	}
	s.take(out)
}

func (s *script) event(t *testing.T, verb string, args []string) Event {
	t.Helper()
	by := func(name string) desk.Actor { return desk.AgentActor(agents[name].ID) }
	switch verb {
	case "message", "automatic", "history":
		return Message{Automatic: verb == "automatic", History: verb == "history", ReplyTo: args[0], Participants: []string{args[0]},
			Data: desk.MessageReceived{MessageSummary: desk.MessageSummary{Preview: "from " + args[0]}}}
	case "duplicate":
		return Duplicate{}
	case "reply", "sent":
		return Reply{Author: agents[args[0]], Participants: args[2:3], Data: desk.MessageSent{MessageSummary: desk.MessageSummary{Preview: "reply"}}}
	case "automatic-reply":
		return Reply{Automatic: true, Participants: []string{"stranger@acme.example"}}
	case "note":
		return Note{By: by(args[0])}
	case "assign":
		return Assign{To: agents[args[0]], By: by(args[1])}
	case "move":
		e := Move{To: inboxes[args[0]], By: by(args[1]), ByName: args[1], KeepStatus: args[2] == "keep", Note: &desk.Message{ID: desk.MessageID{5}, TextBody: "Please look"}}
		for _, i := range inboxes {
			if i.ID == s.state.Conversation.InboxID {
				e.From = i
			}
		}
		for _, a := range agents {
			if a.ID == s.state.Conversation.AssigneeID {
				e.Assignee = a
			}
		}
		return e
	case "status":
		e := SetStatus{By: by(args[0]), To: desk.Status(args[1])}
		switch args[2] {
		case "until":
			e.Until = instant(t, args[3])
		case "on":
			e.WaitingOn = desk.WaitingOn(args[3])
		}
		return e
	case "delivery":
		e := Delivery{Personal: true, Data: desk.DeliveryChanged{Recipient: "jo@acme.example", State: desk.DeliveryState(args[0]), Source: desk.AttemptSource(args[1])}}
		if args[2] == "retry" {
			e.Data.NextAttempt = &day
		}
		return e
	case "automatic-delivery":
		return Delivery{Data: desk.DeliveryChanged{Recipient: "jo@acme.example", State: desk.DeliveryState(args[0])}}
	case "timer":
		return Timer{}
	case "snooze-expired":
		return SnoozeExpired{}
	case "merged":
		return Merged{By: desk.ActorSystem, Into: desk.Conversation{ID: desk.ConversationID{8}, Number: 6}, Reason: "it cites both", Messages: 1}
	case "absorbed":
		return Absorbed{By: desk.ActorSystem, Assignee: agents["cleo"], From: desk.Conversation{ID: desk.ConversationID{6}, Status: desk.StatusOpen,
			WaitingOn: desk.WaitingUs, WaitingSince: instant(t, args[0]), LastInboundAt: instant(t, args[0]), Preview: "absorbed", Participants: []string{"lee@acme.example"}}}
	case "absorbed-idle":
		return Absorbed{By: desk.ActorSystem, From: desk.Conversation{ID: desk.ConversationID{6}, Status: desk.StatusPending, WaitingOn: desk.WaitingCustomer, LastReplyAt: instant(t, args[0])}}
	}
	if e := s.undo(verb, args); e != nil {
		return e
	}
	t.Fatalf("no event %q", verb)
	return nil
}

// undo returns the events that undo a merge.
func (s *script) undo(verb string, args []string) Event {
	switch verb {
	case "unmerged":
		return Unmerged{By: desk.ActorSystem, From: desk.Conversation{ID: desk.ConversationID{8}, Number: 6}, Before: s.before}
	case "released":
		e := Released{By: desk.ActorSystem, Absorbed: desk.Conversation{ID: desk.ConversationID{6}}, Participants: []string{"lee@acme.example"}}
		if args[0] == "unchanged" {
			e.Before = &s.before
		}
		return e
	}
	return nil
}

// take stores an outcome as the database does: ended stints are updated, begun ones
// inserted.
func (s *script) take(out Outcome) {
	s.state = out.State
	var c desk.Changes
	out.AddTo(&c)
	for _, ended := range c.Ended {
		s.stints[slices.IndexFunc(s.stints, func(x desk.Stint) bool { return x.ID == ended.ID })] = ended
	}
	s.stints = append(s.stints, c.Begun...)
	for _, e := range out.Events {
		var merged desk.ConversationMerged
		if e.Kind == desk.EventConversationMerged && json.Unmarshal(e.Data, &merged) == nil {
			s.before = *merged.Before
		}
		data := string(e.Data)
		if len(data) > 150 || e.Kind == desk.EventConversationOpened {
			data = ""
		}
		fmt.Fprintln(&s.log, strings.TrimSpace(fmt.Sprintf("%d %s %-9s %-21s %s", e.Seq, clock(e.At), actor(e.Actor), e.Kind, data)))
	}
}

func clock(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Format("15:04")
}

func actor(a desk.Actor) string {
	for name, agent := range agents {
		if name != "-" && a == desk.AgentActor(agent.ID) {
			return name
		}
	}
	return string(a)
}

func (s *script) agent(id desk.AgentID) string {
	for name, agent := range agents {
		if agent.ID == id {
			return name
		}
	}
	return id.String()
}

func (s *script) conversation() string {
	c := s.state.Conversation
	out := fmt.Sprintf("%s, waiting on %s, assigned to %s\n%d from the customer, %d to them\n", c.Status, c.WaitingOn, s.agent(c.AssigneeID), s.state.Service.Inbound, s.state.Service.Outbound)
	for _, f := range []struct {
		name string
		at   time.Time
	}{{"waiting since", c.WaitingSince}, {"snoozed until", c.SnoozedUntil}, {"resolved", c.ResolvedAt}, {"last message", c.LastInboundAt}, {"last reply", c.LastReplyAt}, {"updated", c.UpdatedAt}} {
		if !f.at.IsZero() {
			out += f.name + " " + clock(f.at) + "\n"
		}
	}
	out += "preview " + strconv.Quote(c.Preview) + "\nreply to " + c.ReplyTo + "\nparticipants " + strings.Join(c.Participants, " ") + "\n"
	if len(c.Path) > 0 {
		out += "path " + strings.Join(c.Path, "; ") + "\n"
	}
	return out
}

func (s *script) stintTable() string {
	var b strings.Builder
	for _, x := range s.stints {
		inbox := ""
		for key, i := range inboxes {
			if i.ID == x.InboxID {
				inbox = key
			}
		}
		fmt.Fprintf(&b, "%s %-5s %-9s tier %d %-4s %-11s %s\n", clock(x.StartedAt), clock(x.EndedAt), inbox, x.Tier, s.agent(x.AssigneeID), x.WaitingOn, x.Reason)
	}
	return b.String()
}

// tiled checks that stints leave no gap and no overlap, and that the last runs.
func tiled(t *testing.T, stints []desk.Stint) {
	t.Helper()
	for i, x := range stints {
		last := i == len(stints)-1
		if x.EndedAt.IsZero() != last {
			t.Errorf("stint %d of %d ends at %v", i, len(stints), x.EndedAt)
		}
		if !last && (!x.EndedAt.Equal(stints[i+1].StartedAt) || x.EndedAt.Before(x.StartedAt)) {
			t.Errorf("stint %d runs %v to %v, the next from %v", i, x.StartedAt, x.EndedAt, stints[i+1].StartedAt)
		}
	}
}
