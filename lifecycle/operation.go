package lifecycle

import (
	"fmt"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// Assign gives the conversation to an agent, or to no one for the zero Agent.
type Assign struct {
	By desk.Actor
	To desk.Agent
	// Automatic says why the policy assigns it; nil: a person or a rule does.
	Automatic *Automatic
}

// Automatic is why the policy assigns a conversation to an agent. It yields to people:
// unless the conversation still waits for an assignee in the same inbox, Assign is a
// conflict.
type Automatic struct {
	Inbox      desk.InboxID // that the conversation was in when it was decided
	Strategy   string
	Reason     string
	Helping    string // key of the inbox that the agent helps from; may be empty
	Considered []desk.ConsideredAgent
}

// Unassigned reports whether the policy may assign the conversation: it is open, waits
// for us and has no assignee, and nobody wants it to stay like that.
func (s *State) Unassigned() bool {
	c := &s.Conversation
	return c.Status == desk.StatusOpen && c.WaitingOn == desk.WaitingUs && c.AssigneeID.IsZero() && c.MergedInto.IsZero() && !s.Service.Held
}

func (e Assign) apply(t *transition) error {
	if a := e.Automatic; a != nil {
		if now := (State{Conversation: t.c, Service: t.s}); !now.Unassigned() || t.c.InboxID != a.Inbox {
			return desk.Errorf(desk.KindConflict, "conversation #%d does not wait for an assignee in this inbox any more", t.c.Number)
		}
	}
	switch {
	case e.To.ID == t.c.AssigneeID:
		return nil
	case e.To.ID.IsZero():
		t.reason = "unassigned"
	case e.To.Disabled:
		return desk.Errorf(desk.KindInvalid, "assignee: %s is disabled; choose another agent", e.To.Name)
	case !e.To.CanRead(&t.c):
		return desk.Errorf(desk.KindInvalid, "assignee: %s is not allowed to read this conversation", e.To.Name)
	default:
		t.reason = "assigned"
	}
	t.assign(&e.To, e.By, "", e.Automatic)
	if person := e.By != desk.ActorPolicy && e.By != desk.ActorSystem; e.To.ID.IsZero() {
		t.s.Held = person
	} else if e.By != desk.AgentActor(e.To.ID) {
		t.notify("assignee", desk.NoticeAssigned, "", "")
	}
	return nil
}

// Move moves the conversation to another inbox. Moving to the inbox it is in changes
// nothing.
type Move struct {
	By       desk.Actor
	ByName   string // for the path
	From, To desk.Inbox
	// Assignee is the current assignee, who stays assigned if they work in the new
	// tier; the zero Agent if there is none.
	Assignee desk.Agent
	// KeepStatus leaves status and waiting side unchanged.
	KeepStatus bool
	// Note is the handover note; nil: none.
	Note *desk.Message
	// Evidence is what the handoff contract asks for, by its names: "problem", "tried".
	Evidence map[string]string
	// Automatic: a rule moves it, with a handover made from its history.
	Automatic bool

	returned bool        // it goes back to where it came from
	assignTo *desk.Agent // with returned: who is assigned; nil: nobody
}

func (e Move) apply(t *transition) error {
	if e.To.ID == t.c.InboxID {
		return nil
	}
	data := desk.ConversationMoved{From: e.From.Key, To: e.To.Key, FromTier: t.c.Tier, ToTier: e.To.Tier}
	if e.Note != nil {
		t.record(e.By, desk.NoteAdded{MessageSummary: e.Note.Summary()})
		data.Note, data.MessageID = e.Note.TextBody, e.Note.ID
	}
	data.Evidence, data.Automatic = e.Evidence, e.Automatic
	if !e.returned {
		t.handOff(&e, t.c.AssigneeID)
	}
	t.c.InboxID, t.c.Tier, t.s.Held = e.To.ID, e.To.Tier, false
	t.c.Path = append(t.c.Path, fmt.Sprintf("moved: %s -> %s by %s", e.From.Key, e.To.Key, e.ByName))
	if !t.c.AssigneeID.IsZero() && (e.returned || e.Assignee.Disabled || !e.Assignee.WorksIn(e.To) || !e.Assignee.CanRead(&t.c)) {
		t.c.AssigneeID, t.s.AssignedAt, data.Unassigned = desk.AgentID{}, time.Time{}, e.assignTo == nil
	}
	t.reason = "moved"
	t.record(e.By, data)
	if e.assignTo != nil {
		t.assign(e.assignTo, e.By, "returned", nil)
	}
	if waits := t.c.Status == desk.StatusPending || t.c.Status == desk.StatusSnoozed; waits && !e.KeepStatus {
		t.become(desk.StatusOpen, desk.WaitingUs, e.By, "moved")
	}
	return nil
}

// SetStatus is a change of status by a person. Setting the current status again
// changes nothing.
type SetStatus struct {
	By    desk.Actor
	To    desk.Status
	Until time.Time // with snoozed only: when it opens again
	// WaitingOn says who a pending conversation waits for; empty: the customer.
	WaitingOn desk.WaitingOn
}

func (e SetStatus) apply(t *transition) error {
	if err := e.check(t); err != nil {
		return err
	}
	on := e.waitingOn(t)
	if e.To == t.c.Status && e.Until.Equal(t.c.SnoozedUntil) && on == t.c.WaitingOn {
		return nil
	}
	t.c.SnoozedUntil = e.Until
	t.reason = string(e.To)
	t.become(e.To, on, e.By, "")
	return nil
}

func (e SetStatus) check(t *transition) error {
	switch {
	case !t.c.MergedInto.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; change the status there", t.c.Number)
	case !valid(e.To):
		return desk.Errorf(desk.KindInvalid, "status: %q is not a status; use open, pending, snoozed, resolved or closed", e.To)
	case e.To != desk.StatusSnoozed && !e.Until.IsZero():
		return desk.Errorf(desk.KindInvalid, "until: only a snoozed conversation has one")
	case e.To == desk.StatusSnoozed && !e.Until.After(t.at):
		return desk.Errorf(desk.KindInvalid, "until: a snooze must end in the future")
	case e.To != desk.StatusPending && e.WaitingOn != "":
		return desk.Errorf(desk.KindInvalid, "waiting_on: only a pending conversation has one")
	case !slices.Contains([]desk.WaitingOn{"", desk.WaitingCustomer, desk.WaitingThirdParty}, e.WaitingOn):
		return desk.Errorf(desk.KindInvalid, "waiting_on: %q is not valid; use customer or third-party", e.WaitingOn)
	}
	return nil
}

func valid(s desk.Status) bool {
	return slices.Contains([]desk.Status{desk.StatusOpen, desk.StatusPending, desk.StatusSnoozed, desk.StatusResolved, desk.StatusClosed}, s)
}

func (e SetStatus) waitingOn(t *transition) desk.WaitingOn {
	switch {
	case e.To == desk.StatusOpen:
		return desk.WaitingUs
	case e.To == desk.StatusSnoozed:
		return t.c.WaitingOn
	case e.WaitingOn != "":
		return e.WaitingOn
	}
	return desk.WaitingCustomer
}

// SetPriority changes the priority.
type SetPriority struct {
	By desk.Actor
	To desk.Priority
}

func (e SetPriority) apply(t *transition) error {
	if !slices.Contains(router.Priorities, e.To) {
		return desk.Errorf(desk.KindInvalid, "priority: %q is not a priority; use low, normal, high or urgent", e.To)
	}
	if e.To == t.c.Priority {
		return nil
	}
	data := desk.PriorityChanged{From: t.c.Priority, To: e.To}
	t.c.Priority = e.To
	t.record(e.By, data)
	return nil
}

// AddTags adds tags that the conversation does not have yet.
type AddTags struct {
	By   desk.Actor
	Tags []string
}

func (e AddTags) apply(t *transition) error {
	var added []string
	for _, tag := range e.Tags {
		if !slices.Contains(t.c.Tags, tag) && !slices.Contains(added, tag) {
			added = append(added, tag)
		}
	}
	if len(added) == 0 {
		return nil
	}
	t.c.Tags = append(slices.Clip(t.c.Tags), added...)
	t.record(e.By, desk.TagsChanged{Added: added})
	return nil
}

// AccountChanged evaluates the segment again after the account has changed.
type AccountChanged struct {
	By      desk.Actor
	Account router.AccountFacts
}

func (e AccountChanged) apply(t *transition) error {
	t.account(e.By, e.Account)
	return nil
}

// account evaluates the segment for an account as it is now.
func (t *transition) account(by desk.Actor, account router.AccountFacts) {
	if t.policy.Rules == nil {
		return
	}
	f := *t.s.opening()
	f.Account = account
	t.s.facts, t.facted = &f, true
	if segment := t.policy.Rules.SegmentOf(f); segment != t.s.Segment {
		data := desk.SegmentChanged{From: t.s.Segment, To: segment}
		t.s.Segment = segment
		t.record(by, data)
	}
}

// Timer does everything that is due up to its instant, in the order in which it became
// due.
type Timer struct{}

func (Timer) apply(*transition) error { return nil }

// SnoozeExpired opens a snoozed conversation. The waiting side is unchanged: a
// conversation that was waiting on the customer still is.
type SnoozeExpired struct{}

func (SnoozeExpired) apply(t *transition) error {
	if t.c.Status != desk.StatusSnoozed {
		return nil
	}
	t.reason = "snooze expired"
	t.become(desk.StatusOpen, t.c.WaitingOn, desk.ActorSystem, "the snooze expired")
	return nil
}

// Merged is applied to the conversation that a merge absorbs: it is closed, and
// what arrives for it from now on goes to the survivor.
type Merged struct {
	By   desk.Actor
	Into desk.Conversation
	// Reason and Messages are for the history: what showed that the two are one, empty
	// if a person decided it, and how many messages move.
	Reason   string
	Messages int
}

func (e Merged) apply(t *transition) error {
	switch {
	case !t.c.MergedInto.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged already", t.c.Number)
	case e.Into.ID == t.c.ID || e.Into.ID.IsZero():
		return desk.Errorf(desk.KindInvalid, "a conversation can only be merged into another one")
	}
	t.record(e.By, desk.ConversationMerged{Absorbed: t.c.ID, Surviving: e.Into.ID, AbsorbedNumber: t.c.Number, SurvivingNumber: e.Into.Number,
		Reason: e.Reason, Messages: e.Messages, Before: before(&t.c)})
	t.part()
	t.withholdAll("the conversation was merged")
	t.s.Unsent, t.s.Forwards = nil, nil
	t.reason = "merged"
	t.become(desk.StatusClosed, desk.WaitingCustomer, e.By, "merged")
	t.c.MergedInto = e.Into.ID
	t.s.Tasks = nil // they go along
	return nil
}

// Absorbed is applied to the conversation that survives a merge. It takes over the
// other one's participants, and its assignee if it has none. If the customer was waiting
// for us there, they are now waiting here, since the earlier of the two instants.
type Absorbed struct {
	By       desk.Actor
	From     desk.Conversation // as it was before it was merged
	Assignee desk.Agent        // the other one's
	Reason   string            // as in Merged
	// Messages is how many messages it takes over. They are numbered after the first
	// recorded event.
	Messages int
}

func (e Absorbed) apply(t *transition) error {
	if !t.c.MergedInto.IsZero() {
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; merge into that one", t.c.Number)
	}
	e.takeOver(t)
	t.absorb(&e.From)
	if err := t.bringAlong(&e.From); err != nil {
		return err
	}
	t.reason = "merged"
	if t.c.AssigneeID.IsZero() && e.Assignee.CanRead(&t.c) {
		t.assign(&e.Assignee, e.By, "merged", nil)
	}
	if e.From.WaitingOn != desk.WaitingUs {
		return nil
	}
	t.become(desk.StatusOpen, desk.WaitingUs, e.By, "merged")
	if e.From.WaitingSince.Before(t.c.WaitingSince) {
		t.c.WaitingSince = e.From.WaitingSince
	}
	return nil
}
