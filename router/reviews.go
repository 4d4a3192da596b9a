package router

import (
	"slices"

	"switchboard/desk"
)

// ReviewRules say which resolved conversations are drawn for a review of the answers.
type ReviewRules struct {
	// Sample is how many are drawn each week of those that a tier resolved; nil: none.
	Sample map[desk.Tier]int
	// Criteria are what is scored, in order.
	Criteria []string
}

// Criteria are those of a policy that does not say others.
var Criteria = []string{"Understood the question", "Correct", "Tone", "Followed the process"}

const (
	maxSample    = 200
	maxCriteria  = 12
	maxCriterion = 80 // octets
)

// Reviews returns the rules about reviews. Without the section, nothing is drawn.
func (p *Policy) Reviews() ReviewRules { return p.reviews }

// reviews reads the reviews section.
func (c *compiler) reviews(f field) {
	r := &c.policy.reviews
	c.keys(orKey(f), f.path, map[string]func(field){
		"sample":   func(f field) { r.Sample = c.sample(f) },
		"criteria": func(f field) { r.Criteria = c.criteria(f) },
	}, "sample")
	if len(r.Criteria) == 0 {
		r.Criteria = slices.Clone(Criteria)
	}
}

// sample reads how many conversations are drawn: of each tier, or of some.
func (c *compiler) sample(f field) map[desk.Tier]int {
	sizes := map[desk.Tier]int{}
	size := func(f field) int {
		n, ok := c.number(f, 1)
		if ok && n > maxSample {
			c.fail(f.value, f.path, "must be at most %d", maxSample)
		}
		return n
	}
	if _, ok := scalar(f.value); ok {
		n := size(f)
		for _, t := range c.policy.tiers {
			sizes[t.Tier] = n
		}
		return sizes
	}
	known := map[string]func(field){}
	for _, t := range c.policy.tiers {
		known[placeName(t.Tier, "")] = func(f field) { sizes[t.Tier] = size(f) }
	}
	c.keys(orKey(f), f.path, known)
	return sizes
}

// criteria reads the names of criteria, each once.
func (c *compiler) criteria(f field) (list []string) {
	for _, item := range c.items(f, false) {
		name := c.text(item)
		switch {
		case name == "":
		case len(name) > maxCriterion:
			c.fail(item.value, item.path, "has %d octets; at most %d are allowed", len(name), maxCriterion)
		case slices.Contains(list, name):
			c.fail(item.value, item.path, "criterion %q already exists", name)
		default:
			list = append(list, name)
		}
	}
	if len(list) > maxCriteria {
		c.fail(f.value, f.path, "has %d criteria; at most %d are allowed", len(list), maxCriteria)
	}
	return list
}
