package api

import (
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

const reviewPolicy = `version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}, {tier: 3, name: Engineering}]
inboxes: {frontline: {tier: 1, calendar: always}, billing: {tier: 2, calendar: always}, security: {tier: 3, calendar: always}}
routing: [{name: default, set: {inbox: frontline}}]
reviews: {sample: {1: 3, 3: 2}, criteria: [Correct, Tone]}
`

func (d *desks) reviews(who, state string) (list []view.Review) {
	d.t.Helper()
	var page Page[view.Review]
	d.as(who, "GET", "/reviews?state="+state, nil).want(d.t, 200).json(d.t, &page)
	return page.Data
}

// A week's conversations are drawn once over all nodes; leads score answers that are not theirs,
// the agent is told and reads the review, and reports count it.
func TestReviews(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(reviewPolicy)
	d.as("root", "PATCH", "/agents/"+d.people["ben"].ID.String(), map[string]any{"leads": []string{"frontline", "security"}}).want(t, 200)
	answered := func(f fixture, who string) {
		t.Helper()
		at := "/conversations/" + f.id.String()
		d.as(who, "POST", at+"/replies", map[string]any{"text": "Fixed."}).want(t, 201)
		d.as(who, "POST", at+"/status", map[string]any{"status": "resolved"}).want(t, 200)
	}
	answered(d.open, "ana")
	answered(d.secret, "sam")
	bens := d.conversation("frontline", false, "Plug", "It sparks.", time.Now())
	answered(bens, "ben")
	open := d.conversation("frontline", false, "Lamp", "It is dark.", time.Now())
	d.as("ana", "POST", "/conversations/"+open.id.String()+"/replies", map[string]any{"text": "Not yet."}).want(t, 201)
	d.published()
	var drawn [4]int
	var nodes sync.WaitGroup
	for i := range drawn {
		nodes.Go(func() {
			n, err := d.st.DrawReviews(t.Context(), []byte("key"), time.Now().AddDate(0, 0, 7))
			if drawn[i] = n; err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if drawn[0]+drawn[1]+drawn[2]+drawn[3] != 3 {
		t.Fatalf("drawn %v", drawn)
	}
	for who, n := range map[string]int{"root": 3, "ben": 1, "ana": 0, "sam": 0} { // ben wrote one, and may not read the other
		if list := d.reviews(who, "open"); len(list) != n {
			t.Errorf("%s scores %d: %+v", who, len(list), list)
		}
	}
	r := d.reviews("ben", "open")[0]
	if r.Conversation.ID != d.open.id || r.Agent.ID != d.people["ana"].ID || r.Tier != 1 || r.Inbox.Key != "frontline" || !r.Editable || len(r.Scores) != 2 || r.Scores[0].Criterion != "Correct" || r.Scores[0].Score != nil {
		t.Errorf("drawn %+v", r)
	}
	at := "/reviews/" + r.ID.String()
	for body, want := range map[string]string{
		`{"scores": [{"criterion": "Humour", "score": 3}]}`:                "there is no criterion",
		`{"scores": [{"criterion": "Tone", "score": 6}]}`:                  "expected number <= 5",
		`{"scores": [{"criterion": "Tone", "score": 3}], "state": "done"}`: `score \"Correct\"`,
		`{"scores": [{"criterion": "Tone", "score": null, "none": true}, {"criterion": "Correct", "score": null, "none": true}], "state": "done"}`: "at least one",
	} {
		if a := d.as("ben", "PATCH", at, body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	d.as("ana", "GET", at, nil).want(t, 404) // not while it is open
	d.as("ana", "PATCH", at, `{"note": "Great"}`).want(t, 404)
	d.as("ben", "PATCH", at, `{"scores": [{"criterion": "Tone", "score": 4}], "based_on": "`+r.UpdatedAt.Format(time.RFC3339Nano)+`"}`).want(t, 200)
	d.as("ben", "PATCH", at, `{"note": "x", "based_on": "`+r.UpdatedAt.Format(time.RFC3339Nano)+`"}`).want(t, 409)
	var done view.Review
	d.as("ben", "PATCH", at, `{"scores": [{"criterion": "Tone", "score": 4}, {"criterion": "Correct", "score": 2}], "note": " Read to the end. ", "state": "done"}`).want(t, 200).json(t, &done)
	if done.State != "done" || done.Note != "Read to the end." || done.Reviewer.ID != d.people["ben"].ID || done.DoneAt == nil || *done.Scores[0].Score != 2 {
		t.Errorf("done %+v", done)
	}
	for who, n := range map[string]int{"root": 1, "ben": 1, "ana": 1, "sam": 0} {
		if list := d.reviews(who, "done"); len(list) != n || n > 0 && list[0].Editable != (who == "root" || who == "ben") {
			t.Errorf("%s reads %+v", who, list)
		}
	}
	var notices Page[view.Notice]
	d.as("ana", "GET", "/notices", nil).want(t, 200).json(t, &notices)
	if len(notices.Data) != 1 || notices.Data[0].Kind != desk.NoticeReview || notices.Data[0].Text != "Read to the end." || notices.Data[0].Conversation.ID != d.open.id {
		t.Errorf("told %+v", notices.Data)
	}
	d.as("ana", "PATCH", at, `{"note": "Great"}`).want(t, 403)
	d.as("ben", "PATCH", at, `{"scores": [{"criterion": "Tone", "score": 5}, {"criterion": "Correct", "score": 4}]}`).want(t, 200)
	for _, by := range []string{"agent", "tier", "week"} {
		var report view.MeasureReport
		d.as("root", "GET", "/reports/quality?by="+by+"&from="+time.Now().AddDate(0, 0, -1).UTC().Format(time.RFC3339), nil).want(t, 200).json(t, &report)
		found := false
		for _, row := range report.Data {
			found = found || row.N == 1 && *row.Mean == 0.875 && *row.Count == 1
		}
		if !found {
			t.Errorf("by %s: %+v", by, report)
		}
	}
	d.as("root", "POST", "/conversations/"+bens.id.String()+"/merge", map[string]any{"into": d.open.id.String()})
	if n, err := d.st.DrawReviews(t.Context(), []byte("key"), time.Now().AddDate(0, 0, 14)); n != 0 || err != nil {
		t.Errorf("the next week: %d, %v", n, err)
	}
}
