package slareference

import (
	"fmt"
	"strings"
	"time"
)

// Condition combines terms with "and", or with "or" if Any is set. Without terms it is
// always true.
type Condition struct {
	Any   bool
	Terms []Term
}

// Term compares a fact with one value, which depends on the kind of fact.
type Term struct {
	Fact    string
	Op      string        // "==" if empty; ">=" and ">" mean the same for ages
	Text    string        // segment, inbox, account.plan, message.subject and others
	Number  int           // tier, account.attributes.arr
	Percent int           // sla.METRIC
	Age     time.Duration // stint.age, conversation.age
	Not     bool          // of a fact that is true or false by itself
}

// facts answers the questions of terms.
type facts interface {
	text(fact string) string
	number(fact string) int
	age(fact string) time.Duration
	flag(fact string) bool            // sla.METRIC.breached, conversation.assigned
	used(metric string, pct int) bool // whether this share is used
}

func (c Condition) holds(f facts) bool {
	for _, t := range c.Terms {
		if t.holds(f) == c.Any {
			return c.Any
		}
	}
	return !c.Any || len(c.Terms) == 0
}

func (t Term) holds(f facts) bool {
	switch {
	case t.Percent > 0:
		return f.used(strings.TrimPrefix(t.Fact, "sla."), t.Percent)
	case t.Age > 0:
		return f.age(t.Fact) >= t.Age
	case t.Text != "" && t.Op == "contains":
		return strings.Contains(f.text(t.Fact), t.Text)
	case t.Text != "" && t.Op == "!=":
		return f.text(t.Fact) != t.Text
	case t.Text != "":
		return f.text(t.Fact) == t.Text
	case t.Number > 0 && t.Op == ">=":
		return f.number(t.Fact) >= t.Number
	case t.Number > 0:
		return f.number(t.Fact) == t.Number
	default:
		return f.flag(t.Fact) != t.Not
	}
}

// String renders the condition as in a policy document.
func (c Condition) String() string {
	terms := make([]string, len(c.Terms))
	for i, t := range c.Terms {
		terms[i] = t.String()
	}
	if c.Any {
		return strings.Join(terms, " or ")
	}
	return strings.Join(terms, " and ")
}

func (t Term) String() string {
	op := t.Op
	if op == "" {
		op = "=="
	}
	switch {
	case t.Percent > 0:
		return fmt.Sprintf("%s >= %d%%", t.Fact, t.Percent)
	case t.Age > 0:
		return fmt.Sprintf("%s %s %s", t.Fact, op, duration(t.Age))
	case t.Text != "":
		return fmt.Sprintf("%s %s %q", t.Fact, op, t.Text)
	case t.Number > 0:
		return fmt.Sprintf("%s %s %d", t.Fact, op, t.Number)
	case t.Not:
		return "not " + t.Fact
	default:
		return t.Fact
	}
}

// duration renders a duration with one unit: "2h", "90m", "45s".
func duration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}
