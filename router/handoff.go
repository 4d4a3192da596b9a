package router

import (
	"time"

	"switchboard/desk"
)

// Handoff is the contract of one edge between two places. A place is a tier, with all
// its inboxes, or a single inbox.
type Handoff struct {
	From, To     desk.Tier
	FromInbox    string        // key of the only inbox it applies to; empty: all inboxes of From
	ToInbox      string        // the same for To
	Require      []string      // information that must be given: "problem", "tried", "customer_told"
	AcceptWithin time.Duration // business time of the receiver; 0: no limit

	// Guard is the condition that a conversation should fulfil, as written; empty: none.
	// If it is not fulfilled, Else says what happens, and Message tells the agent why.
	Guard   string
	Else    GuardAction
	Message string

	guard condition
}

// GuardAction is what happens if the guard of a handoff is not fulfilled.
type GuardAction string

const (
	// GuardWarn shows the message; the agent may hand the conversation over all the same.
	GuardWarn GuardAction = "warn"
	// GuardRefuse shows the message and does not hand the conversation over.
	GuardRefuse GuardAction = "refuse"
)

// Allows reports whether a conversation fulfils the guard. A guard that cannot be
// evaluated is not fulfilled; the error says why.
func (h Handoff) Allows(f Facts) (bool, error) { return h.guard.holds(&f) }

// Handoffs returns the contracts in the document's order.
func (p *Policy) Handoffs() []Handoff { return p.handoffs }

// Handoff returns the contract for a move from one tier to another. It ignores contracts
// for single inboxes: see HandoffBetween.
func (p *Policy) Handoff(from, to desk.Tier) (Handoff, bool) {
	return p.handoff(Inbox{Tier: from}, Inbox{Tier: to})
}

// HandoffBetween returns the contract for a move from one inbox to another, by their
// keys: the one that names both inboxes, else the one that names the receiver, else the
// one that names the sender, else the one between their tiers.
func (p *Policy) HandoffBetween(from, to string) (Handoff, bool) {
	f, okFrom := p.Inbox(from)
	t, okTo := p.Inbox(to)
	if !okFrom || !okTo || from == to {
		return Handoff{}, false
	}
	return p.handoff(f, t)
}

// handoff returns the most specific contract for a move between two inboxes.
func (p *Policy) handoff(from, to Inbox) (best Handoff, found bool) {
	rank := -1
	for _, h := range p.handoffs {
		if h.From != from.Tier || h.To != to.Tier || h.FromInbox != "" && h.FromInbox != from.Key || h.ToInbox != "" && h.ToInbox != to.Key {
			continue
		}
		r := 0
		if h.FromInbox != "" {
			r++
		}
		if h.ToInbox != "" {
			r += 2
		}
		if r > rank {
			best, rank, found = h, r, true
		}
	}
	return best, found
}

// Gap is something that an open conversation lacks: nobody and nothing would act on it.
type Gap string

const (
	GapOwner      Gap = "owner"       // no assignee
	GapClock      Gap = "clock"       // no SLA clock
	GapNextAction Gap = "next_action" // nothing will happen next: no running clock, reminder, task or agent who works on it
)

// Gaps lists all gaps, in the order in which the fact `gap` names them if there are
// several.
var Gaps = []Gap{GapOwner, GapClock, GapNextAction}

// GapRules say how long an open conversation may have a gap before that is an alarm.
type GapRules struct {
	// After is the time for each gap that is watched; 0: at once.
	After map[Gap]time.Duration
	// Calendar is the name of the calendar whose business time counts; empty: all time
	// counts.
	Calendar string
}

// Gaps returns the rules about gaps. Without the section, none is watched.
func (p *Policy) Gaps() GapRules { return p.gaps }
