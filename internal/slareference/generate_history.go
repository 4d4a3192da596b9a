package slareference

import (
	"slices"
	"strings"
	"time"
)

// history makes one to three conversations. It simulates them while it makes their
// events, so that an event means something where it comes, and comes often at the very
// instant of a deadline.
func (g *generator) history() {
	start := g.far.UTC().Truncate(time.Hour).Add(-g.units(0, int(g.span/g.unit)*3/4))
	list := []string{"c1", "c2", "c3"}[:1+g.IntN(3)]
	whole := Case{Policy: g.c.Policy, Agents: g.c.Agents, Step: g.c.Step, Events: []Event{{At: start}}}
	calendars, err := whole.calendars()
	if err != nil {
		panic(err) // the test needs the time zone database
	}
	for _, id := range list {
		begin := start.Add(g.units(0, 120))
		g.conversation(newConversation(&whole, id, calendars), begin)
	}
	slices.SortStableFunc(g.c.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	g.c.Until = g.c.Events[len(g.c.Events)-1].At
	switch n := g.IntN(100); {
	case n < 5:
		g.c.Until = pick(g, g.c.Events...).At
	case n < 70:
		g.c.Until = g.c.Until.Add(g.units(0, int(g.span/g.unit)/3))
	}
}

// conversation makes the events of one conversation.
func (g *generator) conversation(c *conversation, begin time.Time) {
	first := Event{At: begin, Conversation: c.id, Do: Receive, Subject: pick(g, words...), Auto: g.auto(15), Account: g.account(c.id)}
	g.c.Events = append(g.c.Events, first)
	c.take(first, true)
	end := begin.Add(g.span)
	for at := begin; len(c.stints) < 60 && !g.chance(8); {
		if at = g.nextInstant(c, at); at.After(end) {
			return
		}
		c.advance(at.Unix())
		e := g.event(c, at)
		g.c.Events = append(g.c.Events, e)
		c.apply(e)
		if c.undefined != "" { // two rules at one instant; the test skips the case
			return
		}
	}
}

// auto returns what wrote a message: a program in so many percent.
func (g *generator) auto(percent int) string {
	if g.chance(percent) {
		return pick(g, "auto-reply", "bounce")
	}
	return pick(g, "none", "none", "none", "list")
}

func (g *generator) account(id string) *Account {
	return &Account{Name: strings.ToUpper(id), Plan: pick(g, "business", "free"), ARR: pick(g, 0, 10000, 50000, 90000)}
}

// nextInstant is the same again, an instant at which something is due, or any.
func (g *generator) nextInstant(c *conversation, at time.Time) time.Time {
	switch n := g.IntN(100); {
	case n < 8:
		return at
	case n < 40:
		if due := g.dueInstants(c); len(due) > 0 {
			return time.Unix(pick(g, due...), 0).Add(pick(g, 0, 0, 0, -g.unit, g.unit)).UTC()
		}
		return at.Add(g.units(1, 10))
	case n < 65:
		return at.Add(g.units(1, 60))
	case n < 97:
		return at.Add(g.units(1, 700))
	default:
		return at.Add(g.units(1, 5*1440))
	}
}

// dueInstants returns the instants after the next step at which something happens without
// another event.
func (g *generator) dueInstants(c *conversation) (list []int64) {
	for _, k := range c.clocks {
		if !k.open() {
			continue
		}
		for _, percent := range append([]int{100}, k.sla.Warn...) {
			list = append(list, c.shareIn(k, c.state, percent))
		}
	}
	for _, e := range c.policy.Escalations {
		for _, t := range e.On.Terms {
			if t.Age > 0 {
				list = append(list, c.now+int64((t.Age-c.age(t.Fact)).Seconds()))
			}
		}
	}
	list = append(list, c.snooze)
	return slices.DeleteFunc(list, func(at int64) bool { return at <= c.now+c.step })
}

// event makes an event that has a defined meaning now.
func (g *generator) event(c *conversation, at time.Time) Event {
	e := Event{At: at, Conversation: c.id, By: pick(g, g.c.Agents...).Name}
	switch n := g.IntN(100); {
	case n < 26:
		e.Do, e.By, e.Subject, e.Auto = Receive, "", "Re: "+c.subject, g.auto(15)
		if g.chance(15) {
			e.Account = g.account(c.id)
		}
	case n < 50:
		e.Do = Reply
	case n < 53:
		e.Do = Note
	case n < 59:
		e.Do = Assign
		if g.chance(70) {
			e.To = pick(g, g.c.Agents...).Name
		}
	case n < 74:
		g.move(c, &e)
	case n < 93:
		g.status(c, &e)
	default:
		e.Do, e.Priority = Priority, pick(g, priorities...)
	}
	return e
}

// move moves, or accepts or returns what was moved.
func (g *generator) move(c *conversation, e *Event) {
	switch n := g.IntN(100); {
	case n < 25 && c.handedOver:
		e.Do = Accept
		return
	case n < 45 && c.origin != nil && c.origin.inbox != c.state.inbox:
		e.Do = Return
		return
	}
	e.Do = Move
	var others []Inbox
	for _, b := range c.policy.Inboxes {
		if b.Name != c.state.inbox {
			others = append(others, b)
		}
	}
	to := pick(g, others...)
	alone := 0
	for _, b := range c.policy.Inboxes {
		if b.Tier == to.Tier {
			alone++
		}
	}
	if alone == 1 && g.chance(30) {
		e.Tier = to.Tier
		return
	}
	e.Inbox = to.Name
}

func (g *generator) status(c *conversation, e *Event) {
	e.Do = Status
	switch n := g.IntN(100); {
	case c.state.finished() && n < 50:
		e.Status = "open"
	case n < 35:
		e.Status, e.WaitingOn = "pending", pick(g, "", "customer", "third-party", "third-party")
	case n < 55:
		e.Status, e.Snooze = "snoozed", e.At.Add(g.units(1, 500))
	case n < 85:
		e.Status = "resolved"
	case n < 92:
		e.Status = "closed"
	default:
		e.Status = "open"
	}
}
