package slareference

import "slices"

// Shrink makes a case that fails smaller: it leaves out events and parts of the policy as
// long as the case still fails.
func Shrink(c Case, fails func(Case) bool) Case {
	for again := true; again; {
		again = false
		for _, smaller := range reductions(&c) {
			if len(smaller.Events) > 0 && fails(smaller) {
				c, again = smaller, true
				break
			}
		}
	}
	return c
}

// reductions returns the case without one part each, large parts first.
func reductions(c *Case) []Case {
	var list []Case
	for _, id := range []string{"c1", "c2", "c3"} {
		r := *c
		r.Events = slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool { return e.Conversation == id })
		if len(r.Events) < len(c.Events) {
			list = append(list, r)
		}
	}
	for i := range c.Events {
		list = append(list, with(c, func(r *Case) { r.Events = without(c.Events, i) }))
	}
	p := &c.Policy
	for i := range p.Escalations {
		list = append(list, with(c, func(r *Case) { r.Policy.Escalations = without(p.Escalations, i) }))
	}
	for i := range p.SLAs {
		list = append(list, with(c, func(r *Case) { r.Policy.SLAs = without(p.SLAs, i) }))
		list = append(list, reduceSLA(c, i)...)
	}
	for i := range len(p.Routing) - 1 {
		list = append(list, with(c, func(r *Case) { r.Policy.Routing = without(p.Routing, i) }))
	}
	for i, calendar := range p.Calendars {
		if len(calendar.Holidays) > 0 {
			list = append(list, with(c, func(r *Case) {
				r.Policy.Calendars = slices.Clone(p.Calendars)
				r.Policy.Calendars[i].Holidays = nil
			}))
		}
	}
	if len(p.Handoffs) > 0 {
		list = append(list, with(c, func(r *Case) { r.Policy.Handoffs = nil }))
	}
	if last := c.Events[len(c.Events)-1].At; !c.Until.Equal(last) {
		list = append(list, with(c, func(r *Case) { r.Until = last }))
	}
	return list
}

// reduceSLA leaves out parts of an SLA policy.
func reduceSLA(c *Case, i int) (list []Case) {
	add := func(change func(*SLA)) {
		list = append(list, with(c, func(r *Case) {
			r.Policy.SLAs = slices.Clone(c.Policy.SLAs)
			change(&r.Policy.SLAs[i])
		}))
	}
	s := c.Policy.SLAs[i]
	targets := 0
	for _, target := range s.Targets {
		if target > 0 {
			targets++
		}
	}
	for m, target := range s.Targets {
		if target > 0 && targets > 1 {
			add(func(s *SLA) { s.Targets[m] = 0 })
		}
	}
	if len(s.Warn) > 0 {
		add(func(s *SLA) { s.Warn = s.Warn[1:] })
	}
	if len(s.PauseOn) > 0 {
		add(func(s *SLA) { s.PauseOn = nil })
	}
	if s.OnHandoff != "" && s.OnHandoff != Keep {
		add(func(s *SLA) { s.OnHandoff = "" })
	}
	return list
}

func with(c *Case, change func(*Case)) Case {
	r := *c
	change(&r)
	return r
}

func without[T any](list []T, i int) []T { return slices.Delete(slices.Clone(list), i, i+1) }
