package router

import (
	"strings"
	"time"

	"switchboard/desk"
)

// Survey asks customers how it was when their conversation is resolved.
type Survey struct {
	Template
	Kind  desk.SurveyKind
	Scale int           // the highest score
	After time.Duration // the conversation was resolved
	Every time.Duration // at most once to the same contact
}

var surveyVariables = []string{"number", "inbox", "links"}

var (
	defaultCSAT = Template{Subject: "How was our support? [#{number}]",
		Text: "Your request #{number} is resolved. How satisfied are you with our support?\n\n{links}\n\nThank you for your time."}
	defaultEffort = Template{Subject: "How easy was it? [#{number}]",
		Text: "Your request #{number} is resolved. How easy was it for you to get this done?\n\n{links}\n\nThank you for your time."}
)

const (
	surveyAfter    = time.Hour
	surveyEvery    = 30 * 24 * time.Hour
	maxSurveyAfter = 30 * 24 * time.Hour
)

// survey reads what is asked when a conversation is resolved.
func (c *compiler) survey(f field) *Survey {
	s := Survey{After: surveyAfter, Every: surveyEvery}
	var own Template
	var text, scale field
	known := c.templateKeys(&own, surveyVariables)
	readText := known["text"]
	known["text"] = func(f field) { readText(f); text = f }
	known["kind"] = func(f field) {
		s.Kind = desk.SurveyKind(c.oneOf(f, string(desk.SurveyCSAT), string(desk.SurveyEffort)))
	}
	known["scale"] = func(f field) { s.Scale, _ = c.number(f, 2); scale = f }
	known["every"] = func(f field) { s.Every = max(c.duration(f), 24*time.Hour) }
	known["after"] = func(f field) {
		if s.After = c.duration(f); s.After > maxSurveyAfter {
			c.fail(f.value, f.path, "must be 30d at most")
		}
	}
	c.keys(orKey(f), f.path, known, "kind")
	best := 5
	if s.Template = defaultCSAT; s.Kind == desk.SurveyEffort {
		s.Template, best = defaultEffort, 7
	}
	switch {
	case s.Scale == 0:
		s.Scale = best
	case s.Scale != best && (s.Scale != 2 || s.Kind == desk.SurveyEffort):
		c.fail(scale.value, scale.path, "must be 2 (good and bad) or 5 with csat, and 7 with effort")
	}
	if own.Subject != "" {
		s.Subject = own.Subject
	}
	if own.Text != "" {
		if s.Text = own.Text; !strings.Contains(own.Text, "{links}") {
			c.fail(text.value, text.path, "needs {links}, where the customer answers")
		}
	}
	return &s
}
