package threading

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

func TestQuoteMark(t *testing.T) {
	for line, want := range map[string]int{
		"> x": 0, ">> x": 0, "JD> x": 2, "abcdefghijklm> x": 13, "abcdefghijklmn> x": -1, "a b> x": -1, "1> x": -1, "": -1, "x": -1,
		"| x": 0, "| a | b |": -1, "|x": -1,
	} {
		if got := quoteMark(line); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	}
}

func TestQuotedLines(t *testing.T) {
	all, direct := quotedLines("Hello\n> one\n  JD> two\n>> three\n> > four\n| five\n")
	if all != "one\ntwo\nthree\nfour\nfive\n" || direct != "one\ntwo\nfive\n" {
		t.Errorf("quoted are %q, directly %q", all, direct)
	}
}

func TestQuoted(t *testing.T) {
	set := func(text string) passages { p := passages{}; p.add(text); return p }
	const fresh = "These words here are all of them new and were never seen before by anyone."
	for _, tt := range []struct {
		name        string
		text        string
		all, direct passages
		marked      bool
	}{
		{"marks", fresh + "\n> " + answer + "\n>> " + elsewhere, set(answer + "\n" + elsewhere), set(answer), true},
		{"no marks", fresh + "\n" + strings.Repeat("-", 20) + "\n" + answer, nil, passages{}, false},
		{"nothing quoted", fresh, passages{}, passages{}, false},
	} {
		all, direct, marked := quoted(tt.text, fresh)
		if tt.all == nil { // the old text, and the passages that overlap it
			for h := range set(fresh) {
				if _, there := all[h]; there {
					t.Errorf("%s: new text counts as quoted", tt.name)
				}
			}
			if len(all) < 3 {
				t.Errorf("%s: %d passages are quoted", tt.name, len(all))
			}
			all = nil
		}
		if marked != tt.marked || cmp.Diff(tt.all, all) != "" || cmp.Diff(tt.direct, direct) != "" {
			t.Errorf("%s: quoted %d, directly %d, marked %v", tt.name, len(all), len(direct), marked)
		}
	}
}

// The hashes must be the same in every process and version.
func TestPassagesAreStable(t *testing.T) {
	p := passages{}
	p.add("Don't expect the Paket №4711 before Tuesday, please; 荷物は a long way off.")
	var got []string
	for h := range p {
		got = append(got, fmt.Sprintf("%016x", h))
	}
	slices.Sort(got)
	want := []string{"16c36f9cf0f23931", "4845b4eb3714dc95", "5372143f736f18fb"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passages (-want +got):\n%s", diff)
	}
	if got := fmt.Sprintf("%016x", hashText("parcel")); got != "5422f1d7e6be9e30" {
		t.Errorf("the hash of a text is %s", got)
	}
}

func TestPassages(t *testing.T) {
	count := func(text string) int { p := passages{}; p.add(text); return len(p) }
	if count("one two three four") != 0 || count("one two three four five") != 1 || count("one two three four five six seven eight") != 1 {
		t.Error("a passage must be five words, and of four neighbouring passages one must be kept")
	}
	long := strings.Repeat("x ", maxPassageText/2)
	if count(long+"one two three four five six seven eight nine ten") != count(long) {
		t.Error("text beyond the limit was examined")
	}
	if n := len(hashWords(long[2:] + "one two")); n != maxPassageText/2 {
		t.Errorf("%d words are within the limit", n)
	}
	if maxPassageText != 65536 {
		t.Errorf("the limit is %d octets", maxPassageText)
	}
}

func TestHashWords(t *testing.T) {
	for _, tt := range []struct {
		text  string
		same  string
		count int
	}{
		{"one two", "One,  TWO!", 2}, {"don't", "dont", 1}, {"don’t", "dont", 1}, {"cafe\u0301", "cafe", 1}, {"a-b", "a b", 2}, {"荷物", "荷 物", 2}, {"かな", "か な", 2},
		{"ปลา", "ป ล า", 3}, {"x荷y", "x 荷 y", 3}, {"12 34", "12\n34", 2}, {"", " .,", 0}, {"\u2e80", "\u2e80", 1}, {"ⅳ", "Ⅳ", 1},
	} {
		got := hashWords(tt.text)
		if len(got) != tt.count || !slices.Equal(got, hashWords(tt.same)) {
			t.Errorf("%q has %d words, like %q: %v", tt.text, len(got), tt.same, slices.Equal(got, hashWords(tt.same)))
		}
	}
	if slices.Equal(hashWords("荷"), hashWords("物")) || slices.Equal(hashWords("ab"), hashWords("ba")) {
		t.Error("different words have the same hash")
	}
}

func TestIntroductionLimits(t *testing.T) {
	wide := strings.Repeat("w", 300)
	block := "From: Jo\nSent: Monday\n\n"
	for name, tt := range map[string][2]string{
		"lines that wrap":                {"a\nb\nc\nd\ne\n> x\n", "b\nc\nd\ne"},
		"a header block is whole":        {"From: Jo\nSent: x\nTo: y\nCc: z\nSubject: q\nDate: d\n\n", "from: jo\nsent: x\nto: y\ncc: z\nsubject: q\ndate: d"},
		"one field is not a block":       {"From: Jo\n\nHello\n", ""},
		"a block at the end":             {"Hello\n\nFrom: Jo\nSent: Monday", "from: jo\nsent: monday"},
		"one field at the end":           {"Hello\n\nFrom: Jo", ""},
		"after blank lines":              {"Hello\n\nJo wrote:\n> x\n", "jo wrote:"},
		"a blank line before it":         {"Jo wrote:\n\n> x\n", "jo wrote:"},
		"a long line":                    {wide + "\n> x\n", wide},
		"line too long":                  {"Jo\n" + wide + "w\n> x\n", ""},
		"after a line that is too long":  {wide + "w\nJo\n> x\n", "jo"},
		"fields among other lines":       {"a\nb\nc\nFrom: Jo\nSent: x\nd\n> x\n", "a\nb\nc\nfrom: jo\nsent: x\nd"},
		"quotes before the first":        {"> x\n\n> y\n\nJo wrote:\n> z\n", "jo wrote:"},
		"two introductions":              {"a:\n> x\nb:\n> x\nc:\n> x\n", "a:\nb:"},
		"two blocks":                     {block + block + "To: a\nCc: b\n\n", "from: jo\nsent: monday\nfrom: jo\nsent: monday"},
		"quotes without an introduction": {"> x\n> y\n", ""},
		"beyond the limit":               {strings.Repeat("\n", maxPassageText) + "Jo wrote:\n> x\n", ""},
		"within the limit":               {strings.Repeat("\n", maxPassageText-len("Jo wrote:\n> x\n")) + "Jo wrote:\n> x\n", "jo wrote:"},
	} {
		if got := attributionOf(tt[0]).intro; got != tt[1] {
			t.Errorf("%s: %q, want %q", name, got, tt[1])
		}
	}
}

func TestIntroduced(t *testing.T) {
	q := introduced("<1@x> <2@x> <3@x> <4@x> <5@x> at 1:01, 1:02, 1:03, 1:04, 1:05, 1:06, 1:07, 1:08, 1:09")
	if !slices.Equal(q.ids, []string{"1@x", "2@x", "3@x", "4@x"}) || len(q.clocks) != 8 || q.clocks[7] != (clock{8, -1}) {
		t.Errorf("%+v", q)
	}
	for intro, want := range map[string][]clock{
		"12.05":          {{5, -1}},
		"02.03.2026":     nil,
		"2.13":           {{13, -1}},
		"am 1.02.03":     nil,       // a date: the month is at most 12
		"am 1.12.03":     nil,       // the last month
		"um 1.13.03":     {{13, 3}}, // not a month
		"um 12.05.":      {{5, -1}}, // the end of a sentence
		"um 12.05.x":     {{5, -1}}, //
		"2.03.0":         nil,       // a year follows
		"2.03.9":         nil,       //
		"12:05:33, 12:6": {{5, 33}}, // one digit is not a minute
		"12:05:09 12:59": {{5, 9}, {59, -1}},
	} {
		if diff := cmp.Diff(want, introduced(intro).clocks, cmp.AllowUnexported(clock{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", intro, diff)
		}
	}
}

func TestFieldLine(t *testing.T) {
	for line, want := range map[string]bool{
		"From: Jo": true, "*Gesendet:* Montag": true, "From:": false, "no colon": false, "> From: Jo": false, "a b c: d": true, "a b c d: e": false,
		strings.Repeat("x", 23) + ": y": true, strings.Repeat("x", 24) + ": y": false,
	} {
		if fieldLine(line) != want {
			t.Errorf("fieldLine(%q) is %v", line, !want)
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 5, 33, 0, time.UTC)
	for _, tt := range []struct {
		clocks []clock
		at     time.Time
		want   bool
	}{
		{nil, at, false}, {[]clock{{5, -1}}, at, true}, {[]clock{{5, 33}}, at, true}, {[]clock{{5, 34}}, at, false}, {[]clock{{6, 33}}, at, false},
		{[]clock{{6, -1}, {5, -1}}, at, true}, {[]clock{{0, 0}}, time.Time{}, false}, {[]clock{{5, 0}}, at.Add(-33 * time.Second), true}, {[]clock{{5, 0}}, at, false},
	} {
		if got := (attribution{clocks: tt.clocks}).dates(tt.at); got != tt.want {
			t.Errorf("%v, sent at %v: %v", tt.clocks, tt.at, got)
		}
	}
}

func TestNames(t *testing.T) {
	q := attribution{intro: "on monday, bob and anna <anna@x.example> wrote:"}
	for _, tt := range []struct {
		who  desk.Address
		want bool
	}{
		{desk.Address{Email: "Anna@X.example"}, true}, {desk.Address{Name: "Anna"}, true}, {desk.Address{Name: "Bob"}, false}, {desk.Address{}, false},
		{desk.Address{Name: "Carl", Email: "c@x.example"}, false}, {desk.Address{Name: "Carl", Email: "anna@x.example"}, true}, {desk.Address{Name: "Anna", Email: "c@x.example"}, true},
	} {
		if got := q.names(tt.who); got != tt.want {
			t.Errorf("%v is named: %v", tt.who, got)
		}
	}
}
