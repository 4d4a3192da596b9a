package slareference

import (
	"slices"
	"time"
)

// conversation is one conversation as it moves through time. Instants are Unix seconds;
// 0 is none.
type conversation struct {
	id     string
	policy *Policy
	agents []Agent
	hours  map[string]*hours // by calendar; shared between conversations
	step   int64

	now     int64 // events of this instant may come; its timers have not run
	opened  int64
	account Account
	subject string
	state   state
	before  state // the state before the current transition
	sla     *SLA  // in force; nil: no rule matches
	snooze  int64

	person     bool  // a person has written
	replied    int64 // first reply
	resolved   int64 // last time it was resolved
	handoffs   int
	reassigned int
	origin     *state // before the newest move; nil: nothing to return
	handedOver bool   // moved and not accepted yet

	stints []stint
	clocks []*clock
	fired  []Fired
	rules  []rule
	past   []moment // one for each step since the opening

	// undefined says why the history has no meaning here that the text defines, such as a
	// move to where the conversation is. Such a case is not compared.
	undefined string
	features  Features
}

// state is what stints and conditions see.
type state struct {
	status, waiting   string
	inbox             string
	tier              int
	assignee          string
	segment, priority string
}

func (s state) finished() bool { return s.status == "resolved" || s.status == "closed" }

// moment is what held during one step. There are many, so they are small: the waiting
// side is an index of sides.
type moment struct {
	waiting  uint8
	finished bool
	tier     uint8
}

var sides = []string{"us", "customer", "third-party"}

func (s state) moment() moment {
	return moment{uint8(slices.Index(sides, s.waiting)), s.finished(), uint8(s.tier)}
}

type stint struct {
	state
	start, end int64 // end 0: current
}

// receiveFirst opens the conversation.
func (c *conversation) receiveFirst(e Event) {
	c.now, c.opened = e.At.Unix(), e.At.Unix()
	c.subject = e.Subject
	if e.Account != nil {
		c.account = *e.Account
	}
	c.state = state{status: "open", waiting: "us", priority: "normal"}
	c.state.segment = c.findSegment()
	for _, r := range c.policy.Routing {
		if r.When.holds(c) {
			c.state.inbox = r.Inbox
			if r.Priority != "" {
				c.state.priority = r.Priority
			}
			break
		}
	}
	c.state.tier = c.tierOf(c.state.inbox)
	c.before = c.state
	c.stints = []stint{{state: c.state, start: c.now}}
	c.rules = make([]rule, len(c.policy.Escalations))
	for i := range c.rules {
		c.rules[i].armed = true
	}
	c.sla = c.findSLA()
	if e.person() {
		c.person = true
		c.start(FirstResponse)
		c.start(Resolution)
		c.start(UpdateEvery)
	} else {
		c.features.add(OpenedByMachine)
	}
}

func (c *conversation) tierOf(inbox string) int {
	i := slices.IndexFunc(c.policy.Inboxes, func(b Inbox) bool { return b.Name == inbox })
	if i < 0 {
		c.undefined = "unknown inbox " + inbox
		return 0
	}
	return c.policy.Inboxes[i].Tier
}

func (c *conversation) findSegment() string {
	for _, s := range c.policy.Segments {
		if s.When.holds(c) {
			return s.Name
		}
	}
	return ""
}

func (c *conversation) findSLA() *SLA {
	for i := range c.policy.SLAs {
		if c.policy.SLAs[i].When.holds(c) {
			return &c.policy.SLAs[i]
		}
	}
	return nil
}

// cause is what makes a transition affect clocks beyond the change of state.
type cause int

const (
	other cause = iota
	personWrites
	agentReplies
)

// transition changes the state and does what follows from the change: stints, clocks that
// end, continue and start, and the handoff to another SLA policy.
func (c *conversation) transition(next state, why cause) {
	c.before, c.state = c.state, next
	before := c.before
	if before.inbox != next.inbox || before.assignee != next.assignee || before.waiting != next.waiting {
		c.stints[len(c.stints)-1].end = c.now
		c.stints = append(c.stints, stint{state: next, start: c.now})
	}
	if before.tier != next.tier {
		c.handoffs++
	}
	if before.assignee != next.assignee && before.assignee != "" && next.assignee != "" {
		c.reassigned++
	}
	if next.status != "snoozed" {
		c.snooze = 0
	}
	if why == agentReplies {
		c.meet(FirstResponse, NextResponse, UpdateEvery)
	}
	switch {
	case next.finished() && !before.finished():
		c.resolve()
	case before.finished() && !next.finished():
		c.reopen()
	}
	if before.inbox != next.inbox || before.tier != next.tier || before.priority != next.priority || before.segment != next.segment {
		if sla := c.findSLA(); sla != c.sla {
			c.sla = sla
			c.handOff()
		}
	}
	switch why {
	case personWrites:
		c.startForPerson(before)
	case agentReplies:
		if !next.finished() {
			c.start(UpdateEvery)
		}
	}
	c.before = c.state
}

// startForPerson starts the clocks that a message from a person starts in an existing
// conversation.
func (c *conversation) startForPerson(before state) {
	if !c.person { // opened by automatic mail
		c.person = true
		if c.replied == 0 && !c.started(FirstResponse) {
			c.start(FirstResponse)
		}
		c.start(Resolution)
		c.start(UpdateEvery)
	}
	if before.waiting != "us" && c.running(FirstResponse) == nil && c.running(NextResponse) == nil {
		c.start(NextResponse)
	}
}

// advance moves to a later instant: the timers of every instant in between run, and clocks
// count the time after it.
func (c *conversation) advance(to int64) {
	for c.now < to {
		c.timers()
		for _, k := range c.clocks {
			if k.open() && !c.paused(k, c.state) && k.hours.open(c.now) {
				k.used += c.step
			}
		}
		c.past = append(c.past, c.state.moment())
		c.now += c.step
	}
}

// timers does what is due now, until nothing more is: an escalation can make a clock go on
// that has nothing left.
func (c *conversation) timers() {
	if c.state.status == "snoozed" && c.snooze <= c.now {
		c.features.add(SnoozeExpires)
		next := c.state
		next.status = "open"
		c.transition(next, other)
	}
	for again := true; again; {
		for _, k := range c.clocks {
			c.fire(k)
		}
		again = c.escalate()
	}
}

// text, number, age, flag and used are the facts of conditions.
func (c *conversation) text(fact string) string {
	switch fact {
	case "account.plan":
		return c.account.Plan
	case "message.subject":
		return c.subject
	case "segment":
		return c.state.segment
	case "inbox":
		return c.state.inbox
	case "conversation.priority":
		return c.state.priority
	case "conversation.status":
		return c.state.status
	case "stint.waiting_on":
		return c.state.waiting
	}
	panic("unknown fact " + fact)
}

func (c *conversation) number(fact string) int {
	switch fact {
	case "account.attributes.arr":
		return c.account.ARR
	case "tier":
		return c.state.tier
	}
	panic("unknown fact " + fact)
}

func (c *conversation) age(fact string) time.Duration {
	since := c.opened
	if fact == "stint.age" {
		since = c.stints[len(c.stints)-1].start
	}
	return time.Duration(c.now-since) * time.Second
}
