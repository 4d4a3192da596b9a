// Package assignment decides who gets a conversation that waits for an assignee. It is
// pure: what it decides depends on its arguments alone, and not on their order.
//
// The conversations are taken in the order of their deadlines, and each one goes to one
// of the agents who can take it. The strategy of the inbox chooses among several:
//
//	manual        nobody: people take conversations themselves
//	round-robin   whoever was assigned a conversation of the inbox longest ago
//	least-loaded  whoever has the fewest open conversations that wait for us
//	skill         whoever has most of the skills of the inbox and of the conversation's
//	              tags, then the least loaded of them
//	on-call       whoever is on call, then their backups
//
// An agent can take a conversation if they work in its inbox (or help it, see
// overflow.go), are available, have fewer open conversations than their capacity, may
// read it, and have the skills that the strategy asks for. While somebody can take a
// conversation, it does not wait.
package assignment

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// The strategies, as the policy names them, and Sticky, which is not one of them.
const (
	Manual      = "manual"
	RoundRobin  = "round-robin"
	LeastLoaded = "least-loaded"
	Skill       = "skill"
	OnCall      = "on-call"
	// Sticky gives a conversation to the agent who handled the contact's last one.
	Sticky = "sticky"
)

// Waiting is a conversation that waits for an assignee.
type Waiting struct {
	ID           desk.ConversationID
	Priority     desk.Priority
	Tier         desk.Tier
	InboxID      desk.InboxID
	Tags         []string
	Restricted   bool
	DueAt        time.Time // its earliest deadline; zero: none
	WaitingSince time.Time // since when the customer has been waiting
	// Since is when it began to wait for an assignee in this inbox.
	Since time.Time
	Avoid desk.AgentID // from whom a rule took it; zero: nobody
	Last  desk.AgentID // who handled the contact's last conversation; zero: nobody, or not known
}

// State is what a decision depends on besides the conversations and the agents.
type State struct {
	At time.Time
	// Turns is when each agent was last assigned a conversation of the inbox. Agents who
	// are not in it come first.
	Turns map[desk.AgentID]time.Time
	// Skills are those of the whole policy: a tag that is one of them asks for that skill.
	Skills []string
	// Helping are the inboxes that help now, in order of preference; empty: the inbox
	// does not overflow.
	Helping []router.Inbox
}

// Choice is who gets a conversation, and why.
type Choice struct {
	Conversation desk.ConversationID
	Agent        desk.Agent
	Strategy     string // that chose; Sticky if the contact's last conversation did
	Reason       string // "2 open conversations, the fewest"
	// Helping is the key of the helping inbox that the agent works in; empty: they work
	// in the inbox itself.
	Helping string
	// Considered are the agents who work in the inbox or help it: the one who was
	// chosen, then those who could have taken the conversation, then the others.
	Considered []Candidate
}

// Candidate is an agent who was considered for a conversation.
type Candidate struct {
	Agent  desk.AgentID
	Name   string
	WhyNot string // empty for the one who was chosen
}

// Decide returns who gets which of the conversations, in the order in which they are
// assigned. Conversations that nobody can take are left out.
func Decide(inbox router.Inbox, waiting []Waiting, members []desk.Member, s State) []Choice {
	if inbox.Assign.Strategy == Manual || inbox.Assign.Strategy == "" {
		return nil
	}
	d := newDecision(inbox, members, s)
	for _, m := range d.members {
		m.turn = s.Turns[m.ID]
	}
	queue := slices.Clone(waiting)
	slices.SortFunc(queue, urgency)
	var choices []Choice
	for i := range queue {
		if !d.anybody() {
			break
		}
		if c, ok := d.choose(&queue[i]); ok {
			choices = append(choices, c)
		}
	}
	return choices
}

// Anybody reports whether an agent can take any conversation at all.
func Anybody(inbox router.Inbox, members []desk.Member, s State) bool {
	return newDecision(inbox, members, s).anybody()
}

// urgency orders conversations: the earliest deadline first, then priority, then how
// long the customer has been waiting.
func urgency(a, b Waiting) int {
	return cmp.Or(soonest(a.DueAt, b.DueAt), cmp.Compare(rank(b.Priority), rank(a.Priority)),
		soonest(a.WaitingSince, b.WaitingSince), soonest(a.Since, b.Since), slices.Compare(a.ID[:], b.ID[:]))
}

// soonest orders times; the zero time comes last.
func soonest(a, b time.Time) int {
	switch {
	case a.IsZero() || b.IsZero():
		return cmp.Compare(b2i(a.IsZero()), b2i(b.IsZero()))
	}
	return a.Compare(b)
}

func rank(p desk.Priority) int { return slices.Index(router.Priorities, p) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// member is an agent who works in the inbox, or helps it.
type member struct {
	desk.Member
	open  int
	limit int // 0: none
	turn  time.Time
	// turns counts the conversations that this decision has given them: they have had a
	// turn after everybody with a lower number.
	turns   int
	helps   int    // 0: they work in the inbox; else the position of the helping inbox, from 1
	helping string // its key
	onCall  int    // 0: not on call; else the position of the rotation, from 1
}

// candidates returns the agents who work in an inbox or help it, sorted by name.
func candidates(inbox router.Inbox, members []desk.Member, helping []router.Inbox) (list []*member) {
	for i := range members {
		m := &member{Member: members[i], open: members[i].Open()}
		switch {
		case m.Disabled:
			continue
		case worksIn(&m.Agent, inbox):
			m.limit = cmp.Or(m.Capacity, inbox.Assign.Capacity)
		default:
			if !m.help(inbox, helping) {
				continue
			}
		}
		list = append(list, m)
	}
	slices.SortFunc(list, byName)
	return list
}

func worksIn(a *desk.Agent, in router.Inbox) bool {
	return a.WorksIn(desk.Inbox{Key: in.Key, Tier: in.Tier})
}

func byName(a, b *member) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), slices.Compare(a.ID[:], b.ID[:]))
}

// full reports whether the agent is assigned as many conversations as they take.
func (m *member) full() bool { return m.limit > 0 && m.open >= m.limit }

// decision is the working state of Decide.
type decision struct {
	inbox   router.Inbox
	state   State
	members []*member
	helper  int // position of the helping inbox that helps with the conversation at hand
}

func newDecision(inbox router.Inbox, members []desk.Member, s State) *decision {
	d := &decision{inbox: inbox, state: s, members: candidates(inbox, members, s.Helping)}
	d.findOnCall()
	return d
}

// anybody reports whether an agent can take any conversation at all.
func (d *decision) anybody() bool {
	return slices.ContainsFunc(d.members, func(m *member) bool {
		return !m.full() && (d.absent(m) == "" || d.inbox.Assign.Sticky && away(m) == "")
	})
}

// choose finds the agent for one conversation.
func (d *decision) choose(w *Waiting) (Choice, bool) {
	skills := d.required(w)
	var able []*member
	for _, m := range d.members {
		if d.unfit(m, w, skills) == "" {
			able = append(able, m)
		}
	}
	best, strategy := d.last(w, skills), Sticky
	if best == nil {
		best, strategy = d.best(able, w, skills), d.inbox.Assign.Strategy
	}
	if best == nil {
		return Choice{}, false
	}
	c := Choice{Conversation: w.ID, Agent: best.Agent, Strategy: strategy, Helping: best.helping,
		Reason: d.reason(best, strategy, skills), Considered: d.considered(best, able, w, strategy, skills)}
	best.open++
	d.turn(best)
	return c, true
}

// turn puts an agent behind everybody else.
func (d *decision) turn(m *member) {
	last := 0
	for _, other := range d.members {
		last = max(last, other.turns)
	}
	m.turns = last + 1
}

// last returns the agent who handled the contact's last conversation, if the inbox
// prefers them and they can take this one.
func (d *decision) last(w *Waiting, skills []string) *member {
	if !d.inbox.Assign.Sticky || w.Last.IsZero() || w.Last == w.Avoid {
		return nil
	}
	for _, m := range d.members {
		if m.ID == w.Last && away(m) == "" && d.unable(m, w, skills) == "" {
			return m
		}
	}
	return nil
}

// best returns whom the strategy chooses of those who can take a conversation. The
// agent from whom a rule took it gets it if there is nobody else, and of the helping
// inboxes only the first one that has somebody helps.
func (d *decision) best(able []*member, w *Waiting, skills []string) *member {
	if others := slices.DeleteFunc(slices.Clone(able), func(m *member) bool { return m.ID == w.Avoid }); len(others) > 0 {
		able = others
	}
	d.helper = 0
	for _, m := range able {
		if m.helps > 0 && (d.helper == 0 || m.helps < d.helper) {
			d.helper = m.helps
		}
	}
	able = slices.DeleteFunc(slices.Clone(able), func(m *member) bool { return m.helps > d.helper })
	if len(able) == 0 {
		return nil
	}
	return slices.MinFunc(able, d.order(skills))
}
