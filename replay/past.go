package replay

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/replay/history"
	"switchboard/router"
)

// Limits of what is read of the past, as in the database.
const (
	mostTotal    = 1000
	mostReopened = 50
)

// customer names whose conversation it is: the account's name, without one the address.
func customer(a *history.Account, contact string) string {
	if a != nil && a.Name != "" {
		return "account " + strings.ToLower(a.Name)
	}
	return "contact " + contact
}

// past returns what is known of earlier conversations of the account and of the contact
// that begin another one.
func (r *run) past(a *history.Account, contact string) router.HistoryFacts {
	f := router.HistoryFacts{LastTier: -1}
	if !slices.ContainsFunc([]string{"history.open", "history.total", "history.last_tier", "history.reopened"}, r.policy.Rules.Reads) {
		return f
	}
	var own []*conversation // of the contact
	for _, c := range r.order {
		if customer(c.account, c.contact) == customer(a, contact) {
			f.Total = min(f.Total+1, mostTotal)
			if c.state.Conversation.Status == desk.StatusOpen {
				f.Open++
			}
		}
		if c.contact == contact {
			own = append(own, c)
		}
	}
	var resolved time.Time
	for _, c := range own {
		if at := c.state.Conversation.ResolvedAt; at.After(resolved) {
			resolved, f.LastTier = at, int(c.state.Conversation.Tier)
		}
	}
	slices.SortStableFunc(own, func(a, b *conversation) int {
		return b.state.Conversation.UpdatedAt.Compare(a.state.Conversation.UpdatedAt)
	})
	for _, c := range own[:min(len(own), mostReopened)] {
		for _, p := range c.done {
			if !p.to.IsZero() {
				f.Reopened++
			}
		}
	}
	return f
}
