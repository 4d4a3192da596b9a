package score

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/bench/corpus"
)

func mail(id, thread, kind, link, text string) corpus.Truth {
	return corpus.Truth{MessageID: id, Thread: thread, Kind: kind, Link: link, Text: text}
}

var truth = []corpus.Truth{
	mail("a1", "A", "customer", "root", "49.90 €"),
	mail("a2", "A", "customer", "direct", "Grüße"),
	mail("a3", "A", "customer", "subject-only", "still"),
	mail("b1", "B", "customer", "root", "注文"),
	mail("b2", "B", "customer", "unseen", "a < b"),
	mail("c1", "C", "customer", "root", "c"),
	mail("n1", "N", "autoreply", "none", "away"),
	mail("a1", "A", "duplicate", "root", "49.90 €"),
}

func TestJudge(t *testing.T) {
	perfect := []Row{
		{"<a1>", "1", "for 49.90 \u20ac"}, {"a2", "1", "<p>Gr&uuml;&szlig;e</p>"}, {"a3", "1", "is  still\nthere"},
		{"b1", "2", "先週<b>注文</b>した"}, {"b2", "2", "a &lt; b"}, {"c1", "3", "c"}, {"n1", "4", ""},
	}
	for _, tc := range []struct {
		name   string
		change func([]Row) []Row
		want   Report
	}{
		{"all right", func(r []Row) []Row { return r },
			Report{Rows: 7, Headers: Threads{3, 2, 3, 2, 0, 0}, All: Threads{3, 2, 3, 2, 0, 0}}},
		{"a split thread", func(r []Row) []Row { r[1].Conversation = "9"; return r },
			Report{Rows: 7, Headers: Threads{3, 2, 4, 1, 1, 0}, All: Threads{3, 2, 4, 1, 1, 0}}},
		{"only a mail without headers in another conversation", func(r []Row) []Row { r[2].Conversation = "9"; return r },
			Report{Rows: 7, Headers: Threads{3, 2, 3, 2, 0, 0}, All: Threads{3, 2, 4, 1, 1, 0}}},
		{"two threads in one", func(r []Row) []Row { r[5].Conversation = "2"; return r },
			Report{Rows: 7, Headers: Threads{3, 2, 2, 1, 0, 1}, All: Threads{3, 2, 2, 1, 0, 1}}},
		{"lost, duplicated and unknown messages", func(r []Row) []Row { return append(r[1:], r[3], Row{"x", "7", "x"}) },
			Report{Rows: 8, Missing: 1, Twice: 1, Unknown: 1, Headers: Threads{3, 1, 3, 1, 0, 0}, All: Threads{3, 2, 3, 2, 0, 0}}},
		{"mojibake", func(r []Row) []Row { r[0].Text = "for 49.90 â‚¬"; return r },
			Report{Rows: 7, Wrong: 1, Headers: Threads{3, 2, 3, 2, 0, 0}, All: Threads{3, 2, 3, 2, 0, 0}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Judge(truth, tc.change(append([]Row(nil), perfect...)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("the report differs (-want +got):\n%s", diff)
			}
		})
	}
}
