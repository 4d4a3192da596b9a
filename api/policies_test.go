package api

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/policies"
	"switchboard/router"
)

// firstPolicy publishes the default document as version 1.
func (d *desks) firstPolicy() {
	d.t.Helper()
	if _, err := policies.Publish(d.t.Context(), d.st, desk.Publication{Document: string(router.Default), Origin: desk.OriginDefault}); err != nil {
		d.t.Fatal(err)
	}
}

// publishPolicy sends a publication.
func (d *desks) publishPolicy(who, match string, body map[string]any) answer {
	d.t.Helper()
	r := d.request("POST", "/policies", body)
	r.Header.Set("Authorization", "Bearer "+d.keys[who])
	r.Header.Set("If-Match", match)
	return d.send(r)
}

// TestPublishPolicy: publish, lose against somebody faster, roll back; the history and the
// event log say who did what and why.
func TestPublishPolicy(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	d.agent("eve", desk.Agent{Name: "Eve", Email: "eve@desk.example", Admin: true})
	draft := strings.Replace(string(router.Default), "resolution: 24h", "resolution: 16h", 1)
	publish := d.publishPolicy
	a := publish("root", `"1"`, map[string]any{"document": draft, "reason": " faster "}).want(t, 201)
	var made view.PolicyVersion
	a.json(t, &made)
	if a.Header.Get("ETag") != `"2"` || made.Version != 2 || made.Author != "root@desk.example" || made.Reason != "faster" || made.Origin != desk.OriginAPI || !made.Live {
		t.Errorf("%s %+v", a.Header.Get("ETag"), made)
	}
	for match, want := range map[string]struct {
		status int
		detail string
	}{
		`"1"`: {412, "version 2 was published by root@desk.example at "}, "": {428, "If-Match is missing"}, `"9"`: {422, "there is no version 9; 2 is live"}, "x": {422, "must be the number of a version"},
	} {
		if a := publish("eve", match, map[string]any{"document": draft + "\n", "reason": "mine"}).want(t, want.status); !strings.Contains(a.body, want.detail) {
			t.Errorf("If-Match %s: %s", match, a.body)
		}
	}
	bad := strings.Replace(draft, "inbox: billing", "inbox: biling", 1)
	if a := publish("eve", `"2"`, map[string]any{"document": bad, "reason": "mine"}).want(t, 422); !strings.Contains(a.body, `body.document:`) || !strings.Contains(a.body, `did you mean \"billing\"?`) {
		t.Error(a.body)
	}
	for _, body := range []map[string]any{{"reason": "both", "document": draft, "version": 1}, {"reason": "none"}, {"document": draft, "reason": "  "}, {"document": draft}} {
		publish("eve", "*", body).want(t, 422)
	}
	publish("eve", "*", map[string]any{"version": 9, "reason": "back"}).want(t, 404)
	publish("eve", `"2"`, map[string]any{"version": 1, "reason": "too fast"}).want(t, 201)

	var history Page[view.PolicyVersion]
	d.as("root", "GET", "/policies?limit=2", nil).want(t, 200).json(t, &history)
	if len(history.Data) != 2 || history.NextCursor == nil || history.Data[0].Version != 3 || history.Data[0].Restores == nil || *history.Data[0].Restores != 1 || history.Data[0].Author != "eve@desk.example" || history.Data[1].Live {
		t.Errorf("%+v", history)
	}
	d.as("root", "GET", "/policies?cursor="+*history.NextCursor, nil).want(t, 200).json(t, &history)
	if len(history.Data) != 1 || history.Data[0].Origin != desk.OriginDefault || history.NextCursor != nil {
		t.Errorf("%+v", history)
	}
	for version, want := range map[string]string{"1": "24h", "2": "16h", "live": "24h"} {
		var p view.PolicyDocument
		d.as("root", "GET", "/policies/"+version, nil).want(t, 200).json(t, &p)
		if !strings.Contains(p.Document, "resolution: "+want) {
			t.Errorf("version %s", version)
		}
	}
	for _, version := range []string{"0", "9", "x", "-1"} {
		d.as("root", "GET", "/policies/"+version, nil).want(t, 404)
	}
	var events int
	if err := d.db.QueryRow(`select count(*) from events where kind = 'policy.published' and actor = $1 and data->>'reason' = 'too fast' and data->>'restores' = '1'`, desk.AgentActor(d.people["eve"].ID)).Scan(&events); err != nil || events != 1 {
		t.Errorf("%d events, %v", events, err)
	}
}

// TestPublishAtOnce: of several admins who publish at the same time, one wins.
func TestPublishAtOnce(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	const n = 6
	results := make(chan int, n)
	for i := range n {
		go func() {
			results <- d.publishPolicy("root", `"1"`, map[string]any{"document": string(router.Default) + fmt.Sprintf("# %d\n", i), "reason": "race"}).StatusCode
		}()
	}
	got := map[int]int{}
	for range n {
		got[<-results]++
	}
	if got[201] != 1 || got[412] != n-1 {
		t.Error(got)
	}
}

func TestCheckAndDiffPolicy(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	good := string(router.Default)
	var report policies.PolicyReport
	d.as("root", "POST", "/policies/check", map[string]any{"document": good}).want(t, 200).json(t, &report)
	if !report.Valid || len(report.Problems) > 0 {
		t.Errorf("%+v", report)
	}
	d.as("root", "POST", "/policies/check", map[string]any{"document": strings.Replace(good, "message.subject", "message.subjet", 1)}).want(t, 200).json(t, &report)
	if report.Valid || len(report.Problems) != 1 || report.Problems[0].Nearest != "subject" || report.Problems[0].Line == 0 || report.Problems[0].Column == 0 {
		t.Errorf("%+v", report)
	}
	var diff PolicyDiff
	d.as("root", "POST", "/policies/diff", map[string]any{"document": strings.Replace(good, "inbox: billing", "inbox: integrations", 1)}).want(t, 200).json(t, &diff)
	if diff.Base != 1 || !strings.Contains(diff.Unified, "\n+    set: {inbox: integrations, tags: [billing]}\n") || len(diff.Changes) != 1 || diff.Changes[0].String() != "changed routing billing: set.inbox: billing -> integrations" {
		t.Errorf("%+v", diff)
	}
	d.as("root", "POST", "/policies/diff", map[string]any{"document": "version: 1"}).want(t, 422)
	d.as("root", "POST", "/policies/diff", map[string]any{"document": good, "base": 4}).want(t, 404)
}

// TestPolicyHits: a route counts the conversations of the routes below it once.
func TestPolicyHits(t *testing.T) {
	d := newDesk(t)
	if _, err := d.db.Exec(`update conversations set path = '{"segment: standard","routing: api/webhook","routing: api/docs","sla: t1"}', created_at = now() - interval '2 days' where id = $1`, d.open.id); err != nil {
		t.Fatal(err)
	}
	hits := func(days string) map[string]int64 {
		var page Page[view.PolicyHits]
		d.as("root", "GET", "/policies/hits"+days, nil).want(t, 200).json(t, &page)
		got := map[string]int64{}
		for _, h := range page.Data {
			got[h.Section+" "+h.Name] = h.Hits
		}
		return got
	}
	want := map[string]int64{"segments standard": 1, "routing api": 1, "routing api/webhook": 1, "routing api/docs": 1, "slas t1": 1}
	if got := hits(""); !maps.Equal(got, want) {
		t.Error(got)
	}
	if got := hits("?days=1"); len(got) > 0 {
		t.Error(got)
	}
}
