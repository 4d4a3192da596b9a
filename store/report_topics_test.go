package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"switchboard/desk/view"
	"switchboard/internal/report"
)

// compareTopics compares tags and words of new conversations, of all inboxes and of one.
func (r *reportTest) compareTopics(t *testing.T) {
	t.Helper()
	for _, inboxes := range [][]string{nil, {"frontline"}} {
		want := map[string]int64{}
		var all int64
		for _, c := range r.told {
			for _, p := range c.points {
				if p.kind != "opened" || p.at.Before(r.from) || !p.at.Before(r.to) || inboxes != nil && !slices.Contains(inboxes, p.inbox) {
					continue
				}
				all++
				for _, tag := range c.Tags {
					want["tag "+tag]++
				}
				for word := range subjectWords(&c.told) {
					want["word "+word]++
				}
			}
		}
		// One conversation with a word is no topic.
		maps.DeleteFunc(want, func(key string, n int64) bool { return n < 2 && strings.HasPrefix(key, "word ") })
		rows := r.rows(t, report.Request{Measure: "topics"}, inboxes)
		for _, row := range rows {
			if n := want[row.Detail+" "+row.Key]; row.N != n || row.Share == nil || *row.Share != float64(n)/float64(all) {
				t.Errorf("topics of %v: %s %s has %d of %d, want %d", inboxes, row.Detail, row.Key, row.N, all, n)
			}
			delete(want, row.Detail+" "+row.Key)
		}
		if len(want) > 0 || len(rows) == 0 {
			t.Errorf("topics of %v has %d rows and lacks %v", inboxes, len(rows), want)
		}
	}
}

// subjectWords are the words of a subject that count as topics.
func subjectWords(c *told) map[string]bool {
	out := map[string]bool{}
	if c.Restricted {
		return out
	}
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, word := range strings.FieldsFunc(strings.ToLower(c.Subject), other) {
		if n := len([]rune(word)); n >= 4 && n <= 30 && strings.ContainsFunc(word, unicode.IsLetter) {
			out[word] = true
		}
	}
	return out
}

// compareFlow compares the moves between inboxes; one inbox has those from it and those to it.
func (r *reportTest) compareFlow(t *testing.T) {
	t.Helper()
	for _, inboxes := range [][]string{nil, {"billing"}} {
		type moves struct{ n, back int64 }
		want := map[string]moves{}
		for _, c := range r.told {
			for _, p := range c.points {
				if p.kind != "moved" || p.at.Before(r.from) || !p.at.Before(r.to) ||
					inboxes != nil && !slices.Contains(inboxes, p.inbox) && !slices.Contains(inboxes, p.detail) {
					continue
				}
				m := want[p.detail+" -> "+p.inbox]
				m.n++
				if p.outcome == "return" {
					m.back++
				}
				want[p.detail+" -> "+p.inbox] = m
			}
		}
		rows := r.rows(t, report.Request{Measure: "flow"}, inboxes)
		for _, row := range rows {
			key := row.Key + " -> " + row.Detail
			if got := (moves{row.N, *row.Count}); got != want[key] {
				t.Errorf("flow of %v: %s is %v, want %v", inboxes, key, got, want[key])
			}
			delete(want, key)
		}
		if len(want) > 0 || len(rows) == 0 {
			t.Errorf("flow of %v has %d rows and lacks %v", inboxes, len(rows), want)
		}
	}
}

// rows returns the rows of a measure for the time that is compared.
func (r *reportTest) rows(t *testing.T, req report.Request, inboxes []string) []view.ReportRow {
	t.Helper()
	req.From, req.To = r.from.Format(time.RFC3339Nano), r.to.Format(time.RFC3339Nano)
	_, f, _, err := report.Parse(req, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	f.Inboxes = inboxes
	rows, err := r.store.Report(t.Context(), f)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", req.Measure, err))
	}
	return rows
}
