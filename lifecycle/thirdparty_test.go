package lifecycle

import (
	"slices"
	"testing"
	"time"

	"switchboard/desk"
)

func forwardTo(id byte, held bool, to ...string) Forward {
	e := Forward{Author: agents["ana"], Held: held, Data: desk.ThirdPartySent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{id}, Preview: "forwarded"}}}
	for _, a := range to {
		e.Data.To = append(e.Data.To, desk.Address{Email: a})
	}
	return e
}

// TestThirdPartiesChangeNoClock compares a history with the same one without what was
// exchanged with third parties.
func TestThirdPartiesChangeNoClock(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	m := time.Minute
	jo := func(at time.Duration, text string) moment {
		return moment{at, Message{ReplyTo: "jo@acme.example", Participants: []string{"jo@acme.example"}, Data: desk.MessageReceived{MessageSummary: desk.MessageSummary{Preview: text}}}}
	}
	reply := moment{30 * m, Reply{Author: ana, Participants: []string{"jo@acme.example"}, Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{9}}}}}
	resolved := moment{50 * m, SetStatus{By: desk.AgentActor(ana.ID), To: desk.StatusResolved}}
	answer := ThirdParty{Data: desk.ThirdPartyReceived{MessageSummary: desk.MessageSummary{From: []desk.Address{{Email: "rep@supplier.example"}}, Preview: "It is ours."}}}
	base := []moment{jo(0, "help"), {m, Assign{By: desk.AgentActor(ana.ID), To: ana}}}
	for name, c := range map[string]struct{ before, after []moment }{
		"before the first response": {base, []moment{reply}},
		"after the reply":           {append(slices.Clone(base), reply), []moment{jo(40*m, "again")}},
		"resolved":                  {append(slices.Clone(base), reply, resolved), nil},
	} {
		at := c.before[len(c.before)-1].at
		between := []moment{{at + m, forwardTo(1, false, "Rep@supplier.example")}, {at + 2*m, answer}, {at + 3*m, ThirdParty{Automatic: true, Data: answer.Data}}}
		without := live(t, p, slices.Concat(c.before, c.after))
		with := live(t, p, slices.Concat(c.before, between, c.after))
		if x, y := told(without, p, day.Add(time.Hour)), told(with, p, day.Add(time.Hour)); x != y {
			t.Errorf("%s: without third parties\n%s\nwith\n%s", name, x, y)
		}
		if got := with.Service.ThirdParties; !slices.Equal(got, []string{"rep@supplier.example"}) {
			t.Errorf("%s: third parties %v", name, got)
		}
	}
}

// The owner is told of an answer, and a conversation that waits for a third party opens.
func TestThirdPartyAnswers(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	s := live(t, p, []moment{{0, Message{ReplyTo: "jo@acme.example", Data: desk.MessageReceived{}}}, {1, Assign{By: desk.AgentActor(ana.ID), To: ana}}, {2, forwardTo(1, false, "rep@supplier.example")}})
	answer := ThirdParty{Data: desk.ThirdPartyReceived{MessageSummary: desk.MessageSummary{From: []desk.Address{{Email: "rep@supplier.example"}}, Preview: "It is ours."}}}
	for _, c := range []struct {
		set    SetStatus
		answer ThirdParty
		to     desk.Status
		told   int
	}{
		{SetStatus{To: desk.StatusPending, WaitingOn: desk.WaitingThirdParty}, answer, desk.StatusOpen, 1},
		{SetStatus{To: desk.StatusPending, WaitingOn: desk.WaitingThirdParty}, ThirdParty{Automatic: true, Data: answer.Data}, desk.StatusPending, 0},
		{SetStatus{To: desk.StatusPending}, answer, desk.StatusPending, 1},
		{SetStatus{To: desk.StatusResolved}, answer, desk.StatusResolved, 1},
	} {
		c.set.By = desk.AgentActor(ana.ID)
		before := mustApply(t, s, c.set, p, day.Add(time.Minute))
		out, err := Apply(before, c.answer, p, day.Add(2*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		v := out.State.Conversation
		if v.Status != c.to || len(out.Notices) != c.told || v.LastInboundAt != before.Conversation.LastInboundAt || v.Preview != before.Conversation.Preview {
			t.Errorf("%s: %s, %d notices, last inbound %s, preview %q", c.set.To, v.Status, len(out.Notices), v.LastInboundAt, v.Preview)
		}
		if c.told == 1 && (out.Notices[0].Kind != desk.NoticeThirdParty || out.Notices[0].AgentID != ana.ID || out.Notices[0].Text != "rep@supplier.example: It is ours.") {
			t.Errorf("notice %+v", out.Notices[0])
		}
		if out.Events[0].Kind != desk.EventThirdPartyReceived || out.Events[0].Actor != desk.ActorThirdParty {
			t.Errorf("event %+v", out.Events[0])
		}
	}
}

// A mail that was taken back leaves no third party, unless another mail made them one.
func TestUndoneForward(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	by := desk.AgentActor(agents["ana"].ID)
	cancel := func(id byte) Event { return Cancel{By: by, Message: desk.MessageID{id}, ThirdParty: true} }
	left := func(id byte) Event {
		return Delivery{Data: desk.DeliveryChanged{MessageID: desk.MessageID{id}, State: desk.DeliverySent}}
	}
	for name, c := range map[string]struct {
		events []Event
		want   []string
	}{
		"taken back":                    {[]Event{forwardTo(1, true, "a@x.example", "b@x.example"), cancel(1)}, nil},
		"another one is held":           {[]Event{forwardTo(1, true, "a@x.example"), forwardTo(2, true, "a@x.example", "b@x.example"), cancel(1)}, []string{"a@x.example", "b@x.example"}},
		"both are taken back":           {[]Event{forwardTo(1, true, "a@x.example"), forwardTo(2, true, "a@x.example", "b@x.example"), cancel(1), cancel(2)}, nil},
		"another one has left":          {[]Event{forwardTo(1, true, "a@x.example"), forwardTo(2, true, "a@x.example"), left(2), cancel(1)}, []string{"a@x.example"}},
		"an earlier one":                {[]Event{forwardTo(1, false, "a@x.example"), forwardTo(2, true, "a@x.example"), cancel(2)}, []string{"a@x.example"}},
		"a blind copy that was undone":  {[]Event{Reply{Author: agents["ana"], Held: true, Blind: []string{"a@x.example"}, Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{1}}}}, Cancel{By: by, Message: desk.MessageID{1}}}, nil},
		"a blind copy to a participant": {[]Event{Reply{Author: agents["ana"], Participants: []string{"lee@acme.example"}, Blind: []string{"lee@acme.example", "a@x.example"}}}, []string{"a@x.example"}},
	} {
		s := live(t, p, []moment{{0, Message{ReplyTo: "jo@acme.example", Participants: []string{"jo@acme.example"}, Data: desk.MessageReceived{}}}})
		before := s.Conversation.Participants
		for i, e := range c.events {
			s = mustApply(t, s, e, p, day.Add(time.Duration(i+1)*time.Minute))
		}
		if got := s.Service.ThirdParties; !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%s: third parties %v, want %v", name, got, c.want)
		}
		if stored := ThirdParties(&s.Conversation); !slices.Equal(stored, s.Service.ThirdParties) && len(stored)+len(c.want) > 0 {
			t.Errorf("%s: stored %v", name, stored)
		}
		if name != "a blind copy to a participant" && !slices.Equal(s.Conversation.Participants, before) {
			t.Errorf("%s: participants %v", name, s.Conversation.Participants)
		}
	}
}

// A third party never becomes a participant, whoever writes to both, and a scheduled mail to
// them is sent although the customer has written.
func TestThirdPartiesStayOutside(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	s := live(t, p, []moment{{0, Message{ReplyTo: "jo@acme.example", Participants: []string{"jo@acme.example", "lee@acme.example"}, Data: desk.MessageReceived{}}},
		{time.Minute, forwardTo(1, false, "rep@supplier.example", "lee@acme.example")},
		{2 * time.Minute, ScheduleForward{Forward: forwardTo(2, false, "other@supplier.example"), At: day.Add(time.Hour)}},
		{3 * time.Minute, Message{Participants: []string{"jo@acme.example", "rep@supplier.example"}, Data: desk.MessageReceived{}}}})
	if got := s.Conversation.Participants; !slices.Equal(got, []string{"jo@acme.example", "lee@acme.example"}) {
		t.Errorf("participants %v", got)
	}
	if !s.Outside("Rep@supplier.example") || s.Outside("lee@acme.example") || s.Outside("jo@acme.example") || s.Outside("nobody@x.example") {
		t.Errorf("third parties %v", s.Service.ThirdParties)
	}
	if len(s.Service.Scheduled) != 1 {
		t.Fatalf("scheduled %+v", s.Service.Scheduled)
	}
	out := CatchUp(s, p, day.Add(time.Hour+time.Second))
	if len(out.Moved) != 1 || out.Moved[0].Method != MethodForward || !slices.ContainsFunc(out.Events, func(e desk.Event) bool { return e.Kind == desk.EventThirdPartySent }) || !slices.Contains(out.State.Service.ThirdParties, "other@supplier.example") {
		t.Errorf("when it is due: moved %+v, events %v, third parties %v", out.Moved, out.Events, out.State.Service.ThirdParties)
	}
}

// A mail to a third party that was not delivered is told, and opens only what waits for them.
func TestForwardIsNotDelivered(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	s := live(t, p, []moment{{0, Message{ReplyTo: "jo@acme.example", Data: desk.MessageReceived{}}}, {1, Assign{By: desk.AgentActor(ana.ID), To: ana}}, {2, forwardTo(1, false, "rep@supplier.example")}})
	lost := Delivery{Personal: true, ThirdParty: true, Data: desk.DeliveryChanged{MessageID: desk.MessageID{1}, Recipient: "rep@supplier.example", State: desk.DeliveryFailed, Code: 550}}
	for on, to := range map[desk.WaitingOn]desk.Status{desk.WaitingCustomer: desk.StatusPending, desk.WaitingThirdParty: desk.StatusOpen} {
		before := mustApply(t, s, SetStatus{By: desk.AgentActor(ana.ID), To: desk.StatusPending, WaitingOn: on}, p, day.Add(time.Minute))
		out, err := Apply(before, lost, p, day.Add(2*time.Minute))
		if err != nil || out.State.Conversation.Status != to || len(out.Notices) != 1 || out.Notices[0].Kind != desk.NoticeUndelivered {
			t.Errorf("waiting on %s: %v, %s, notices %+v", on, err, out.State.Conversation.Status, out.Notices)
		}
	}
	cancelled := Operate{By: desk.AgentActor(ana.ID), Personal: true, ThirdParty: true, Data: desk.DeliveryOperated{MessageID: desk.MessageID{1}, Action: desk.DeliveryRedirect, To: "new@supplier.example"}}
	if after := mustApply(t, s, cancelled, p, day.Add(time.Minute)); !after.Outside("new@supplier.example") || slices.Contains(after.Conversation.Participants, "new@supplier.example") {
		t.Errorf("redirected: third parties %v, participants %v", after.Service.ThirdParties, after.Conversation.Participants)
	}
}
