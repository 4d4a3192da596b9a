package replytext

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/normalize/hostiletest"
)

// answer is the source of a message that answers another.
var answer = Source{Reply: true}

// replyCase is a text and the new text expected from it.
type replyCase struct {
	name, in, want string
}

// readReplies reads test cases: "##### name", the text, "---->", the expected text.
func readReplies(t testing.TB, pattern string) []replyCase {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no test cases", err)
	}
	var cases []replyCase
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(b), "\n##### ")[1:] {
			name, rest, _ := strings.Cut(part, "\n")
			in, want, found := strings.Cut(rest, "\n---->\n")
			if !found {
				in, found = strings.CutSuffix(rest, "\n---->")
			}
			if !found {
				t.Fatalf("%s: %s has no expected text", file, name)
			}
			cases = append(cases, replyCase{filepath.Base(file) + "/" + name, in, want})
		}
	}
	return cases
}

// plainWords removes white space, to compare texts without it.
func plainWords(s string) string { return strings.Join(strings.Fields(s), "") }

// lostAndLeaked counts the expected lines that are missing and the unexpected ones
// that are there.
func lostAndLeaked(got, want string) (lost, leaked int) {
	count := map[string]int{}
	for _, l := range strings.Split(want, "\n") {
		if l = plainWords(l); l != "" {
			count[l]++
		}
	}
	for _, l := range strings.Split(got, "\n") {
		if l = plainWords(l); l != "" {
			if count[l]--; count[l] < 0 {
				leaked++
			}
		}
	}
	for _, n := range count {
		lost += max(n, 0)
	}
	return lost, leaked
}

func testReplies(t *testing.T, pattern string, src Source, strip func(string, Source) string) {
	cases := readReplies(t, pattern)
	exact, loss, leak := 0, 0, 0
	for _, c := range cases {
		got := strip(c.in, src)
		if plainWords(got) == plainWords(c.want) {
			exact++
			continue
		}
		lost, leaked := lostAndLeaked(got, c.want)
		if lost > 0 {
			loss++
		}
		if leaked > 0 {
			leak++
		}
		t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
	}
	t.Logf("%d cases: exact %.3f, loss %.3f, leak %.3f", len(cases),
		float64(exact)/float64(len(cases)), float64(loss)/float64(len(cases)), float64(leak)/float64(len(cases)))
}

func TestNewText(t *testing.T) { testReplies(t, "testdata/*.txt", answer, NewText) }

func TestNewTextHTML(t *testing.T) { testReplies(t, "testdata/*.html", answer, NewTextHTML) }

// TestAuthor: in replies whose author is known.
func TestAuthor(t *testing.T) {
	src := Source{Reply: true, Name: "Ann Author", Address: "ann@example.com", To: []string{"help@example.net"}, Subject: "Re: order"}
	testReplies(t, "testdata/reply/*.txt", src, NewText)
	testReplies(t, "testdata/reply/*.html", src, NewTextHTML)
}

// TestNewMail: in a message that answers none, less is a quotation or a signature.
func TestNewMail(t *testing.T) {
	src := Source{Name: "Kim Lee", Address: "kim@larch.example", To: []string{"help@example.net"}, Subject: "A question"}
	testReplies(t, "testdata/new/*.txt", src, NewText)
}

// TestForgedMarks: a text cannot forge the marks of the HTML reader.
func TestForgedMarks(t *testing.T) {
	for _, r := range []rune{markHistory, markIntroStart, markQuoteStart, markRule} {
		in := "One\n" + string(r) + "\nTwo"
		if got := NewText(in, answer); got != "One\n\nTwo" {
			t.Errorf("%U: %q", r, got)
		}
		if got := NewTextHTML("<p>One</p>"+string(r)+"<p>Two</p>", answer); got != "One\n\nTwo" {
			t.Errorf("%U: %q", r, got)
		}
	}
}

// TestQuoteBombs: 1 MiB of anything takes less than two seconds of processor time.
func TestQuoteBombs(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, hostiletest.Size/len(s)) }
	for name, in := range map[string]string{
		"introductions":     fill("On Tue, 2 Apr 2024, Nora wrote:\n> x\n"),
		"half introduced":   fill("On Tue, 2 Apr 2024\n"),
		"colons":            fill("a:\n"),
		"verbs":             fill("wrote:\n"),
		"long lines":        fill(strings.Repeat("On 2 Apr 2024 ", 40) + "\n"),
		"one line":          fill("On 2 Apr 2024 a@b.example wrote: "),
		"header fields":     fill("From: a\n"),
		"two header fields": fill("From: a\nTo: b\n\n"),
		"quotes by turns":   fill("> a\nb\n"),
		"rules":             fill("----\n"),
		"dashes":            fill("-"),
		"separators":        fill("-----Original Message-----\n> a\n"),
		"blank lines":       fill("\n"),
		"separator, blanks": "x\n" + fill("original message\n\n"),
		"intro, blanks":     fill("Nora wrote:\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"),
		"links":             fill("> http://a\nb)\n"),
		"initials":          fill("AB> c\n"),
		"phones":            fill("Sent from my phone\n"),
		"wide":              fill("日本語の文章。"),
		"invisible":         fill("\u200f\u202a"),
	} {
		t.Run(name, func(t *testing.T) {
			start := hostiletest.ProcessorTime(t)
			NewText(in, answer)
			NewTextHTML(strings.ReplaceAll(in, "\n", "<br>"), answer)
			if took := hostiletest.ProcessorTime(t) - start; took > hostiletest.Slowdown*2*1e9 {
				t.Errorf("took %v", took)
			}
		})
	}
}

// FuzzQuote: every line of the result occurs in the text, in the same order.
func FuzzQuote(f *testing.F) {
	for _, c := range readReplies(f, "testdata/*.*") {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := NewText(s, answer)
		rest := plainWords(stripMarks(s))
		for _, line := range strings.Split(got, "\n") {
			at := strings.Index(rest, plainWords(line))
			if at < 0 {
				t.Fatalf("line %q is not in the text %q, or out of order", line, s)
			}
			rest = rest[at+len(plainWords(line)):]
		}
		NewTextHTML(s, answer)
	})
}

func BenchmarkNewText(b *testing.B) {
	s := strings.Repeat("Dear team, my order is late and I would like to know when it comes.\n", 20) +
		"\nOn Tue, Apr 2, 2024 at 10:00 AM Nora Quist <nora@shop.example> wrote:\n" + strings.Repeat("> It left our house today, dear customer.\n", 60)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		NewText(s, answer)
	}
}
