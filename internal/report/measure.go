// Package report says which measures there are, how they can be grouped, what a request for
// one means, and how the answer is written as CSV. Pure; package store calculates.
package report

import (
	"fmt"
	"slices"
	"strings"

	"switchboard/internal/nearest"
)

// Measure is a number that a support lead looks at.
type Measure struct {
	Name string
	Unit string // seconds, count, share or score
	By   string // how it is grouped unless the request says so
	// Columns are what its rows have, beside the key; their names are those of the JSON.
	Columns []string
	// Fixed: it cannot be grouped in another way.
	Fixed bool
	// Only are the groupings that it can have; nil: all.
	Only []string
	Doc  string
}

var spread = []string{"n", "mean", "p50", "p90", "p95"}

func with(more ...string) []string { return append(slices.Clip(slices.Clone(spread)), more...) }

// Measures are all measures.
var Measures = []Measure{
	{Name: "mtta", Unit: "seconds", Columns: spread, Doc: "time to acknowledge: from the opening until an agent replied, accepted it or took it"},
	{Name: "first_response", Unit: "seconds", Columns: spread, Doc: "from the opening until the first reply of a person"},
	{Name: "next_response", Unit: "seconds", Columns: spread, Doc: "from the customer's first message after a reply until the next reply"},
	{Name: "mttr", Unit: "seconds", Columns: spread, Doc: "from the opening until the last resolution"},
	{Name: "fcr", Unit: "share", Columns: []string{"n", "count", "share", "provisional"}, Doc: "first-contact resolution: first resolutions by the first holder that were not reopened within 7 days"},
	{Name: "resolution_by_tier", Unit: "seconds", By: "tier", Columns: spread, Doc: "mttr by the tier that resolved"},
	{Name: "time_in_tier", Unit: "seconds", By: "tier", Columns: spread, Doc: "how long resolved conversations were in a tier"},
	{Name: "waiting", Unit: "seconds", Columns: with("detail"), Doc: "how long resolved conversations waited for us, the customer and third parties"},
	{Name: "handoffs", Unit: "count", Columns: with("count"), Doc: "changes of tier of resolved conversations"},
	{Name: "reassignments", Unit: "count", Columns: with("count"), Doc: "changes from one agent to another of resolved conversations"},
	{Name: "returned", Unit: "share", Columns: []string{"n", "count", "share"}, Doc: "handoffs that the receiver sent back"},
	{Name: "sla_adherence", Unit: "seconds", By: "tier", Columns: with("detail", "count", "share", "breached", "void", "promised"), Doc: "promises that were kept, and what was promised and observed"},
	{Name: "routing_delay", Unit: "seconds", Columns: spread, Doc: "how long conversations waited in an inbox for an assignee"},
	{Name: "gaps", Unit: "count", Columns: []string{"n", "detail"}, Doc: "conversations found without an owner, a clock or a next action"},
	{Name: "load", Unit: "count", Columns: []string{"arrivals", "resolved", "backlog"}, Doc: "new and resolved conversations, and those that were open at the end"},
	{Name: "volume", Unit: "count", By: "channel", Columns: []string{"n"}, Doc: "new conversations"},
	{Name: "topics", Unit: "count", Fixed: true, Columns: []string{"n", "detail", "share"}, Doc: "tags of new conversations, and words that their subjects share"},
	{Name: "csat", Unit: "score", Columns: with("count", "share"), Doc: "how satisfied customers were"},
	{Name: "effort", Unit: "score", Columns: with("count", "share"), Doc: "how easy customers found it"},
	{Name: "quality", Unit: "score", By: "tier", Columns: with("count", "share"), Doc: "how well answers were scored in reviews"},
	{Name: "deflection", Unit: "share", Only: []string{"week", "day", "hour"}, Columns: []string{"n", "count", "share", "provisional", "shown"}, Doc: "visits of the help pages that opened an article, and wrote nothing in the next 24 hours"},
	{Name: "flow", Unit: "count", Fixed: true, Columns: []string{"n", "detail", "count"}, Doc: "moves between inboxes"},
}

// Groupings are what a report can be grouped by.
var Groupings = []string{"tier", "inbox", "segment", "agent", "channel", "tag", "week", "day", "hour"}

// Find returns a measure.
func Find(name string) (Measure, error) {
	names := make([]string, 0, len(Measures))
	for _, m := range Measures {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Measure{}, unknown("path.measure", "measure", name, names)
}

// Error is a parameter that a request got wrong.
type Error struct {
	Location string // such as query.by
	Message  string
	Value    string
}

func (e *Error) Error() string { return e.Message }

func unknown(location, what, name string, known []string) error {
	message := fmt.Sprintf("there is no %s %q", what, name)
	if near := nearest.Name(name, known); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	} else {
		message += "; use " + strings.Join(known, ", ")
	}
	return &Error{Location: location, Message: message, Value: name}
}
