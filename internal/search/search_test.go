package search

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func TestParse(t *testing.T) {
	ana := desk.NewID[desk.AgentID]()
	for _, c := range []struct {
		q    string
		want Filter
	}{
		{"", Filter{}},
		{"   \t ", Filter{}},
		{"refund invoice", Filter{Words: []string{"refund", "invoice"}}},
		{`"out of stock" now`, Filter{Words: []string{"out of stock", "now"}}},
		{"from:Jo@Acme.example", Filter{From: []string{"jo@acme.example"}}},
		{"from:jo@", Filter{From: []string{"jo@"}}},
		{`account:"Acme Corp"`, Filter{Accounts: []string{"Acme Corp"}}},
		{"is:open is:pending", Filter{Statuses: []desk.Status{desk.StatusOpen, desk.StatusPending}}},
		{"is:unassigned", Filter{Unassigned: true}},
		{"is:swarming", Filter{Swarming: true}},
		{"assignee:me assignee:none", Filter{Assignees: []Assignee{{Me: true}, {None: true}}}},
		{"assignee:Ana@Desk.example", Filter{Assignees: []Assignee{{Email: "ana@desk.example"}}}},
		{"assignee:" + ana.String(), Filter{Assignees: []Assignee{{ID: ana}}}},
		{"tier:2 inbox:billing channel:chat tag:refund", Filter{Tiers: []desk.Tier{2}, Inboxes: []string{"billing"}, Channels: []desk.Channel{desk.ChannelChat}, Tags: []string{"refund"}}},
		{"#1042 #7", Filter{Numbers: []int64{1042, 7}}},
		{`"#1042"`, Filter{Words: []string{"#1042"}}},
		{`"from:jo"`, Filter{Words: []string{"from:jo"}}},
		{"FROM:jo", Filter{From: []string{"jo"}}},
		{":) #", Filter{Words: []string{":)", "#"}}},
		{"tag:a:b", Filter{Tags: []string{"a:b"}}},
		{`50% _x\`, Filter{Words: []string{"50%", "_x\\"}}},
		{"größe　東京", Filter{Words: []string{"größe", "東京"}}},
		{`""`, Filter{}},
		{"f(x) :) a)", Filter{Words: []string{"f(x)", ":)", "a)"}}},
		{`"or" a "(b" -`, Filter{Words: []string{"or", "a", "(b", "-"}}},
		{"with:Ana has:attachment has:note priority:high segment:Gold is:unread is:waiting", Filter{With: []string{"ana"}, Has: []Part{HasAttachment, HasNote},
			Priorities: []desk.Priority{desk.PriorityHigh}, Segments: []string{"Gold"}, Unread: true, Waiting: true}},
		{"after:7d after:2026-01-31 before:yesterday before:2w", Filter{After: []Moment{{Ago: 7 * 24 * time.Hour}, {Day: "2026-01-31"}}, Before: []Moment{{Days: 1}, {Ago: 14 * 24 * time.Hour}}}},
		{"assignee:@Ana", Filter{Assignees: []Assignee{{Name: "ana"}}}},
		{"lamp sort:oldest", Filter{Words: []string{"lamp"}, Sort: "oldest"}},
		{"a and b AND c", Filter{Words: []string{"a", "b", "c"}}},
		{"a b or c", Filter{Any: [][]Filter{{{Words: []string{"a", "b"}}, {Words: []string{"c"}}}}}},
		{"a (b or c)", Filter{Words: []string{"a"}, Any: [][]Filter{{{Words: []string{"b"}}, {Words: []string{"c"}}}}}},
		{"is:open (is:pending)", Filter{Statuses: []desk.Status{desk.StatusOpen}, Any: [][]Filter{{{Statuses: []desk.Status{desk.StatusPending}}}}}},
		{`-tag:spam -"a b" not c`, Filter{Not: []Filter{{Tags: []string{"spam"}}, {Words: []string{"a b"}}, {Words: []string{"c"}}}}},
		{"-(a or f(b)) -(tag:x tag:y)", Filter{Not: []Filter{{Any: [][]Filter{{{Words: []string{"a"}}, {Words: []string{"f(b)"}}}}}, {Tags: []string{"x", "y"}}}}},
		{"--a - b", Filter{Words: []string{"--a", "-", "b"}}},
		{"not not a", Filter{Not: []Filter{{Not: []Filter{{Words: []string{"a"}}}}}}},
		{`-"" a`, Filter{Words: []string{"a"}}},
	} {
		got, problems := Parse(c.q)
		if len(problems) > 0 {
			t.Errorf("%q: %v", c.q, problems[0])
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.q, diff)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct {
		q    string
		pos  []int
		says string
	}{
		{"colour:red", []int{1}, `unknown term "colour:"`},
		{"größe colour:red", []int{7}, "unknown term"},
		{"a b is:lost", []int{5}, "is: must be open"},
		{"tier:two", []int{1}, "tier: must be a number"},
		{"tier:-1", []int{1}, "tier: must be a number"},
		{"tier:99999999999", []int{1}, "tier: must be a number"},
		{"#12x", []int{1}, "not a conversation number"},
		{"#0", []int{1}, "not a conversation number"},
		{"#99999999999999999999", []int{1}, "not a conversation number"},
		{"channel:fax", []int{1}, "channel: must be"},
		{"assignee:ana", []int{1}, "assignee: must be"},
		{"assignee:ana@", []int{1}, "whole address"},
		{"assignee:@", []int{1}, "whole address"},
		{"from:", []int{1}, "needs a value"},
		{`from:""`, []int{1}, "needs a value"},
		{`ok "open`, []int{4}, "closing quote"},
		{"a\x00b", []int{1}, "control character"},
		{"x is:a is:b", []int{3, 8}, "is: must be"},
		{"(a", []int{1}, "closing parenthesis is missing"},
		{"(a is:b", []int{1, 4}, "closing parenthesis is missing"},
		{"a () b", []int{3}, "nothing in the parentheses"},
		{"or a", []int{1}, "needs a term on both sides"},
		{"a or", []int{3}, "needs a term on both sides"},
		{"a and or b", []int{3, 7}, "needs a term on both sides"},
		{"a (or b)", []int{4}, "needs a term on both sides"},
		{"a not", []int{3}, "needs a term after it"},
		{"a -(sort:due)", []int{5}, "concerns the whole list"},
		{"sort:due sort:newest", []int{10}, "only one order"},
		{"sort:size", []int{1}, "sort: must be"},
		{"has:cats", []int{1}, "has: must be"},
		{"priority:9", []int{1}, "priority: must be"},
		{"after:soon before:2026-02-30", []int{1, 12}, "after: must be a time ago"},
		{strings.Repeat("(", MaxDepth+1) + "a" + strings.Repeat(")", MaxDepth+1), []int{MaxDepth + 1}, "nested at most"},
		{"a\xffb", []int{1}, "UTF-8"},
		{strings.Repeat("a", MaxLength+1), []int{MaxLength + 1}, "at most"},
		{strings.Repeat("a ", MaxTerms+1), []int{2*MaxTerms + 1}, "at most"},
	} {
		_, problems := Parse(c.q)
		var pos []int
		for _, p := range problems {
			pos = append(pos, p.Pos)
		}
		if diff := cmp.Diff(c.pos, pos); diff != "" {
			t.Errorf("%.40q: positions (-want +got):\n%s", c.q, diff)
			continue
		}
		if !strings.Contains(problems[0].Error(), c.says) {
			t.Errorf("%.40q: problem %q does not contain %q", c.q, problems[0], c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, q := range []string{"", `from:jo@acme.example is:open "a b" #12 tag:x`, `a"b:c"d`, "#", `"`, "is:", "tier:1 tier:x", `-(a or "b c") not (d :) f(x))`, "a or or b ) ("} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		filter, problems := Parse(q)
		last := 0
		for _, p := range problems {
			if p.Pos <= last || p.Pos > utf8.RuneCountInString(q)+1 || p.Reason == "" {
				t.Fatalf("%q: problem %+v after position %d", q, p, last)
			}
			last = p.Pos
			if runes := []rune(q); p.Term != "" && string(runes[p.Pos-1:p.Pos-1+utf8.RuneCountInString(p.Term)]) != p.Term {
				t.Fatalf("%q: term %q is not at character %d", q, p.Term, p.Pos)
			}
		}
		if len(problems) > 0 {
			return
		}
		for _, w := range filter.Words {
			if w == "" || !strings.Contains(strings.ReplaceAll(q, `"`, ""), w) {
				t.Fatalf("%q: word %q is not in the query", q, w)
			}
		}
	})
}

func TestUnknownNamesHaveAPosition(t *testing.T) {
	for _, c := range []struct {
		q, key, value string
		pos           int
	}{
		{"größe inbox:nosuch x", "inbox", "nosuch", 7},
		{`ASSIGNEE:"Kim@Desk.example"`, "assignee", "kim@desk.example", 1},
		{"tier:1 tier:07", "tier", "7", 8},
		{"inbox:other nosuch", "inbox", "nosuch", 0},
		{"tag:nosuch", "inbox", "nosuch", 0},
	} {
		u := Unknown{Key: c.key, Value: c.value, Reason: "no such thing"}
		p := u.In(c.q)
		if (p == nil) != (c.pos == 0) || p != nil && (p.Pos != c.pos || p.Reason != u.Reason) {
			t.Errorf("%q: %+v, want position %d", c.q, p, c.pos)
		}
	}
}
