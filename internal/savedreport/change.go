package savedreport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/nearest"
	"switchboard/internal/report"
)

// Change is what a person changes about a report; nil: it stays.
type Change struct {
	Name, Scope, Period, By, Clock, TZ *string
	Measures                           *[]string
}

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid is the error of a change that is not valid.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const maxName = 80

// Apply changes a report; an Invalid error if the result is not a valid one.
func (c *Change) Apply(r *Report) error {
	for _, one := range []struct{ from, to *string }{{c.Name, &r.Name}, {c.Scope, &r.Scope}, {c.Period, &r.Period}, {c.By, &r.By}, {c.TZ, &r.TZ}} {
		if one.from != nil {
			*one.to = strings.TrimSpace(*one.from)
		}
	}
	if c.Measures != nil {
		r.Measures = slices.Clone(*c.Measures)
	}
	var problems Invalid
	if c.Clock != nil {
		if r.Business = *c.Clock == "business"; !r.Business && *c.Clock != "wall" {
			problems = append(problems, Problem{"clock", choose(*c.Clock, []string{"wall", "business"})})
		}
	}
	if problems = append(problems, r.check()...); len(problems) > 0 {
		return problems
	}
	return nil
}

func (r *Report) check() (problems Invalid) {
	refuse := func(field, reason string) {
		if reason != "" {
			problems = append(problems, Problem{field, reason})
		}
	}
	refuse("name", badName(r.Name))
	if !slices.Contains(Scopes, r.Scope) {
		refuse("scope", choose(r.Scope, Scopes))
	}
	if _, err := report.FindPeriod(r.Period); err != nil {
		refuse("period", err.Error())
	}
	if _, err := time.LoadLocation(r.TZ); err != nil || r.TZ == "" || r.TZ == "Local" {
		refuse("tz", "is not the IANA name of a time zone, such as Europe/Berlin")
	}
	refuse("measures", badMeasures(r.Measures))
	if r.By != "" && !slices.Contains(report.Groupings, r.By) {
		refuse("by", choose(r.By, report.Groupings))
	} else if len(problems) == 0 && !slices.ContainsFunc(r.Measures, func(name string) bool { m, err := report.Find(name); return err == nil && m.Groups(r.By) }) {
		refuse("by", fmt.Sprintf("no measure of this report can be grouped by %s", r.By))
	}
	return problems
}

func badName(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("must have at most %d characters", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "must be one line of text"
	}
	return ""
}

func badMeasures(names []string) string {
	if len(names) == 0 {
		return "choose at least one measure"
	}
	for i, name := range names {
		var wrong *report.Error
		if _, err := report.Find(name); errors.As(err, &wrong) {
			return wrong.Message
		}
		if slices.Contains(names[:i], name) {
			return name + " is listed twice"
		}
	}
	return ""
}

func choose(name string, known []string) string {
	if near := nearest.Name(name, known); near != "" {
		return fmt.Sprintf("%q is not known; did you mean %q?", name, near)
	}
	return "must be one of " + strings.Join(known, ", ")
}
