package slareference

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// Generate makes a random case.
func Generate(r *rand.Rand) Case {
	g := &generator{Rand: r, unit: time.Minute, span: 4 * 24 * time.Hour}
	switch n := g.IntN(100); {
	case n < 10: // seconds instead of minutes, for which the history is short
		g.unit, g.span = time.Second, 2*time.Hour
	case n < 15:
		g.span = 15 * 24 * time.Hour
	}
	g.c.Step = g.unit
	g.policy()
	g.agents()
	g.history()
	return g.c
}

// Bytes is a source of random numbers that takes them from data, so that a fuzzer can
// change single decisions, and then from a generator seeded with its length.
type Bytes struct {
	data []byte
	rest *rand.PCG
}

// NewBytes returns a source.
func NewBytes(data []byte) *Bytes { return &Bytes{data, rand.NewPCG(uint64(len(data)), 1)} }

// Uint64 implements rand.Source. Each number comes from two octets: few decisions have
// more alternatives. rand takes the high bits of a number or its remainder.
func (b *Bytes) Uint64() uint64 {
	if len(b.data) < 2 {
		return b.rest.Uint64()
	}
	n := uint64(binary.BigEndian.Uint16(b.data))
	b.data = b.data[2:]
	return n<<48 | n<<16 | n
}

type generator struct {
	*rand.Rand
	c    Case
	unit time.Duration
	span time.Duration // of the history, about
	far  time.Time     // around which the history happens
}

// chance is true in so many percent.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// units returns a duration of at least low and less than high units.
func (g *generator) units(low, high int) time.Duration {
	return time.Duration(low+g.IntN(high-low)) * g.unit
}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

// agents makes one agent for each tier and others for several.
func (g *generator) agents() {
	for i, name := range []string{"ana", "ben", "cleo", "dan"} {
		a := Agent{Name: name, Tiers: []int{1 + i%3}}
		if i == 3 || g.chance(30) {
			a.Tiers = append(a.Tiers, 1+(i+1)%3)
		}
		g.c.Agents = append(g.c.Agents, a)
	}
}

func (g *generator) policy() {
	p := &g.c.Policy
	g.calendars()
	p.Inboxes = []Inbox{{"frontline", 1, g.calendar()}, {"billing", 2, g.calendar()}}
	if g.chance(40) {
		p.Inboxes = append(p.Inboxes, Inbox{"engineering", 3, g.calendar()})
	}
	if g.chance(30) {
		p.Inboxes = append(p.Inboxes, Inbox{"phone", 1, g.calendar()})
	}
	if g.chance(30) {
		p.Inboxes = append(p.Inboxes, Inbox{"integrations", 2, g.calendar()})
	}
	if g.chance(70) {
		g.segments()
	}
	g.slas()
	g.routing()
	g.escalations()
	if g.chance(20) {
		p.Handoffs = []Handoff{{1, 2}}
	}
}

func (g *generator) calendar() string { return pick(g, g.c.Policy.Calendars...).Name }

func (g *generator) segments() {
	arr := Term{Fact: "account.attributes.arr", Op: ">=", Number: 50000}
	plan := Term{Fact: "account.plan", Text: "business"}
	list := []Segment{{"enterprise", Condition{Terms: []Term{arr}}}, {"business", Condition{Terms: []Term{plan}}}}
	if g.chance(20) {
		list[0].When.Terms = []Term{plan, arr}
	}
	if g.chance(70) {
		list = append(list, Segment{Name: "standard"})
	}
	g.c.Policy.Segments = list
}

// targets are multiples of 20 units, so that each multiple of 5 percent is a whole number
// of units.
func (g *generator) target() time.Duration { return 20 * g.units(1, pick(g, 4, 10, 40)) }

func (g *generator) slas() {
	for i := range 1 + g.IntN(6) {
		s := SLA{Name: "p" + string(rune('a'+i)), Calendar: g.calendar(), OnHandoff: pick(g, "", Keep, Retarget, Retarget, Restart)}
		for m := range s.Targets {
			if g.chance(65) {
				s.Targets[m] = g.target()
			}
		}
		if s.Targets == [metrics]time.Duration{} {
			s.Targets[Resolution] = g.target()
		}
		for _, percent := range []int{25, 50, 75, 80, 90, 100} {
			if g.chance(25) {
				s.Warn = append(s.Warn, percent)
			}
		}
		s.PauseOn = pick(g, nil, []string{"customer"}, []string{"customer"}, []string{"customer", "third-party"}, []string{"third-party"})
		s.When = g.slaCondition()
		if i > 0 && i < 4 && g.chance(60) { // a policy for each tier, so that moves hand clocks over
			s.When = Condition{Terms: []Term{{Fact: "tier", Number: i}}}
		}
		g.c.Policy.SLAs = append(g.c.Policy.SLAs, s)
	}
	if g.chance(60) {
		g.c.Policy.SLAs[len(g.c.Policy.SLAs)-1].When = Condition{}
	}
}

func (g *generator) slaCondition() Condition {
	c := Condition{Any: g.chance(30), Terms: []Term{g.slaTerm()}}
	if g.chance(30) {
		c.Terms = append(c.Terms, g.slaTerm())
	}
	return c
}

func (g *generator) slaTerm() Term {
	switch g.IntN(5) {
	case 0:
		return Term{Fact: "segment", Text: pick(g, "enterprise", "business", "standard")}
	case 1:
		return Term{Fact: "inbox", Text: pick(g, g.c.Policy.Inboxes...).Name}
	case 2:
		return Term{Fact: "conversation.priority", Op: pick(g, "==", "!="), Text: pick(g, "low", "normal", "high", "urgent")}
	default:
		return Term{Fact: "tier", Number: 1 + g.IntN(3)}
	}
}

// words are the subjects that routing tells apart.
var words = []string{"Export", "Invoice", "Outage"}

func (g *generator) routing() {
	p := &g.c.Policy
	for i, word := range words[1:] {
		if g.chance(40) {
			r := Route{Name: "r" + string(rune('a'+i)), When: Condition{Terms: []Term{{Fact: "message.subject", Op: "contains", Text: word}}}}
			r.Inbox = pick(g, p.Inboxes...).Name
			r.Priority = pick(g, "", "low", "high", "urgent")
			p.Routing = append(p.Routing, r)
		}
	}
	p.Routing = append(p.Routing, Route{Name: "default", Inbox: pick(g, p.Inboxes...).Name})
	if g.chance(60) {
		p.Routing[len(p.Routing)-1].Inbox = "frontline"
	}
}

func (g *generator) escalations() {
	for i := range g.IntN(4) {
		e := Escalation{Name: "e" + string(rune('a'+i)), On: Condition{Terms: []Term{g.threshold()}}, Notify: g.chance(60)}
		switch g.IntN(5) {
		case 0:
			e.Raise = true
		case 1:
			e.Unassign = true
		case 2:
			g.moveUp(&e)
		default:
			e.Notify = true
		}
		if e.Move == "" && g.chance(40) {
			e.On.Any = g.chance(40)
			e.On.Terms = append(e.On.Terms, g.secondTerm(e.On.Any))
		}
		g.c.Policy.Escalations = append(g.c.Policy.Escalations, e)
	}
}

func (g *generator) threshold() Term {
	fact := "sla." + pick(g, "first_response", "next_response", "resolution", "update")
	switch g.IntN(6) {
	case 0, 1:
		return Term{Fact: fact, Op: ">=", Percent: pick(g, 10, 25, 50, 75, 80, 100, 120, 150)}
	case 2, 3:
		return Term{Fact: fact + ".breached"}
	case 4:
		return Term{Fact: "stint.age", Op: pick(g, ">=", ">"), Age: g.units(5, 400)}
	default:
		return Term{Fact: "conversation.age", Op: pick(g, ">=", ">"), Age: g.units(5, 2000)}
	}
}

func (g *generator) secondTerm(any bool) Term {
	if any {
		return g.threshold()
	}
	switch g.IntN(6) {
	case 0:
		return Term{Fact: "conversation.assigned", Not: g.chance(50)}
	case 1:
		return Term{Fact: "conversation.status", Op: pick(g, "==", "!="), Text: pick(g, "open", "pending", "snoozed", "resolved", "closed")}
	case 2:
		return Term{Fact: "stint.waiting_on", Op: pick(g, "==", "!="), Text: pick(g, "us", "customer", "third-party")}
	case 3:
		return g.slaTerm()
	default:
		return g.threshold()
	}
}

// moveUp makes a rule that moves to a higher tier only, so that rules never move a
// conversation in circles. Where "tier+1" leads is defined only if that tier has one inbox.
func (g *generator) moveUp(e *Escalation) {
	from := 1 + g.IntN(2)
	e.On.Terms = append(e.On.Terms, Term{Fact: "tier", Number: from})
	e.Move = "billing"
	next := 0
	for _, b := range g.c.Policy.Inboxes {
		if b.Tier > from && (e.Move == "billing" && from == 2 || g.chance(30)) {
			e.Move = b.Name
		}
		if b.Tier == from+1 {
			next++
		}
	}
	if from == 2 && e.Move == "billing" || next == 1 && g.chance(50) {
		e.Move = "tier+1"
	}
}
