package slareference

import (
	"slices"
	"strings"
	"time"
)

// clock is a clock of a conversation. Instants are Unix seconds; 0 is none.
type clock struct {
	metric        Metric
	sla           *SLA
	hours         *hours // of the policy's calendar
	tier          int
	start         int64
	used, target  int64
	met, breached int64
	ended         int64
	ending        string // "met", "void", "superseded"; empty while open
	due           int64  // of an ended clock
	warnings      []given
}

type given struct {
	percent int
	at      int64
}

func (k *clock) open() bool { return k.ending == "" }

// usedUp reports whether this share of the target has been used.
func (k *clock) usedUp(percent int) bool { return k.used*100 >= k.target*int64(percent) }

// paused reports whether the clock does not count in a state.
func (c *conversation) paused(k *clock, s state) bool {
	return slices.Contains(k.sla.PauseOn, s.waiting) || k.metric == Resolution && s.finished()
}

// running returns the open clock of a metric.
func (c *conversation) running(m Metric) *clock {
	for _, k := range c.clocks {
		if k.metric == m && k.open() {
			return k
		}
	}
	return nil
}

// newest returns the newest clock of a metric.
func (c *conversation) newest(m Metric) *clock {
	for _, k := range slices.Backward(c.clocks) {
		if k.metric == m {
			return k
		}
	}
	return nil
}

func (c *conversation) started(m Metric) bool { return c.newest(m) != nil }

// start starts a clock of the policy in force, unless the metric has an open one.
func (c *conversation) start(m Metric) {
	if c.sla == nil || c.sla.Targets[m] == 0 || c.running(m) != nil {
		return
	}
	k := &clock{metric: m, sla: c.sla, hours: c.hours[c.sla.Calendar], tier: c.state.tier, start: c.now, target: int64(c.sla.Targets[m] / time.Second)}
	c.clocks = append(c.clocks, k)
	slices.SortStableFunc(c.clocks, func(a, b *clock) int {
		if a.start != b.start {
			return int(a.start - b.start)
		}
		return int(a.metric - b.metric)
	})
	c.features.add(Feature(FirstResponseStarts) + Feature(m))
}

// end ends an open clock. Its deadline stays what it was until now: if it was paused, it
// had none.
func (c *conversation) end(k *clock, ending string) {
	k.due = c.dueIn(k, c.before)
	k.ending, k.ended = ending, c.now
	if ending == "met" {
		k.met = c.now
	}
	if k.breached != 0 {
		c.features.add(MetLate)
	}
}

// meet ends the open clocks of these metrics as met.
func (c *conversation) meet(list ...Metric) {
	for _, m := range list {
		if k := c.running(m); k != nil {
			if k.used >= k.target && k.breached == 0 {
				c.features.add(MetAtDue)
			}
			c.end(k, "met")
		}
	}
}

// resolve ends all clocks: resolution is met, the others have become pointless.
func (c *conversation) resolve() {
	c.resolved = c.now
	c.features.add(Resolved)
	c.meet(Resolution)
	for _, m := range []Metric{FirstResponse, NextResponse, UpdateEvery} {
		if k := c.running(m); k != nil {
			c.features.add(Voided)
			c.end(k, "void")
		}
	}
}

// reopen lets the resolution clock continue.
func (c *conversation) reopen() {
	c.features.add(Reopened)
	k := c.newest(Resolution)
	if k == nil || k.ending != "met" {
		return
	}
	k.ending, k.ended, k.met, k.due = "", 0, 0, 0
	c.features.add(ResolutionContinues)
}

// dueIn returns when the target will be used up if the conversation remains in this state;
// 0 if the clock is paused. It steps through the time to come.
func (c *conversation) dueIn(k *clock, s state) int64 {
	return c.shareIn(k, s, 100)
}

func (c *conversation) shareIn(k *clock, s state, percent int) int64 {
	switch {
	case k.breached != 0 && percent == 100:
		return k.breached
	case c.paused(k, s):
		return 0
	}
	at, ahead := c.now, *k
	for !ahead.usedUp(percent) {
		if k.hours.open(at) {
			ahead.used += c.step
		}
		at += c.step
		if at-c.now > 400*24*3600 {
			panic("calendar " + k.sla.Calendar + " is never open")
		}
	}
	return at
}

// fire gives the warnings of an open clock that are due now and breaches it.
func (c *conversation) fire(k *clock) {
	if !k.open() {
		return
	}
	c.warn(k)
	if k.breached == 0 && !c.paused(k, c.state) && k.used >= k.target {
		k.breached = c.now
		c.features.add(Breached)
	}
}

func (c *conversation) warn(k *clock) {
	for _, percent := range k.sla.Warn {
		if k.usedUp(percent) && !slices.ContainsFunc(k.warnings, func(w given) bool { return w.percent == percent }) {
			k.warnings = append(k.warnings, given{percent, c.now})
			c.features.add(Warned)
		}
	}
}

// handOff applies the policy that has come into force to the clocks of the one before.
func (c *conversation) handOff() {
	if c.sla == nil {
		return
	}
	for _, k := range slices.Clone(c.clocks) {
		if !k.open() || k.breached != 0 || c.sla.Targets[k.metric] == 0 {
			continue
		}
		switch c.sla.OnHandoff {
		case Retarget:
			c.retarget(k)
		case Restart:
			c.features.add(Restarted)
			c.end(k, "superseded")
			c.start(k.metric)
		default:
			c.features.add(Kept)
		}
	}
	if !c.state.finished() {
		c.start(Resolution)
		c.start(UpdateEvery)
	}
	if !c.started(FirstResponse) && c.replied == 0 {
		c.start(FirstResponse)
	}
}

// retarget counts the clock again from its start as if it had been under the new policy.
func (c *conversation) retarget(k *clock) {
	c.features.add(Retargeted)
	k.sla, k.hours = c.sla, c.hours[c.sla.Calendar]
	k.target, k.used = int64(c.sla.Targets[k.metric]/time.Second), 0
	for at := k.start; at < c.now; at += c.step {
		then := c.past[(at-c.opened)/c.step]
		s := state{waiting: sides[then.waiting]}
		if then.finished {
			s.status = "resolved"
		}
		if !c.paused(k, s) && k.hours.open(at) {
			k.used += c.step
		}
	}
	if k.used >= k.target {
		c.features.add(RetargetedUsedUp)
	}
}

// flag and used are facts about the newest clock of a metric.
func (c *conversation) flag(fact string) bool {
	if fact == "conversation.assigned" {
		return c.state.assignee != ""
	}
	name, _ := strings.CutSuffix(strings.TrimPrefix(fact, "sla."), ".breached")
	k := c.newest(metric(name))
	return k != nil && k.open() && k.breached != 0
}

func (c *conversation) used(name string, percent int) bool {
	k := c.newest(metric(name))
	return k != nil && k.open() && k.usedUp(percent)
}

// metric finds the metric of a fact; that of update_every is sla.update.
func metric(name string) Metric {
	if name == "update" {
		return UpdateEvery
	}
	i := slices.Index(metricNames[:], name)
	if i < 0 {
		panic("unknown metric " + name)
	}
	return Metric(i)
}
