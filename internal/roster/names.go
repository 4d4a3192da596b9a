package roster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/nearest"
	"switchboard/router"
)

// Names are what an agent's properties may name: the parts of a policy.
type Names struct {
	Tiers    []router.Tier
	Inboxes  []string
	Skills   []string // of tiers and inboxes, sorted
	Segments []string
}

// NamesOf returns the names of a policy.
func NamesOf(p *router.Policy) Names {
	n := Names{Tiers: p.Tiers(), Skills: p.Skills(), Segments: p.Segments()}
	for _, i := range p.Inboxes() {
		n.Inboxes = append(n.Inboxes, i.Key)
	}
	return n
}

// Problem is an invalid value in a field of an agent.
type Problem struct {
	Field  string // "tiers", "inboxes", ...
	Reason string
}

// Check returns what is wrong with what a change makes of an agent. What the agent had
// before is not checked again: a policy may no longer have what it names.
func Check(before, a *desk.Agent, n Names) (problems []Problem) {
	for _, f := range []struct{ field, reason string }{
		{"tiers", n.tiers(without(a.Tiers, before.Tiers))},
		{"inboxes", unknown("inbox", "inboxes", without(a.Inboxes, before.Inboxes), n.Inboxes)},
		{"skills", unknown("skill", "skills", without(a.Skills, before.Skills), n.Skills)},
		{"inboxes_only", limitProblem(a.InboxesOnly, a.Admin)},
		{"mask_addresses", limitProblem(a.MaskAddresses, a.Admin)},
		{"capacity", capacityProblem(a.Capacity)},
		{"leads", unknown("inbox", "inboxes", without(a.Leads, before.Leads), n.Inboxes)},
		{"timezone", zoneProblem(before, a)},
		{"hours", hoursProblem(before, a)},
		{"display_name", displayProblem(before, a)},
		{"signature", router.SignatureProblem(a.Signature)},
	} {
		if f.reason != "" {
			problems = append(problems, Problem{f.field, f.reason})
		}
	}
	return problems
}

// without returns the items of a list that are not in another one.
func without[T comparable](list, other []T) (rest []T) {
	for _, item := range list {
		if !slices.Contains(other, item) {
			rest = append(rest, item)
		}
	}
	return rest
}

// MaxCapacity is far more than anyone can work on.
const MaxCapacity = 10_000

func limitProblem(limited, admin bool) string {
	if limited && admin {
		return "does not limit admins, who see everything; take away the admin rights first"
	}
	return ""
}

func capacityProblem(n int) string {
	if n < 0 || n > MaxCapacity {
		return fmt.Sprintf("must be a number from 0 to %d; 0 means the capacity of the inbox", MaxCapacity)
	}
	return ""
}

func zoneProblem(before, a *desk.Agent) string {
	if a.Timezone == before.Timezone {
		return ""
	}
	_, err := Zone(a.Timezone)
	return reason(err)
}

const maxDisplayName = 100 // runes

// displayProblem checks the name that customers see. It is not an address, which could be
// taken for the one that a mail comes from.
func displayProblem(before, a *desk.Agent) string {
	name := a.DisplayName
	switch {
	case name == before.DisplayName:
		return ""
	case utf8.RuneCountInString(name) > maxDisplayName || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Sprintf("must be one line of at most %d characters", maxDisplayName)
	case strings.ContainsAny(name, "@<>"):
		return "must be a name, not an address"
	}
	return ""
}

func hoursProblem(before, a *desk.Agent) string {
	if a.Timezone == before.Timezone && maps.EqualFunc(a.Hours, before.Hours, slices.Equal[[]string]) {
		return ""
	}
	if _, err := Calendar("", a.Hours); err != nil || len(a.Hours) == 0 {
		return reason(err)
	}
	if a.Timezone == "" {
		return "need a time zone, such as Europe/Berlin"
	}
	return ""
}

// reason is the text of an error without the field that it begins with.
func reason(err error) string {
	if err == nil {
		return ""
	}
	_, text, _ := strings.Cut(err.Error(), ": ")
	return text
}

// tiers checks the numbers of tiers.
func (n *Names) tiers(tiers []desk.Tier) string {
	for _, tier := range tiers {
		if !slices.ContainsFunc(n.Tiers, func(t router.Tier) bool { return t.Tier == tier }) {
			var known []string
			for _, t := range n.Tiers {
				known = append(known, fmt.Sprintf("%d (%s)", t.Tier, t.Name))
			}
			return fmt.Sprintf("there is no tier %d; the policy has %s", tier, strings.Join(known, ", "))
		}
	}
	return ""
}

// unknown explains the first name that is not known.
func unknown(one, many string, names, known []string) string {
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		switch near := nearest.Name(name, known); {
		case near != "":
			return fmt.Sprintf("there is no %s %q; did you mean %q?", one, name, near)
		case len(known) == 0:
			return fmt.Sprintf("there is no %s %q: the policy has no %s", one, name, many)
		}
		return fmt.Sprintf("there is no %s %q; the policy has %s", one, name, strings.Join(known, ", "))
	}
	return ""
}

// Normalize brings the lists of an agent into one form: trimmed, sorted, each name once.
func Normalize(a *desk.Agent) {
	for _, list := range []*[]string{&a.Inboxes, &a.Skills, &a.Leads} {
		names := make([]string, 0, len(*list))
		for _, name := range *list {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		*list = slices.Compact(names)
	}
	a.Tiers = slices.Clone(a.Tiers)
	slices.SortFunc(a.Tiers, cmp.Compare[desk.Tier])
	a.Tiers = slices.Compact(a.Tiers)
	a.Timezone = strings.TrimSpace(a.Timezone)
	a.DisplayName = strings.TrimSpace(a.DisplayName)
	a.Signature = strings.TrimSpace(strings.ReplaceAll(a.Signature, "\r\n", "\n"))
}

// Document is a version of the policy.
type Document struct {
	Version int64
	Text    string
}

// Policies reads the policies in force: the live one, and that of the pilot if one is running.
type Policies func(ctx context.Context) ([]Document, error)

// Directory returns the names of the policies in force. It compiles them once.
type Directory struct {
	policies Policies
	mu       sync.Mutex
	versions []int64
	names    Names
}

// NewDirectory returns a Directory of the policies that read returns.
func NewDirectory(read Policies) *Directory { return &Directory{policies: read} }

// Names returns the names of the policies in force.
func (d *Directory) Names(ctx context.Context) (Names, error) {
	documents, err := d.policies(ctx)
	if err != nil {
		return Names{}, err
	}
	versions := make([]int64, len(documents))
	for i := range documents {
		versions[i] = documents[i].Version
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.Equal(versions, d.versions) {
		return d.names, nil
	}
	var names Names
	for i := range documents {
		p, err := router.Compile([]byte(documents[i].Text))
		if err != nil {
			return Names{}, err
		}
		names.add(NamesOf(p))
	}
	d.versions, d.names = versions, names
	return names, nil
}

// add adds the names that are missing.
func (n *Names) add(more Names) {
	for _, t := range more.Tiers {
		if !slices.ContainsFunc(n.Tiers, func(o router.Tier) bool { return o.Tier == t.Tier }) {
			n.Tiers = append(slices.Clip(n.Tiers), t)
		}
	}
	n.Inboxes = append(slices.Clip(n.Inboxes), without(more.Inboxes, n.Inboxes)...)
	n.Segments = append(slices.Clip(n.Segments), without(more.Segments, n.Segments)...)
	n.Skills = append(slices.Clip(n.Skills), without(more.Skills, n.Skills)...)
	slices.Sort(n.Skills)
}
