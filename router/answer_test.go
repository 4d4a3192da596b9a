package router

import (
	"slices"
	"testing"
)

// TestAnswer: a route names an article, its children may name another one, and the path says so.
func TestAnswer(t *testing.T) {
	t.Parallel()
	p, err := Compile([]byte(`version: 1
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1}}
routing:
  - name: login
    when: message.subject contains "login"
    set: {inbox: frontline, answer: sign-in}
    routes:
      - {name: reset, when: 'message.subject contains "reset"', set: {answer: reset-it}}
  - {name: default, set: {inbox: frontline}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for subject, want := range map[string]string{"login": "sign-in", "reset login": "reset-it", "lamp": ""} {
		a := p.Route(Facts{Message: MessageFacts{Subject: subject}})
		if a.Answer != want || slices.Contains(a.Path, "answer: "+want) != (want != "") {
			t.Errorf("%s: %q %q", subject, a.Answer, a.Path)
		}
	}
	if err := p.MissingAnswers(map[string]bool{"sign-in": true, "reset-it": true}); err != nil {
		t.Error(err)
	}
	if err := p.MissingAnswers(map[string]bool{"sign-in": true}); err == nil || err.Error() != "9:79: routing[0].routes[0].set.answer: there is no article reset-it that is published for everybody" {
		t.Error(err)
	}
}
