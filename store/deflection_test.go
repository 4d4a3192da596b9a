package store_test

import (
	"testing"
	"time"

	"switchboard/desk/view"
)

// TestDeflection: a visit that opened an article is deflected if it wrote nothing, and not decided for a
// day.
func TestDeflection(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.exec(t, `insert into articles (id, slug, language, public, title, summary, body, head, words)
		select id, 'a-' || id, 'en', true, 'A', '', '', '', '' from unnest($1::uuid[]) id`, "{00000000-0000-4000-8000-000000000001,00000000-0000-4000-8000-000000000002}")
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	add := func(visit int, kind string, article any, at time.Time) {
		t.Helper()
		o.exec(t, "insert into help_events (visit, kind, place, article_id, at) values (md5($1::int::text)::uuid, $2, 'page', $3, $4)", visit, kind, article, at)
	}
	const one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	day := 24 * time.Hour
	add(1, "shown", one, at) // opens two articles, and is content
	add(1, "shown", two, at)
	add(1, "opened", one, at)
	add(1, "opened", two, at.Add(time.Minute))
	add(2, "opened", one, at) // writes on the next day
	add(2, "wrote", nil, at.Add(20*time.Hour))
	add(3, "wrote", nil, at.Add(-time.Hour)) // had written before
	add(3, "opened", one, at)
	add(4, "shown", one, at)            // opens nothing
	add(5, "opened", one, at.Add(day))  // on the second day
	add(6, "opened", one, at.Add(-day)) // before the report
	add(7, "opened", one, time.Now())
	add(8, "opened", one, time.Now()) // has written already
	add(8, "wrote", nil, time.Now())

	from := at.Truncate(day)
	bounds := []time.Time{from, from.Add(day), from.Add(2 * day)}
	ask := func(f view.ReportFilter) []view.ReportRow {
		t.Helper()
		f.Measure = "deflection"
		rows, err := o.Report(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	check := func(what string, row view.ReportRow, n, count, shown, provisional int64) {
		t.Helper()
		if row.N != n || *row.Count != count || *row.Shown != shown || *row.Provisional != provisional || (row.Share == nil) != (n == 0) {
			t.Errorf("%s: n %d count %d shown %d provisional %d", what, row.N, *row.Count, *row.Shown, *row.Provisional)
		}
	}
	whole := ask(view.ReportFilter{From: from, To: from.Add(2 * day)})
	if len(whole) != 1 {
		t.Fatalf("%d rows", len(whole))
	}
	check("two days", whole[0], 4, 2, 2, 0)
	days := ask(view.ReportFilter{From: from, To: from.Add(2 * day), By: "day", Bounds: bounds})
	if len(days) != 2 {
		t.Fatalf("%d days", len(days))
	}
	check("the first day", days[0], 3, 1, 2, 0)
	check("the second day", days[1], 1, 1, 0, 0)
	check("now", ask(view.ReportFilter{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)})[0], 0, 0, 0, 1)
	check("never", ask(view.ReportFilter{From: from.Add(-10 * day), To: from.Add(-9 * day)})[0], 0, 0, 0, 0)
}
