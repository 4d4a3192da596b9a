package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// pilotDraft is the default document with another promise.
var pilotDraft = strings.Replace(string(router.Default), "resolution: 24h", "resolution: 16h", 1)

func (d *desks) withMatch(path, match string, body map[string]any) answer {
	d.t.Helper()
	r := d.request("POST", path, body)
	r.Header.Set("Authorization", "Bearer "+d.keys["root"])
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	return d.send(r)
}

func (d *desks) liveVersion() int64 {
	d.t.Helper()
	var live view.PolicyDocument
	d.as("root", "GET", "/policies/live", nil).want(d.t, 200).json(d.t, &live)
	return live.Version
}

// TestPilot: a pilot starts, is the only one, never counts as the live version, and ends by
// adoption, withdrawal or another publication; the event log says who did what and why.
func TestPilot(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	start := func(match string, more map[string]any) answer {
		body := map[string]any{"document": pilotDraft, "share": 50, "reason": " shorter promises "}
		for k, v := range more {
			body[k] = v
		}
		return d.withMatch("/policies/pilots", match, body)
	}
	for name, test := range map[string]struct {
		match  string
		more   map[string]any
		status int
		detail string
	}{
		"no If-Match":      {"", nil, 428, "If-Match is missing"},
		"never there":      {`"9"`, nil, 422, "there is no version 9; 1 is live"},
		"invalid":          {`"1"`, map[string]any{"document": strings.Replace(pilotDraft, "inbox: billing", "inbox: biling", 1)}, 422, `did you mean \"billing\"?`},
		"nothing new":      {`"1"`, map[string]any{"document": string(router.Default) + "# only a comment\n"}, 422, "means the same as version 1"},
		"everybody":        {`"1"`, map[string]any{"share": 100}, 422, "nothing to compare with"},
		"too much":         {`"1"`, map[string]any{"share": 101}, 422, "body.share"},
		"unknown segment":  {`"1"`, map[string]any{"segment": "enterprize"}, 422, "body.segment"},
		"no reason":        {`"1"`, map[string]any{"reason": "  "}, 422, "say in a few words why"},
		"another tier":     {`"1"`, map[string]any{"document": strings.Replace(pilotDraft, "name: Billing, tier: 2", "name: Billing, tier: 1", 1)}, 422, "keep tier, and give the pilot an inbox of its own"},
		"too long a while": {`"1"`, map[string]any{"baseline_days": 1000}, 422, "body.baseline_days"},
	} {
		if a := start(test.match, test.more).want(t, test.status); !strings.Contains(a.body, test.detail) {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	var p view.Pilot
	a := start(`"1"`, nil).want(t, 201)
	a.json(t, &p)
	if p.Version != 2 || p.Base != 1 || p.Share != 50 || p.Reason != "shorter promises" || p.StartedBy != "root@desk.example" || p.EndedAt != nil || a.Header.Get("ETag") != `"1"` {
		t.Errorf("%s %+v", a.Header.Get("ETag"), p)
	}
	if before := p.StartedAt.Sub(p.BaselineFrom); before != 28*24*time.Hour {
		t.Errorf("the baseline is %v long", before)
	}
	if a := start(`"1"`, nil).want(t, 409); !strings.Contains(a.body, "the pilot of version 2 is running") {
		t.Error(a.body)
	}
	if a := start(`"2"`, nil).want(t, 422); !strings.Contains(a.body, "version 2 is the draft of a pilot; 1 is live") {
		t.Error(a.body)
	}
	if live := d.liveVersion(); live != 1 {
		t.Errorf("version %d is live", live)
	}
	var draft view.PolicyDocument
	d.as("root", "GET", "/policies/2", nil).want(t, 200).json(t, &draft)
	if draft.Live || draft.Origin != desk.OriginPilot || draft.Document != pilotDraft {
		t.Errorf("%+v", draft.PolicyVersion)
	}
	var compared ComparedPilot
	d.as("root", "GET", "/policies/pilots/running", nil).want(t, 200).json(t, &compared)
	if compared.Version != 2 || compared.Comparison.Against != "rest" || len(compared.Comparison.Measures) != 5 || compared.Comparison.Measures[0].Difference != nil ||
		!strings.HasPrefix(compared.Comparison.Measures[0].Note, "not enough cases") {
		t.Errorf("%+v", compared)
	}

	var made view.PolicyVersion
	d.withMatch("/policies/pilots/2/adopt", "", map[string]any{"reason": "it works"}).want(t, 428)
	d.withMatch("/policies/pilots/7/adopt", `"1"`, map[string]any{"reason": "it works"}).want(t, 404)
	d.withMatch("/policies/pilots/2/adopt", `"1"`, map[string]any{"reason": "it works"}).want(t, 201).json(t, &made)
	if made.Version != 3 || !made.Live || made.Restores == nil || *made.Restores != 2 || made.Reason != "it works" || d.liveVersion() != 3 {
		t.Errorf("%+v", made)
	}
	d.withMatch("/policies/pilots/2/adopt", `"3"`, map[string]any{"reason": "again"}).want(t, 409)
	d.withMatch("/policies/pilots/2/withdraw", "", map[string]any{"reason": "again"}).want(t, 409)
	d.as("root", "GET", "/policies/pilots/running", nil).want(t, 404)

	back := map[string]any{"document": string(router.Default), "segment": "enterprise", "reason": "back", "share": 100}
	d.withMatch("/policies/pilots", `"1"`, back).want(t, 412)
	d.withMatch("/policies/pilots", `"3"`, back).want(t, 201)
	d.withMatch("/policies/pilots/4/withdraw", "", map[string]any{"reason": "it was worse"}).want(t, 200).json(t, &p)
	if p.Outcome != desk.PilotWithdrawn || p.EndedAt == nil || p.Note != "it was worse" || p.EndedBy != "root@desk.example" || d.liveVersion() != 3 {
		t.Errorf("%+v", p)
	}
	d.withMatch("/policies/pilots", "*", back).want(t, 201)
	d.publishPolicy("root", `"3"`, map[string]any{"version": 1, "reason": "an emergency"}).want(t, 201)
	var list listOutput[view.Pilot]
	d.as("root", "GET", "/policies/pilots", nil).want(t, 200).json(t, &list.Body)
	got := ""
	for _, p := range list.Body.Data {
		got += string(p.Outcome) + " (" + p.Note + ") "
	}
	if got != "superseded (version 6 was published: an emergency) withdrawn (it was worse) adopted (it works) " {
		t.Error(got)
	}
	var events string
	if err := d.db.QueryRow(`select string_agg(kind || coalesce(' ' || (data->>'outcome'), '') || coalesce(' by ' || (data->>'published'), ''), ', ' order by id) from events where kind like 'pilot.%'`).Scan(&events); err != nil ||
		events != "pilot.started, pilot.ended adopted by 3, pilot.started, pilot.ended withdrawn, pilot.started, pilot.ended superseded by 6" {
		t.Errorf("%s, %v", events, err)
	}
}

// TestPilotPlaces: inboxes that only the draft has are there while the pilot runs.
func TestPilotPlaces(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	draft := strings.Replace(pilotDraft, "inboxes:\n", "inboxes:\n  trial: {tier: 1, name: Trial, calendar: office}\n", 1)
	archived := func() string {
		var got string
		if err := d.db.QueryRow(`select coalesce(string_agg(key || ' ' || archived, ', ' order by key), '') from inboxes where key in ('trial', 'billing')`).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	d.withMatch("/policies/pilots", `"1"`, map[string]any{"document": draft, "share": 10, "reason": "an inbox"}).want(t, 201)
	if got := archived(); got != "billing false, trial false" {
		t.Error(got)
	}
	d.withMatch("/policies/pilots/running/withdraw", "", map[string]any{"reason": "no"}).want(t, 200)
	if got := archived(); got != "billing false, trial true" {
		t.Error(got)
	}
}

// TestPilotsAtOnce: of several admins who start a pilot at the same time, one does.
func TestPilotsAtOnce(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	const n = 5
	results := make(chan int, n)
	for range n {
		go func() {
			results <- d.withMatch("/policies/pilots", `"1"`, map[string]any{"document": pilotDraft, "share": 10, "reason": "race"}).StatusCode
		}()
	}
	got := map[int]int{}
	for range n {
		got[<-results]++
	}
	if got[201] != 1 || got[409] != n-1 {
		t.Error(got)
	}
}
