package router

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// slas reads the slas section.
func (c *compiler) slas(f field) {
	for _, item := range c.items(f, false) {
		r := slaRule{policy: sla.Policy{Targets: map[sla.Metric]time.Duration{}, OnHandoff: sla.Keep}}
		known := map[string]func(field){
			"name": func(f field) { r.policy.Name = c.text(f) },
			"when": func(f field) {
				r.when = c.condition(f, c.calendarNames(), "sla", "stint")
				c.policy.note(r.when)
			},
			"on_handoff": func(f field) {
				r.policy.OnHandoff = sla.OnHandoff(c.oneOf(f, string(sla.Keep), string(sla.Retarget), string(sla.Restart)))
			},
			"calendar": func(f field) { r.policy.Calendar = c.calendarRef(f) },
			"warn":     func(f field) { r.policy.Warnings = c.warnings(f) },
			"pause_on": func(f field) { r.policy.PauseOn = c.pauseOn(f) },
		}
		for _, m := range sla.Metrics {
			known[string(m)] = func(f field) { r.policy.Targets[m] = c.duration(f) }
		}
		c.keys(item.value, item.path, known, "name", "calendar")
		if len(r.policy.Targets) == 0 {
			c.fail(item.value, item.path, "has no targets: set at least one of first_response, next_response, resolution, update_every")
		}
		if _, there := c.policy.SLA(r.policy.Name); there && r.policy.Name != "" {
			c.fail(item.value, item.path, "SLA policy %q already exists", r.policy.Name)
		}
		if n := len(c.policy.slas); n > 0 && c.policy.slas[n-1].when.always() {
			c.fail(item.value, item.path, "is never reached: %q before it matches everything", c.policy.slas[n-1].policy.Name)
		}
		c.policy.slas = append(c.policy.slas, r)
	}
}

// warnings reads a list of percentages in ascending order.
func (c *compiler) warnings(f field) []float64 {
	var all []float64
	for _, item := range c.items(f, true) {
		if p := c.percent(item); p > 0 {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pauseOn reads the sides of a conversation for which clocks are paused.
func (c *compiler) pauseOn(f field) []desk.WaitingOn {
	var all []desk.WaitingOn
	for _, item := range c.items(f, true) {
		if s := c.oneOf(item, string(desk.WaitingCustomer), string(desk.WaitingThirdParty)); s != "" {
			all = append(all, desk.WaitingOn(s))
		}
	}
	return all
}

// names lists a mapping's known keys for an error message.
func names[V any](known map[string]V) string { return strings.Join(keysOf(known), ", ") }
