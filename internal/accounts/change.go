// Package accounts decides what may be changed about a customer account, and imports
// lists of accounts. It is pure.
package accounts

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/roster"
)

// Fields are the properties of an account that can be changed, by the names of the API.
var Fields = []string{"name", "domains", "plan", "attributes", "tags", "owner", "timezone", "external_id"}

// MayEdit returns the properties that an agent may change. Tags help everyone to work;
// the others decide about routing, service levels and who a customer is, and are left to
// admins.
func MayEdit(a desk.Agent) []string {
	if a.Admin {
		return slices.Clone(Fields)
	}
	return []string{"tags"}
}

// Change is a change of an account. What is nil stays as it is.
type Change struct {
	Name       *string
	Domains    *[]string
	AddDomains bool           // Domains are added, and none is removed
	Plan       *string        // the attribute "plan"; empty removes it
	Attributes map[string]any // those to be set; nil values are removed
	Tags       *[]string
	Owner      *desk.AgentID // zero: nobody
	Timezone   *string
	ExternalID *string
}

// Problem is an invalid value.
type Problem struct {
	Field  string // one of Fields, or "attributes.NAME"
	Reason string
}

// Fields returns the properties that the change sets.
func (c *Change) Fields() (fields []string) {
	for i, given := range []bool{c.Name != nil, c.Domains != nil, c.Plan != nil, len(c.Attributes) > 0, c.Tags != nil, c.Owner != nil, c.Timezone != nil, c.ExternalID != nil} {
		if given {
			fields = append(fields, Fields[i])
		}
	}
	return fields
}

// Limits of an account.
const (
	maxText       = 1000 // characters of an attribute
	maxName       = 200
	maxTag        = 50
	maxTags       = 100
	maxDomains    = 200
	maxAttributes = 200
)

// Apply changes an account, and returns what is wrong with the new values.
func (c *Change) Apply(a *desk.Account) (problems []Problem) {
	add := func(field, reason string) {
		if reason != "" {
			problems = append(problems, Problem{field, reason})
		}
	}
	if c.Name != nil {
		a.Name = strings.TrimSpace(*c.Name)
		add("name", line(a.Name, maxName))
	}
	if a.Name == "" && c.Name == nil {
		add("name", "is required for a new account")
	}
	if c.Domains != nil {
		list := *c.Domains
		if c.AddDomains {
			list = slices.Concat(a.Domains, list)
		}
		var reason string
		a.Domains, reason = domains(list)
		add("domains", reason)
	}
	if c.Tags != nil {
		var reason string
		a.Tags, reason = tags(*c.Tags)
		add("tags", reason)
	}
	if c.Owner != nil {
		a.OwnerID = *c.Owner
	}
	if c.Timezone != nil {
		a.Timezone = strings.TrimSpace(*c.Timezone)
		if _, err := roster.Zone(a.Timezone); err != nil {
			add("timezone", fmt.Sprintf("%q is not a valid IANA time zone such as Europe/Berlin", a.Timezone))
		}
	}
	if c.ExternalID != nil {
		a.ExternalID = strings.TrimSpace(*c.ExternalID)
		if a.ExternalID != "" {
			add("external_id", line(a.ExternalID, maxName))
		}
	}
	return append(problems, c.attributes(a)...)
}

// attributes merges the attributes and the plan into those of an account.
func (c *Change) attributes(a *desk.Account) (problems []Problem) {
	merged := maps.Clone(a.Attributes)
	if merged == nil {
		merged = map[string]any{}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		value, reason := attribute(name, c.Attributes[name])
		if reason != "" {
			problems = append(problems, Problem{"attributes." + name, reason})
		}
		if value == nil {
			delete(merged, name)
			continue
		}
		merged[name] = value
	}
	if plan, ok := c.Attributes["plan"]; ok && plan != nil {
		if _, text := plan.(string); !text {
			problems = append(problems, Problem{"attributes.plan", "must be text"})
		}
	}
	if c.Plan != nil {
		plan := strings.TrimSpace(*c.Plan)
		merged["plan"] = plan
		if plan == "" {
			delete(merged, "plan")
		} else if reason := line(plan, maxName); reason != "" {
			problems = append(problems, Problem{"plan", reason})
		}
	}
	if len(merged) > maxAttributes {
		problems = append(problems, Problem{"attributes", fmt.Sprintf("are limited to %d", maxAttributes)})
	}
	a.Attributes = merged
	return problems
}

// attributeName is what a condition can name: account.attributes.NAME.
var attributeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// ValidAttribute reports whether an attribute can have the name.
func ValidAttribute(name string) bool { return attributeName.MatchString(name) }

func attribute(name string, value any) (any, string) {
	if !ValidAttribute(name) {
		return nil, "is not a valid name: use lower-case letters, digits and underscores, beginning with a letter"
	}
	switch v := value.(type) {
	case nil:
		return nil, ""
	case bool:
		return v, ""
	case string:
		v = strings.TrimSpace(v)
		switch {
		case v == "":
			return nil, ""
		case utf8.RuneCountInString(v) > maxText || strings.ContainsRune(v, 0):
			return nil, fmt.Sprintf("must be text of at most %d characters", maxText)
		}
		return v, ""
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, "is not a number"
		}
		return v, ""
	}
	return nil, "must be text, a number, true, false or null"
}

// line explains why a text is not one line of limited length.
func line(s string, limit int) string {
	switch {
	case s == "":
		return "must not be empty"
	case utf8.RuneCountInString(s) > limit:
		return fmt.Sprintf("must have at most %d characters", limit)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must be one line without control characters"
	}
	return ""
}

// tags returns tags in lower case, sorted, each once.
func tags(list []string) ([]string, string) {
	out := make([]string, 0, len(list))
	for _, t := range list {
		t = strings.ToLower(strings.TrimSpace(t))
		if reason := line(t, maxTag); reason != "" {
			return nil, fmt.Sprintf("the tag %q %s", t, reason)
		}
		out = append(out, t)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxTags {
		return nil, fmt.Sprintf("are limited to %d", maxTags)
	}
	return out, ""
}

// domains returns the domains in the form in which addresses have them, sorted, each once.
func domains(list []string) ([]string, string) {
	out := make([]string, 0, len(list))
	for _, text := range list {
		d, reason := domain(text)
		if reason != "" {
			return nil, reason
		}
		out = append(out, d)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxDomains {
		return nil, fmt.Sprintf("are limited to %d", maxDomains)
	}
	return out, ""
}

// domain reads a mail domain. What people paste instead (an address, a URL) is explained.
func domain(text string) (string, string) {
	d := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), "."))
	if strings.ContainsAny(d, "@/: ") {
		return "", fmt.Sprintf("%q is not a domain such as example.com", text)
	}
	if _, err := idna.Lookup.ToASCII(d); err != nil {
		return "", fmt.Sprintf("%q is not a valid domain", text)
	}
	_, d = imf.SplitAddr(imf.NormalizeAddr("x@" + d)) // in the spelling that addresses are stored in
	switch {
	case !strings.Contains(d, ".") || len(d) > 253:
		return "", fmt.Sprintf("%q is not a domain such as example.com", text)
	case imf.Freemail(d):
		return "", fmt.Sprintf("%s offers mailboxes to the public: its users are customers of their own", d)
	}
	return d, ""
}
