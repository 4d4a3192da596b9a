package lifecycle

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
)

// Kept is what of a conversation an operation can change and an undo brings back.
type Kept struct {
	Subject      string              `json:"subject,omitempty"`
	Priority     desk.Priority       `json:"priority,omitempty"`
	Contact      desk.ContactID      `json:"contact,omitzero"`
	ReplyTo      string              `json:"reply_to,omitempty"`
	Inbox        desk.InboxID        `json:"inbox,omitzero"`
	Assignee     desk.AgentID        `json:"assignee,omitzero"`
	Status       desk.Status         `json:"status,omitempty"`
	WaitingOn    desk.WaitingOn      `json:"waiting_on,omitempty"`
	WaitingSince time.Time           `json:"waiting_since,omitzero"`
	Until        time.Time           `json:"until,omitzero"`
	Tags         []string            `json:"tags,omitempty"`
	MergedInto   desk.ConversationID `json:"merged_into,omitzero"`
}

// Keep returns what an undo needs of a conversation.
func Keep(c *desk.Conversation) Kept {
	return Kept{Subject: c.Subject, Priority: c.Priority, Contact: c.ContactID, ReplyTo: c.ReplyTo, Inbox: c.InboxID, Assignee: c.AssigneeID, Status: c.Status,
		WaitingOn: c.WaitingOn, WaitingSince: c.WaitingSince, Until: c.SnoozedUntil, Tags: slices.Clone(c.Tags), MergedInto: c.MergedInto}
}

// Reversal is what an operation changed in a conversation: what it was before, and what it is
// after.
type Reversal struct {
	ID      desk.ConversationID `json:"id"`
	Was, Is Kept
	// Clocks are those that were open, and Sides how the waiting side had changed, so that they run on after
	// the undo of a resolution as if there had been none.
	Clocks []desk.Clock `json:"clocks,omitempty"`
	Sides  []Side       `json:"sides,omitempty"`
	// Holding are the escalation rules whose conditions held: they do not fire again.
	Holding []string `json:"holding,omitempty"`
	// Handoff is the move before one that is undone; nil: there was none.
	Handoff *Handoff `json:"handoff,omitempty"`
}

// Merge reports whether the conversation was merged into another one.
func (r *Reversal) Merge() bool { return r.Was.MergedInto.IsZero() && !r.Is.MergedInto.IsZero() }

// Reversed returns what was changed between two states; nil: nothing that can be undone.
func Reversed(before, after *State) *Reversal {
	was, is := Keep(&before.Conversation), Keep(&after.Conversation)
	if same(&was, &is) {
		return nil
	}
	r := &Reversal{ID: after.Conversation.ID, Was: was, Is: is}
	if was.Inbox != is.Inbox {
		r.Handoff = before.Service.Handoff
	}
	if done(is.Status) && !done(was.Status) {
		for _, k := range before.Service.Clocks {
			if k.Open() && k.Metric != desk.Resolution {
				r.Clocks = append(r.Clocks, k)
			}
		}
		r.Sides, r.Holding = slices.Clone(before.Service.Sides), slices.Clone(before.Service.Holding)
	}
	return r
}

func same(a, b *Kept) bool {
	x, y := *a, *b
	x.Tags, y.Tags = nil, nil
	x.WaitingSince, y.WaitingSince = time.Time{}, time.Time{}
	x.Until, y.Until = x.Until.UTC().Truncate(time.Microsecond), y.Until.UTC().Truncate(time.Microsecond)
	return slices.Equal(a.Tags, b.Tags) && x.Subject == y.Subject && x.Priority == y.Priority && x.Contact == y.Contact && x.Inbox == y.Inbox && x.Assignee == y.Assignee &&
		x.Status == y.Status && x.WaitingOn == y.WaitingOn && x.Until.Equal(y.Until) && x.MergedInto == y.MergedInto
}

// target returns what a conversation is after the undo; KindConflict if what it would bring back has
// been changed again.
func (r *Reversal) target(c *desk.Conversation) (desk.Conversation, error) {
	to, now := *c, Keep(c)
	var changed []string
	back := func(name string, touched, still bool, set func()) {
		switch {
		case !touched:
		case !still:
			changed = append(changed, name)
		default:
			set()
		}
	}
	was, is := &r.Was, &r.Is
	back("subject", was.Subject != is.Subject, now.Subject == is.Subject, func() { to.Subject = was.Subject })
	back("priority", was.Priority != is.Priority, now.Priority == is.Priority, func() { to.Priority = was.Priority })
	back("contact", was.Contact != is.Contact, now.Contact == is.Contact, func() { to.ContactID, to.ReplyTo = was.Contact, was.ReplyTo })
	back("inbox", was.Inbox != is.Inbox, now.Inbox == is.Inbox, func() { to.InboxID = was.Inbox })
	back("assignee", was.Assignee != is.Assignee, now.Assignee == is.Assignee, func() { to.AssigneeID = was.Assignee })
	back("status", was.Status != is.Status || was.WaitingOn != is.WaitingOn || !was.Until.Equal(is.Until), now.Status == is.Status && now.WaitingOn == is.WaitingOn && now.Until.Equal(is.Until), func() {
		to.Status, to.WaitingOn, to.WaitingSince, to.SnoozedUntil = was.Status, was.WaitingOn, was.WaitingSince, was.Until
	})
	if len(changed) > 0 {
		return to, desk.Errorf(desk.KindConflict, "the %s of conversation #%d has changed since, so it cannot be undone any more", strings.Join(changed, " and the "), c.Number)
	}
	to.Tags = append(outside(now.Tags, outside(is.Tags, was.Tags)), outside(outside(was.Tags, is.Tags), now.Tags)...)
	return to, nil
}
