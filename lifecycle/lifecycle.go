// Package lifecycle is the only place where an event changes a conversation: its
// status, its assignee, who has to act next, and the stints of its assignment
// history.
//
// Apply is pure. Ingestion, the agents' operations, the delivery loop and the snooze
// loop pass it an event and store the Outcome; none of them has rules of its own. The
// rules, one line per event:
//
//	event                          status afterwards                  waiting on
//	started by an agent            pending                            customer
//	message from a person          open                               us
//	automatic message              unchanged                          unchanged
//	reply                          open, snoozed -> pending, or then  customer
//	reply scheduled                unchanged                          unchanged
//	reply cancelled                as before the reply, or closed     as before the reply
//	                               if it started the conversation
//	note, duplicate                unchanged                          unchanged
//	mail to a third party          unchanged                          unchanged
//	mail from a third party        pending on them -> open            us if it became open
//	status pending                 pending                            customer or third-party
//	status open                    open                               us
//	status snoozed                 snoozed                            unchanged
//	snooze expires                 open                               unchanged
//	status resolved, closed        resolved, closed                   customer
//	move                           pending, snoozed -> open           us if it became open
//	reply could not be delivered   open                               us
//	merge                          closed; the survivor takes over    customer
//	undo of a merge                as before the merge                as before the merge
//	task, invitation               unchanged                          unchanged
//
// A stint ends and the next begins at the same instant whenever inbox, tier,
// assignee or waiting side changes, so that stints tile a conversation's life
// with no gap and no overlap.
//
// Clocks measure what the SLA policy promises (clocks.go), and timers give warnings,
// mark breaches and fire the escalation rules (timers.go, escalate.go). At an instant,
// events come before timers: Apply first does what was due before its event, and what
// is due at the same instant is done by the next Apply or by a Timer.
package lifecycle

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// State is everything about one conversation that the rules depend on.
type State struct {
	Conversation desk.Conversation
	Stint        desk.Stint // the running one
	Service      Service
}

// Policy is what the rules need to know about the desk.
type Policy struct {
	// Own reports whether an address belongs to the desk; nil: no address does. Own
	// addresses are never participants.
	Own func(address string) bool
	// Rules is the policy document in force; nil: there are no clocks and no escalations.
	Rules *router.Policy
	// Pilot is tried with some accounts, next to the document in force; nil: no one is.
	Pilot *router.Pilot
	// Version returns an older version of the document, under which clocks may have
	// been started; nil if it is not known, or if there is only one version.
	Version func(version int64) *router.Policy
	Inboxes []desk.Inbox // those in use
	// Agent returns an agent; may be nil.
	Agent func(desk.AgentID) (desk.Agent, bool)
}

// Automatic returns the inboxes whose conversations the policy assigns, in the order of
// the document.
func (p *Policy) Automatic() (list []desk.Inbox) {
	if p.Rules == nil {
		return nil
	}
	inboxes := p.Rules.Inboxes()
	if p.Pilot != nil {
		for _, in := range p.Pilot.Policy.Inboxes() {
			if p.Defining(in.Key) == p.Pilot.Policy {
				inboxes = append(slices.Clip(inboxes), in)
			}
		}
	}
	for _, rules := range inboxes {
		if in, ok := p.inbox(rules.Key); ok && rules.Assign.Strategy != "manual" {
			list = append(list, in)
		}
	}
	return list
}

// Event is something that happened to a conversation: a Message, Duplicate, Reply,
// Schedule, Forward, ScheduleForward, ThirdParty, Cancel, Note, Delivery, Operate, Lift, Assign, Move, Accept, Return, SetStatus, SetPriority, SetSubject, SetContact, AddTags, RemoveTags, Restore,
// AccountChanged, OpenTask, ChangeTask, Invite, Leave, Timer, SnoozeExpired, Merged,
// Absorbed, Unmerged, Released or Record.
type Event interface {
	apply(*transition) error
}

// Outcome is what an event changed.
type Outcome struct {
	State State
	// Ended and Begun are the stints that ended and began, oldest first. A stint
	// may be in both.
	Ended, Begun []desk.Stint
	// Clocks are the clocks that started or changed.
	Clocks []desk.Clock
	// Facts are what the routing decision was based on, if that changed; else nil.
	Facts json.RawMessage
	// Notices are what agents have to be told.
	Notices []desk.Notice
	// Tasks are new and changed ones, Overdue those whose deadline has passed before that.
	Tasks   []desk.Task
	Overdue []desk.OverdueTask
	// Invited and Left are the agents who help from now on, and who do not any more.
	Invited, Left []desk.Helper
	// Unreached are addresses to which a delivery failed, and Reached those of which that
	// is over.
	Unreached []desk.AddressFailure
	Reached   []desk.AddressLift
	// Moved are scheduled replies that are sent now, and those that were taken back.
	Moved []Placed
	// Surveys are those that are due now.
	Surveys []desk.AutomaticDue
	// Fired are the escalation rules that fired, in order. They are in Events too.
	Fired []Fired
	// Events are the new entries of the history, numbered from LastSeq+1. If the
	// event carries a message, the entry that announces it comes first after those of
	// timers that were due before: Announced is its number.
	Events    []desk.Event
	Announced int64

	moved bool // see Changed
}

// Fired is an escalation rule that fired.
type Fired struct {
	Escalation string
	At         time.Time
	Did        []string // "notify assignee", "priority high", "move skipped: ..."
}

// Changed reports whether anything happened.
func (o *Outcome) Changed() bool { return o.moved || len(o.Events) > 0 || len(o.Clocks) > 0 }

// Apply returns the state after an event. It never modifies the slices in s. For an
// event that is not allowed in this state it returns KindInvalid or KindConflict; for
// one that changes nothing, an Outcome without events.
//
// at is when it happened. It may be before the running stint began (mail that was
// read late): the stint then ends where it began.
func Apply(s State, e Event, p Policy, at time.Time) (Outcome, error) {
	at = at.Truncate(time.Microsecond) // as the database keeps it
	t := newTransition(s, p, at)
	if _, timer := e.(Timer); timer {
		t.catchUp(at, true)
		return t.finished(s), nil
	}
	t.catchUp(at, false)
	t.out.Announced = t.c.LastSeq + 1
	before := len(t.out.Events)
	if err := t.step(at, func() error { return e.apply(t) }); err != nil {
		return Outcome{State: s}, err
	}
	if len(t.out.Events) > before {
		t.s.EventAt = latest(t.s.EventAt, at)
	}
	return t.finished(s), nil
}

// CatchUp does what was due before an instant, which Apply does too. A caller that
// looks at the state to make an event must look at the state after it.
func CatchUp(s State, p Policy, at time.Time) Outcome {
	t := newTransition(s, p, at)
	t.catchUp(at.Truncate(time.Microsecond), false)
	return t.finished(s)
}

// Follow returns the conversation that id was merged into, directly or over several
// merges; id itself if it was not merged. into returns what a conversation was merged
// into, the zero ID if it was not merged, and false if the conversation is unknown;
// Follow then returns false too. For a cycle of merges, which no operation creates,
// Follow returns the oldest conversation in it.
func Follow(id desk.ConversationID, into func(desk.ConversationID) (desk.ConversationID, bool)) (desk.ConversationID, bool) {
	seen, oldest := map[desk.ConversationID]bool{}, id
	for {
		next, ok := into(id)
		if !ok {
			return desk.ConversationID{}, false
		}
		if next.IsZero() {
			return id, true
		}
		if seen[id] {
			return oldest, true
		}
		seen[id], id = true, next
		if bytes.Compare(next[:], oldest[:]) < 0 {
			oldest = next
		}
	}
}

// AddTo adds the outcome's rows to a transaction's changes.
func (o *Outcome) AddTo(c *desk.Changes) {
	c.AddUpdated(o.State.Conversation)
	o.addHistory(c)
}

// AddOpenedTo is AddTo for the outcome of Open and Start.
func (o *Outcome) AddOpenedTo(c *desk.Changes) {
	c.AddOpened(o.State.Conversation)
	o.addHistory(c)
}

func (o *Outcome) addHistory(c *desk.Changes) {
	c.Begun = append(c.Begun, o.Begun...)
	for _, s := range o.Ended {
		c.EndStint(s)
	}
	c.Events = append(c.Events, o.Events...)
	for _, m := range o.Moved {
		m.addTo(c, o.State.Conversation.ID)
	}
	c.Notices, c.Automatic = append(c.Notices, o.Notices...), append(c.Automatic, o.Surveys...)
	c.Unreached, c.Reached = append(c.Unreached, o.Unreached...), append(c.Reached, o.Reached...)
	c.Tasks, c.Overdue = append(c.Tasks, o.Tasks...), append(c.Overdue, o.Overdue...)
	c.Invited, c.Left = append(c.Invited, o.Invited...), append(c.Left, o.Left...)
	if o.Facts != nil {
		c.Facts = append(c.Facts, desk.ConversationFacts{Conversation: o.State.Conversation.ID, Facts: o.Facts})
	}
	for i := range o.Clocks {
		c.AddClock(o.Clocks[i])
	}
}
