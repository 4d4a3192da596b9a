package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
)

// maxUnsent bounds how many replies a conversation remembers how to undo.
const maxUnsent = 20

// Unsent is a reply that can still be undone: what the conversation was before it, and
// what it changed.
type Unsent struct {
	Message desk.MessageID   `json:"message"`
	At      time.Time        `json:"at"`
	Before  desk.BeforeMerge `json:"before"`
	Preview string           `json:"preview,omitempty"`
	// Status, WaitingOn and SnoozedUntil are what it led to.
	Status       desk.Status    `json:"status"`
	WaitingOn    desk.WaitingOn `json:"waiting_on"`
	SnoozedUntil time.Time      `json:"snoozed_until,omitzero"`
	Participants []string       `json:"participants,omitempty"` // that it added
	Blind        []string       `json:"blind,omitempty"`        // third parties that it added
	Sides        []Side         `json:"sides,omitempty"`        // before it
	Pages        []Page         `json:"pages,omitempty"`        // that it ended
	Clocks       []desk.Clock   `json:"clocks,omitempty"`       // open before it
	Ended        []desk.ClockID `json:"ended,omitempty"`        // those of Clocks that it ended
	Started      []desk.ClockID `json:"started,omitempty"`      // that it started
}

// remember begins to record what a reply changes, before it changes anything.
func (t *transition) remember(m desk.MessageID, preview string) {
	t.unsent = &Unsent{Message: m, At: t.at, Before: *before(&t.c), Preview: preview, Sides: slices.Clone(t.s.Sides), Pages: slices.Clone(t.s.Pages)}
	for _, c := range t.s.Clocks {
		if c.Open() {
			t.unsent.Clocks = append(t.unsent.Clocks, c)
		}
	}
	t.attended, t.outsiders = len(t.c.Participants), len(t.s.ThirdParties)
}

// remembered ends what remember began, once the reply has had all its effects.
func (t *transition) remembered() {
	u := t.unsent
	t.unsent = nil
	u.Status, u.WaitingOn, u.SnoozedUntil, u.Participants = t.c.Status, t.c.WaitingOn, t.c.SnoozedUntil, slices.Clone(t.c.Participants[t.attended:])
	u.Blind = slices.Clone(t.s.ThirdParties[t.outsiders:])
	was := func(id desk.ClockID) bool {
		return slices.ContainsFunc(u.Clocks, func(c desk.Clock) bool { return c.ID == id })
	}
	for i := range t.s.Clocks {
		switch c := &t.s.Clocks[i]; {
		case was(c.ID) && !c.Open():
			u.Ended = append(u.Ended, c.ID)
		case !was(c.ID) && c.Open():
			u.Started = append(u.Started, c.ID)
		}
	}
	if t.s.Unsent = append(t.s.Unsent, *u); len(t.s.Unsent) > maxUnsent {
		t.s.Unsent = t.s.Unsent[1:]
	}
}

// left forgets how to undo a reply that has left.
func (t *transition) left(m desk.MessageID) {
	t.s.Unsent = slices.DeleteFunc(t.s.Unsent, func(u Unsent) bool { return u.Message == m })
	t.forwarded(m)
}

// Cancel takes a reply back that has not been sent: a scheduled one, or one that can
// still be undone. The conversation is again what it was before, unless something else
// has happened to it since; clocks run as if the reply had not been written. Its author
// stays assigned.
type Cancel struct {
	By      desk.Actor
	Message desk.MessageID
	Seq     int64 // its number in the conversation
	Author  desk.AgentID
	// ThirdParty: it is one to a third party.
	ThirdParty bool
}

func (e Cancel) apply(t *transition) error {
	e.takeBack(t)
	t.abandon(e.By)
	return nil
}

func (e Cancel) takeBack(t *transition) {
	if i := slices.IndexFunc(t.s.Scheduled, func(s Scheduled) bool { return s.Message == e.Message }); i >= 0 {
		t.cancelScheduled(i, e.By, "")
		return
	}
	t.record(e.By, desk.MessageCancelled{MessageID: e.Message, AuthorID: e.Author})
	t.out.Moved = append(t.out.Moved, Placed{Message: e.Message, Seq: e.Seq, At: t.at})
	if e.By != desk.AgentActor(e.Author) {
		t.tellAuthor(e.Author, "")
	}
	if e.ThirdParty {
		t.recall(e.Message)
		return
	}
	i := slices.IndexFunc(t.s.Unsent, func(u Unsent) bool { return u.Message == e.Message })
	if i < 0 {
		// What it changed is not known any more, for example after a merge.
		t.unanswered(e.By)
		return
	}
	u := t.s.Unsent[i]
	t.s.Unsent = slices.Delete(t.s.Unsent, i, i+1)
	t.s.Outbound--
	if next := slices.IndexFunc(t.s.Unsent, func(v Unsent) bool { return !v.At.Before(u.At) }); next >= 0 {
		t.handDown(&u, &t.s.Unsent[next])
		return
	}
	if t.c.LastReplyAt.After(u.At) {
		t.metLater(&u, t.c.LastReplyAt)
		return
	}
	t.undoReply(&u, e.By)
}

// unanswered lets a conversation wait for us again whose reply was not sent.
func (t *transition) unanswered(by desk.Actor) {
	if t.c.MergedInto.IsZero() && t.c.WaitingOn == desk.WaitingCustomer {
		t.reason = "reply cancelled"
		t.become(desk.StatusOpen, desk.WaitingUs, by, "the reply was cancelled")
	}
}

// handDown lets the next reply, which can still be undone too, be the one that answered.
func (t *transition) handDown(u, next *Unsent) {
	t.metLater(u, next.At)
	next.Before, next.Sides, next.Pages, next.Clocks = u.Before, u.Sides, u.Pages, u.Clocks
	next.Participants, next.Blind = append(slices.Clone(u.Participants), next.Participants...), append(slices.Clone(u.Blind), next.Blind...)
	next.Ended, next.Started = append(slices.Clone(u.Ended), next.Ended...), append(slices.Clone(u.Started), next.Started...)
}

// metLater corrects the clocks that a cancelled reply met, because the one that met them
// was written at a later instant.
func (t *transition) metLater(u *Unsent, at time.Time) {
	if t.policy.Rules == nil {
		return
	}
	for _, k := range u.Clocks {
		if slices.Contains(u.Ended, k.ID) && response(k.Metric) {
			t.recount(&k, u.Sides, at)
			end(&k, desk.ClockMet, at)
			t.s.Clocks = append(t.s.Clocks, k)
		}
	}
}

// undoReply undoes the newest reply.
func (t *transition) undoReply(u *Unsent, by desk.Actor) {
	untouched := t.c.Status == u.Status && t.c.WaitingOn == u.WaitingOn && t.c.SnoozedUntil.Equal(u.SnoozedUntil)
	if t.c.LastReplyAt.Equal(u.At) {
		t.c.LastReplyAt = instantOf(u.Before.LastReplyAt)
	}
	if t.c.Preview == u.Preview && !t.c.LastInboundAt.After(u.At) {
		t.c.Preview = u.Before.Preview
	}
	t.c.Participants = slices.DeleteFunc(slices.Clone(t.c.Participants), func(a string) bool { return slices.Contains(u.Participants, a) })
	t.estrange(u.Blind)
	since := instantOf(u.Before.WaitingSince)
	switch {
	case untouched:
		t.c.SnoozedUntil, t.c.ResolvedAt = instantOf(u.Before.SnoozedUntil), instantOf(u.Before.ResolvedAt)
		t.reason = "reply cancelled"
		t.become(u.Before.Status, u.Before.WaitingOn, by, "the reply was cancelled")
		t.c.WaitingSince = since
	case t.c.Status == desk.StatusSnoozed && t.c.WaitingOn == u.WaitingOn: // a snooze leaves the waiting side as it is
		t.wait(u.Before.WaitingOn)
		t.c.WaitingSince = since
	case t.c.WaitingOn == desk.WaitingUs && !since.IsZero() && since.Before(t.c.WaitingSince):
		t.c.WaitingSince = since
	}
	t.rerun(u)
	if len(t.s.Pages) == 0 && !done(t.c.Status) {
		t.s.Pages = u.Pages
	}
}

// rerun lets the clocks run as if the reply had not been written.
func (t *transition) rerun(u *Unsent) {
	if t.policy.Rules == nil {
		return
	}
	t.s.Sides = sidesWithout(t.s.Sides, u)
	at := t.now()
	for i := range t.s.Clocks {
		if c := &t.s.Clocks[i]; c.Open() && slices.Contains(u.Started, c.ID) {
			end(c, desk.ClockVoid, at)
		}
	}
	for _, k := range u.Clocks {
		k.Warnings = slices.Clip(k.Warnings)
		i := slices.IndexFunc(t.s.Clocks, func(c desk.Clock) bool { return c.ID == k.ID })
		ended := slices.Contains(u.Ended, k.ID)
		switch {
		case ended && k.Metric == desk.Resolution && done(t.c.Status):
			continue // it is resolved nevertheless
		case ended:
			if other := t.s.open(k.Metric); other != nil {
				end(other, desk.ClockVoid, at) // the customer's next message started it
			}
			if other := t.s.open(desk.NextResponse); other != nil && k.Metric == desk.FirstResponse {
				end(other, desk.ClockVoid, at)
			}
		case i < 0 || !t.s.Clocks[i].Open() || t.s.Clocks[i].Policy != k.Policy || t.s.Clocks[i].PolicyVersion != k.PolicyVersion:
			continue // something else has changed it since
		default:
			k.Warnings, k.BreachedAt = t.s.Clocks[i].Warnings, t.s.Clocks[i].BreachedAt
		}
		t.recount(&k, t.s.Sides, at)
		if k.DueAt = (time.Time{}); !k.BreachedAt.IsZero() { // turn sets the others
			k.DueAt = k.BreachedAt
		}
		if ended && done(t.c.Status) {
			end(&k, desk.ClockVoid, at)
		}
		if i >= 0 {
			t.s.Clocks[i] = k
		} else {
			t.s.Clocks = append(t.s.Clocks, k)
		}
	}
}

// sidesWithout returns how the waiting side changed, without what the reply changed.
func sidesWithout(sides []Side, u *Unsent) []Side {
	out := slices.Clone(u.Sides)
	for _, s := range sides {
		if s.At.After(u.At) && (len(out) == 0 || out[len(out)-1].WaitingOn != s.WaitingOn || out[len(out)-1].Done != s.Done) {
			out = append(out, s)
		}
	}
	return out
}

// recount counts a clock from when it was last counted up to an instant, according to
// who had to act meanwhile.
func (t *transition) recount(c *desk.Clock, sides []Side, until time.Time) {
	p, calendar, counted := t.slaOf(c), t.calendar(c), c.CountedAt
	for i, side := range sides {
		to := until
		if i+1 < len(sides) && sides[i+1].At.Before(until) {
			to = sides[i+1].At
		}
		if from := latest(side.At, counted); from.Before(to) && !pauses(p, c.Metric, side) {
			c.Used += calendar.Between(from, to)
		}
	}
	c.CountedAt = latest(c.CountedAt, until)
}
