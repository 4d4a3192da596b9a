package pilot

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
)

// TestQuantile compares with a table of Student's t distribution.
func TestQuantile(t *testing.T) {
	t.Parallel()
	for df, want := range map[float64]float64{9: 2.2622, 10: 2.2281, 20: 2.0860, 30: 2.0423, 100: 1.9840, 1e6: 1.9600} {
		if got := quantile(df); math.Abs(got-want) > 0.0005 {
			t.Errorf("%v: got %.4f, want %.4f", df, got, want)
		}
	}
}

// cases draws accounts with several cases each, around a mean.
func cases(r *rand.Rand, accounts int, mean float64) view.PilotCases {
	type account struct{ n, sum float64 }
	var all []account
	c := view.PilotCases{Accounts: int64(accounts)}
	var sum float64
	for range accounts {
		usual := mean + 20*r.NormFloat64()
		a := account{n: float64(1 + r.IntN(5))}
		for range int(a.n) {
			a.sum += usual + 10*r.NormFloat64()
		}
		c.N += int64(a.n)
		sum += a.sum
		all = append(all, a)
	}
	c.Mean = sum / float64(c.N)
	for _, a := range all {
		c.Spread += math.Pow(a.sum-c.Mean*a.n, 2)
	}
	return c
}

// TestInterval: about 95 of 100 intervals have the true difference, although the cases of an
// account resemble each other.
func TestInterval(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const runs = 4000
	differences, changes := 0, 0
	for range runs {
		m := PilotMeasure{Pilot: PilotGroup{cases(r, 40, 130), cases(r, 30, 110)}, Control: PilotGroup{cases(r, 60, 100), cases(r, 50, 100)}}
		if m.compare(); m.Note != "" {
			t.Fatal(m.Note)
		}
		if m.Difference.Low <= 10 && 10 <= m.Difference.High {
			differences++
		}
		if m.Change.Low <= -20 && -20 <= m.Change.High {
			changes++
		}
	}
	for name, n := range map[string]int{"difference": differences, "change": changes} {
		if share := 100 * float64(n) / runs; share < 93 || share > 97 {
			t.Errorf("%.1f %% of the intervals have the %s", share, name)
		}
	}
}

func TestNotEnough(t *testing.T) {
	t.Parallel()
	enough := view.PilotCases{N: 30, Accounts: 10, Mean: 1, Spread: 1}
	for _, test := range []struct {
		name               string
		pilot, control     PilotGroup
		difference, change bool
		note               string
	}{
		{"enough", PilotGroup{enough, enough}, PilotGroup{enough, enough}, true, true, ""},
		{"nothing", PilotGroup{}, PilotGroup{}, false, false, "the pilot group has 0 since the start"},
		{"few", PilotGroup{enough, view.PilotCases{N: 29, Accounts: 29}}, PilotGroup{enough, enough}, false, false, "the pilot group has 29 since the start, and 30 are needed"},
		{"few accounts", PilotGroup{enough, enough}, PilotGroup{enough, view.PilotCases{N: 300, Accounts: 9}}, false, false, "those of the control group since the start are of 9 accounts"},
		{"no baseline", PilotGroup{view.PilotCases{}, enough}, PilotGroup{enough, enough}, true, false, "the pilot group has 0 before the start"},
	} {
		m := PilotMeasure{Pilot: test.pilot, Control: test.control}
		m.compare()
		if (m.Difference != nil) != test.difference || (m.Change != nil) != test.change || !strings.Contains(m.Note, test.note) || (test.note == "") != (m.Note == "") {
			t.Errorf("%s: %+v, %+v, %q", test.name, m.Difference, m.Change, m.Note)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	p := view.Pilot{Version: 8, Share: 50, StartedAt: start, BaselineFrom: start.AddDate(0, 0, -28)}
	counts := []view.PilotCount{
		{Grp: "pilot", During: true, Measure: "conversations", PilotCases: view.PilotCases{N: 50, Accounts: 20}},
		{Grp: "control", During: false, Measure: "conversations", PilotCases: view.PilotCases{N: 70, Accounts: 30}},
		{Grp: "pilot", During: true, Measure: "reopened", PilotCases: view.PilotCases{N: 40, Accounts: 20, Mean: 0.5, Spread: 4}},
		{Grp: "control", During: true, Measure: "reopened", PilotCases: view.PilotCases{N: 40, Accounts: 20, Mean: 0.1, Spread: 4}},
	}
	c := Compare(p, counts, start.AddDate(0, 0, 7))
	if c.Against != "rest" || c.Conversations.Pilot.Since != 50 || c.Conversations.Control.Before != 70 || c.Conversations.Control.AccountsBefore != 30 || len(c.Measures) != 5 {
		t.Errorf("%+v", c)
	}
	if m := c.Measures[4]; m.Measure != "reopened" || m.Difference == nil || !m.Difference.Clear || math.Abs(m.Difference.Value-0.4) > 1e-9 || m.Change != nil {
		t.Errorf("%+v", m)
	}
	if p.Share = 100; Compare(p, nil, start).Against != "others" {
		t.Error("all accounts of the segment are in the pilot")
	}
}
