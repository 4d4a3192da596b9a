package agent

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func first(text string) Start {
	return Start{Inbox: "frontline", Subject: " Your order 4711 ", Reply: Reply{Text: text, To: []desk.Address{{Name: "Jo", Email: "Jo@New.example"}}, CC: []desk.Address{{Email: "lee@new.example"}}}}
}

func TestStart(t *testing.T) {
	t.Parallel()
	d, s := office()
	d.opt.Address = "support@desk.example"
	ana := s.agents[0]
	c, m, err := d.Start(t.Context(), ana, first("It has been sent."))
	if err != nil {
		t.Fatal(err)
	}
	if want := []desk.EventKind{desk.EventConversationOpened, desk.EventConversationAssigned, desk.EventMessageSent}; !slices.Equal(kinds(s.saved), want) {
		t.Errorf("events %v, want %v", kinds(s.saved), want)
	}
	if by := s.saved.Events[0].Actor; by != desk.AgentActor(ana.ID) || !strings.Contains(string(s.saved.Events[0].Data), `"started_by":"`+ana.ID.String()) {
		t.Errorf("opened by %s: %s", by, s.saved.Events[0].Data)
	}
	if c.Status != desk.StatusPending || c.WaitingOn != desk.WaitingCustomer || c.AssigneeID != ana.ID || c.ReplyTo != "jo@new.example" || c.ReplyFrom != "support@desk.example" ||
		c.Subject != "Your order 4711" || !slices.Equal(c.Participants, []string{"jo@new.example", "lee@new.example"}) || !c.WaitingSince.IsZero() {
		t.Errorf("%+v", c)
	}
	if m.Subject != "Your order 4711" || len(m.InReplyTo) > 0 || m.From[0].Email != "support@desk.example" || m.AutoSubmitted != desk.AutoNo || m.Seq != 3 {
		t.Errorf("%+v", m)
	}
	if len(s.saved.Deliveries) != 2 || len(s.saved.Opened) != 1 || len(s.saved.Updated) != 0 || len(s.saved.Contacts) != 1 || len(s.saved.Refs) != 1 || !s.saved.Refs[0].Own {
		t.Errorf("%d deliveries, %d opened, %d updated, refs %v", len(s.saved.Deliveries), len(s.saved.Opened), len(s.saved.Updated), s.saved.Refs)
	}

	// A colleague gets it, and is told.
	given := first("Hello")
	given.Inbox, given.Assignee = "billing", s.agents[1].ID
	if c, _, err = d.Start(t.Context(), ana, given); err != nil || c.AssigneeID != s.agents[1].ID || len(s.saved.Notices) != 1 {
		t.Errorf("assigned to %s, %d notices: %v", c.AssigneeID, len(s.saved.Notices), err)
	}
	// What is sent later does not wait for us meanwhile.
	later := first("Hello")
	later.Reply.At = noon.Add(time.Hour)
	if c, _, err = d.Start(t.Context(), ana, later); err != nil || c.Status != desk.StatusPending || c.AssigneeID != ana.ID || s.saved.Deliveries[0].State != desk.DeliveryScheduled {
		t.Errorf("%s, %s: %v", c.Status, s.saved.Deliveries[0].State, err)
	}
}

func TestStartRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*Start, *memory)
		kind desk.Kind
		want string
	}{
		"nobody":            {func(s *Start, _ *memory) { s.Reply.To = nil }, desk.KindInvalid, "to: name at least one recipient"},
		"not an address":    {func(s *Start, _ *memory) { s.Reply.To[0].Email = "jo" }, desk.KindInvalid, "to: "},
		"ourselves":         {func(s *Start, _ *memory) { s.Reply.To[0].Email = "support@desk.example" }, desk.KindInvalid, "to: support@desk.example is one of our own"},
		"a mail system":     {func(s *Start, _ *memory) { s.Reply.CC[0].Email = "mailer-daemon@new.example" }, desk.KindInvalid, "cc: "},
		"unknown inbox":     {func(s *Start, _ *memory) { s.Inbox = "sales" }, desk.KindInvalid, "inbox: there is no inbox"},
		"no subject":        {func(s *Start, _ *memory) { s.Subject = " " }, desk.KindInvalid, "subject: "},
		"a header":          {func(s *Start, _ *memory) { s.Subject = "x\r\nBcc: eve@evil.example" }, desk.KindInvalid, "subject: contains a line break"},
		"a long subject":    {func(s *Start, _ *memory) { s.Subject = strings.Repeat("ä", 301) }, desk.KindInvalid, "subject: at most 300"},
		"no text":           {func(s *Start, _ *memory) { s.Reply.Text = " \n" }, desk.KindInvalid, "text: "},
		"another sender":    {func(s *Start, _ *memory) { s.Reply.From = "ceo@bank.example" }, desk.KindInvalid, "from: "},
		"the past":          {func(s *Start, _ *memory) { s.Reply.At = noon }, desk.KindInvalid, "send_at: "},
		"unknown assignee":  {func(s *Start, _ *memory) { s.Assignee = desk.NewID[desk.AgentID]() }, desk.KindInvalid, "assignee: there is no agent"},
		"disabled assignee": {func(s *Start, m *memory) { s.Assignee = m.agents[2].ID }, desk.KindInvalid, "assignee: Dan is disabled"},
		"limited elsewhere": {func(_ *Start, m *memory) {
			m.agents[0].InboxesOnly, m.agents[0].Sees = true, []desk.InboxID{m.inboxes[1].ID}
		}, desk.KindDenied, "you do not work in the inbox"},
		"disabled author": {func(_ *Start, m *memory) { m.agents[0].Disabled = true }, desk.KindDenied, "not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, s := office()
			d.opt.Address = "support@desk.example"
			d.opt.Own = func(a string) bool { return a == "support@desk.example" }
			in := first("Hello")
			c.edit(&in, s)
			if _, _, err := d.Start(t.Context(), s.agents[0], in); desk.KindOf(err) != c.kind || err == nil || !strings.HasPrefix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want) || s.saved != nil {
				t.Errorf("%v; saved %v", err, s.saved != nil)
			}
		})
	}
}
