package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
	"switchboard/internal/report"
)

// Every measure can be read as JSON and as CSV, which have the same values, and its rows
// link to the conversations that they count.
func TestReports(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200)
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed."}).want(t, 201)
	d.as("ana", "POST", at+"/status", map[string]any{"status": "resolved"}).want(t, 200)
	d.exec(`update conversations set tags = '{"=1+1", "-x", lamp}' where id = $1`, d.open.id)
	to := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	for i, m := range report.Measures {
		for j, by := range append([]string{""}, report.Groupings...) {
			if by != "" && (m.Fixed || m.Only != nil && !slices.Contains(m.Only, by) || (i+j)%3 > 0) { // each measure in some ways, each way for some measures
				continue
			}
			for _, clock := range []string{"wall", "business"}[(i+j)%2:][:1] {
				path := "/reports/" + m.Name + "?tz=Europe/Berlin&to=" + to + "&by=" + by + "&clock=" + clock
				if by == "hour" {
					path += "&from=" + time.Now().Add(-5*time.Hour).UTC().Format(time.RFC3339)
				}
				var r view.MeasureReport
				d.as("root", "GET", path, nil).want(t, 200).json(t, &r)
				if r.Measure != m.Name || r.Unit != m.Unit || by != "" && r.By != by || r.Clock != clock || r.TZ != "Europe/Berlin" {
					t.Errorf("%s: %+v", path, r)
				}
				d.sameCSV(path, &r)
				for _, row := range r.Data {
					if row.Conversations == "" {
						continue
					}
					var list Page[view.ReportPoint]
					d.as("root", "GET", strings.TrimPrefix(row.Conversations, base), nil).want(t, 200).json(t, &list)
					if len(list.Data) == 0 {
						t.Errorf("%s: %s lists nothing for %+v", path, row.Conversations, row)
					}
				}
			}
		}
	}
}

// sameCSV compares the rows of a report with its CSV.
func (d *desks) sameCSV(path string, r *view.MeasureReport) {
	d.t.Helper()
	request := d.request("GET", path, nil)
	request.Header.Set("Authorization", "Bearer "+d.keys["root"])
	request.Header.Set("Accept", "text/csv")
	a := d.send(request).want(d.t, 200)
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") || len(lines) != len(r.Data)+1 {
		d.t.Fatalf("%s: %d lines for %d rows, %s, %v", path, len(lines), len(r.Data), a.Header.Get("Content-Type"), err)
	}
	for i, row := range r.Data {
		var values map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(must(json.Marshal(row)))))
		decoder.UseNumber()
		if err := decoder.Decode(&values); err != nil {
			d.t.Fatal(err)
		}
		for j, name := range lines[0] {
			want := ""
			if v, ok := values[name]; ok {
				want = fmt.Sprint(v)
			}
			if want != "" && strings.ContainsRune("=+-@", rune(want[0])) {
				want = "'" + want
			}
			if got := lines[i+1][j]; got != want {
				d.t.Errorf("%s: %s of row %d is %q in the CSV and %q in the JSON", path, name, i, got, want)
			}
			delete(values, name)
		}
		for _, other := range []string{"conversations", "start", "end", "detail", "n"} { // without meaning for this measure
			delete(values, other)
		}
		if len(values) > 0 {
			d.t.Errorf("%s: the CSV does not have %v", path, values)
		}
	}
}

// Only admins and leads read reports, leads about their inboxes. Of a restricted conversation
// a report shows only that it is counted.
func TestWhoReadsReports(t *testing.T) {
	d := newDesk(t)
	if a := d.as("ana", "GET", "/reports/mttr", nil).want(t, 403); !strings.Contains(a.body, "only admins, and leads about their inboxes") {
		t.Errorf("the refusal is %s", a.body)
	}
	d.as("root", "PATCH", "/agents/"+d.people["ana"].ID.String(), map[string]any{"leads": []string{"frontline"}}).want(t, 200)
	var r view.MeasureReport
	for who, want := range map[string]string{"ana": "frontline=1", "root": "frontline=1 security=1"} {
		var got []string
		d.as(who, "GET", "/reports/volume?by=inbox", nil).want(t, 200).json(t, &r)
		for _, row := range r.Data {
			got = append(got, fmt.Sprintf("%s=%d", row.Key, row.N))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reads %v, want %s", who, got, want)
		}
	}
	d.as("root", "PATCH", "/agents/"+d.people["ana"].ID.String(), map[string]any{"leads": []string{"security"}}).want(t, 200)
	var list Page[view.ReportPoint]
	d.as("ana", "GET", "/reports/volume?by=inbox", nil).want(t, 200).json(t, &r)
	d.as("ana", "GET", strings.TrimPrefix(r.Data[0].Conversations, base), nil).want(t, 200).json(t, &list)
	if r.Data[0].N != 1 || len(list.Data) != 0 {
		t.Errorf("a lead who may not read the restricted conversation counts %+v and lists %+v", r.Data, list.Data)
	}
	for _, m := range report.Measures {
		if a := d.as("root", "GET", "/reports/"+m.Name, nil).want(t, 200); strings.Contains(a.body, canary) || strings.Contains(a.body, strings.ToLower(canary)) {
			t.Errorf("%s names the restricted conversation: %s", m.Name, a.body)
		}
	}
}

// A wrong parameter is named, with what was probably meant.
func TestWrongReports(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct{ path, location, message string }{
		{"/reports/mtr", "path.measure", `did you mean "mttr"?`},
		{"/reports/mttr?by=teir", "query.by", `did you mean "tier"?`},
		{"/reports/topics?by=tier", "query.by", "cannot be grouped"},
		{"/reports/deflection?by=tier", "query.by", "by week, day or hour"},
		{"/reports/mttr?tz=Europe/Belin", "query.tz", "Europe/Berlin"},
		{"/reports/mttr?from=yesterday", "query.from", "2026-11-01"},
		{"/reports/mttr?from=2026-11-02&to=2026-11-01", "query.from", "before to"},
		{"/reports/mttr?to=0001-01-01T00:00:00Z", "query.to", "1900"},
		{"/reports/mttr?clock=busines", "query.clock", `did you mean "business"?`},
		{"/reports/mttr?by=hour&from=2025-01-01", "query.by", "more than 2000"},
		{"/reports/mttr/conversations?cursor=x", "query.cursor", "not a cursor"},
	} {
		a := d.as("root", "GET", c.path, nil).want(t, 422)
		if !strings.Contains(a.body, `"location":"`+c.location+`"`) || !strings.Contains(a.body, strings.ReplaceAll(c.message, `"`, `\"`)) {
			t.Errorf("%s: %s", c.path, a.body)
		}
	}
}
