package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// Page is a page that is repeated until somebody acknowledges it.
type Page struct {
	Rule  string        `json:"rule"`
	To    string        `json:"to"` // "on-call" or an agent's address
	Every time.Duration `json:"every"`
	Next  time.Time     `json:"next"`
}

// page tells somebody at once, and again after each period until they acknowledge.
func (t *transition) page(to, rule string, every time.Duration) {
	t.notify(to, desk.NoticePage, rule, "")
	if every > 0 && !slices.ContainsFunc(t.s.Pages, func(p Page) bool { return p.Rule == rule }) {
		t.s.Pages = append(t.s.Pages, Page{Rule: rule, To: to, Every: every, Next: t.at.Add(every)})
	}
}

// pageAgain repeats the pages that are due.
func (t *transition) pageAgain(at time.Time) {
	for i := range t.s.Pages {
		if p := &t.s.Pages[i]; !p.Next.After(at) {
			p.Next = at.Add(p.Every)
			t.notify(p.To, desk.NoticePage, p.Rule, "")
			t.record(desk.ActorPolicy, desk.PageRepeated{Rule: p.Rule, To: p.To})
		}
	}
}

// onCall returns the address of the agent on call: for the conversation's inbox, else
// for the first inbox that has somebody on call.
func (t *transition) onCall() string {
	inboxes := t.policy.Rules.Inboxes()
	if in, ok := t.policy.Rules.Inbox(t.policy.inboxByID(t.c.InboxID, t.c.Tier).Key); ok {
		inboxes = slices.Concat([]router.Inbox{in}, inboxes)
	}
	for _, in := range inboxes {
		for _, r := range in.Assign.Rotations {
			if address := router.OnCall(r, t.at); address != "" {
				return address
			}
		}
	}
	return ""
}

// Acknowledge ends the pages of a conversation.
type Acknowledge struct{ By desk.Actor }

func (e Acknowledge) apply(t *transition) error {
	if len(t.s.Pages) > 0 {
		t.s.Pages = nil
		t.record(e.By, desk.PageAcknowledged{})
	}
	return nil
}
