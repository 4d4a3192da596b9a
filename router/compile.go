package router

import (
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"switchboard/desk"
	"switchboard/internal/nearest"
)

// Compile reads a policy document. The error is a *PolicyError that lists every
// problem. A policy that could leave a conversation without an inbox does not compile.
func Compile(doc []byte) (*Policy, error) {
	d := &document{}
	root := d.parse(doc)
	p := &Policy{}
	if root != nil {
		c := &compiler{document: d, policy: p}
		c.compile(root)
	}
	if len(d.problems) > 0 {
		err := &PolicyError{Problems: d.problems}
		err.sort()
		return nil, err
	}
	return p, nil
}

// compiler fills a Policy from a document, section by section, so that each can refer
// to those before it.
type compiler struct {
	*document
	policy     *Policy
	conditions []locatedCondition // all of them, in the order in which they were read
}

// compile reads the sections of the document.
func (c *compiler) compile(root ast.Node) {
	sections := map[string]field{}
	known := map[string]func(field){}
	order := []struct {
		key  string
		read func(field)
	}{
		{"version", c.version}, {"calendars", c.calendars}, {"segments", c.segments}, {"tiers", c.tiers},
		{"inboxes", c.inboxes}, {"slas", c.slas}, {"routing", c.routing}, {"escalations", c.escalations},
		{"handoffs", c.handoffs}, {"gaps", c.gaps}, {"reviews", c.reviews},
	}
	for _, s := range order {
		known[s.key] = func(f field) { sections[s.key] = f }
	}
	c.keys(root, "", known, "version", "tiers", "inboxes", "routing")
	for _, s := range order {
		if f, ok := sections[s.key]; ok {
			s.read(f)
		}
	}
	if len(c.problems) == 0 {
		c.findMistakes(root)
	}
}

// version checks the version of the document format.
func (c *compiler) version(f field) {
	if v, ok := c.number(f, 1); ok {
		if v != 1 {
			c.fail(f.value, f.path, "unsupported version %d: must be 1", v)
		}
		c.policy.Version = 1
	}
}

// segments reads the segments section.
func (c *compiler) segments(f field) {
	var last *segment
	for _, item := range c.items(f, false) {
		var s segment
		c.keys(item.value, item.path, map[string]func(field){
			"name": func(f field) { s.name = c.text(f) },
			"when": func(f field) { s.when = c.condition(f, c.calendarNames(), notInSegments...) },
		}, "name")
		if slices.ContainsFunc(c.policy.segments, func(o segment) bool { return o.name == s.name && s.name != "" }) {
			c.fail(item.value, item.path, "segment %q already exists", s.name)
		}
		if last != nil && last.when.always() {
			c.fail(item.value, item.path, "is never reached: segment %q before it matches every account", last.name)
		}
		c.policy.segments = append(c.policy.segments, s)
		last = &s
	}
}

// tiers reads the tiers section.
func (c *compiler) tiers(f field) {
	for _, item := range c.items(f, false) {
		var t Tier
		c.keys(item.value, item.path, map[string]func(field){
			"tier": func(f field) {
				n, ok := c.number(f, 0)
				if ok && c.hasTier(desk.Tier(n)) {
					c.fail(f.value, f.path, "tier %d already exists", n)
				}
				t.Tier = desk.Tier(n)
			},
			"name":     func(f field) { t.Name = c.text(f) },
			"scope":    func(f field) { t.Scope = c.text(f) },
			"may":      func(f field) { t.May = c.texts(f) },
			"skills":   func(f field) { t.Skills = c.texts(f) },
			"calendar": func(f field) { t.Calendar = c.calendarRef(f) },
		}, "tier", "name")
		c.policy.tiers = append(c.policy.tiers, t)
	}
}

func (c *compiler) hasTier(t desk.Tier) bool {
	return slices.ContainsFunc(c.policy.tiers, func(o Tier) bool { return o.Tier == t })
}

// tierRef reads the number of an existing tier.
func (c *compiler) tierRef(f field) (t desk.Tier, ok bool) {
	n, ok := c.number(f, 0)
	if ok && !c.hasTier(desk.Tier(n)) {
		c.fail(f.value, f.path, "tier %d does not exist%s", n, c.existing())
		ok = false
	}
	return desk.Tier(n), ok
}

func isKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// title derives a display name from a key: "api-team" becomes "Api team".
func title(key string) string {
	name := []rune(strings.NewReplacer("-", " ", "_", " ").Replace(key))
	if len(name) > 0 {
		name[0] = unicode.ToUpper(name[0])
	}
	return string(name)
}

func (c *compiler) calendarNames() []string {
	var all []string
	for _, cal := range c.policy.calendars {
		all = append(all, cal.Name)
	}
	return all
}

// calendarRef reads the name of an existing calendar.
func (c *compiler) calendarRef(f field) string {
	name := c.text(f)
	if _, ok := c.policy.Calendar(name); name != "" && !ok {
		c.fail(f.value, f.path, "calendar %q does not exist%s", name, nearest.Hint(name, c.calendarNames()))
	}
	return name
}
