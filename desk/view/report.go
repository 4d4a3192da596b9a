package view

import (
	"time"

	"switchboard/desk"
)

// ReportFilter says what a report is about.
type ReportFilter struct {
	Measure  string
	From, To time.Time
	By       string // empty: everything in one group
	Business bool   // durations are business time, of the calendars of the inboxes
	// Bounds are the instants at which the groups begin, with By week, day or hour, and the one
	// at which the last one ends.
	Bounds []time.Time
	// Inboxes are the keys of the inboxes that are counted; nil: all.
	Inboxes []string
}

// Timed reports whether the groups are times.
func (f *ReportFilter) Timed() bool { return f.By == "week" || f.By == "day" || f.By == "hour" }

// MeasureReport is what a measure was.
type MeasureReport struct {
	Measure string      `json:"measure"`
	Unit    string      `json:"unit" enum:"seconds,count,share,score" doc:"Of mean, p50, p90, p95 and promised. score: from 0 to 1"`
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	TZ      string      `json:"tz"`
	By      string      `json:"by" doc:"Empty: everything in one group"`
	Clock   string      `json:"clock" enum:"wall,business"`
	Data    []ReportRow `json:"data"`
}

// ReportRow is a group of a report. What a measure does not have is missing.
type ReportRow struct {
	Key    string     `json:"key" doc:"The tier's number, the inbox's key, the agent's id, the segment, channel or tag, or when the week, day or hour begins; empty: everything, or none"`
	Name   string     `json:"name" doc:"What people call it"`
	Detail string     `json:"detail" doc:"waiting: us, customer or third-party; sla_adherence: the metric; gaps: the gap; topics: tag or word; flow: the inbox that it went to; otherwise empty"`
	Start  *time.Time `json:"start,omitempty" doc:"With by week, day and hour"`
	End    *time.Time `json:"end,omitempty" doc:"With by week, day and hour"`
	N      int64      `json:"n" doc:"How many there were"`
	Mean   *float64   `json:"mean,omitempty"`
	P50    *float64   `json:"p50,omitempty" doc:"The median"`
	P90    *float64   `json:"p90,omitempty"`
	P95    *float64   `json:"p95,omitempty"`
	Count  *int64     `json:"count,omitempty" doc:"Of n: resolved at first contact, returned, in time, good answers, or deflected; handoffs and reassignments: all of them together; flow: returns"`
	Share  *float64   `json:"share,omitempty" minimum:"0" maximum:"1" doc:"count of n; topics: of all new conversations"`
	// Provisional are first resolutions that may still be reopened within their 7 days.
	Provisional   *int64   `json:"provisional,omitempty" doc:"fcr: of n, those whose 7 days are not over; deflection: visits whose 24 hours are not over, which n does not count"`
	Shown         *int64   `json:"shown,omitempty" doc:"deflection: visits that were shown an article, opened or not"`
	Breached      *int64   `json:"breached,omitempty" doc:"sla_adherence: of n, those that were late"`
	Void          *int64   `json:"void,omitempty" doc:"sla_adherence: clocks that ended neither met nor breached, which n does not count"`
	Promised      *float64 `json:"promised,omitempty" doc:"sla_adherence: the mean of the targets, in seconds of business time"`
	Arrivals      *int64   `json:"arrivals,omitempty" doc:"load: new conversations"`
	Resolved      *int64   `json:"resolved,omitempty" doc:"load: resolved or closed"`
	Backlog       *int64   `json:"backlog,omitempty" doc:"load: not resolved at the end"`
	Conversations string   `json:"conversations" doc:"The URL of the conversations that it counts; empty: it counts none, or visits"`
}

// ReportPoint is a conversation that a group of a report counts.
type ReportPoint struct {
	ConversationID desk.ConversationID `json:"conversation_id"`
	Number         int64               `json:"number"`
	Subject        string              `json:"subject"`
	Status         desk.Status         `json:"status"`
	At             time.Time           `json:"at" doc:"When it happened, or was complete"`
	Value          *float64            `json:"value" doc:"In the unit of the report; null: it is only counted"`
}

// ReportPosition is a position in the list of what a group counts.
type ReportPosition struct {
	At time.Time           `json:"at"`
	ID desk.ConversationID `json:"id"`
}
