// Package quality decides which resolved conversations are reviewed, who may review them, and
// what a scorecard has to say. Pure.
package quality

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// Candidate is a conversation that was resolved.
type Candidate struct {
	Conversation desk.ConversationID
	Tier         desk.Tier    // that resolved it
	Agent        desk.AgentID // who wrote most of the answers
}

// Week returns the Monday (UTC) of the last week that is over.
func Week(now time.Time) time.Time {
	day := now.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7-7)
}

// Draw chooses conversations of each tier. The choice is random, the same for the same key, and
// fair: no agent is drawn a second time before every other one was drawn who has more.
func Draw(list []Candidate, sizes map[desk.Tier]int, key []byte, week time.Time) (drawn []Candidate) {
	place := func(id fmt.Stringer) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", key, week.Format(time.DateOnly), id))
		return string(sum[:])
	}
	for _, tier := range slices.Sorted(keys(sizes)) {
		byAgent := map[desk.AgentID][]Candidate{}
		for _, c := range list {
			if c.Tier == tier && !c.Agent.IsZero() {
				byAgent[c.Agent] = append(byAgent[c.Agent], c)
			}
		}
		agents := slices.SortedFunc(keys(byAgent), func(a, b desk.AgentID) int { return strings.Compare(place(a), place(b)) })
		for _, a := range agents {
			slices.SortFunc(byAgent[a], func(x, y Candidate) int { return strings.Compare(place(x.Conversation), place(y.Conversation)) })
		}
		left := sizes[tier]
		for round := 0; left > 0; round++ {
			before := left
			for _, a := range agents {
				if left > 0 && round < len(byAgent[a]) {
					drawn = append(drawn, byAgent[a][round])
					left--
				}
			}
			if left == before {
				break
			}
		}
	}
	return drawn
}

func keys[K comparable, V any](m map[K]V) func(yield func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Reviewable reports whether an agent may score answers in an inbox: admins and its leads, but
// nobody who is one of the authors.
func Reviewable(by *desk.Agent, inbox string, authors []desk.AgentID) error {
	if !by.Admin && !slices.Contains(by.Leads, inbox) {
		return desk.Errorf(desk.KindDenied, "only admins, and leads about their inboxes, can review answers")
	}
	if slices.Contains(authors, by.ID) {
		return desk.Errorf(desk.KindDenied, "you have answered in this conversation: somebody else has to review it")
	}
	return nil
}

// MaxNote bounds the note to the agent in octets.
const MaxNote = 5000

// Invalid is what is wrong with a scorecard.
type Invalid struct{ Field, Reason string }

func (e *Invalid) Error() string { return e.Field + ": " + e.Reason }

// Fill returns a scorecard with all criteria, in their order, with the scores that are given.
// Those of criteria that the card no longer has are an error.
func Fill(criteria []string, given []view.ReviewScore) ([]view.ReviewScore, error) {
	for i, g := range given {
		at := fmt.Sprintf("scores[%d]", i)
		switch {
		case !slices.Contains(criteria, g.Criterion):
			return nil, &Invalid{at + ".criterion", fmt.Sprintf("there is no criterion %q: use %s", g.Criterion, strings.Join(criteria, ", "))}
		case slices.ContainsFunc(given[:i], func(o view.ReviewScore) bool { return o.Criterion == g.Criterion }):
			return nil, &Invalid{at + ".criterion", fmt.Sprintf("%q is scored twice", g.Criterion)}
		case g.Score != nil && (*g.Score < 1 || *g.Score > 5):
			return nil, &Invalid{at + ".score", "must be from 1 to 5, or null"}
		case g.Score != nil && g.None:
			return nil, &Invalid{at + ".none", "what is not applicable has no score"}
		}
	}
	card := make([]view.ReviewScore, len(criteria))
	for i, name := range criteria {
		card[i].Criterion = name
		if at := slices.IndexFunc(given, func(g view.ReviewScore) bool { return g.Criterion == name }); at >= 0 {
			card[i] = given[at]
		}
	}
	return card, nil
}

// Complete returns what a scorecard still needs to be done; nil: nothing.
func Complete(card []view.ReviewScore) error {
	scored := false
	for i, c := range card {
		if c.Score == nil && !c.None {
			return &Invalid{fmt.Sprintf("scores[%d]", i), fmt.Sprintf("score %q, or say that it is not applicable", c.Criterion)}
		}
		scored = scored || c.Score != nil
	}
	if !scored {
		return &Invalid{"scores", "score at least one criterion"}
	}
	return nil
}
