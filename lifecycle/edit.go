package lifecycle

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// MaxSubject is how long a subject may be, in characters.
const MaxSubject = 500

// SetSubject changes the subject that agents see. Mail keeps the subject of its thread, so
// that mail programs do not open another one.
type SetSubject struct {
	By desk.Actor
	To string
}

func (e SetSubject) apply(t *transition) error {
	to := strings.TrimSpace(imf.OneLine(e.To))
	switch {
	case to == "":
		return desk.Errorf(desk.KindInvalid, "subject: it cannot be empty")
	case utf8.RuneCountInString(to) > MaxSubject:
		return desk.Errorf(desk.KindInvalid, "subject: it can have at most %d characters", MaxSubject)
	case to == t.c.Subject:
		return nil
	}
	data := desk.ConversationEdited{Subject: &desk.TextChange{From: t.c.Subject, To: to}}
	t.c.Subject = to
	t.record(e.By, data)
	return nil
}

// SetContact makes another contact of the same account the customer of a conversation that
// is answered by mail. Replies go to them from then on.
type SetContact struct {
	By       desk.Actor
	From, To desk.Contact
	Address  string // where they are answered
}

func (e SetContact) apply(t *transition) error {
	switch {
	case e.To.ID == t.c.ContactID:
		return nil
	case e.To.AccountID != t.c.AccountID:
		return desk.Errorf(desk.KindInvalid, "contact: this one belongs to another account; only a contact of the conversation's account can take it over")
	case t.c.ReplyChannel != desk.ChannelEmail:
		return desk.Errorf(desk.KindInvalid, "contact: this conversation is a chat with one visitor; only conversations that are answered by mail can get another contact")
	case t.own(e.Address):
		return desk.Errorf(desk.KindInvalid, "contact: %s is an address of this desk, which is never answered", e.Address)
	case e.Address == "":
		return desk.Errorf(desk.KindInvalid, "contact: %s has no mail address", e.To.Name)
	}
	data := desk.ConversationEdited{Contact: &desk.ContactChange{From: t.c.ContactID, FromName: e.From.Name, To: e.To.ID, ToName: e.To.Name, ReplyTo: e.Address}}
	t.c.ContactID, t.c.ReplyTo = e.To.ID, e.Address
	t.participate([]string{e.Address})
	t.record(e.By, data)
	return nil
}

// Restore takes back what an operation has changed. Its clocks go on as their rules say for the
// status that it has then.
type Restore struct {
	By     desk.Actor
	ByName string
	Reversal
	// From and To are the inboxes, if it has to go back to another one, and Assignee is who it was assigned
	// to; the zero Agent: nobody, or it stays.
	From, To desk.Inbox
	Assignee desk.Agent
}

func (e Restore) apply(t *transition) error {
	was, err := e.target(&t.c)
	if err != nil {
		return err
	}
	t.reason = "undone"
	if err := (RemoveTags{By: e.By, Tags: outside(t.c.Tags, was.Tags)}).apply(t); err != nil {
		return err
	}
	if err := (AddTags{By: e.By, Tags: outside(was.Tags, t.c.Tags)}).apply(t); err != nil {
		return err
	}
	if was.Priority != t.c.Priority {
		t.record(e.By, desk.PriorityChanged{From: t.c.Priority, To: was.Priority})
		t.c.Priority = was.Priority
	}
	if was.Subject != t.c.Subject {
		t.record(e.By, desk.ConversationEdited{Subject: &desk.TextChange{From: t.c.Subject, To: was.Subject}})
		t.c.Subject = was.Subject
	}
	if was.ContactID != t.c.ContactID {
		t.record(e.By, desk.ConversationEdited{Contact: &desk.ContactChange{From: t.c.ContactID, To: was.ContactID, ReplyTo: was.ReplyTo}})
		t.c.ContactID, t.c.ReplyTo = was.ContactID, was.ReplyTo
	}
	if err := e.place(t, &was); err != nil {
		return err
	}
	e.status(t, &was)
	return nil
}

// place brings the conversation back to its inbox and its assignee.
func (e Restore) place(t *transition, was *desk.Conversation) error {
	if was.InboxID != t.c.InboxID {
		move := Move{By: e.By, ByName: e.ByName, From: e.From, To: e.To, KeepStatus: true, returned: true}
		if err := move.apply(t); err != nil {
			return err
		}
		t.s.Handoff = e.Handoff
	}
	if was.AssigneeID == t.c.AssigneeID {
		return nil
	}
	to := e.Assignee
	if to.ID != was.AssigneeID {
		to = desk.Agent{}
	}
	t.assign(&to, e.By, "undone", nil)
	return nil
}

// status brings the status and the waiting side back.
func (e Restore) status(t *transition, was *desk.Conversation) {
	if was.Status == t.c.Status && was.WaitingOn == t.c.WaitingOn && was.SnoozedUntil.Equal(t.c.SnoozedUntil) {
		return
	}
	if done(t.c.Status) && !done(was.Status) {
		e.rerun(t)
	}
	to, until := was.Status, was.SnoozedUntil
	if to == desk.StatusSnoozed && !until.After(t.at) {
		to, until = desk.StatusOpen, time.Time{} // it would have ended
	}
	t.c.SnoozedUntil = until
	t.become(to, was.WaitingOn, e.By, "undone")
	if was.WaitingOn == desk.WaitingUs && !was.WaitingSince.IsZero() {
		t.c.WaitingSince = was.WaitingSince
	}
}

// rerun lets the clocks that a resolution ended run on as if there had been none. The one of
// the resolution itself does that whenever a conversation is reopened.
func (e Restore) rerun(t *transition) {
	if t.policy.Rules == nil {
		return
	}
	t.s.Holding = append(slices.Clip(t.s.Holding), outside(e.Holding, t.s.Holding)...)
	for _, k := range e.Clocks {
		if t.s.open(k.Metric) != nil {
			continue
		}
		k.Warnings = slices.Clip(k.Warnings)
		t.recount(&k, e.Sides, t.now())
		if k.DueAt = (time.Time{}); !k.BreachedAt.IsZero() { // turn sets the others
			k.DueAt = k.BreachedAt
		}
		if i := slices.IndexFunc(t.s.Clocks, func(c desk.Clock) bool { return c.ID == k.ID }); i >= 0 {
			t.s.Clocks[i] = k
		} else {
			t.s.Clocks = append(t.s.Clocks, k)
		}
	}
}

// outside returns the members of a that are not in b.
func outside(a, b []string) (rest []string) {
	have := map[string]bool{}
	for _, x := range b {
		have[x] = true
	}
	for _, x := range a {
		if !have[x] {
			rest = append(rest, x)
		}
	}
	return rest
}
