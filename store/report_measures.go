package store

import (
	"slices"

	"switchboard/desk/view"
)

// counted says what a measure counts.
type counted struct {
	kinds   []string // of points
	detail  bool     // groups are divided by the detail of the points
	value   string   // a column of the points; empty: the duration
	sum     bool     // a conversation has several points in a group, which are added up
	whole   string   // instead: the kind with one point of a conversation, unless groups are of its holders
	outcome bool     // the outcomes of the points count
	filter  string
}

// measures are the points that the measures count; internal/report describes them.
var measures = map[string]counted{
	"mtta":               {kinds: []string{"acknowledged"}},
	"first_response":     {kinds: []string{"first_response"}},
	"next_response":      {kinds: []string{"next_response"}},
	"mttr":               {kinds: []string{"resolution"}},
	"fcr":                {kinds: []string{"fcr"}, outcome: true},
	"resolution_by_tier": {kinds: []string{"resolution"}},
	"time_in_tier":       {kinds: []string{"held"}, sum: true, whole: "spent"},
	"waiting":            {kinds: []string{"held"}, sum: true, detail: true, whole: "waited"},
	"handoffs":           {kinds: []string{"resolution"}, value: "p.handoffs"},
	"reassignments":      {kinds: []string{"resolution"}, value: "p.reassignments"},
	"returned":           {kinds: []string{"moved"}, filter: " and p.outcome <> 'return'", outcome: true},
	"sla_adherence":      {kinds: []string{"clock"}, detail: true, outcome: true},
	"routing_delay":      {kinds: []string{"routed"}},
	"gaps":               {kinds: []string{"gap"}, detail: true},
	"load":               {kinds: []string{"opened", "resolved", "backlog"}},
	"volume":             {kinds: []string{"opened"}},
	"topics":             {kinds: []string{"opened"}},
	"csat":               {kinds: []string{"csat"}, outcome: true},
	"effort":             {kinds: []string{"effort"}, outcome: true},
	"quality":            {kinds: []string{"quality"}, outcome: true},
	"flow":               {kinds: []string{"moved"}},
	"deflection":         {kinds: []string{"shown", "opened"}}, // of help_events
}

// totals avoids adding up the points of conversations, if what the report asks for is kept: the whole of a conversation, or
// what each of its holders had. That of holders includes all inboxes.
func (m counted) totals(f *view.ReportFilter) counted {
	switch holder := slices.Contains([]string{"tier", "inbox", "agent"}, f.By); {
	case holder && (f.Inboxes == nil || f.By == "inbox"):
		m.value = "p." + f.By + "_" + m.whole
		if f.Business {
			m.value += "_business"
		}
		m.sum, m.filter = false, " and "+m.value+" is not null"
	case !holder && f.Inboxes == nil:
		m.kinds, m.sum = []string{m.whole}, false
	}
	return m
}

// groupings are the expressions by which points are grouped.
var groupings = map[string]string{"": "''", "tier": "p.tier", "inbox": "p.inbox_id", "segment": "p.segment", "agent": "p.agent_id", "channel": "p.channel", "tag": "t.tag",
	"week": "width_bucket(p.at, $5::timestamptz[])", "day": "width_bucket(p.at, $5::timestamptz[])", "hour": "width_bucket(p.at, $5::timestamptz[])"}
