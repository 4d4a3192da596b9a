package agent

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/macro"
	"switchboard/lifecycle"
)

// memory is a Store with one conversation that records what an operation locks and
// saves. The rows themselves are tested with the real store.
type memory struct {
	state   lifecycle.State
	agents  []desk.Agent
	inboxes []desk.Inbox
	task    desk.Task
	out     Outgoing
	newer   int // number of messages that the agent has not seen
	saved   *desk.Changes

	enclosed []desk.Message
	uploads  map[desk.UploadID]Upload
	locked   []desk.ConversationID
	fails    string // the method that returns errDown
	limit    int    // that Due was called with
}

var errDown = desk.Errorf(desk.KindTemporary, "the database is down")

// fail returns errDown if method is the one that fails.
func (s *memory) Unreachable(context.Context, []string) ([]desk.Unreachable, error) { return nil, nil }

func (s *memory) fail(method string) error {
	if s.fails == method {
		return errDown
	}
	return nil
}

func (s *memory) Act(_ context.Context, ids []desk.ConversationID, fn func(Tx) error) error {
	s.locked = ids
	return fn(s)
}

func (s *memory) Meet(_ context.Context, m Meeting, fn func(Tx, Customer) error) error {
	who := Customer{Contact: desk.Contact{ID: desk.NewID[desk.ContactID](), AccountID: desk.NewID[desk.AccountID](), Name: m.To.Name}}
	who.Account.ID = who.Contact.AccountID
	who.New.Contacts = []desk.Contact{who.Contact}
	return fn(s, who)
}

func (s *memory) Now() time.Time                            { return noon }
func (s *memory) State(desk.ConversationID) lifecycle.State { return s.state }

func (s *memory) Earlier(context.Context, desk.ConversationID) ([]Earlier, error) { return nil, nil }

func (s *memory) Head(context.Context, desk.ConversationID) (Head, error) {
	return Head{MessageID: "q1@acme.example", Subject: "Lamp"}, s.fail("Head")
}

func (s *memory) MessagesAfter(_ context.Context, _ desk.ConversationID, seq int64) (int, int64, error) {
	return s.newer, seq + int64(s.newer), s.fail("MessagesAfter")
}

func (s *memory) Inboxes(context.Context) ([]desk.Inbox, error) {
	return s.inboxes, s.fail("Inboxes")
}

func (s *memory) Contact(_ context.Context, id desk.ContactID) (desk.Contact, string, error) {
	return desk.Contact{ID: id, Name: "Kim"}, "kim@acme.example", nil
}

func (s *memory) Agent(_ context.Context, id desk.AgentID) (desk.Agent, error) {
	if s.fails == "Agent" || s.fails == "other Agent" && id != s.agents[0].ID {
		return desk.Agent{}, errDown
	}
	for _, a := range s.agents {
		if a.ID == id {
			return a, nil
		}
	}
	return desk.Agent{}, desk.Errorf(desk.KindNotFound, "no agent %s", id)
}

func (s *memory) Enclosures(context.Context, desk.ConversationID, []desk.MessageID) ([]desk.Message, error) {
	return s.enclosed, s.fail("Enclosures")
}

func (s *memory) Received(context.Context, desk.MessageID) ([]byte, error) {
	return []byte("From: jo@acme.example\r\n\r\nHello\r\n"), s.fail("Received")
}

func (s *memory) Render(context.Context, desk.MessageID, []byte) error { return s.fail("Render") }

func (s *memory) Placements(context.Context, desk.ConversationID) ([]desk.Placement, error) {
	return nil, s.fail("Placements")
}

func (s *memory) Merged(context.Context, desk.ConversationID, desk.ConversationID) (Merged, error) {
	return Merged{Before: desk.BeforeMerge{Status: desk.StatusOpen, WaitingOn: desk.WaitingUs}}, s.fail("Merged")
}

func (s *memory) Task(_ context.Context, id desk.TaskID) (desk.Task, desk.Inbox, error) {
	if s.task.ID != id {
		return desk.Task{}, desk.Inbox{}, desk.Errorf(desk.KindNotFound, "no task %s", id)
	}
	return s.task, s.inboxes[1], s.fail("Task")
}

func (s *memory) Roster(context.Context) (members []desk.Member, err error) {
	for _, a := range s.agents {
		members = append(members, desk.Member{Agent: a, Availability: desk.Available})
	}
	return members, s.fail("Roster")
}

func (s *memory) Uploads(_ context.Context, _ desk.AgentID, ids []desk.UploadID) (files []Upload, err error) {
	for _, id := range ids {
		if u, ok := s.uploads[id]; ok {
			files = append(files, u)
		}
	}
	return files, s.fail("Uploads")
}

func (s *memory) Outgoing(context.Context, desk.ConversationID, desk.MessageID) (Outgoing, error) {
	return s.out, s.fail("Outgoing")
}

func (s *memory) Draft(_ context.Context, c desk.ConversationID, _ desk.AgentID, _ view.DraftKind) (view.Draft, error) {
	return view.Draft{ConversationID: c, Text: "kept"}, s.fail("Draft")
}

func (s *memory) Save(_ context.Context, c *desk.Changes) error {
	s.saved = c
	return s.fail("Save")
}

func (s *memory) Due(_ context.Context, limit int, fn func(Tx, []desk.ConversationID) error) error {
	s.limit = limit
	if err := s.fail("Due"); err != nil {
		return err
	}
	return fn(s, []desk.ConversationID{s.state.Conversation.ID})
}

// office is a desk with a conversation in frontline, which waits on us, and with
// Ana (tier 1), Ben (tier 2) and Dan, who is disabled.
func office() (*Desk, *memory) {
	s := &memory{inboxes: []desk.Inbox{{ID: desk.NewID[desk.InboxID](), Key: "frontline", Tier: 1}, {ID: desk.NewID[desk.InboxID](), Key: "billing", Tier: 2}}}
	for i, name := range []string{"Ana", "Ben", "Dan"} {
		s.agents = append(s.agents, desk.Agent{ID: desk.NewID[desk.AgentID](), Name: name, Email: name + "@desk.example", Tiers: []desk.Tier{desk.Tier(1 + i%2)}, Disabled: name == "Dan"})
	}
	c := conversation()
	c.InboxID, c.WaitingOn, c.AccountID = s.inboxes[0].ID, desk.WaitingUs, desk.NewID[desk.AccountID]()
	s.state = lifecycle.State{Conversation: c, Stint: desk.Stint{ID: desk.NewID[desk.StintID](), ConversationID: c.ID, InboxID: c.InboxID, Tier: 1, WaitingOn: desk.WaitingUs, StartedAt: c.CreatedAt}}
	return New(s, Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }}), s
}

// Replied is called once a reply is committed, with its deliveries.
func TestRepliedIsCalled(t *testing.T) {
	t.Parallel()
	d, s := office()
	calls := 0
	d.opt.Replied = func(m *desk.Message, deliveries []desk.Delivery) {
		calls++
		if s.saved == nil || m.ID != s.saved.Messages[0].ID || m.Seq == 0 || len(deliveries) != 2 || deliveries[1].Recipient != "sam@acme.example" {
			t.Errorf("called with %+v and %+v", m, deliveries)
		}
	}
	reply := Reply{Text: "Hello", CC: []desk.Address{{Email: "sam@acme.example"}}}
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, reply); err != nil || calls != 1 {
		t.Errorf("called %d times: %v", calls, err)
	}
	s.fails = "Save"
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, reply); err == nil || calls != 1 {
		t.Errorf("called %d times after an error: %v", calls, err)
	}
}

func kinds(c *desk.Changes) (out []desk.EventKind) {
	for _, e := range c.Events {
		out = append(out, e.Kind)
	}
	return out
}

func TestReplySaves(t *testing.T) {
	t.Parallel()
	d, s := office()
	c := s.state.Conversation
	m, err := d.Reply(t.Context(), s.agents[0], c.ID, Reply{Text: "Hello", CC: []desk.Address{{Email: "Sam@acme.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []desk.EventKind{desk.EventMessageSent, desk.EventConversationAssigned, desk.EventStatusChanged}; !slices.Equal(kinds(s.saved), want) {
		t.Errorf("events %v, want %v", kinds(s.saved), want)
	}
	for i, e := range s.saved.Events {
		if e.Actor != desk.AgentActor(s.agents[0].ID) || e.Seq != c.LastSeq+int64(i)+1 {
			t.Errorf("event %d by %s has number %d", i, e.Actor, e.Seq)
		}
	}
	if m.Seq != c.LastSeq+1 || len(s.saved.Messages) != 1 || s.saved.Messages[0].Seq != m.Seq || s.saved.Messages[0].Account != c.AccountID {
		t.Errorf("message %d, saved %+v", m.Seq, s.saved.Messages)
	}
	if p := s.saved.Placements; len(p) != 1 || p[0].Seq != m.Seq || p[0].ConversationID != c.ID || p[0].Method != "reply" || !p[0].Since.Equal(noon) {
		t.Errorf("placements %+v", p)
	}
	if want := []desk.ThreadRef{{MessageID: m.MessageID, Conversation: c.ID, Account: c.AccountID, Own: true}}; !reflect.DeepEqual(s.saved.Refs, want) {
		t.Errorf("references %+v, want %+v", s.saved.Refs, want)
	}
	if len(s.saved.Deliveries) != 2 || len(s.saved.Updated) != 1 || len(s.saved.Ended) != 1 || len(s.saved.Begun) != 1 {
		t.Fatalf("saved %+v", s.saved)
	}
	if got := s.saved.Updated[0]; got.Status != desk.StatusPending || got.AssigneeID != s.agents[0].ID || !slices.Equal(got.Participants, []string{"jo@acme.example", "sam@acme.example"}) {
		t.Errorf("conversation %+v", got)
	}
	if !slices.Equal(s.locked, []desk.ConversationID{c.ID}) {
		t.Errorf("locked %v", s.locked)
	}
}

func TestReplyByChat(t *testing.T) {
	t.Parallel()
	d, s := office()
	s.state.Conversation.ReplyChannel, s.state.Conversation.ReplyTo = desk.ChannelChat, "vs_1"
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	if len(s.saved.Refs) != 0 || len(s.saved.Updated[0].Participants) != 0 {
		t.Errorf("a chat line became known by its Message-ID or added participants: %+v", s.saved)
	}
}

func TestReplyIsRefused(t *testing.T) {
	t.Parallel()
	seen := int64(2)
	for name, x := range map[string]struct {
		change func(*memory)
		reply  Reply
		want   desk.Kind
	}{
		"an unseen message":         {func(s *memory) { s.newer = 1 }, Reply{Text: "x", ExpectedSeq: &seen}, desk.KindConflict},
		"no text":                   {func(*memory) {}, Reply{Text: " "}, desk.KindInvalid},
		"a closed conversation":     {func(s *memory) { s.state.Conversation.Status = desk.StatusClosed }, Reply{Text: "x"}, desk.KindConflict},
		"a restricted conversation": {func(s *memory) { s.state.Conversation.Restricted, s.state.Conversation.Tier = true, 2 }, Reply{Text: "x"}, desk.KindNotFound},
		"a disabled agent":          {func(s *memory) { s.agents[0].Disabled = true }, Reply{Text: "x"}, desk.KindDenied},
		"an unknown agent":          {func(s *memory) { s.agents[0].ID = desk.AgentID{9} }, Reply{Text: "x"}, desk.KindDenied},
	} {
		d, s := office()
		by := s.agents[0]
		x.change(s)
		_, err := d.Reply(t.Context(), by, s.state.Conversation.ID, x.reply)
		if err == nil || desk.KindOf(err) != x.want || s.saved != nil {
			t.Errorf("%s: %v, saved %+v", name, err, s.saved)
		}
		var stale *Stale
		if errors.As(err, &stale) != (s.newer > 0) || stale != nil && (stale.Newer != 1 || stale.LastSeq != 3) {
			t.Errorf("%s: %+v", name, stale)
		}
	}
	d, s := office()
	if _, err := d.Reply(t.Context(), s.agents[0], s.state.Conversation.ID, Reply{Text: "x", ExpectedSeq: &seen}); err != nil {
		t.Errorf("a reply to what was seen: %v", err)
	}
}

func TestNoteSaves(t *testing.T) {
	t.Parallel()
	d, s := office()
	m, err := d.Note(t.Context(), s.agents[1], s.state.Conversation.ID, "Looks broken")
	if err != nil || m.Seq != 3 || !slices.Equal(kinds(s.saved), []desk.EventKind{desk.EventNoteAdded}) || len(s.saved.Messages) != 1 || len(s.saved.Begun) != 0 {
		t.Errorf("message %+v, error %v, saved %+v", m, err, s.saved)
	}
	s.saved = nil
	if _, err := d.Note(t.Context(), s.agents[1], s.state.Conversation.ID, ""); desk.KindOf(err) != desk.KindInvalid || s.saved != nil {
		t.Errorf("an empty note: %v", err)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	d, s := office()
	id, ana, ben, dan := s.state.Conversation.ID, s.agents[0], s.agents[1], s.agents[2]
	c, err := d.Assign(t.Context(), ana, id, ben.ID)
	if err != nil || c.AssigneeID != ben.ID || !slices.Equal(kinds(s.saved), []desk.EventKind{desk.EventConversationAssigned}) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, to := range []desk.AgentID{dan.ID, {9}} {
		s.saved = nil
		if _, err := d.Assign(t.Context(), ana, id, to); err == nil || desk.KindOf(err) != desk.KindInvalid || s.saved != nil {
			t.Errorf("to %s: %v", to, err)
		}
	}
	s.state.Conversation.AssigneeID, s.state.Stint.AssigneeID = dan.ID, dan.ID
	if _, err := d.Assign(t.Context(), ana, id, dan.ID); err != nil || s.saved != nil {
		t.Errorf("to the current assignee, who is disabled by now: %v, saved %+v", err, s.saved)
	}
	if c, err := d.Assign(t.Context(), ana, id, desk.AgentID{}); err != nil || !c.AssigneeID.IsZero() || s.saved == nil {
		t.Errorf("to no one: %+v, %v", c, err)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	d, s := office()
	id, ana, ben := s.state.Conversation.ID, s.agents[0], s.agents[1]
	c, err := d.Claim(t.Context(), ana, id)
	if err != nil || c.AssigneeID != ana.ID {
		t.Fatalf("%+v, %v", c, err)
	}
	s.state.Conversation, s.saved = c, nil
	if _, err := d.Claim(t.Context(), ana, id); err != nil || s.saved != nil {
		t.Errorf("a second time: %v, saved %+v", err, s.saved)
	}
	if _, err := d.Claim(t.Context(), ben, id); err == nil || desk.KindOf(err) != desk.KindConflict || err.Error() != "this conversation is assigned to Ana" {
		t.Errorf("another agent: %v", err)
	}
}

func TestMoveSaves(t *testing.T) {
	t.Parallel()
	d, s := office()
	id, ana := s.state.Conversation.ID, s.agents[0]
	ana.Name, s.agents[0].Name = "Ana\nB", "Ana\nB"
	s.state.Conversation.AssigneeID, s.state.Stint.AssigneeID = ana.ID, ana.ID
	s.state.Conversation.Status = desk.StatusPending
	if _, err := d.Move(t.Context(), ana, id, Move{Inbox: "billing"}); desk.KindOf(err) != desk.KindInvalid || s.saved != nil {
		t.Errorf("without a note: %v", err)
	}
	if _, err := d.Move(t.Context(), ana, id, Move{Inbox: "frontline"}); err != nil || s.saved != nil {
		t.Errorf("to where it is: %v", err)
	}
	c, err := d.Move(t.Context(), ana, id, Move{Inbox: "billing", Note: "It fails"})
	if err != nil || c.InboxID != s.inboxes[1].ID || c.Tier != 2 || !c.AssigneeID.IsZero() || c.Status != desk.StatusOpen || c.Path[len(c.Path)-1] != "moved: frontline -> billing by Ana B" {
		t.Fatalf("%+v, %v", c, err)
	}
	if want := []desk.EventKind{desk.EventNoteAdded, desk.EventConversationMoved, desk.EventStatusChanged}; !slices.Equal(kinds(s.saved), want) {
		t.Errorf("events %v, want %v", kinds(s.saved), want)
	}
	if m := s.saved.Messages; len(m) != 1 || m[0].Seq != 3 || m[0].Direction != desk.Note || m[0].TextBody != "It fails" {
		t.Errorf("messages %+v", m)
	}
	if c, err := d.Move(t.Context(), ana, id, Move{Inbox: "billing", Note: "It fails", KeepStatus: true}); err != nil || c.Status != desk.StatusPending {
		t.Errorf("keeping the status: %+v, %v", c, err)
	}
	s.agents[0].Tiers = []desk.Tier{1, 2}
	if c, err := d.Move(t.Context(), ana, id, Move{Inbox: "billing", Note: "It fails"}); err != nil || c.AssigneeID != ana.ID {
		t.Errorf("an assignee who works in the new tier: %+v, %v", c, err)
	}
}

func TestSetStatusSaves(t *testing.T) {
	t.Parallel()
	d, s := office()
	id, ana := s.state.Conversation.ID, s.agents[0]
	c, err := d.SetStatus(t.Context(), ana, id, Status{To: desk.StatusPending, WaitingOn: desk.WaitingThirdParty})
	if err != nil || c.Status != desk.StatusPending || c.WaitingOn != desk.WaitingThirdParty || len(s.saved.Begun) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	until := noon.Add(time.Hour)
	if c, err := d.SetStatus(t.Context(), ana, id, Status{To: desk.StatusSnoozed, Until: until}); err != nil || !c.SnoozedUntil.Equal(until) {
		t.Errorf("%+v, %v", c, err)
	}
	s.saved = nil
	if _, err := d.SetStatus(t.Context(), ana, id, Status{To: desk.StatusOpen}); err != nil || s.saved != nil {
		t.Errorf("the current status: %v, saved %+v", err, s.saved)
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		status desk.Status
		until  time.Time
		fired  int
	}{
		"due":                  {desk.StatusSnoozed, noon, 1},
		"postponed meanwhile":  {desk.StatusSnoozed, noon.Add(time.Second), 0},
		"opened by an agent":   {desk.StatusOpen, time.Time{}, 0},
		"resolved by an agent": {desk.StatusResolved, time.Time{}, 0},
	} {
		d, s := office()
		s.state.Conversation.Status, s.state.Conversation.SnoozedUntil = x.status, x.until
		n, err := d.FireTimers(t.Context(), s)
		if err != nil || n != x.fired || (s.saved != nil) != (x.fired > 0) {
			t.Errorf("%s: fired %d, %v, saved %+v", name, n, err, s.saved)
		}
		if s.saved != nil && (s.saved.Updated[0].Status != desk.StatusOpen || s.saved.Events[0].Actor != desk.ActorSystem) {
			t.Errorf("%s: %+v", name, s.saved)
		}
	}
}

func (s *memory) Macro(context.Context, desk.MacroID) (macro.Macro, error) {
	return macro.Macro{}, s.fail("Macro")
}

func (s *memory) MacroUsed(context.Context, desk.MacroID) error { return nil }
