package threading

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// some returns n different passages.
func some(n int) passages {
	p := passages{}
	for i := range n {
		p[uint64(i+1)] = struct{}{}
	}
	return p
}

func TestOrphaned(t *testing.T) {
	base := func() *desk.Message {
		return mail(joAddr, text("Re: Parcel 4711", "> "+answer+"\nNo.", "No."), func(m *desk.Message) {
			m.To, m.CC = []desk.Address{{Email: "Ann@Acme.example"}}, []desk.Address{{Email: eveAddr}}
		})
	}
	for name, change := range map[string]func(*desk.Message){
		"not a reply":    func(m *desk.Message) { m.Subject = "Parcel 4711" },
		"no subject":     func(m *desk.Message) { m.Subject = "Re: " },
		"has References": refs("x@y"), "has In-Reply-To": irt("x@y"), "automatic": auto(desk.AutoReply),
	} {
		m := base()
		change(m)
		if o := orphaned(m); o != nil {
			t.Errorf("%s: is an orphan: %+v", name, o)
		}
	}
	o := orphaned(base())
	if o == nil || o.base != "parcel 4711" || !o.marked || len(o.quotes) == 0 || !slices.Equal(o.to, []string{annAddr, eveAddr}) {
		t.Errorf("the orphan is %+v", o)
	}
	m := base()
	m.TextBody = "> too short\nNo."
	if o := orphaned(m); o.marked {
		t.Error("a quote too short to compare counts as a quote")
	}
	m.AutoSubmitted = desk.AutoList
	if orphaned(m) == nil {
		t.Error("list mail is not an orphan")
	}
}

// In this list, each match is better than all that follow.
func TestCompareTo(t *testing.T) {
	list := []match{
		{subject: true, named: true}, {subject: true, timed: noon}, {subject: true, direct: 2}, {subject: true, direct: 1, quotes: 2}, {subject: true, direct: 1},
		{subject: true, quotes: 1}, {subject: true, echoes: 1}, {subject: true, author: true}, {subject: true, to: true},
		{subject: true}, {subject: true, apart: time.Hour}, {named: true}, {},
	}
	for i, f := range list {
		for j, g := range list {
			if got, want := f.compareTo(g), i-j; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("match %d compared to %d is %d", i, j, got)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		orphan orphan
		list   []match
		want   string // evidence; empty: none
	}{
		{"no match", orphan{}, nil, ""},
		{"another subject", orphan{}, []match{{named: true}}, ""},
		{"identifier", orphan{}, []match{{subject: true, named: true, timed: noon}}, "it names one of its messages"},
		{"time", orphan{}, []match{{subject: true, timed: noon, quotes: 1, own: true}}, "it names the author and time of a message: 2 March 12:00 UTC"},
		{"quotes", orphan{quotes: some(10)}, []match{{subject: true, quotes: 1}}, "it quotes 1 of its passages"},
		{"quotes too little", orphan{quotes: some(11)}, []match{{subject: true, quotes: 1}}, ""},
		{"quotes, and echoes", orphan{quotes: some(11)}, []match{{subject: true, quotes: 1, echoes: 9}}, ""},
		{"echoes", orphan{direct: some(10)}, []match{{subject: true, echoes: 3}}, "both quote the same 3 passages"},
		{"few echoes", orphan{direct: some(2)}, []match{{subject: true, echoes: 2}}, ""},
		{"a small share of echoes", orphan{direct: some(11)}, []match{{subject: true, echoes: 3}}, ""},
		{"only the subject", orphan{}, []match{{subject: true}}, ""},
	} {
		if got, ok := tt.orphan.answers(tt.list); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, ok, tt.want)
		}
	}
}

func TestRecognised(t *testing.T) {
	for _, tt := range []struct {
		name   string
		orphan orphan
		best   match
		others []match
		want   bool
	}{
		{"unmarked, a tenth", orphan{quotes: some(20)}, match{quotes: 2}, nil, true},
		{"unmarked, less than a tenth", orphan{quotes: some(20)}, match{quotes: 1}, nil, false},
		{"an author of another match is named", orphan{quotes: some(1)}, match{quotes: 1}, []match{{subject: true, author: true}}, false},
		{"that match has another subject", orphan{quotes: some(1)}, match{quotes: 1}, []match{{author: true}}, true},
		{"an author of this match is named, too", orphan{quotes: some(1)}, match{quotes: 1, author: true}, []match{{subject: true, author: true}}, true},
		{"only a quote in a quote", orphan{direct: some(1)}, match{quotes: 1}, nil, false},
		{"only a quote in a quote, and the author", orphan{direct: some(1)}, match{quotes: 1, author: true}, nil, true},
		{"only a quote in a quote, of the own conversation", orphan{direct: some(1)}, match{quotes: 1, own: true}, []match{{}}, true},
		{"only a quote in a quote, two candidates", orphan{direct: some(1)}, match{quotes: 1, own: true}, []match{{subject: true}, {}}, false},
		{"three tenths quoted directly", orphan{direct: some(10)}, match{direct: 3}, nil, true},
		{"less than three tenths", orphan{direct: some(11)}, match{direct: 3}, nil, false},
		{"less, and the author", orphan{direct: some(11)}, match{direct: 1, author: true}, nil, true},
		{"less, of the own conversation", orphan{direct: some(11)}, match{direct: 1, own: true}, nil, true},
	} {
		if got := tt.orphan.recognised(tt.best, tt.others); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestQuotesUnknown(t *testing.T) {
	if (&orphan{quotes: some(19)}).quotesUnknown() || !(&orphan{quotes: some(20)}).quotesUnknown() || !(&orphan{marked: true}).quotesUnknown() {
		t.Error("a full quote is 20 passages, or has quote marks")
	}
}

func TestClearlyBeats(t *testing.T) {
	for _, tt := range []struct {
		name string
		f, g match
		want bool
	}{
		{"named", match{named: true}, match{echoes: 1}, true}, {"timed", match{timed: noon}, match{echoes: 1}, true},
		{"both named", match{named: true}, match{named: true, echoes: 1}, false}, {"the other match is identified by time", match{named: true}, match{timed: noon, echoes: 1}, false},
		{"both timed", match{timed: noon}, match{timed: noon, echoes: 1}, false},
		{"twice the quotes", match{quotes: 2}, match{quotes: 1}, true}, {"less than twice", match{quotes: 3, echoes: 9}, match{quotes: 2, echoes: 1}, false},
		{"twice the echoes", match{echoes: 2}, match{echoes: 1}, true}, {"less than twice the echoes", match{echoes: 3}, match{echoes: 2}, false},
		{"nothing at all", match{}, match{echoes: 1}, false},
	} {
		if got := tt.f.clearlyBeats(tt.g); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestAdopted(t *testing.T) {
	withTime := attribution{clocks: []clock{{5, -1}}}
	week, window := 7*24*time.Hour, 14*24*time.Hour
	for _, tt := range []struct {
		name   string
		orphan orphan
		list   []match
		want   string
	}{
		{"the own conversation is named", orphan{base: "a b"}, []match{{id: first, subject: true, named: true}, {id: second, subject: true, named: true}}, ""},
		{"the own conversation is timed", orphan{base: "a b"}, []match{{id: first, subject: true, timed: noon}, {id: second, subject: true, named: true}}, ""},
		{"the own conversation is left out", orphan{base: "a b"}, []match{{id: first, subject: true}, {id: second, subject: true, named: true}}, "it names one of its messages"},
		{"no other", orphan{base: "a b"}, []match{{id: first, subject: true}}, ""},
		{"another subject", orphan{base: "a b"}, []match{{id: second, author: true}}, ""},
		{"quotes too little", orphan{base: "a b", quotes: some(11)}, []match{{id: second, subject: true, quotes: 1, author: true}, {subject: true, author: true, quotes: 1}}, ""},
		{"author, at the end of the time window", orphan{base: "a b"}, []match{{id: second, subject: true, author: true, apart: window}}, "it names an author there"},
		{"author, later", orphan{base: "a b"}, []match{{id: second, subject: true, author: true, apart: window + 1}}, ""},
		{"author, and a time no message has", orphan{base: "a b", attribution: withTime}, []match{{id: second, subject: true, author: true}}, "it names an author there"},
		{"the same, two candidates", orphan{base: "a b", attribution: withTime}, []match{{id: second, subject: true, author: true}, {subject: true}}, ""},
		{"the same, one with another subject", orphan{base: "a b", attribution: withTime}, []match{{id: second, subject: true, author: true}, {}}, "it names an author there"},
		{"author, two candidates, no time", orphan{base: "a b"}, []match{{id: second, subject: true, author: true}, {subject: true}}, "it names an author there"},
		{"author, and an unknown quote", orphan{base: "a b", marked: true, quotes: some(3)}, []match{{id: second, subject: true, author: true}}, ""},
		{"author, and a short quote", orphan{base: "a b", marked: true, quotes: some(2)}, []match{{id: second, subject: true, author: true}}, "it names an author there"},
		{"author, and a long unmarked quote", orphan{base: "a b", quotes: some(20)}, []match{{id: second, subject: true, author: true}}, ""},
		{"recipient, and an unknown quote", orphan{base: "a b", marked: true, quotes: some(3)}, []match{{id: second, subject: true, to: true}}, ""},
		{"recipient", orphan{base: "a b"}, []match{{id: second, subject: true, to: true}, {subject: true}}, "it is addressed to an author there"},
		{"the only one", orphan{base: "a b"}, []match{{id: second, subject: true, apart: week}}, "which no other conversation has"},
		{"the only one, later", orphan{base: "a b"}, []match{{id: second, subject: true, apart: week + 1}}, ""},
		{"the only one, with a time", orphan{base: "a b", attribution: withTime}, []match{{id: second, subject: true}}, ""},
		{"the only one, generic", orphan{base: "help"}, []match{{id: second, subject: true}}, ""},
		{"two", orphan{base: "a b"}, []match{{id: second, subject: true}, {subject: true}}, ""},
	} {
		best, got, ok := tt.orphan.adopted(tt.list, first)
		if got != tt.want || ok != (tt.want != "") || ok && best.id != second || !ok && best.id != (desk.ConversationID{}) {
			t.Errorf("%s: %v, %q, %v; want %q", tt.name, best.id, got, ok, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	const words = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
	w := digest(Written{MessageID: "a@b", From: desk.Address{Email: ours}, SentAt: noon.Add(5 * time.Minute), NewText: words, TextBody: words + "\n> " + elsewhere})
	quotedWords, quotedElsewhere := passages{}, passages{}
	quotedWords.add(words)
	quotedElsewhere.add(elsewhere)
	for _, tt := range []struct {
		name   string
		orphan orphan
		want   match
	}{
		{"nothing", orphan{}, match{subject: true, own: true}},
		{"identifier", orphan{attribution: attribution{ids: []string{"a@b"}}}, match{subject: true, own: true, named: true}},
		{"author", orphan{attribution: attribution{intro: ours}}, match{subject: true, own: true, author: true}},
		{"author and another time", orphan{attribution: attribution{intro: ours, clocks: []clock{{6, -1}}}}, match{subject: true, own: true, author: true}},
		{"author and time", orphan{attribution: attribution{intro: ours, clocks: []clock{{5, 0}}}}, match{subject: true, own: true, author: true, timed: noon.Add(5 * time.Minute)}},
		{"time without author", orphan{attribution: attribution{clocks: []clock{{5, -1}}}}, match{subject: true, own: true}},
		{"quotes", orphan{quotes: quotedWords}, match{subject: true, own: true, quotes: len(quotedWords)}},
		{"direct quotes", orphan{quotes: quotedWords, direct: quotedWords}, match{subject: true, own: true, quotes: len(quotedWords), direct: len(quotedWords)}},
		{"echoes", orphan{quotes: quotedElsewhere, direct: quotedElsewhere}, match{subject: true, own: true, echoes: len(quotedElsewhere)}},
	} {
		got := tt.orphan.compare([]digested{w, digest(Written{})})
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(match{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if len(quotedWords) < 3 || len(quotedElsewhere) < 3 {
		t.Error("the texts are too short for the test")
	}
}

func TestGeneric(t *testing.T) {
	for subject, want := range map[string]bool{"": true, "help": true, "help me": false, "4711": false, "荷物": false, "order4": false} {
		if generic(subject) != want {
			t.Errorf("generic(%q) is %v", subject, !want)
		}
	}
}

func TestNear(t *testing.T) {
	const window = 14 * 24 * time.Hour
	if !near(noon, noon.Add(window)) || !near(noon.Add(window), noon) || near(noon, noon.Add(window+1)) || near(noon.Add(window+1), noon) {
		t.Error("near is 14 days in both directions")
	}
}

func TestPosting(t *testing.T) {
	var p posting
	var seen []int
	collect := func(p posting) []int {
		seen = nil
		p.each(func(i int) { seen = append(seen, i) })
		return seen
	}
	for i := range 4 {
		p = p.with(i)
		if got := collect(p); !slices.Equal(got, []int{0, 1, 2, 3}[:i+1]) {
			t.Errorf("after message %d it lists %v", i, got)
		}
	}
	if got := collect(p.sample(4)); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("a sample of five lists %v", got)
	}
	if p = p.with(4); p != (posting{common}) || len(collect(p)) > 0 || p.with(5) != p {
		t.Errorf("a passage of five messages is %v, and then %v", p, p.with(5))
	}
}
