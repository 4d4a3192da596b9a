package survey

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"switchboard/desk"
)

// Choice is one answer.
type Choice struct {
	Score int
	Label string
}

// Value is the choice in a link.
func (c Choice) Value() string { return strconv.Itoa(c.Score) }

var (
	satisfied = []string{"very dissatisfied", "dissatisfied", "neither satisfied nor dissatisfied", "satisfied", "very satisfied"}
	easy      = []string{"very difficult", "difficult", "rather difficult", "neither easy nor difficult", "rather easy", "easy", "very easy"}
)

// Choices returns the answers to a kind of survey, the best one first.
func Choices(kind desk.SurveyKind, scale int) []Choice {
	labels := satisfied
	switch {
	case kind == desk.SurveyEffort:
		labels = easy
	case scale == 2:
		return []Choice{{2, "Good"}, {1, "Bad"}}
	}
	list := make([]Choice, 0, len(labels))
	for i := len(labels) - 1; i >= 0; i-- {
		list = append(list, Choice{i + 1, fmt.Sprintf("%d \u2013 %s", i+1, labels[i])})
	}
	return list
}

// Question returns what a kind of survey asks.
func Question(kind desk.SurveyKind) string {
	if kind == desk.SurveyEffort {
		return "How easy was it for you to get this done?"
	}
	return "How satisfied are you with our support?"
}

// Score returns the score of a choice in a link; false if there is no such choice.
func Score(choice string, scale int) (int, bool) {
	n, err := strconv.Atoi(choice)
	return n, err == nil && n >= 1 && n <= scale && strconv.Itoa(n) == choice
}

// hidden stands for the token in the links of a text that agents can read: only the
// customer answers.
const hidden = "hidden"

// Reveal puts the token of a survey into the text of its mail.
func (l *Links) Reveal(text string, s *desk.Survey) string {
	return strings.ReplaceAll(text, "/survey/"+hidden+"?choice=", "/survey/"+l.Token(s.ID, s.ExpiresAt)+"?choice=")
}

// Text returns the links of all choices for a mail, one a line, without the token: Reveal
// adds it.
func (l *Links) Text(s *desk.Survey) string {
	var b strings.Builder
	for _, c := range Choices(s.Kind, s.Scale) {
		fmt.Fprintf(&b, "%s: %s\n", c.Label, l.URL(hidden, c.Value()))
	}
	fmt.Fprintf(&b, "\nOne click shows your answer, and nothing is recorded until you send it. You can change it until %s.", s.ExpiresAt.UTC().Format("2 January 2006"))
	return b.String()
}

// MaxComment bounds a comment, in characters.
const MaxComment = 2000

// Comment returns a comment as it is kept: text without control characters, and without
// those that change the direction of what follows; not too long.
func Comment(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), ""))
	if r := []rune(s); len(r) > MaxComment {
		s = string(r[:MaxComment])
	}
	return strings.TrimSpace(s)
}

// Expired reports whether a survey can no longer be answered.
func Expired(expires, now time.Time) bool { return !now.Before(expires) }
