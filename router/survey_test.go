package router

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestSurvey(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]Survey{
		`      survey: {kind: csat}`:                                                               {Template: defaultCSAT, Kind: desk.SurveyCSAT, Scale: 5, After: time.Hour, Every: 720 * time.Hour},
		`      survey: {kind: csat, scale: 2, after: 30m, every: 1h}`:                              {Template: defaultCSAT, Kind: desk.SurveyCSAT, Scale: 2, After: 30 * time.Minute, Every: 24 * time.Hour},
		`      survey: {kind: effort, every: 90d, subject: "How was #{number}?", text: "{links}"}`: {Template: Template{"How was #{number}?", "{links}"}, Kind: desk.SurveyEffort, Scale: 7, After: time.Hour, Every: 2160 * time.Hour},
	} {
		p, err := Compile([]byte(withAutomatic(section)))
		if err != nil {
			t.Errorf("%s: %v", section, err)
			continue
		}
		if in, _ := p.Inbox("frontline"); in.Automatic.Survey == nil || *in.Automatic.Survey != want || in.Automatic.Answers() {
			t.Errorf("%s: %+v", section, in.Automatic.Survey)
		}
	}
	for section, want := range map[string]string{
		`      survey: {after: 1h}`:                            "kind",
		`      survey: {kind: nps}`:                            `must be one of csat, effort`,
		`      survey: {kind: csat, scale: 7}`:                 "must be 2 (good and bad) or 5",
		`      survey: {kind: effort, scale: 2}`:               "and 7 with effort",
		`      survey: {kind: csat, after: 31d}`:               "must be 30d at most",
		`      survey: {kind: csat, text: "How was it?"}`:      "needs {links}",
		`      survey: {kind: csat, text: "{links} {nubmer}"}`: `did you mean "number"?`,
		`      survey: {kind: csat, subject: "{subject}"}`:     "unknown variable {subject}",
		`      survey: true`:                                   "must be a mapping",
	} {
		if _, err := Compile([]byte(withAutomatic(section))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", section, err, want)
		}
	}
}
