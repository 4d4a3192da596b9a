package router

import (
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"switchboard/desk"
)

// handoffs reads the handoffs section.
func (c *compiler) handoffs(f field) {
	for _, item := range c.items(f, false) {
		var h Handoff
		var okFrom, okTo bool
		seen := map[string]field{}
		c.keys(item.value, item.path, map[string]func(field){
			"from":          func(f field) { h.From, h.FromInbox, okFrom = c.place(f) },
			"to":            func(f field) { h.To, h.ToInbox, okTo = c.place(f) },
			"require":       func(f field) { h.Require = c.texts(f) },
			"accept_within": func(f field) { h.AcceptWithin = c.duration(f) },
			"guard": func(f field) {
				seen["guard"] = f
				h.guard = c.condition(f, c.calendarNames())
				h.Guard = h.guard.source
			},
			"else": func(f field) {
				seen["else"] = f
				h.Else = GuardAction(c.oneOf(f, string(GuardWarn), string(GuardRefuse)))
			},
			"message": func(f field) { seen["message"], h.Message = f, c.text(f) },
		}, "from", "to")
		c.guard(&h, seen, item)
		switch {
		case !okFrom || !okTo:
		case h.From == h.To && h.FromInbox == "" && h.ToInbox == "":
			c.fail(item.value, item.path, "from and to are the same tier")
		case h.FromInbox != "" && h.FromInbox == h.ToInbox:
			c.fail(item.value, item.path, "from and to are the same inbox")
		case slices.ContainsFunc(c.policy.handoffs, h.sameEdge):
			c.fail(item.value, item.path, "the handoff from %s to %s already exists", placeName(h.From, h.FromInbox), placeName(h.To, h.ToInbox))
		}
		c.policy.handoffs = append(c.policy.handoffs, h)
	}
}

// guard checks that the keys of a guard come together. Without `else`, it warns.
func (c *compiler) guard(h *Handoff, seen map[string]field, item field) {
	guard, guarded := seen["guard"]
	if !guarded {
		for _, key := range []string{"else", "message"} {
			if f, ok := seen[key]; ok {
				c.fail(f.at, f.path, "belongs to a guard, but the handoff has no `guard`")
			}
		}
		return
	}
	if _, ok := seen["message"]; !ok {
		c.fail(guard.at, item.path, "a guard needs a `message` that tells the agent what is missing")
	}
	if _, ok := seen["else"]; !ok {
		h.Else = GuardWarn
	}
}

func (h Handoff) sameEdge(o Handoff) bool {
	return h.From == o.From && h.To == o.To && h.FromInbox == o.FromInbox && h.ToInbox == o.ToInbox
}

// place reads a tier (a number) or the key of an inbox (text).
func (c *compiler) place(f field) (t desk.Tier, inbox string, ok bool) {
	if _, text := f.value.(*ast.StringNode); !text {
		t, ok = c.tierRef(f)
		return t, "", ok
	}
	key := c.inboxRef(f)
	in, ok := c.policy.Inbox(key)
	return in.Tier, key, ok
}

func placeName(t desk.Tier, inbox string) string {
	if inbox != "" {
		return inbox
	}
	return fmt.Sprint(int(t))
}

// gaps reads the gaps section.
func (c *compiler) gaps(f field) {
	c.policy.gaps.After = map[Gap]time.Duration{}
	known := map[string]func(field){"calendar": func(f field) { c.policy.gaps.Calendar = c.calendarRef(f) }}
	for _, g := range Gaps {
		known["no_"+string(g)] = func(f field) {
			if d, ok := c.delay(f); ok {
				c.policy.gaps.After[g] = d
			}
		}
	}
	before := len(c.problems)
	c.keys(orKey(f), f.path, known)
	if len(c.policy.gaps.After) == 0 && len(c.problems) == before {
		c.fail(orKey(f), f.path, "watches no gap: set at least one of no_owner, no_clock, no_next_action")
	}
}

// delay reads a duration that may be zero, such as "0m".
func (c *compiler) delay(f field) (time.Duration, bool) {
	s := c.text(f)
	v, err := ParseDuration(s)
	if s != "" && (err != nil || v < 0) {
		c.fail(f.value, f.path, "%q is not a valid duration such as 0m, 30m or 4h", s)
	}
	return v, s != "" && err == nil && v >= 0
}
