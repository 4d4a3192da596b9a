package router

import (
	"slices"
	"strings"

	"switchboard/desk"
)

// operations are what `may` of a tier can name and the desk has. What they are for is in
// doc/policy.md.
var operations = []string{"reply", "forward", "resolve", "note", "assign", "move", "snooze", "reopen", "priority", "merge", "task", "swarm", "tag", "edit"}

// planned are names that `may` accepts for operations that the desk does not have yet.
var planned = []string{"export", "refund"}

// always are the operations that a tier with a list never has unless it names them. Others
// are limited only if a tier names them: so that a list of what is done without escalating
// does not forbid to escalate.
var always = []string{"reply", "resolve"}

// Limits returns the tiers whose agents may do an operation. Unlimited: all may, and also
// agents without a tier.
func (p *Policy) Limits(operation string) (able []Tier, unlimited bool) {
	named := slices.Contains(always, operation)
	for _, t := range p.tiers {
		named = named || slices.Contains(t.May, operation)
	}
	if !named {
		return p.Tiers(), true
	}
	for _, t := range p.tiers {
		if len(t.May) == 0 || slices.Contains(t.May, operation) || slices.Contains(t.May, "*") {
			able = append(able, t)
		}
	}
	return able, false
}

// MayDo reports whether an agent who works in some tiers may do an operation.
func (p *Policy) MayDo(tiers []desk.Tier, operation string) bool {
	able, unlimited := p.Limits(operation)
	return unlimited || slices.ContainsFunc(able, func(t Tier) bool { return slices.Contains(tiers, t.Tier) })
}

// MayMacro reports whether the policy lets an agent who works in some tiers do what a
// shared macro does, although they may not do it otherwise: it names macro:NAME or macro:*.
func (p *Policy) MayMacro(tiers []desk.Tier, name string) bool {
	return slices.ContainsFunc(p.tiers, func(t Tier) bool {
		return slices.Contains(tiers, t.Tier) && slices.ContainsFunc(t.May, func(may string) bool {
			granted, ok := strings.CutPrefix(may, "macro:")
			return ok && (granted == "*" || strings.EqualFold(strings.TrimSpace(granted), name))
		})
	})
}

// publish is what a tier may besides the operations: let articles of the knowledge base be
// read. Only tiers that name it may; admins and leads may in any case.
const publish = "publish"

// MayPublish reports whether the policy lets an agent who works in some tiers publish articles.
func (p *Policy) MayPublish(tiers []desk.Tier) bool {
	return slices.ContainsFunc(p.tiers, func(t Tier) bool { return slices.Contains(tiers, t.Tier) && slices.Contains(t.May, publish) })
}

// isOperation reports whether a tier's `may` names an operation of the desk, the actions of
// a macro, or all.
func isOperation(s string) bool {
	name, macro := strings.CutPrefix(s, "macro:")
	return s == "*" || s == publish || macro && strings.TrimSpace(name) != "" || slices.Contains(operations, s)
}

// isPlanned reports whether a tier's `may` is for an operation that the desk does not
// have yet: an amount such as refund<=50, or another name.
func isPlanned(s string) bool {
	if amount, ok := strings.CutPrefix(strings.ReplaceAll(s, " ", ""), "refund<="); ok {
		return amount != "" && strings.Trim(amount, "0123456789.") == ""
	}
	return slices.Contains(planned, s)
}
