package agent

import "switchboard/desk"

// destination returns the inbox that a move leads to, which is the current inbox if
// the move names the current tier.
func destination(c *desk.Conversation, m Move, inboxes []desk.Inbox) (desk.Inbox, error) {
	if m.Inbox == "" && m.Tier == nil {
		return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "name the inbox or the tier to move to")
	}
	if m.Inbox == "" && *m.Tier == c.Tier {
		return inboxOf(c, inboxes), nil
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
		return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "inbox: there is no inbox %q", m.Inbox)
	}
	return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "tier: tier %d has no inbox", *m.Tier)
}

// inboxOf returns the inbox that a conversation is in, without key and name if it is
// not in the list.
func inboxOf(c *desk.Conversation, inboxes []desk.Inbox) desk.Inbox {
	for _, i := range inboxes {
		if i.ID == c.InboxID {
			return i
		}
	}
	return desk.Inbox{ID: c.InboxID, Tier: c.Tier}
}
