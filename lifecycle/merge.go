package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
)

// before returns what a merge changes in a conversation, as it is.
func before(c *desk.Conversation) *desk.BeforeMerge {
	return &desk.BeforeMerge{Status: c.Status, WaitingOn: c.WaitingOn, Assignee: c.AssigneeID, Preview: c.Preview, WaitingSince: optional(c.WaitingSince),
		SnoozedUntil: optional(c.SnoozedUntil), ResolvedAt: optional(c.ResolvedAt), LastInboundAt: optional(c.LastInboundAt), LastReplyAt: optional(c.LastReplyAt)}
}

func optional(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func instantOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

// takeOver records the merge in the surviving conversation, numbers the messages, and
// takes over the participants and what lists show.
func (e Absorbed) takeOver(t *transition) {
	data := desk.ConversationMerged{Absorbed: e.From.ID, Surviving: t.c.ID, AbsorbedNumber: e.From.Number, SurvivingNumber: t.c.Number,
		Reason: e.Reason, Messages: e.Messages, Before: before(&t.c)}
	known := len(t.c.Participants)
	t.participate(e.From.Participants)
	data.Participants = t.c.Participants[known:]
	t.acquaint(ThirdParties(&e.From)) // known in both: who was a participant here stays one
	t.record(e.By, data)
	t.c.LastSeq += int64(e.Messages)
	if latest(e.From.LastInboundAt, e.From.LastReplyAt).After(latest(t.c.LastInboundAt, t.c.LastReplyAt)) {
		t.c.Preview = e.From.Preview
	}
	t.c.LastInboundAt = latest(t.c.LastInboundAt, e.From.LastInboundAt)
	t.c.LastReplyAt = latest(t.c.LastReplyAt, e.From.LastReplyAt)
}

// Unmerged undoes Merged: the conversation is again what it was before.
type Unmerged struct {
	By     desk.Actor
	From   desk.Conversation // the survivor
	Before desk.BeforeMerge
	// Messages is how many messages come back. They are numbered after the first
	// recorded event.
	Messages int
}

func (e Unmerged) apply(t *transition) error {
	switch {
	case t.c.MergedInto.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d is not merged into another one", t.c.Number)
	case t.c.MergedInto != e.From.ID:
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one meanwhile; try again", t.c.Number)
	case !e.From.MergedInto.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into #%d, which was itself merged into another one; undo that merge first", t.c.Number, e.From.Number)
	}
	t.record(e.By, desk.ConversationUnmerged{Absorbed: t.c.ID, Surviving: e.From.ID, AbsorbedNumber: t.c.Number, SurvivingNumber: e.From.Number, Messages: e.Messages})
	t.c.LastSeq += int64(e.Messages)
	t.c.MergedInto = desk.ConversationID{}
	t.restore(e.By, e.Before)
	t.unpart()
	return t.takeBack(&e.From)
}

// Released is applied to the surviving conversation of a merge that is undone. What has
// happened there since the merge stays.
type Released struct {
	By       desk.Actor
	Absorbed desk.Conversation
	Messages int
	// Participants are addresses that no longer belong to the conversation.
	Participants []string
	// Before is what the conversation was before the merge, if nothing has happened there
	// since; otherwise nil.
	Before *desk.BeforeMerge
}

func (e Released) apply(t *transition) error {
	t.record(e.By, desk.ConversationUnmerged{Absorbed: e.Absorbed.ID, Surviving: t.c.ID, AbsorbedNumber: e.Absorbed.Number, SurvivingNumber: t.c.Number, Messages: e.Messages})
	t.c.Participants = slices.DeleteFunc(slices.Clone(t.c.Participants), func(a string) bool { return slices.Contains(e.Participants, a) })
	t.giveBack(e.Absorbed.ID)
	t.s.Tasks = slices.DeleteFunc(t.s.Tasks, func(k Task) bool { return k.cameFrom(e.Absorbed.ID) })
	if e.Before == nil {
		return nil
	}
	if t.c.AssigneeID != e.Before.Assignee {
		t.assign(&desk.Agent{ID: e.Before.Assignee}, e.By, "unmerged", nil)
	}
	t.c.Preview, t.c.LastInboundAt, t.c.LastReplyAt = e.Before.Preview, instantOf(e.Before.LastInboundAt), instantOf(e.Before.LastReplyAt)
	t.restore(e.By, *e.Before)
	return nil
}

// restore makes status and waiting side what they were before a merge.
func (t *transition) restore(by desk.Actor, was desk.BeforeMerge) {
	t.reason = "unmerged"
	t.c.SnoozedUntil, t.c.ResolvedAt = instantOf(was.SnoozedUntil), instantOf(was.ResolvedAt)
	t.become(was.Status, was.WaitingOn, by, "unmerged")
	t.c.WaitingSince = instantOf(was.WaitingSince)
}
