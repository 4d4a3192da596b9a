package targetreview

import (
	"strings"
	"testing"
	"time"

	"switchboard/router/sla"
)

func TestSuggest(t *testing.T) {
	const h, m = time.Hour, time.Minute
	for _, c := range []struct {
		target time.Duration
		n      int
		p95    time.Duration
		could  time.Duration
		ok     bool
	}{
		{4 * h, 400, 100 * m, 2 * h, true},    // much faster than promised
		{4 * h, 400, 3*h + m, 4 * h, false},   // as promised
		{4 * h, 400, 2*h + 50*m, 3 * h, true}, // 25 % less
		{4 * h, 49, 30 * m, 0, false},         // too few
		{4 * h, 50, 30 * m, 30 * m, true},
		{1 * h, 400, 70 * m, 90 * m, true}, // promised too much
		{24 * h, 400, 25 * h, 32 * h, true},
		{40 * h, 400, 41 * h, 48 * h, false},
		{200 * h, 400, 255 * h, 280 * h, true}, // beyond the steps
		{1 * h, 400, 0, 0, false},
		{0, 400, h, 0, false},
	} {
		could, ok := Suggest(Observed{Target: c.target, N: c.n, P95: c.p95})
		if ok != c.ok || could != c.could {
			t.Errorf("%v with 95 %% within %v (n=%d): %v %v, want %v %v", c.target, c.p95, c.n, could, ok, c.could, c.ok)
		}
	}
	for d := time.Duration(1); d < 1000*h; d = d*5/4 + 1 {
		if r := Round(d); r < d || Round(r) != r {
			t.Errorf("%v is rounded to %v, and that to %v", d, r, Round(r))
		}
	}
}

func TestText(t *testing.T) {
	slow := Observed{Tier: 2, Metric: "resolution", Target: 8 * time.Hour, N: 100, Met: 70, P90: 12 * time.Hour, P95: 15*time.Hour + 5*time.Minute}
	fast := Observed{Tier: 1, TierName: "Frontline", Segment: "gold", Metric: "first_response", Target: 4 * time.Hour, N: 412, Met: 411, P90: 40 * time.Minute, P95: 50 * time.Minute}
	fits := Observed{Tier: 1, Metric: "first_response", Target: time.Hour, N: 60, Met: 57, P90: 40 * time.Minute, P95: 50 * time.Minute}
	few := Observed{Tier: 0, Metric: "first_response", Target: time.Hour, N: 3, Met: 0, P95: 9 * time.Hour}
	want := `Review the targets of the policy: 2 targets differ clearly from what was observed in May.
Frontline, gold, first reply: promised within 4h, kept in 99 % of 412; 90 % took up to 40m, 95 % up to 50m. The target could be 1h.
Tier 2, resolution: promised within 8h, kept in 70 % of 100; 90 % took up to 12h, 95 % up to 15h 5m. The target could be 16h.`
	if got := Text([]Observed{slow, few, fits, fast}, "in May"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := Text([]Observed{fits, few}, "in May"); got != "Review the targets of the policy: every target that can be judged fits what was observed in May." {
		t.Error(got)
	}
	if got := Text([]Observed{few}, "in May"); got != "" {
		t.Error(got)
	}
	var many []Observed
	for i := range 12 {
		one := fast
		one.Target += time.Duration(i) * time.Hour
		many = append(many, one)
	}
	if got := Text(many, "in May"); !strings.Contains(got, "12 targets differ") || !strings.HasSuffix(got, "\nAnd 4 more.") || strings.Count(got, "\n") != 9 {
		t.Error(got)
	}
}

func TestDue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	office := &sla.Calendar{Location: berlin}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Hours[day] = []sla.Window{{From: 9 * 60, To: 17 * 60}}
	}
	for _, c := range []struct {
		now      string
		calendar *sla.Calendar
		holiday  bool
		want     string
	}{
		{"2026-10-01T06:59:59Z", office, false, ""}, // a Thursday, not open yet
		{"2026-10-01T07:00:00Z", office, false, "2026-Q4 from 1 July to 30 September 2026"},
		{"2026-10-08T06:59:59Z", office, false, "2026-Q4 from 1 July to 30 September 2026"}, // no node was running
		{"2026-10-08T07:00:00Z", office, false, ""},                                         // too late
		{"2026-01-01T12:00:00Z", office, true, ""},                                          // a holiday
		{"2026-01-02T08:00:00Z", office, true, "2026-Q1 from 1 October to 31 December 2025"},
		{"2028-01-01T12:00:00Z", office, false, ""}, // a Saturday
		{"2028-01-03T08:00:00Z", office, false, "2028-Q1 from 1 October to 31 December 2027"},
		{"2026-09-30T23:30:00Z", office, false, ""}, // October in Berlin
		{"2026-04-01T07:59:59Z", nil, false, ""},
		{"2026-04-01T08:00:00Z", nil, false, "2026-Q2 from 1 January to 31 March 2026"},
		{"2026-11-30T08:00:00Z", office, false, ""},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		calendar := c.calendar
		if c.holiday {
			calendar = calendar.Clone()
			calendar.CloseDay(sla.Date{Year: 2026, Month: 1, Day: 1}, "New Year")
		}
		q, due := Due(now, calendar)
		got := ""
		if due {
			got = q.Name + " " + q.Days()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.now, got, c.want)
		}
	}
}
