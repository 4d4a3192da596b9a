package router

import (
	"slices"
	"strings"
	"testing"
)

func TestNeedles(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`(?i)\b(api|webhooks?|oauth2?)\b`:      "API WEBHOOK OAUTH",
		`(?i)\b(outage|500 errors?|störung)\b`: "OUTAGE 500 ERROR STÖRUNG",
		`(?i)kauf`:                             "KAUF", // k and the Kelvin sign
		`refund|money back`:                    "REFUND MONEY BACK",
		`(?:abc){2,}def?`:                      "ABC",
		`(abc)?x(yz)+`:                         "YZ",
		`.*`:                                   "",
		`a|bcd`:                                "", // a alone is in nearly every text
		`(?i)[a-z]+ order`:                     " ORDER",
		`^$`:                                   "",
		`(abc)*`:                               "",
	} {
		p, err := newPattern(expression)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.needles, " "); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

// FuzzMatches: looking for words first never changes the result.
func FuzzMatches(f *testing.F) {
	for _, expression := range []string{`(?i)\b(api|webhooks?)\b`, `(?i)straße|ſtop|\x{212A}elvin`, `(?i)(ab|a)c+`, `a{0,3}b`, `x*`, `(?s)a.c`, `[^a]b|cd`} {
		for _, text := range []string{"The WEBHOOK fails", "STRASSE Straße stop Kelvin kelvin \u212Aelvin", "ABC", "aab", "", "a\nc", "\xffcd"} {
			f.Add(expression, text)
		}
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		p, err := newPattern(expression)
		if err != nil {
			return
		}
		if got, want := p.matches(text), p.expression.MatchString(text); got != want {
			t.Errorf("%q matches %q: %v, want %v (needles %q)", expression, text, got, want, p.needles)
		}
	})
}

// TestMatchesInConditions: the operator still reports what is wrong, and where.
func TestMatchesInConditions(t *testing.T) {
	t.Parallel()
	if _, problems := compileCondition(`channel == "email" and message.subject matches "("`, nil, nil); len(problems) != 1 || problems[0].at < 20 {
		t.Errorf("problems %+v", problems)
	}
	c, problems := compileCondition(`message.subject matches "(?i)refund" and not (message.new_text matches "(?i)thank")`, nil, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []bool
	for _, m := range []MessageFacts{{Subject: "A Refund"}, {Subject: "A Refund", NewText: "THANKS"}, {Subject: "refun"}} {
		ok, err := c.holds(&Facts{Message: m})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ok)
	}
	if !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("%v", got)
	}
}

// TestMistakesBesideMatches: a wrong name or type on the left of `matches` is a mistake, as
// everywhere else.
func TestMistakesBesideMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ condition, want string }{
		{`message.subjet matches "a"`, `has no field subjet; did you mean "subject"?`},
		{`(message.subject + "x" + message.new_txt) matches "a"`, "has no field new_txt"},
		{`channel == "chat" and contact.nam matches "a"`, "has no field nam"},
		{`tier matches "a"`, ""},
	} {
		_, problems := compileCondition(c.condition, nil, nil)
		if len(problems) != 1 || !strings.Contains(problems[0].reason+conditionHint(problems[0].reason, nil), c.want) {
			t.Errorf("%s: %+v, want %q", c.condition, problems, c.want)
		}
	}
}
