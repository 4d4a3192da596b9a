package lifecycle

import (
	"reflect"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// MaxParticipants bounds how many addresses a conversation remembers: a mail with
// a thousand recipients must not make every later read of it slow.
const MaxParticipants = 200

// transition is the working state of one Apply, which is a series of steps: timers that
// were due before the event, the event, and what it leads to. Each happens at its own
// instant.
type transition struct {
	before  State // the current step
	c       desk.Conversation
	s       Service
	policy  Policy
	at      time.Time
	reason  string // for the next stint, if one begins
	sig     signals
	opening bool // the conversation opens in this step
	marked  int  // events recorded before this step
	facted  bool // the facts of the opening changed
	// factsNow and factsThen are the facts that the rules were last evaluated with, and
	// those right after that instant.
	factsNow, factsThen knownFacts
	unsent              *Unsent // the reply of this step, if it can be undone
	attended, outsiders int     // participants and third parties before it
	out                 Outcome
}

func newTransition(s State, p Policy, at time.Time) *transition {
	t := &transition{before: s, c: clone(s.Conversation), s: s.Service.clone(), policy: p.Of(&s.Conversation), at: at}
	t.out.State.Stint = s.Stint
	return t
}

// step runs a part of a transition.
func (t *transition) step(at time.Time, fn func() error) error {
	t.begin(at)
	if err := fn(); err != nil {
		return err
	}
	t.settle()
	return nil
}

// begin begins a step.
func (t *transition) begin(at time.Time) {
	t.before, t.at, t.reason, t.sig, t.marked = State{Conversation: t.c, Service: t.s}, at, "", signals{}, len(t.out.Events)
}

// settle ends a step: it updates the stints and the clocks.
func (t *transition) settle() {
	t.nextStint()
	t.promise()
	t.survey()
	if t.unsent != nil {
		t.remembered()
	}
	t.factsNow, t.factsThen = knownFacts{}, knownFacts{}
}

// finished returns the outcome of a transition that began in state s.
func (t *transition) finished(s State) Outcome {
	t.out.State.Conversation, t.out.State.Service = t.c, t.s
	t.out.moved = !t.s.TimersAt.Equal(s.Service.TimersAt) || !t.s.EventAt.Equal(s.Service.EventAt)
	if t.policy.Rules == nil {
		if t.s.kept() || s.Service.kept() {
			t.out.State.store()
		}
		t.out.State.Conversation.CheckAt = t.next(true)
		return t.out
	}
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		was := slices.IndexFunc(s.Service.Clocks, func(o desk.Clock) bool { return o.ID == c.ID })
		if was < 0 || !reflect.DeepEqual(*c, s.Service.Clocks[was]) {
			t.out.Clocks = append(t.out.Clocks, *c)
		}
	}
	t.out.State.Conversation.CheckAt = t.next(true)
	t.out.State.store()
	if t.facted {
		t.out.State.storeFacts()
		t.out.Facts = t.out.State.Conversation.Facts
	}
	return t.out
}

// clone copies a conversation with the slices that events change.
func clone(c desk.Conversation) desk.Conversation {
	c.Participants, c.Path = slices.Clip(c.Participants), slices.Clip(c.Path)
	return c
}

// record appends an event to the history and returns its number.
func (t *transition) record(by desk.Actor, data desk.EventData) int64 {
	t.c.LastSeq++
	t.touch()
	if by == desk.AgentActor(t.c.AssigneeID) && !t.c.AssigneeID.IsZero() {
		t.s.Acknowledged = true // whatever they do, they know of it
	}
	t.out.Events = append(t.out.Events, desk.NewConversationEvent(t.at, &t.c, t.c.LastSeq, by, data))
	return t.c.LastSeq
}

// touch sets the conversation's last change to the event's time, but never back.
func (t *transition) touch() { t.c.UpdatedAt = latest(t.c.UpdatedAt, t.at) }

// become sets the status and the waiting side, and records the change. A change of
// the waiting side alone is not recorded if an event has been recorded already that
// implies it, as a message does.
func (t *transition) become(to desk.Status, on desk.WaitingOn, by desk.Actor, reason string) {
	was := &t.before.Conversation
	t.c.Status = to
	t.wait(on)
	if to != desk.StatusSnoozed {
		t.c.SnoozedUntil = time.Time{}
	}
	switch {
	case !done(to):
		t.c.ResolvedAt = time.Time{}
	case t.c.ResolvedAt.IsZero():
		t.c.ResolvedAt = t.at
	}
	same := to == was.Status && t.c.SnoozedUntil.Equal(was.SnoozedUntil)
	if same && (on == was.WaitingOn || len(t.out.Events) > t.marked) {
		return
	}
	data := desk.StatusChanged{From: was.Status, To: to, WaitingOn: on, Reason: reason}
	if until := t.c.SnoozedUntil; !until.IsZero() {
		data.Until = &until
	}
	t.record(by, data)
}

// wait sets the waiting side, and since when the customer has been waiting.
func (t *transition) wait(on desk.WaitingOn) {
	t.c.WaitingOn = on
	switch {
	case on != desk.WaitingUs:
		t.c.WaitingSince = time.Time{}
	case t.c.WaitingSince.IsZero():
		t.c.WaitingSince = t.at
	}
}

// assign sets the assignee and records it, with the reason of an automatic assignment.
func (t *transition) assign(to *desk.Agent, by desk.Actor, reason string, auto *Automatic) {
	data := desk.ConversationAssigned{From: t.c.AssigneeID, To: to.ID, Name: to.Name, Reason: reason}
	if auto != nil {
		data.Strategy, data.Reason, data.Helping, data.Considered = auto.Strategy, auto.Reason, auto.Helping, auto.Considered
	}
	t.c.AssigneeID, t.s.Held = to.ID, false
	t.s.AssignedAt, t.s.Acknowledged = t.at, by == desk.AgentActor(to.ID)
	if to.ID.IsZero() {
		t.s.AssignedAt = time.Time{}
	}
	t.record(by, data)
}

// participate adds addresses to the participants, except the desk's own and those of third
// parties: whoever writes to both, only an agent takes a third party to the customer.
func (t *transition) participate(addresses []string) {
	for _, a := range addresses {
		a = imf.NormalizeAddr(a)
		if a == "" || len(t.c.Participants) >= MaxParticipants || slices.Contains(t.c.Participants, a) || t.own(a) || slices.Contains(t.s.ThirdParties, a) {
			continue
		}
		t.c.Participants = append(t.c.Participants, a)
	}
}

func (t *transition) own(address string) bool { return t.policy.Own != nil && t.policy.Own(address) }

// nextStint ends the running stint and begins the next one if inbox, tier, assignee
// or waiting side changed.
func (t *transition) nextStint() {
	running := t.out.State.Stint
	next := desk.Stint{ConversationID: t.c.ID, InboxID: t.c.InboxID, Tier: t.c.Tier, AssigneeID: t.c.AssigneeID, WaitingOn: t.c.WaitingOn}
	if running.InboxID == next.InboxID && running.Tier == next.Tier && running.AssigneeID == next.AssigneeID && running.WaitingOn == next.WaitingOn {
		return
	}
	next.ID, next.Reason, next.StartedAt = desk.NewID[desk.StintID](), t.reason, t.at
	if !running.ID.IsZero() {
		next.StartedAt = latest(t.at, running.StartedAt)
		running.EndedAt = next.StartedAt
		t.out.Ended = append(t.out.Ended, running)
	}
	t.out.Begun = append(t.out.Begun, next)
	t.out.State.Stint = next
}

// done reports whether a status leaves no one anything to do.
func done(s desk.Status) bool { return s == desk.StatusResolved || s == desk.StatusClosed }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
