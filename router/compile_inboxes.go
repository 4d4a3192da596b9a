package router

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"switchboard/internal/nearest"
	"switchboard/router/sla"
)

// onCall is the assignment strategy with a rotation, and whom a page addresses then.
const onCall = "on-call"

// inboxes reads the inboxes section.
func (c *compiler) inboxes(f field) {
	list, _ := c.fields(f.value, f.path)
	overflows := map[int]field{} // read when all inboxes are known
	automatics := map[int]field{}
	for i, item := range list {
		in := Inbox{Key: item.key, Name: title(item.key), Assign: Assign{Strategy: "manual"}, Letter: Letter{Signature: OwnSignature}}
		if !isKey(item.key) {
			c.fail(item.at, f.path, "%q is not a valid key: use lower-case letters, digits and hyphens", item.key)
		}
		known := c.letterKeys(&in.Letter)
		maps.Copy(known, map[string]func(field){
			"name":     func(f field) { in.Name = c.text(f) },
			"tier":     func(f field) { in.Tier, _ = c.tierRef(f) },
			"calendar": func(f field) { in.Calendar = c.calendarRef(f) },
			"skills":   func(f field) { in.Skills = c.texts(f) },
			"assign":   func(f field) { in.Assign = c.assign(f) },
			"overflow": func(f field) { overflows[i] = f },
			"undo":     func(f field) { in.Undo = c.undo(f) },

			"automatic": func(f field) { automatics[i] = f },
		})
		c.keys(orKey(item), item.path, known, "tier")
		c.policy.inboxes = append(c.policy.inboxes, in)
	}
	for i := range c.policy.inboxes {
		if f, ok := overflows[i]; ok {
			c.policy.inboxes[i].Overflow = c.overflow(f, c.policy.inboxes[i])
		}
		if f, ok := automatics[i]; ok {
			c.policy.inboxes[i].Automatic = c.automatic(f, &c.policy.inboxes[i])
		}
	}
	if len(list) == 0 {
		c.fail(orKey(f), f.path, "at least one inbox is required")
	}
}

// MaxUndo bounds how long replies can be held.
const MaxUndo = time.Minute

// undo reads how long replies are held; "0s" is allowed.
func (c *compiler) undo(f field) *time.Duration {
	s := c.text(f)
	v, err := ParseDuration(s)
	switch {
	case s == "":
		return nil
	case err != nil || v < 0 || v > MaxUndo:
		c.fail(f.value, f.path, "%q is not a valid duration from 0s to 60s", s)
		return nil
	}
	return &v
}

// inboxRef reads the key of an existing inbox.
func (c *compiler) inboxRef(f field) string {
	key := c.text(f)
	if _, ok := c.policy.Inbox(key); key != "" && !ok {
		c.fail(f.value, f.path, "inbox %q does not exist%s", key, nearest.Hint(key, c.inboxKeys()))
	}
	return key
}

// assign reads how an inbox assigns conversations.
func (c *compiler) assign(f field) Assign {
	var a Assign
	var rotation field
	c.keys(orKey(f), f.path, map[string]func(field){
		"strategy": func(f field) { a.Strategy = c.oneOf(f, Strategies...) },
		"capacity": func(f field) { a.Capacity, _ = c.number(f, 1) },
		"sticky":   func(f field) { a.Sticky = c.boolean(f) },
		"rotation": func(f field) { a.Rotations, rotation = c.rotations(f), f },
	}, "strategy")
	if rotation.at != nil && a.Strategy != "" && a.Strategy != onCall {
		c.fail(rotation.at, rotation.path, "is used by the strategy on-call only, but the strategy is %s", a.Strategy)
	}
	return a
}

// overflow reads which inboxes help one that has too many conversations, and when.
func (c *compiler) overflow(f field, of Inbox) Overflow {
	var o Overflow
	var back field
	c.keys(orKey(f), f.path, map[string]func(field){
		"to":           func(f field) { o.To = c.overflowTo(f, of) },
		"when_waiting": func(f field) { o.WhenWaiting = c.duration(f) },
		"when_load":    func(f field) { o.WhenLoad = c.percent(f) },
		"back_below":   func(f field) { o.BackBelow, back = c.percent(f), f },
	}, "to")
	if list, ok := c.fields(orKey(f), f.path); ok && !slices.ContainsFunc(list, func(f field) bool { return strings.HasPrefix(f.key, "when_") }) {
		c.fail(orKey(f), f.path, "never begins: set when_waiting, when_load or both")
	}
	switch {
	case back.at == nil:
		o.BackBelow = o.WhenLoad
	case o.WhenLoad > 0 && o.BackBelow > o.WhenLoad:
		c.fail(back.value, back.path, "must not be above when_load: the overflow would end as soon as it begins")
	}
	return o
}

// overflowTo reads the inboxes that help another one.
func (c *compiler) overflowTo(f field, of Inbox) []string {
	var all []string
	for _, item := range c.items(f, true) {
		key := c.inboxRef(item)
		switch {
		case key == of.Key:
			c.fail(item.value, item.path, "an inbox cannot overflow to itself")
		case slices.Contains(all, key):
			c.fail(item.value, item.path, "inbox %q is listed twice", key)
		default:
			all = append(all, key)
		}
	}
	if seq, ok := f.value.(*ast.SequenceNode); ok && len(seq.Values) == 0 {
		c.fail(f.value, f.path, "at least one inbox is required")
	}
	return all
}

// rotations reads the list of on-call rotations.
func (c *compiler) rotations(f field) []Rotation {
	var all []Rotation
	for _, item := range c.items(f, true) {
		all = append(all, c.rotation(item))
	}
	if seq, ok := f.value.(*ast.SequenceNode); ok && len(seq.Values) == 0 {
		c.fail(f.value, f.path, "at least one rotation is required")
	}
	return all
}

// rotation reads one on-call rotation.
func (c *compiler) rotation(f field) Rotation {
	r := Rotation{Location: time.UTC, Days: 7, Start: firstMonday}
	weekday := -1
	var handover, start, overrides field
	c.keys(orKey(f), f.path, map[string]func(field){
		"agents":    func(f field) { r.Agents = c.addresses(f) },
		"handover":  func(f field) { weekday, r.Minute, handover = c.handover(f) },
		"timezone":  func(f field) { r.Location = c.location(f) },
		"every":     func(f field) { r.Days = c.rotationDays(f) },
		"start":     func(f field) { start = f },
		"overrides": func(f field) { overrides = f },
	}, "agents", "handover", "timezone")
	if start.at != nil {
		if day, ok := c.date(start); ok {
			r.Start = day
		}
	}
	switch whole := r.Days%7 == 0; {
	case handover.at == nil || r.Days == 0:
	case whole && weekday < 0:
		c.fail(handover.value, handover.path, "needs a day, as in \"mon 09:00\", because the rotation takes whole weeks")
	case !whole && weekday >= 0:
		c.fail(handover.value, handover.path, "must not have a day, as in \"09:00\", because the rotation does not take whole weeks")
	case weekday >= 0:
		r.Start = sla.DateOf(r.Start.Number() + (weekday-int(r.Start.Weekday())+7)%7)
	}
	if overrides.at != nil {
		for _, item := range c.items(overrides, false) {
			if o, ok := c.override(item); ok {
				r.Overrides = append(r.Overrides, o)
			}
		}
	}
	return r
}

// handover reads "mon 09:00" or "09:00". weekday is -1 without a day.
func (c *compiler) handover(f field) (weekday, minutes int, at field) {
	s := c.text(f)
	day, clock, named := strings.Cut(s, " ")
	if !named {
		day, clock = "", s
	}
	minutes, ok := sla.ParseMinute(clock)
	weekday = slices.Index(sla.Weekdays, day)
	switch {
	case s == "":
	case named && weekday < 0:
		c.fail(f.value, f.path, "%q is not a valid day: use %s%s", day, strings.Join(sla.Weekdays, ", "), nearest.Hint(day, sla.Weekdays))
	case !ok || minutes == 24*60:
		c.fail(f.value, f.path, "%q is not a valid time such as \"mon 09:00\" or \"09:00\"", s)
	default:
		return weekday, minutes, f
	}
	return -1, 0, field{}
}

// rotationDays reads how long each turn takes: "1w" or "3d".
func (c *compiler) rotationDays(f field) int {
	s := c.text(f)
	n, unit := 0, 0
	if digits, ok := strings.CutSuffix(s, "w"); ok {
		n, unit = digitsOf(digits), 7
	} else if digits, ok := strings.CutSuffix(s, "d"); ok {
		n, unit = digitsOf(digits), 1
	}
	if s != "" && (n < 1 || n*unit > 366) {
		c.fail(f.value, f.path, "%q is not a valid number of days or weeks such as 1w or 3d", s)
		return 0
	}
	return n * unit
}

// override reads an exception from a rotation.
func (c *compiler) override(f field) (Override, bool) {
	var o Override
	before := len(c.problems)
	c.keys(f.value, f.path, map[string]func(field){
		"from":  func(f field) { o.From = c.localTime(f) },
		"to":    func(f field) { o.To = c.localTime(f) },
		"agent": func(f field) { o.Agent = c.address(f) },
	}, "from", "to", "agent")
	if len(c.problems) > before {
		return Override{}, false
	}
	if !o.From.Before(o.To) {
		c.fail(f.value, f.path, "must end after it begins")
	}
	return o, true
}

// addresses reads a list of agents by their addresses.
func (c *compiler) addresses(f field) []string {
	var all []string
	for _, item := range c.items(f, false) {
		if s := c.address(item); s != "" {
			all = append(all, s)
		}
	}
	if seq, ok := f.value.(*ast.SequenceNode); ok && len(seq.Values) == 0 {
		c.fail(f.value, f.path, "at least one agent is required")
	}
	return all
}

// address reads the address of an agent.
func (c *compiler) address(f field) string {
	s := c.text(f)
	if local, domain, ok := strings.Cut(s, "@"); s != "" && (!ok || local == "" || domain == "" || strings.ContainsAny(s, " \t\n,<>")) {
		c.fail(f.value, f.path, "%q is not an agent's address", s)
		return ""
	}
	return strings.ToLower(s)
}

// digitsOf reads a short number without a sign; -1 if it is not one.
func digitsOf(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) > 4 || s[0] == '+' || s[0] == '-' {
		return -1
	}
	return n
}
