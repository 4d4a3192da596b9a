package api

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/report"
	"switchboard/internal/savedreport"
)

// Reports calculates measures.
type Reports interface {
	// Report returns the groups of a report, in the order in which they are shown.
	Report(ctx context.Context, f view.ReportFilter) ([]view.ReportRow, error)
	// ReportConversations lists what a group counts and the agent may read, the newest
	// first, after a position; key and detail nil: any.
	ReportConversations(ctx context.Context, as desk.Agent, f view.ReportFilter, key, detail *string, after view.ReportPosition, limit int) ([]view.ReportPoint, error)
}

// ReportInput has the parameters of every report. It is exported because huma reads only
// exported embedded fields.
type ReportInput struct {
	Measure string `path:"measure" doc:"mtta, first_response, next_response, mttr, fcr, resolution_by_tier, time_in_tier, waiting, handoffs, reassignments, returned, sla_adherence, routing_delay, gaps, load, volume, topics, csat, effort, quality, deflection or flow"`
	From    string `query:"from" maxLength:"64" doc:"An instant, or a day in the time zone; absent: 30 days before to"`
	To      string `query:"to" maxLength:"64" doc:"Before that instant, or before the beginning of that day; absent: now"`
	// Period stands for From and To.
	Period   string `query:"period" maxLength:"64" doc:"Instead of from and to: last_7_days, last_30_days, last_90_days, this_month, last_month, this_quarter or last_quarter, by the calendar of tz; today is the last day of those that are not over"`
	Previous bool   `query:"previous" doc:"With period: the one before it; of a period that is not over, as many of its days"`
	TZ       string `query:"tz" maxLength:"64" doc:"IANA name of the time zone of weeks, days and hours; absent: UTC"`
	By       string `query:"by" maxLength:"64" doc:"tier, inbox, segment, agent, channel, tag, week (from Monday), day or hour; absent: what is usual for the measure"`
	Clock    string `query:"clock" maxLength:"64" doc:"wall, or business: durations are business time, by the calendar of the inbox; absent: wall"`
}

type reportRequest struct {
	ReportInput
	Accept string `header:"Accept" doc:"text/csv: the rows as CSV"`
}

type reportConversationsInput struct {
	ReportInput
	ListInput
	Key    string `query:"key" maxLength:"300" doc:"The key of the group"`
	Detail string `query:"detail" maxLength:"300" doc:"The detail of the group; absent: any"`
}

type reportOutput struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary"`
	Disposition string `header:"Content-Disposition"`
	Body        any    // a view.MeasureReport, or the octets of CSV
}

func (s *server) reportRoutes() {
	tags := []string{"Reports"}
	schema := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[view.MeasureReport](), true, "")
	handle(s, huma.Operation{
		OperationID: "report", Method: http.MethodGet, Path: "/reports/{measure}", Tags: tags, Summary: "Calculate a measure",
		Description: "For admins, and for leads about their inboxes. doc/api.md says what each measure counts. With Accept: text/csv the rows come as CSV.",
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
			"application/json": {Schema: schema}, "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
	}, s.report)
	handle(s, huma.Operation{
		OperationID: "report-conversations", Method: http.MethodGet, Path: "/reports/{measure}/conversations", Tags: tags, Summary: "List what a group of a report counts",
		Description: "The newest first. Conversations that you may not read are counted in reports and not listed here. Rows of reports have the URL.",
	}, s.reportConversations)
}

// reportScope returns the inboxes about which the agent may read reports; nil: all.
func reportScope(by desk.Agent) ([]string, error) {
	if err := savedreport.MayRead(&by); err != nil {
		return nil, err
	}
	if by.Admin {
		return nil, nil
	}
	return by.Leads, nil
}

// parse checks the parameters of a report.
func (in *ReportInput) parse(ctx context.Context) (m report.Measure, f view.ReportFilter, loc *time.Location, err error) {
	scope, err := reportScope(auth.AgentOf(ctx))
	if err != nil {
		return m, f, nil, err
	}
	m, f, loc, err = report.Parse(report.Request{Measure: in.Measure, From: in.From, To: in.To, Period: in.Period, Previous: in.Previous, TZ: in.TZ, By: in.By, Clock: in.Clock}, time.Now())
	var wrong *report.Error
	if errors.As(err, &wrong) {
		return m, f, nil, problem.Invalid(wrong.Location, wrong.Message, wrong.Value)
	}
	f.Inboxes = scope
	return m, f, loc, err
}

func (s *server) report(ctx context.Context, in *reportRequest) (*reportOutput, error) {
	m, f, loc, err := in.parse(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.Reports.Report(ctx, f)
	if err != nil {
		return nil, err
	}
	r := report.New(m, &f, loc, rows)
	for i := range r.Data {
		linkRow(&r.Data[i], &r)
	}
	out := &reportOutput{Vary: "Accept"}
	if wantsCSV(in.Accept) {
		var text bytes.Buffer
		if err := report.WriteCSV(&text, m, &r); err != nil {
			return nil, err
		}
		out.ContentType, out.Body = "text/csv; charset=utf-8; header=present", text.Bytes()
		out.Disposition = mime.FormatMediaType("attachment", map[string]string{"filename": m.Name + ".csv"})
		return out, nil
	}
	out.Body = r
	return out, nil
}

func (s *server) reportConversations(ctx context.Context, in *reportConversationsInput) (*listOutput[view.ReportPoint], error) {
	var after view.ReportPosition
	if err := decodeCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	m, f, _, err := in.parse(ctx)
	if err != nil {
		return nil, err
	}
	var key, detail *string
	q := middleware.RequestOf(ctx).URL.Query()
	if q.Has("key") {
		key = &in.Key
	}
	if q.Has("detail") {
		detail = &in.Detail
	}
	if f.Timed() {
		return nil, problem.Invalid("query.by", "weeks, days and hours are chosen by from and to", in.By)
	}
	if m.Fixed {
		f.By = map[string]string{"topics": "tag", "flow": "inbox"}[m.Name]
	}
	rows, err := s.Reports.ReportConversations(ctx, auth.AgentOf(ctx), f, key, detail, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(p view.ReportPoint) view.ReportPosition {
		return view.ReportPosition{At: p.At, ID: p.ConversationID}
	})
}

// linkRow links a row to its conversations.
func linkRow(row *view.ReportRow, r *view.MeasureReport) {
	from, to := r.From, r.To
	q := url.Values{}
	if row.Start != nil {
		start, end := *row.Start, *row.End
		if start.After(from) {
			from = start
		}
		if end.Before(to) {
			to = end
		}
	} else {
		q.Set("by", r.By)
		q.Set("key", row.Key)
	}
	if r.Measure == "deflection" || row.N == 0 && (row.Void == nil || *row.Void == 0) && (row.Resolved == nil || *row.Resolved == 0) || r.Measure == "topics" && row.Detail == "word" {
		return
	}
	switch {
	case r.Measure == "topics":
		q.Del("by")
	case r.Measure == "flow":
		q = url.Values{"key": {row.Detail}}
	case r.By == "":
		q = url.Values{}
	}
	switch {
	case r.Measure == "topics":
	case r.Measure == "flow":
		q.Set("detail", row.Key)
	case row.Detail != "":
		q.Set("detail", row.Detail)
	}
	q.Set("from", from.UTC().Format(time.RFC3339Nano))
	q.Set("to", to.UTC().Format(time.RFC3339Nano))
	row.Conversations = base + "/reports/" + r.Measure + "/conversations?" + q.Encode()
}

// wantsCSV reports whether a client prefers CSV to JSON, which is the first in case of doubt.
func wantsCSV(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && params["q"] != "0" {
			if kind == "text/csv" {
				return true
			}
			if kind == "application/json" {
				return false
			}
		}
	}
	return false
}
