package mail

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Score is the quality of the extraction of new text from replies, as shares of them.
type Score struct {
	N                 int
	Exact, Loss, Leak float64 // equal except for white space; a line is missing; a line is too many
}

func (s Score) String() string {
	return fmt.Sprintf("%.2f / %.2f / %.2f", s.Exact, s.Loss, s.Leak)
}

var blockquote = regexp.MustCompile(`(?m)^> ?`)

// ScoreReplies judges got against the cases' expectations.
func ScoreReplies(cases []Reply, got []string) (s Score) {
	s.N = len(cases)
	for i, c := range cases {
		want, have := c.Want, got[i]
		if c.HTML && strings.Contains(want, "<") {
			want = visible(want)
		}
		if c.HTML && strings.Contains(have, "</") {
			have = visible(have)
		}
		if c.HTML { // a remaining blockquote is indented in one and marked in the other
			want, have = blockquote.ReplaceAllString(want, ""), blockquote.ReplaceAllString(have, "")
		}
		lost, leaked := lines(want, have), lines(have, want)
		switch {
		case squeeze(want) == squeeze(have):
			s.Exact++
		default:
			if lost {
				s.Loss++
			}
			if leaked {
				s.Leak++
			}
		}
	}
	n := float64(max(s.N, 1))
	s.Exact, s.Loss, s.Leak = s.Exact/n, s.Loss/n, s.Leak/n
	return s
}

// lines reports whether text has a line that is not in other.
func lines(text, other string) bool {
	other = squeeze(other)
	for line := range strings.Lines(text) {
		if line = squeeze(line); line != "" && !strings.Contains(other, line) {
			return true
		}
	}
	return false
}

// squeeze removes all white space.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u200b' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
}

// PeersReplies returns what each peer takes for new text in replies.
func PeersReplies(home string, cases []Reply) (map[string][]string, error) {
	jobs := make([]job, len(cases))
	for i, c := range cases {
		jobs[i] = job{Reply: c.In, HTML: c.HTML}
	}
	answers, err := ask[any](home, jobs)
	got := map[string][]string{}
	for _, answer := range answers {
		for name, text := range answer {
			s, _ := text.(string) // a failure is an object, not a string
			got[name] = append(got[name], s)
		}
	}
	return got, err
}
