// Package lifecycle is the only place where an event changes a conversation: its
// status, its assignee, whose turn it is, and the stints that record who held it.
//
// Apply is pure. Ingestion, the desk, the delivery loop and the snooze loop hand
// it what happened and turn its outcome into rows; none of them has rules of its
// own. The rules, one line per event:
//
//	event                          status afterwards                  waiting on
//	message from a person          open                               us
//	automatic message              unchanged                          unchanged
//	reply                          open, snoozed -> pending           customer
//	note, duplicate                unchanged                          unchanged
//	status pending                 pending                            customer or third-party
//	status open                    open                               us
//	status snoozed                 snoozed                            unchanged
//	snooze expires                 open                               unchanged
//	status resolved, closed        resolved, closed                   customer
//	move                           pending, snoozed -> open           us if it became open
//	reply could not be delivered   open                               us
//	merge                          closed; the survivor takes over    customer
//
// A stint ends and the next begins at the same instant whenever inbox, tier,
// assignee or waiting side changes, so that stints tile a conversation's life
// with no gap and no overlap. SLA clocks will be part of State and of Outcome.
package lifecycle

import (
	"bytes"
	"time"

	"switchboard/desk"
)

// State is everything about one conversation that the rules look at.
type State struct {
	Conversation desk.Conversation
	Stint        desk.Stint // the running one
}

// Policy is what the rules need to know about the desk.
type Policy struct {
	// Own reports whether an address belongs to the desk; nil: none does. Own
	// addresses are never participants.
	Own func(address string) bool
}

// Event is something that happened to a conversation. The types of this package
// that end in no suffix implement it: Message, Reply, Note and so on.
type Event interface {
	apply(*transition) error
}

// Outcome is what an event changed.
type Outcome struct {
	State State
	// Ended and Begun are the stints that ended and began, oldest first. A stint
	// may be in both.
	Ended, Begun []desk.Stint
	// Events are the new entries of the history, numbered from LastSeq+1. An event
	// that carries a message has its entry first.
	Events []desk.Event
}

// Changed reports whether anything happened.
func (o *Outcome) Changed() bool { return len(o.Events) > 0 }

// Apply returns the state after an event. The receiver's slices are never
// modified. An event that is not allowed in this state is KindInvalid or
// KindConflict, and one that changes nothing has an Outcome without events.
//
// at is when it happened. It may be before the running stint began (mail that was
// read late): the stint then ends where it began.
func Apply(s State, e Event, p Policy, at time.Time) (Outcome, error) {
	t := &transition{before: s, c: clone(s.Conversation), policy: p, at: at}
	t.out.State.Stint = s.Stint
	if err := e.apply(t); err != nil {
		return Outcome{State: s}, err
	}
	t.nextStint()
	t.out.State.Conversation = t.c
	return t.out, nil
}

// NextTimer returns when a Timer has something to do; false when nothing is due
// unless another event happens first.
func NextTimer(s State) (time.Time, bool) {
	if s.Conversation.Status != desk.StatusSnoozed {
		return time.Time{}, false
	}
	return s.Conversation.SnoozedUntil, true
}

// Follow returns the conversation that id was merged into, directly or over
// several merges: id itself when it was not merged. into returns what a
// conversation was merged into, zero when it was not, and false when it is not
// known; Follow returns false then. A circle of merges, which no operation makes,
// stands for the oldest of its conversations.
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

// AddOpenedTo is AddTo for the outcome of Open.
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
}
