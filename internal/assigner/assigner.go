// Package assigner carries out what package assignment decides: whenever a conversation
// waits for an assignee in an inbox whose strategy is not manual, it is assigned in a
// transaction of its own, on any number of nodes.
//
// One transaction at a time assigns, because an agent's capacity counts conversations of
// all inboxes. People do not wait for it: conversations that somebody else has locked
// are left out, and package lifecycle refuses to assign one that has been assigned,
// snoozed or moved in the meantime.
package assigner

import (
	"context"
	"log/slog"
	"time"

	"switchboard/assignment"
	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/router"
)

// Store runs assignments.
type Store interface {
	// Unassigned returns which of the inboxes have conversations that wait for an
	// assignee, or overflow, in the given order.
	Unassigned(ctx context.Context, inboxes []desk.InboxID) ([]desk.InboxID, error)
	// Assign runs fn in a transaction during which no other one assigns; an error of fn
	// rolls everything back and is returned.
	Assign(ctx context.Context, fn func(Tx) error) error
}

// Tx is what one assignment reads and writes.
type Tx interface {
	// Team lists the agents who can sign in, and when each was last assigned a conversation
	// of the inbox.
	Team(ctx context.Context, inbox desk.InboxID) ([]desk.Member, map[desk.AgentID]time.Time, error)
	// Waiting lists conversations that wait for an assignee, the earliest deadline
	// first. Last is only set if sticky is.
	Waiting(ctx context.Context, inbox desk.InboxID, sticky bool, limit, offset int) ([]assignment.Waiting, error)
	// Overflow returns whether an inbox overflows. Oldest is only set if overflows is.
	Overflow(ctx context.Context, inbox desk.InboxID, overflows bool) (Overflow, error)
	SetOverflow(ctx context.Context, inbox desk.InboxID, e desk.InboxOverflow) error
	// Lock locks those of the conversations that nobody else works on, and returns their
	// states and an instant that is not before their last change.
	Lock(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]lifecycle.State, time.Time, error)
	// Save writes the changes.
	Save(ctx context.Context, c *desk.Changes) error
}

// Overflow is whether an inbox overflows.
type Overflow struct {
	At     time.Time // the database's clock
	Active bool
	Oldest time.Time // since when a conversation has been waiting for an assignee; zero: none is
}

// Options configures an Assigner.
type Options struct {
	// Policy returns what lifecycle needs to know, as it is now. Required.
	Policy func() lifecycle.Policy
	Log    *slog.Logger // required
	// Committed is called after a commit; may be nil.
	Committed func()
	// Decided is called for each conversation after the commit, with what came of it,
	// "assigned" or "skipped", and how long it had waited for an assignee; may be nil.
	Decided func(strategy, result string, waited time.Duration)
}

const (
	// poll bounds how long a conversation waits for what no event announces: somebody
	// connects, working hours begin, an absence ends.
	poll = 500 * time.Millisecond
	// again is how soon a conversation that was locked is tried again.
	again = 20 * time.Millisecond
	// page is how many conversations are read at once, and pages how often, if nobody is
	// qualified for those before.
	page, pages = 200, 20
	// batch is how many conversations one transaction assigns: the first does not wait
	// until a long queue has been written.
	batch = 32
)

// Assigner assigns conversations.
type Assigner struct {
	store Store
	opt   Options
	wake  chan struct{}
}

// New returns an Assigner; Run starts it.
func New(s Store, opt Options) *Assigner {
	if opt.Committed == nil {
		opt.Committed = func() {}
	}
	if opt.Decided == nil {
		opt.Decided = func(string, string, time.Duration) {}
	}
	return &Assigner{store: s, opt: opt, wake: make(chan struct{}, 1)}
}

// Wake says that something may have to be assigned. It never blocks; several calls may
// be merged into one.
func (a *Assigner) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Matters reports whether an event can lead to an assignment: a conversation waits, or
// an agent has time.
func Matters(e *desk.Event) bool {
	switch e.Kind {
	case desk.EventConversationOpened, desk.EventConversationAssigned, desk.EventConversationMoved, desk.EventConversationMerged,
		desk.EventStatusChanged, desk.EventMessageReceived, desk.EventMessageSent, desk.EventTagsChanged, desk.EventPriorityChanged,
		desk.EventHandoffReturned, desk.EventEscalationFired, desk.EventAgentCreated, desk.EventAgentChanged, desk.EventAgentAvailability,
		desk.EventPolicyPublished, desk.EventPilotStarted, desk.EventPilotEnded:
		return true
	}
	return false
}

// Run assigns conversations until ctx ends. Errors are logged, and tried again.
func (a *Assigner) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		case <-timer.C:
		}
		wait := poll
		switch skipped, err := a.Assign(ctx); {
		case err != nil && ctx.Err() == nil:
			a.opt.Log.WarnContext(ctx, "AssignFailed", "error", err)
		case skipped > 0:
			wait = again
		}
		timer.Reset(wait)
	}
}

// Assign assigns what can be assigned now. It returns how many conversations were left
// out because somebody else was working on them.
func (a *Assigner) Assign(ctx context.Context) (skipped int, err error) {
	policy := a.opt.Policy()
	inboxes := map[desk.InboxID]desk.Inbox{}
	var ids []desk.InboxID
	for _, in := range policy.Automatic() {
		inboxes[in.ID] = in
		ids = append(ids, in.ID)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	// One batch for each inbox at a time: where much arrives, a queue is never empty, and
	// the others do not wait for that.
	for more := true; more && err == nil; {
		var waiting []desk.InboxID
		waiting, err = a.store.Unassigned(ctx, ids)
		more, skipped = false, 0
		for _, id := range waiting {
			r := round{Assigner: a, policy: policy, inbox: inboxes[id]}
			if err = r.run(ctx); err != nil {
				break
			}
			skipped += r.skipped
			more = more || r.more
		}
	}
	return skipped, err
}

// round is one transaction for one inbox.
type round struct {
	*Assigner
	policy            lifecycle.Policy
	inbox             desk.Inbox
	document          *router.Policy // that defines the inbox
	rules             router.Inbox
	assigned, skipped int
	more              bool     // conversations could be assigned at once
	recorded          bool     // that an overflow began or ended
	decided           []func() // after the commit
}

func (r *round) run(ctx context.Context) error {
	if r.document = r.policy.Defining(r.inbox.Key); r.document == nil {
		return nil
	}
	r.rules, _ = r.document.Inbox(r.inbox.Key)
	if err := r.store.Assign(ctx, func(tx Tx) error { return r.decide(ctx, tx) }); err != nil {
		return err
	}
	for _, fn := range r.decided {
		fn()
	}
	if r.assigned > 0 || r.recorded {
		r.opt.Committed()
	}
	return nil
}

// decide decides about the conversations of the inbox, and writes the result.
func (r *round) decide(ctx context.Context, tx Tx) error {
	members, turns, err := tx.Team(ctx, r.inbox.ID)
	if err != nil {
		return err
	}
	state, err := r.state(ctx, tx, members)
	if err != nil || !assignment.Anybody(r.rules, members, state) {
		return err
	}
	state.Turns = turns
	for n := range pages {
		waiting, err := tx.Waiting(ctx, r.inbox.ID, r.rules.Assign.Sticky, page, n*page)
		if err != nil {
			return err
		}
		if choices := assignment.Decide(r.rules, waiting, members, state); len(choices) > 0 {
			r.more = len(choices) > batch
			return r.write(ctx, tx, waiting, choices[:min(len(choices), batch)])
		}
		if len(waiting) < page {
			break
		}
	}
	return nil
}

// state returns what the decision depends on, and records whether the inbox overflows.
func (r *round) state(ctx context.Context, tx Tx, members []desk.Member) (assignment.State, error) {
	s := assignment.State{Skills: r.document.Skills()}
	o, err := tx.Overflow(ctx, r.inbox.ID, len(r.rules.Overflow.To) > 0)
	if err != nil {
		return s, err
	}
	s.At = o.At
	calendar, _ := r.document.Calendar(r.rules.Calendar)
	now, why := assignment.Overflows(r.rules, o.Active, o.Oldest, members, calendar, o.At)
	if now {
		s.Helping = r.document.Helping(r.rules)
	}
	if now == o.Active {
		return s, nil
	}
	message := "OverflowEnded"
	if now {
		message = "OverflowBegan"
	}
	r.decided = append(r.decided, func() { r.opt.Log.InfoContext(ctx, message, "inbox", r.inbox.Key, "reason", why) })
	r.recorded = true
	e := desk.InboxOverflow{Inbox: r.inbox.Key, Active: now, Reason: why, Helping: []string{}}
	for _, in := range s.Helping {
		e.Helping = append(e.Helping, in.Key)
	}
	return s, tx.SetOverflow(ctx, r.inbox.ID, e)
}

// write assigns the conversations that are still waiting. Each is assigned at an instant
// of its own, so that the agents' turns have an order.
func (r *round) write(ctx context.Context, tx Tx, waiting []assignment.Waiting, choices []assignment.Choice) error {
	since := make(map[desk.ConversationID]time.Time, len(waiting))
	for i := range waiting {
		since[waiting[i].ID] = waiting[i].Since
	}
	ids := make([]desk.ConversationID, len(choices))
	for i := range choices {
		ids[i] = choices[i].Conversation
	}
	states, at, err := tx.Lock(ctx, ids)
	if err != nil {
		return err
	}
	var changes desk.Changes
	for i := range choices {
		c := &choices[i]
		result := "skipped"
		state, ok := states[c.Conversation]
		if ok {
			out, err := lifecycle.Apply(state, c.Event(r.inbox.ID), r.policy, at.Add(time.Duration(i)*time.Microsecond))
			if kind := desk.KindOf(err); err != nil && kind != desk.KindConflict && kind != desk.KindInvalid {
				return err
			}
			if err == nil {
				out.AddTo(&changes)
				result = "assigned"
			}
		}
		r.count(ctx, c, result, at.Sub(since[c.Conversation]))
	}
	if r.assigned == 0 {
		return nil
	}
	return tx.Save(ctx, &changes)
}

// count counts what came of a decision, and reports it after the commit.
func (r *round) count(ctx context.Context, c *assignment.Choice, result string, waited time.Duration) {
	if result == "skipped" {
		r.skipped++
	} else {
		r.assigned++
	}
	r.decided = append(r.decided, func() {
		r.opt.Decided(c.Strategy, result, max(0, waited))
		if result == "assigned" {
			r.opt.Log.InfoContext(ctx, "AssignedByPolicy", "conversation", c.Conversation, "agent", c.Agent.ID, "inbox", r.inbox.Key, "strategy", c.Strategy, "reason", c.Reason)
		}
	})
}
