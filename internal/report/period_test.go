package report

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"switchboard/desk/view"
)

func TestSpans(t *testing.T) {
	for _, c := range []struct{ period, zone, now, from, to, before, until string }{
		{"last_7_days", "UTC", "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"last_7_days", "Europe/Berlin", "2026-03-29T20:00:00Z", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-16T00:00:00+01:00", "2026-03-23T00:00:00+01:00"},
		{"last_30_days", "Pacific/Auckland", "2026-11-29T11:30:00Z", "2026-11-01T00:00:00+13:00", "2026-12-01T00:00:00+13:00", "2026-10-02T00:00:00+13:00", "2026-11-01T00:00:00+13:00"},
		{"last_90_days", "UTC", "2026-01-01T00:00:00Z", "2025-10-04T00:00:00Z", "2026-01-02T00:00:00Z", "2025-07-06T00:00:00Z", "2025-10-04T00:00:00Z"},
		{"this_month", "UTC", "2026-03-30T12:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"}, // February is shorter
		{"this_month", "UTC", "2026-01-05T12:00:00Z", "2026-01-01T00:00:00Z", "2026-01-06T00:00:00Z", "2025-12-01T00:00:00Z", "2025-12-06T00:00:00Z"},
		{"last_month", "UTC", "2026-01-05T12:00:00Z", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z"},
		{"last_month", "Europe/Berlin", "2026-11-05T12:00:00Z", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", "2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00"},
		{"this_quarter", "UTC", "2026-11-29T12:00:00Z", "2026-10-01T00:00:00Z", "2026-11-30T00:00:00Z", "2026-07-01T00:00:00Z", "2026-08-30T00:00:00Z"},
		{"last_quarter", "UTC", "2026-02-28T12:00:00Z", "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-07-01T00:00:00Z", "2025-10-01T00:00:00Z"},
		{"last_quarter", "UTC", "2026-12-31T23:59:59Z", "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		p, err := FindPeriod(c.period)
		if err != nil {
			t.Fatal(err)
		}
		current, previous := p.Spans(now, loc)
		got := [4]string{}
		for i, at := range []time.Time{current.From, current.To, previous.From, previous.To} {
			got[i] = at.In(loc).Format(time.RFC3339)
		}
		if want := [4]string{c.from, c.to, c.before, c.until}; got != want {
			t.Errorf("%s at %s in %s:\n%v, want\n%v", c.period, c.now, c.zone, got, want)
		}
	}
}

func TestPeriodOfARequest(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for want, r := range map[string]Request{
		"2026-10-01 2026-11-01": {Period: "last_month"},
		"2026-09-01 2026-10-01": {Period: "last_month", Previous: true},
		`there is no period "last_mont"; did you mean "last_month"?`: {Period: "last_mont"},
		"leave from and to out: the period says it":                  {Period: "last_month", From: "2026-01-01"},
		"is only for a period":                                       {Previous: true},
	} {
		r.Measure = "mttr"
		_, f, _, err := Parse(r, now)
		got := f.From.Format(time.DateOnly) + " " + f.To.Format(time.DateOnly)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%+v: %s, want %s", r, got, want)
		}
	}
}

// TestConsole: what the console shows first of each measure, and what it is called, is the same
// in mails.
func TestConsole(t *testing.T) {
	source, err := os.ReadFile("../../web/console/src/state/reports.ts")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := os.ReadFile("../../web/console/src/text/reports.json")
	if err != nil {
		t.Fatal(err)
	}
	var names map[string]string
	if err := json.Unmarshal(texts, &names); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Shown{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): (?:time|\{ \.\.\.time\b|\{ value: '(\w+)', better: (?:null|'(\w+)'))`).FindAllStringSubmatch(string(source), -1) {
		if kinds[m[1]] = (Shown{m[2], m[3]}); m[2] == "" {
			kinds[m[1]] = Shown{"p50", "lower"}
		}
	}
	if len(kinds) != len(Measures) {
		t.Errorf("the console has %d measures: %v", len(kinds), kinds)
	}
	for i := range Measures {
		m := &Measures[i]
		if kinds[m.Name] != m.Shown() {
			t.Errorf("%s: the console has %v, mails have %v", m.Name, kinds[m.Name], m.Shown())
		}
		if title := names["measure."+m.Name]; title != m.Title() {
			t.Errorf("%s: the console has %q, mails have %q", m.Name, title, m.Title())
		}
	}
}

func TestValues(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	count := func(v int64) *int64 { return &v }
	measure := func(name string) *Measure {
		m, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		return &m
	}
	for _, c := range []struct {
		measure    string
		now, then  []view.ReportRow
		text, was  string
		difference Change
	}{
		{"first_response", []view.ReportRow{{N: 3, P50: value(11400)}}, []view.ReportRow{{N: 2, P50: value(7200)}}, "3h 10m", "2h", Change{"+58\u00a0%", "bad"}},
		{"mttr", []view.ReportRow{{N: 3, P50: value(90)}}, []view.ReportRow{{N: 3, P50: value(92)}}, "1m", "1m", Change{"\u22122.2\u00a0%", "good"}},
		{"mttr", []view.ReportRow{{N: 0}}, []view.ReportRow{{N: 3, P50: value(92)}}, "\u2013", "1m", Change{}},
		{"time_in_tier", []view.ReportRow{{N: 1, P50: value(1)}, {N: 1, P50: value(2)}}, nil, "\u2013", "\u2013", Change{}},
		{"csat", []view.ReportRow{{N: 1, Mean: value(0.5)}, {N: 3, Mean: value(0.9)}}, []view.ReportRow{{N: 1, Mean: value(0.825)}}, "80\u00a0%", "82.5\u00a0%", Change{"\u22122.5\u00a0pp", "bad"}},
		{"sla_adherence", []view.ReportRow{{N: 10, Count: count(9)}, {N: 10, Count: count(10)}}, []view.ReportRow{{N: 20, Count: count(10)}}, "95\u00a0%", "50\u00a0%", Change{"+45\u00a0pp", "good"}},
		{"load", []view.ReportRow{{Arrivals: count(1234567)}}, []view.ReportRow{{Arrivals: count(1000)}}, "1,234,567", "1,000", Change{"+123357\u00a0%", "same"}},
		{"gaps", []view.ReportRow{{N: 2}, {N: 3}}, nil, "5", "0", Change{}},
		{"handoffs", []view.ReportRow{{N: 4, Mean: value(0.25)}}, []view.ReportRow{{N: 4, Mean: value(0.5)}}, "0.25", "0.5", Change{"\u221250\u00a0%", "good"}},
		{"volume", []view.ReportRow{{N: 7}}, []view.ReportRow{{N: 7}}, "7", "7", Change{"0\u00a0%", "same"}},
	} {
		m := measure(c.measure)
		now, then := m.Total(c.now), m.Total(c.then)
		if m.Text(now) != c.text || m.Text(then) != c.was || m.Compare(now, then) != c.difference {
			t.Errorf("%s: %q, before %q, %+v; want %+v", c.measure, m.Text(now), m.Text(then), m.Compare(now, then), c)
		}
	}
	if got := Length(27 * time.Hour); got != "1d 3h" {
		t.Error(got)
	}
}
