package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// replied is the conversation after an answer went out: the move is the
// customer's, and whoever answers an orphan takes it.
func replied(c desk.Conversation, m *desk.Message) desk.Conversation {
	c.LastReplyAt, c.WaitingSince, c.Preview = m.SentAt, time.Time{}, m.Preview
	if c.Status == desk.StatusOpen || c.Status == desk.StatusSnoozed {
		c.Status, c.SnoozedUntil = desk.StatusPending, time.Time{}
	}
	if c.AssigneeID.IsZero() {
		c.AssigneeID = m.AuthorID
	}
	if m.Channel == desk.ChannelEmail {
		c.Participants = slices.Clone(c.Participants)
		for _, a := range slices.Concat(m.To, m.CC) {
			if key := imf.NormalizeAddr(a.Email); !slices.Contains(c.Participants, key) {
				c.Participants = append(c.Participants, key)
			}
		}
	}
	return c
}

// destination finds where a move leads. When it names no new place, the
// conversation's own inbox comes back.
func destination(c *desk.Conversation, m Move, inboxes []desk.Inbox) (desk.Inbox, error) {
	if m.Inbox == "" && m.Tier == nil {
		return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "name the inbox or the tier to move to")
	}
	if m.Inbox == "" && *m.Tier == c.Tier {
		return place(c, inboxes), nil
	}
	for _, i := range inboxes {
		if m.Inbox == "" && i.Tier == *m.Tier {
			return i, nil
		}
		if m.Inbox != "" && i.Key == m.Inbox {
			if m.Tier != nil && *m.Tier != i.Tier {
				return i, desk.Errorf(desk.KindInvalid, "inbox: %q belongs to tier %d, not to tier %d", m.Inbox, i.Tier, *m.Tier)
			}
			return i, nil
		}
	}
	if m.Inbox != "" {
		return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "inbox: there is no %q", m.Inbox)
	}
	return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "tier: %d has no inbox", *m.Tier)
}

// place is the inbox a conversation stands in.
func place(c *desk.Conversation, inboxes []desk.Inbox) desk.Inbox {
	for _, i := range inboxes {
		if i.ID == c.InboxID {
			return i
		}
	}
	return desk.Inbox{ID: c.InboxID, Tier: c.Tier}
}

// moved is the conversation in its new inbox. The assignee stays only if they
// work in the new tier.
func moved(c desk.Conversation, from, to desk.Inbox, by, assignee desk.Agent) desk.Conversation {
	c.InboxID, c.Tier = to.ID, to.Tier
	c.Path = append(slices.Clone(c.Path), fmt.Sprintf("moved: %s -> %s by %s", from.Key, to.Key, oneLine(by.Name)))
	if !slices.Contains(assignee.Tiers, to.Tier) || assignee.Disabled {
		c.AssigneeID = desk.AgentID{}
	}
	return c
}

// handoverNote demands the note that a rising tier needs.
func handoverNote(c *desk.Conversation, to desk.Inbox, text string) error {
	if to.Tier > c.Tier && strings.TrimSpace(text) == "" {
		return desk.Errorf(desk.KindInvalid, "note: a move from tier %d to tier %d needs a handover note: what is the problem, what was tried, what was the customer told", c.Tier, to.Tier)
	}
	return nil
}

// withStatus is the conversation in another state; the second result is false
// when nothing changes.
func withStatus(c desk.Conversation, s desk.Status, until, now time.Time) (desk.Conversation, bool, error) {
	if s != desk.StatusSnoozed && !until.IsZero() {
		return c, false, desk.Errorf(desk.KindInvalid, "until: only a snoozed conversation has one")
	}
	if s == c.Status && until.Equal(c.SnoozedUntil) {
		return c, false, nil
	}
	switch s {
	case desk.StatusOpen:
		c.ResolvedAt = time.Time{}
		if c.WaitingSince.IsZero() {
			c.WaitingSince = now
		}
	case desk.StatusPending:
		c.WaitingSince, c.ResolvedAt = time.Time{}, time.Time{}
	case desk.StatusSnoozed:
		if !until.After(now) {
			return c, false, desk.Errorf(desk.KindInvalid, "until: a snooze needs an instant in the future")
		}
		c.ResolvedAt = time.Time{}
	case desk.StatusResolved, desk.StatusClosed:
		c.WaitingSince = time.Time{}
		if c.ResolvedAt.IsZero() {
			c.ResolvedAt = now
		}
	default:
		return c, false, desk.Errorf(desk.KindInvalid, "status: %q is none of open, pending, snoozed, resolved, closed", s)
	}
	c.Status, c.SnoozedUntil = s, until
	return c, true, nil
}

// waitingOn says whose move it is. A snooze hides a conversation and stops
// nothing: a customer who waited goes on waiting.
func waitingOn(c *desk.Conversation) desk.WaitingOn {
	if c.Status == desk.StatusOpen || (c.Status == desk.StatusSnoozed && !c.WaitingSince.IsZero()) {
		return desk.WaitingUs
	}
	return desk.WaitingCustomer
}

// nextStint is the ledger's next entry; false when holder, place and move stay
// what they were.
func nextStint(before, after *desk.Conversation, now time.Time, reason string) (desk.Stint, bool) {
	s := desk.Stint{ID: desk.NewID[desk.StintID](), ConversationID: after.ID, InboxID: after.InboxID, Tier: after.Tier,
		AssigneeID: after.AssigneeID, WaitingOn: waitingOn(after), StartedAt: now, Reason: reason}
	same := before.InboxID == s.InboxID && before.Tier == s.Tier && before.AssigneeID == s.AssigneeID && waitingOn(before) == s.WaitingOn
	return s, !same
}
