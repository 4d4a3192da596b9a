package assignment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// desk invented for a fuzz run, from its seed.
type invented struct {
	inbox   router.Inbox
	waiting []Waiting
	members []desk.Member
	state   State
}

func invent(seed uint64) invented {
	r := rand.New(rand.NewPCG(seed, 7))
	known := []string{"api", "oauth", "invoices"}
	some := func(list []string) (out []string) {
		for _, s := range list {
			if r.IntN(2) == 0 {
				out = append(out, s)
			}
		}
		return out
	}
	v := invented{inbox: inbox(router.Strategies[r.IntN(len(router.Strategies))], r.IntN(4)), state: State{At: noon.AddDate(0, 0, r.IntN(30)), Skills: known, Turns: map[desk.AgentID]time.Time{}}}
	v.inbox.Assign.Sticky, v.inbox.Skills = r.IntN(3) == 0, some(known[:2])
	if r.IntN(3) == 0 {
		v.state.Helping = []router.Inbox{{Key: "billing", Tier: 2, Assign: router.Assign{Capacity: r.IntN(3)}}, {Key: "backup", Tier: 3}}
	}
	for i := range r.IntN(8) {
		m := person(string(rune('A'+i))+"x", open(r.IntN(4)), elsewhere(r.IntN(2)), skills(some(known)...), capacity(max(0, r.IntN(6)-2)))
		m.Tiers, m.Admin, m.Disabled = [][]desk.Tier{{1}, {1, 2}, {2}, {3}, {}}[r.IntN(5)], r.IntN(8) == 0, r.IntN(9) == 0
		if r.IntN(4) == 0 {
			m.Inboxes = some([]string{"frontline", "billing", "backup"})
		}
		[]func(*desk.Member){func(*desk.Member) {}, func(*desk.Member) {}, func(*desk.Member) {}, gone, asleep, offline}[r.IntN(6)](&m)
		v.members = append(v.members, m)
		if r.IntN(2) == 0 {
			v.state.Turns[m.ID] = noon.Add(-time.Duration(r.IntN(1000)) * time.Second)
		}
	}
	for range r.IntN(3) {
		v.inbox.Assign.Rotations = append(v.inbox.Assign.Rotations, rotation("Ax", "Bx", "Cx"))
	}
	for i := range r.IntN(12) {
		w := letter(i+1, func(w *Waiting) {
			w.Priority, w.Restricted, w.Tags, w.Tier = router.Priorities[r.IntN(4)], r.IntN(5) == 0, some(append(known, "vip")), 1
		})
		if r.IntN(2) == 0 {
			w.DueAt = noon.Add(time.Duration(r.IntN(5)) * time.Hour)
		}
		if len(v.members) > 0 {
			w.Avoid, w.Last = v.members[r.IntN(len(v.members))].ID, v.members[r.IntN(len(v.members))].ID
		}
		v.waiting = append(v.waiting, w)
	}
	return v
}

// may reports, in other words than the package, whether an agent may be given a
// conversation when they have a number of open ones.
func (v *invented) may(m *desk.Member, w *Waiting, open int) bool {
	limit := m.Capacity
	own := slices.Contains(m.Tiers, v.inbox.Tier) && (len(m.Inboxes) == 0 || slices.Contains(m.Inboxes, v.inbox.Key))
	helps := false
	if limit == 0 {
		limit = v.inbox.Assign.Capacity
	}
	if !own {
		for _, h := range v.state.Helping {
			if !helps && slices.Contains(m.Tiers, h.Tier) && (len(m.Inboxes) == 0 || slices.Contains(m.Inboxes, h.Key)) {
				helps = true
				if c := h.Assign.Capacity; m.Capacity == 0 && c > 0 && (limit == 0 || c < limit) {
					limit = c
				}
			}
		}
		for _, s := range v.inbox.Skills {
			helps = helps && slices.Contains(m.Skills, s)
		}
	}
	sticky := v.inbox.Assign.Sticky && w.Last == m.ID && w.Avoid != m.ID
	present := m.Availability == desk.Available
	if v.inbox.Assign.Strategy == OnCall && own {
		called := slices.ContainsFunc(v.inbox.Assign.Rotations, func(r router.Rotation) bool { return router.OnCall(r, v.state.At) == m.Email })
		present = called && m.Reason != desk.ReasonChosen || sticky && present
	}
	skilled := true
	if v.inbox.Assign.Strategy == Skill {
		var asked []string
		for _, s := range slices.Concat(v.inbox.Skills, w.Tags) {
			if slices.Contains(v.state.Skills, s) || slices.Contains(v.inbox.Skills, s) {
				asked = append(asked, s)
			}
		}
		skilled = len(asked) == 0 || slices.ContainsFunc(asked, func(s string) bool { return slices.Contains(m.Skills, s) })
	}
	readable := !w.Restricted || m.Admin || slices.Contains(m.Tiers, w.Tier)
	return !m.Disabled && (own || helps) && present && skilled && readable && (limit == 0 || open < limit)
}

// FuzzDecide checks that nobody gets more than they take or what they are not qualified
// for, that no conversation waits while somebody could take it, and that the order of
// the arguments does not matter.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		v := invent(seed)
		choices := Decide(v.inbox, v.waiting, v.members, v.state)
		slices.Reverse(v.waiting)
		slices.Reverse(v.members)
		if again := Decide(v.inbox, v.waiting, v.members, v.state); fmt.Sprint(again) != fmt.Sprint(choices) {
			t.Fatalf("the order matters: %v, %v", choices, again)
		}
		if v.inbox.Assign.Strategy == Manual {
			if len(choices) > 0 {
				t.Fatal("manual")
			}
			return
		}
		open, given := map[desk.AgentID]int{}, map[desk.ConversationID]bool{}
		for i := range v.members {
			open[v.members[i].ID] = v.members[i].Open()
		}
		find := func(id desk.ConversationID) *Waiting {
			i := slices.IndexFunc(v.waiting, func(w Waiting) bool { return w.ID == id })
			return &v.waiting[i]
		}
		for _, c := range choices {
			w := find(c.Conversation)
			m := &v.members[slices.IndexFunc(v.members, func(m desk.Member) bool { return m.ID == c.Agent.ID })]
			if !v.may(m, w, open[m.ID]) || given[w.ID] {
				t.Fatalf("%s must not get %v (%s)", m.Name, w.ID, c.Reason)
			}
			for i := range v.members {
				if o := &v.members[i]; m.ID == w.Avoid && o.ID != m.ID && v.may(o, w, open[o.ID]) {
					t.Fatalf("%s gets what a rule took from them, although %s could take it", m.Name, o.Name)
				}
			}
			if c.Considered[0].Agent != m.ID || c.Considered[0].WhyNot != "" || slices.ContainsFunc(c.Considered[1:], func(o Candidate) bool { return o.WhyNot == "" }) {
				t.Fatalf("considered: %+v", c.Considered)
			}
			open[m.ID]++
			given[w.ID] = true
		}
		for i := range v.waiting {
			for j := range v.members {
				if w, m := &v.waiting[i], &v.members[j]; !given[w.ID] && v.may(m, w, open[m.ID]) {
					t.Fatalf("%v waits, although %s could take it", w.ID, m.Name)
				}
			}
		}
	})
}
