package slareference

import (
	"fmt"
	"slices"
	"strconv"
)

// Outcome is what Simulate found.
type Outcome struct {
	Results  []Result
	Features Features
	// Undefined says why the text does not define what this history means, empty if it
	// does. There are no results to compare then.
	Undefined string
}

// Simulate calculates the results of a case, one for each conversation in order of first
// appearance.
func Simulate(c Case) (Outcome, error) {
	var out Outcome
	calendars, err := c.calendars()
	if err != nil {
		return out, err
	}
	var order []string
	events := map[string][]Event{}
	for _, e := range c.Events {
		_, known := events[e.Conversation]
		switch {
		case !known && e.Do != Receive:
			out.Undefined = fmt.Sprintf("%s: begins with %s", e.Conversation, e.Do)
			return out, nil
		case !known:
			order = append(order, e.Conversation)
		}
		events[e.Conversation] = append(events[e.Conversation], e)
	}
	for _, id := range order {
		if events[id][0].At.After(c.Until) {
			continue
		}
		conv := newConversation(&c, id, calendars)
		for i, e := range events[id] {
			if !e.At.After(c.Until) {
				conv.take(e, i == 0)
			}
		}
		conv.advance(c.Until.Unix())
		conv.timers()
		out.Results = append(out.Results, conv.result())
		out.Features |= conv.features | conv.special()
		if conv.undefined != "" {
			out.Undefined = fmt.Sprintf("%s: %s", id, conv.undefined)
		}
	}
	return out, nil
}

// calendars prepares the calendars of a case. Conversations share what they have seen.
func (c *Case) calendars() (map[string]*hours, error) {
	calendars := map[string]*hours{}
	for i := range c.Policy.Calendars {
		h, err := newHours(&c.Policy.Calendars[i], c.Events[0].At)
		if err != nil {
			return nil, err
		}
		calendars[c.Policy.Calendars[i].Name] = h
	}
	return calendars, nil
}

func newConversation(c *Case, id string, calendars map[string]*hours) *conversation {
	return &conversation{id: id, policy: &c.Policy, agents: c.Agents, hours: calendars, step: int64(c.Step.Seconds())}
}

// take applies an event when its time has come.
func (c *conversation) take(e Event, first bool) {
	if first {
		c.receiveFirst(e)
		return
	}
	c.advance(e.At.Unix())
	c.apply(e)
}

// result reads the conversation now.
func (c *conversation) result() Result {
	r := Result{
		Conversation: c.id, Status: c.state.status, Inbox: c.state.inbox, Tier: c.state.tier,
		Assignee: c.state.assignee, Segment: c.state.segment, Fired: slices.Clone(c.fired), Measures: c.measures(),
	}
	if c.sla != nil {
		r.SLA = c.sla.Name
	}
	for _, s := range c.stints {
		r.Stints = append(r.Stints, Stint{s.inbox, s.tier, s.assignee, s.waiting, instant(s.start), instant(s.end)})
	}
	for _, k := range c.clocks {
		r.Clocks = append(r.Clocks, c.read(k))
	}
	return r
}

// read reads a clock now.
func (c *conversation) read(k *clock) Clock {
	due := k.due
	state := k.ending
	switch {
	case !k.open():
	case k.breached != 0:
		due, state = k.breached, "breached"
	case c.paused(k, c.state):
		state = "paused"
	default:
		due, state = c.dueIn(k, c.state), "running"
	}
	read := Clock{
		Metric: k.metric.String(), Policy: k.sla.Name, Tier: k.tier, State: state,
		StartedAt: instant(k.start), DueAt: instant(due), MetAt: instant(k.met), BreachedAt: instant(k.breached), EndedAt: instant(k.ended),
		Target: k.target, Used: k.used,
	}
	for _, w := range k.warnings {
		read.Warnings = append(read.Warnings, Warning{w.percent, instant(w.at)})
	}
	return read
}

// measures counts steps of wall-clock time.
func (c *conversation) measures() Measures {
	m := Measures{Handoffs: c.handoffs, Reassignments: c.reassigned, Tier: map[string]int64{}, Waiting: map[string]int64{}}
	if c.replied != 0 {
		s := c.replied - c.opened
		m.FirstReply = &s
	}
	if c.state.finished() {
		s := c.resolved - c.opened
		m.Resolution = &s
	}
	var tiers [256]int64
	var waiting [3]int64
	for _, p := range c.past {
		if !p.finished {
			tiers[p.tier] += c.step
			waiting[p.waiting] += c.step
		}
	}
	for tier, seconds := range tiers {
		if seconds > 0 {
			m.Tier[strconv.Itoa(tier)] = seconds
		}
	}
	for side, seconds := range waiting {
		m.Waiting[sides[side]] = seconds
	}
	return m
}
