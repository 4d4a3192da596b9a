package store_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

var searchMessages = flag.Int("search-messages", 20000, "how many messages BenchmarkSearch searches")

// searches are queries of each kind over what fillSearch writes; %d varies.
var searches = []struct{ name, q string }{
	{"all", ""}, {"open", "is:open"}, {"snoozed", "is:snoozed"}, {"inbox", "inbox:frontline"}, {"small inbox", "inbox:billing"},
	{"inbox open", "inbox:billing is:open"}, {"tier", "tier:2"}, {"channel", "channel:form"}, {"mine", "assignee:ana@desk.example"},
	{"unassigned", "is:unassigned"}, {"tag", "tag:refund"}, {"no tag", "tag:nosuch"}, {"account", "account:company3%d"}, {"all accounts", "account:company"},
	{"from", "from:person1%d@company1.example"}, {"from part", "from:person1%d"}, {"from all", "from:person"}, {"from nobody", "from:nobody%d"},
	{"common word", "lin"}, {"middle word", "cax7"}, {"word", "zetcaxfy"}, {"rare word", "rarething"}, {"one message", "rarething5017"}, {"absent word", "nowhere%d"},
	{"part of a word", "arethin"}, {"Chinese", "東京"}, {"Chinese, absent", "京東"}, {"phrase", `"lin so"`}, {"two words", "wucax joblin"}, {"two rare words", "rarething zetcaxfy"},
	{"word in an inbox", "inbox:billing cax"}, {"two words in an inbox", "inbox:billing wucax joblin"}, {"open and a word", "is:open zetwu"}, {"symbol", "€"},
}

// BenchmarkSearch is the 95th percentile of each kind of list and search. For a million
// messages: go test ./store -run '^$' -bench Search -benchtime 20x -search-messages 1000000
func BenchmarkSearch(b *testing.B) {
	o := openOffice(b)
	began := time.Now()
	fillSearch(b, o, *searchMessages)
	b.Logf("%d messages written in %s", *searchMessages, time.Since(began).Round(time.Second))
	began = time.Now()
	indexAll(b, o.Store)
	b.Logf("indexed in %s", time.Since(began).Round(time.Second))
	o.exec(b, "vacuum analyze")
	for _, s := range searches {
		b.Run(s.name, func(b *testing.B) {
			percentile(b, func(n int) int {
				q := s.q
				if slices.Contains([]byte(q), '%') {
					q = fmt.Sprintf(q, n)
				}
				f, problems := search.Parse(q)
				if len(problems) > 0 {
					b.Fatal(problems[0])
				}
				list, err := o.Conversations(b.Context(), o.ana, []search.Filter{f}, view.SortNewest, view.Position{}, 51)
				if err != nil {
					b.Fatal(err)
				}
				return len(list)
			})
		})
	}
	directory := func(read func(n int) (int, error)) func(b *testing.B) {
		return func(b *testing.B) {
			percentile(b, func(n int) int {
				found, err := read(n)
				if err != nil {
					b.Fatal(err)
				}
				return found
			})
		}
	}
	contacts := func(as desk.Agent, q string) func(b *testing.B) {
		return directory(func(n int) (int, error) {
			list, err := o.Contacts(b.Context(), as, q, view.ByName{}, 51)
			return len(list), err
		})
	}
	b.Run("contacts", contacts(o.ana, ""))
	b.Run("contacts with a part", contacts(o.ana, "person17"))
	b.Run("contacts with a common part", contacts(o.ana, "person"))
	b.Run("contacts, absent", contacts(o.ana, "nobody"))
	b.Run("accounts", directory(func(int) (int, error) {
		list, err := o.Accounts(b.Context(), o.ana, "", view.ByName{}, 51)
		return len(list), err
	}))
	b.Run("accounts with a part", directory(func(int) (int, error) {
		list, err := o.Accounts(b.Context(), o.ana, "company17", view.ByName{}, 51)
		return len(list), err
	}))
	b.Run("inboxes", directory(func(int) (int, error) {
		list, err := o.Inboxes(b.Context(), o.ana)
		return len(list), err
	}))
}

// percentile reports the 95th percentile of run's time, and how much it finds.
func percentile(b *testing.B, run func(n int) int) {
	var times []time.Duration
	found := 0
	for b.Loop() {
		began := time.Now()
		found = run(len(times))
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[(len(times)*95-1)/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(found), "rows")
}
