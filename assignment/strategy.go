package assignment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/router"
)

// required returns the skills that a conversation asks for: those of its inbox, and its
// tags that are skills of the policy. Only the strategy skill asks for any.
func (d *decision) required(w *Waiting) []string {
	if d.inbox.Assign.Strategy != Skill {
		return nil
	}
	skills := slices.Clone(d.inbox.Skills)
	for _, tag := range w.Tags {
		if slices.Contains(d.state.Skills, tag) {
			skills = append(skills, tag)
		}
	}
	slices.Sort(skills)
	return slices.Compact(skills)
}

// matches returns which of the skills an agent has.
func matches(m *member, skills []string) (has []string) {
	for _, s := range skills {
		if slices.Contains(m.Skills, s) {
			has = append(has, s)
		}
	}
	return has
}

// findOnCall marks who is on call, in the order of the rotations.
func (d *decision) findOnCall() {
	if d.inbox.Assign.Strategy != OnCall {
		return
	}
	for i, r := range d.inbox.Assign.Rotations {
		address := router.OnCall(r, d.state.At)
		for _, m := range d.members {
			if m.helps == 0 && m.onCall == 0 && address != "" && strings.EqualFold(m.Email, address) {
				m.onCall = i + 1
			}
		}
	}
}

// unfit returns why an agent cannot take a conversation, "" if they can.
func (d *decision) unfit(m *member, w *Waiting, skills []string) string {
	if why := d.absent(m); why != "" {
		return why
	}
	return d.unable(m, w, skills)
}

// absent returns why an agent is not available for the inbox, "" if they are. Whoever
// is on call is available at all times, unless they have said that they are away:
// they are paged where they are.
func (d *decision) absent(m *member) string {
	switch {
	case d.inbox.Assign.Strategy != OnCall || m.helps > 0:
		return away(m)
	case m.onCall == 0:
		return "is not on call"
	case m.Availability == desk.Away && m.Reason == desk.ReasonChosen:
		return away(m)
	}
	return ""
}

// away returns why an agent is not available, "" if they are.
func away(m *member) string {
	switch {
	case m.Availability == desk.Available:
		return ""
	case m.Reason == desk.ReasonHours:
		return "is outside their working hours"
	case m.Availability == desk.Offline:
		return "is not connected"
	}
	return "is away"
}

// unable returns why an agent who is available cannot take a conversation, "" if they
// can.
func (d *decision) unable(m *member, w *Waiting, skills []string) string {
	switch {
	case m.full():
		return fmt.Sprintf("has %d of %d open conversations", m.open, m.limit)
	case !m.CanRead(&desk.Conversation{Restricted: w.Restricted, Tier: w.Tier, InboxID: w.InboxID}):
		return "is not allowed to read it"
	case len(skills) > 0 && len(matches(m, skills)) == 0:
		return "does not have the skill " + strings.Join(skills, " or ")
	}
	return ""
}

// order returns how the strategy orders those who can take a conversation.
func (d *decision) order(skills []string) func(a, b *member) int {
	loaded := func(a, b *member) int { return cmp.Or(cmp.Compare(a.open, b.open), turns(a, b), byName(a, b)) }
	switch d.inbox.Assign.Strategy {
	case RoundRobin:
		return func(a, b *member) int { return cmp.Or(turns(a, b), cmp.Compare(a.open, b.open), byName(a, b)) }
	case Skill:
		return func(a, b *member) int {
			return cmp.Or(cmp.Compare(len(matches(b, skills)), len(matches(a, skills))), loaded(a, b))
		}
	case OnCall: // those who help come last
		return func(a, b *member) int {
			return cmp.Or(cmp.Compare(a.helps, b.helps), cmp.Compare(a.onCall, b.onCall), loaded(a, b))
		}
	}
	return loaded
}

// turns orders agents by when they were last assigned a conversation of the inbox.
func turns(a, b *member) int { return cmp.Or(cmp.Compare(a.turns, b.turns), a.turn.Compare(b.turn)) }

// reason says why an agent was chosen.
func (d *decision) reason(m *member, strategy string, skills []string) string {
	var why string
	switch strategy {
	case Sticky:
		why = "handled the contact's last conversation"
	case RoundRobin:
		why = "was assigned longest ago"
	case Skill:
		why = conversations(m.open)
		if has := matches(m, skills); len(has) > 0 {
			why = "has the skill " + strings.Join(has, " and ") + ", and " + why
		}
	case OnCall:
		why = "is on call"
		if m.onCall > 1 {
			why = fmt.Sprintf("is on call as backup %d", m.onCall-1)
		}
	default:
		why = conversations(m.open)
	}
	if m.helping != "" {
		if strategy == OnCall {
			why = conversations(m.open)
		}
		why += "; helps from " + m.helping
	}
	return why
}

func conversations(n int) string {
	if n == 1 {
		return "has 1 open conversation"
	}
	return fmt.Sprintf("has %d open conversations", n)
}

// considered lists the agents who were considered for a conversation.
func (d *decision) considered(best *member, able []*member, w *Waiting, strategy string, skills []string) []Candidate {
	list := make([]Candidate, 0, len(d.members))
	add := func(m *member, why string) { list = append(list, Candidate{m.ID, m.Name, why}) }
	add(best, "")
	ordered := slices.Clone(able)
	slices.SortFunc(ordered, d.order(skills))
	for _, m := range ordered {
		if m != best {
			add(m, d.lost(m, best, w, strategy, skills))
		}
	}
	for _, m := range d.members {
		if m != best && !slices.Contains(able, m) {
			add(m, d.unfit(m, w, skills))
		}
	}
	return list
}

// lost says why an agent who could have taken a conversation did not get it.
func (d *decision) lost(m, best *member, w *Waiting, strategy string, skills []string) string {
	switch {
	case m.ID == w.Avoid:
		return "had it before, and a rule took it from them"
	case strategy == Sticky:
		return "did not handle the contact's last conversation"
	case m.helps > d.helper || strategy == OnCall && m.helps > best.helps:
		return "works in " + m.helping + ", which helps later"
	case strategy == OnCall && m.onCall > 0:
		return fmt.Sprintf("is on call as backup %d", m.onCall-1)
	case strategy == Skill && len(matches(m, skills)) < len(matches(best, skills)):
		return fmt.Sprintf("has %d of the %d skills", len(matches(m, skills)), len(skills))
	case strategy != RoundRobin && m.open > best.open:
		return conversations(m.open)
	case turns(m, best) > 0:
		return "was assigned more recently"
	case m.open > best.open:
		return conversations(m.open)
	}
	return "is equal, and comes later by name"
}
