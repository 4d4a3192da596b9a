package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
)

// maxScheduled bounds how many replies of a conversation can wait to be sent later.
const maxScheduled = 10

// Then is what happens to the conversation once a reply is sent: the zero Then leaves it
// pending.
type Then struct {
	Status desk.Status `json:"status,omitempty"` // pending, resolved or snoozed
	Until  time.Time   `json:"until,omitzero"`   // with snoozed only: when it opens again
}

func (e Then) check(at time.Time) error {
	switch {
	case !slices.Contains([]desk.Status{"", desk.StatusPending, desk.StatusResolved, desk.StatusSnoozed}, e.Status):
		return desk.Errorf(desk.KindInvalid, "then: %q is not possible after a reply; use pending, resolve or snooze", e.Status)
	case e.Status != desk.StatusSnoozed && !e.Until.IsZero():
		return desk.Errorf(desk.KindInvalid, "until: only a snoozed conversation has one")
	case e.Status == desk.StatusSnoozed && !e.Until.After(at):
		return desk.Errorf(desk.KindInvalid, "until: a snooze must end in the future")
	}
	return nil
}

// Scheduled is a reply that will be sent later. Until then it changes nothing; it is
// withheld if the customer writes first.
type Scheduled struct {
	Message      desk.MessageID   `json:"message"`
	Seq          int64            `json:"seq"` // its number in the conversation so far
	At           time.Time        `json:"at"`
	Author       desk.AgentID     `json:"author"`
	Data         desk.MessageSent `json:"data"`
	Participants []string         `json:"participants,omitempty"`
	Blind        []string         `json:"blind,omitempty"`
	// Forward is the mail if it goes to third parties. Then Data is not used.
	Forward *desk.ThirdPartySent `json:"forward,omitempty"`
	Then    Then                 `json:"then,omitzero"`
}

// Schedule adds a reply that will be sent later.
type Schedule struct {
	Reply
	At time.Time
}

func (e Schedule) apply(t *transition) error {
	if err := t.canSchedule(e.At); err != nil {
		return err
	}
	if err := e.Then.check(e.At); err != nil {
		return err
	}
	seq := t.record(desk.AgentActor(e.Author.ID), desk.MessageScheduled{MessageSummary: e.Data.MessageSummary, To: e.Data.To, CC: e.Data.CC, SendAt: e.At,
		Then: e.Then.Status, Until: e.Then.Until})
	t.s.Scheduled = append(t.s.Scheduled, Scheduled{Message: e.Data.MessageID, Seq: seq, At: e.At.Truncate(time.Microsecond).UTC(), Author: e.Author.ID, Data: e.Data,
		Participants: e.Participants, Blind: e.Blind, Then: e.Then})
	return nil
}

// ScheduleForward adds a mail to third parties that will be sent later.
type ScheduleForward struct {
	Forward
	At time.Time
}

func (e ScheduleForward) apply(t *transition) error {
	if err := t.canSchedule(e.At); err != nil {
		return err
	}
	seq := t.record(desk.AgentActor(e.Author.ID), desk.MessageScheduled{MessageSummary: e.Data.MessageSummary, To: e.Data.To, CC: e.Data.CC, SendAt: e.At, ThirdParty: true})
	t.s.Scheduled = append(t.s.Scheduled, Scheduled{Message: e.Data.MessageID, Seq: seq, At: e.At.Truncate(time.Microsecond).UTC(), Author: e.Author.ID, Forward: &e.Data})
	return nil
}

func (t *transition) canSchedule(at time.Time) error {
	switch {
	case !at.After(t.at):
		return desk.Errorf(desk.KindInvalid, "send_at: must be in the future")
	case len(t.s.Scheduled) >= maxScheduled:
		return desk.Errorf(desk.KindConflict, "conversation #%d has %d scheduled replies already; cancel one of them first", t.c.Number, len(t.s.Scheduled))
	}
	return nil
}

// Placed is a message of the conversation whose placement ends: it was taken back, or has
// another number from now on.
type Placed struct {
	Message desk.MessageID
	Seq     int64
	Now     int64 // its new number; 0: it was taken back
	Method  string
	At      time.Time
}

func (p Placed) addTo(c *desk.Changes, id desk.ConversationID) {
	c.Placements = append(c.Placements, desk.Placement{MessageID: p.Message, ConversationID: id, Seq: p.Seq, Until: p.At})
	if p.Now == 0 {
		c.Cancelled = append(c.Cancelled, desk.CancelledMessage{Message: p.Message, Conversation: id, At: p.At})
		return
	}
	c.Placements = append(c.Placements, desk.Placement{MessageID: p.Message, ConversationID: id, Seq: p.Now, Method: p.Method, Since: p.At})
	c.Released = append(c.Released, desk.ReleasedMessage{Message: p.Message, At: p.At})
}

// nextScheduled returns when the next scheduled reply is sent; zero if there is none.
func (t *transition) nextScheduled() (at time.Time) {
	for _, s := range t.s.Scheduled {
		if at.IsZero() || s.At.Before(at) {
			at = s.At
		}
	}
	return at
}

// sendScheduled sends the scheduled replies that are due.
func (t *transition) sendScheduled(at time.Time) {
	for {
		i := slices.IndexFunc(t.s.Scheduled, func(s Scheduled) bool { return !s.At.After(at) })
		if i < 0 {
			return
		}
		_ = t.step(at, func() error { t.sendNow(i); return nil }) // it never fails
	}
}

func (t *transition) sendNow(i int) {
	s := t.s.Scheduled[i]
	if t.c.Status == desk.StatusClosed && s.Forward == nil {
		t.cancelScheduled(i, desk.ActorSystem, "the conversation was closed")
		return
	}
	t.s.Scheduled = slices.Delete(t.s.Scheduled, i, i+1)
	author := t.agent(s.Author)
	author.ID = s.Author
	if s.Then.Status == desk.StatusSnoozed && !s.Then.Until.After(t.at) {
		s.Then = Then{}
	}
	now, method := t.c.LastSeq+1, "reply"
	if s.Forward != nil {
		method = MethodForward
		_ = Forward{Data: *s.Forward, Author: author}.apply(t) // it never fails
	} else {
		_ = Reply{Data: s.Data, Author: author, Participants: s.Participants, Blind: s.Blind, Then: s.Then}.apply(t) // Then was checked
	}
	t.out.Moved = append(t.out.Moved, Placed{Message: s.Message, Seq: s.Seq, Now: now, Method: method, At: t.at})
}

// withhold takes all scheduled replies back, and tells their authors.
func (t *transition) withhold(reason string) {
	for {
		i := slices.IndexFunc(t.s.Scheduled, func(s Scheduled) bool { return s.Forward == nil })
		if i < 0 {
			return
		}
		t.cancelScheduled(i, desk.ActorSystem, reason)
	}
}

// withholdAll is withhold for mail to third parties, too.
func (t *transition) withholdAll(reason string) {
	for len(t.s.Scheduled) > 0 {
		t.cancelScheduled(0, desk.ActorSystem, reason)
	}
}

func (t *transition) cancelScheduled(i int, by desk.Actor, reason string) {
	s := t.s.Scheduled[i]
	t.s.Scheduled = slices.Delete(t.s.Scheduled, i, i+1)
	t.record(by, desk.MessageCancelled{MessageID: s.Message, AuthorID: s.Author, SendAt: &s.At, Reason: reason})
	t.out.Moved = append(t.out.Moved, Placed{Message: s.Message, Seq: s.Seq, At: t.at})
	if by != desk.AgentActor(s.Author) {
		t.tellAuthor(s.Author, reason)
	}
}

// tellAuthor tells an agent that a reply of theirs was not sent.
func (t *transition) tellAuthor(author desk.AgentID, reason string) {
	if author.IsZero() {
		return
	}
	t.notify("author", desk.NoticeWithheld, "", reason)
	t.out.Notices[len(t.out.Notices)-1].AgentID = author
}
