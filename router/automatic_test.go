package router

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// withAutomatic is a document whose inbox has a section automatic.
func withAutomatic(section string) string {
	return `version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
  always: {hours: always}
tiers:
  - {tier: 1, name: Frontline}
inboxes:
  frontline:
    tier: 1
    calendar: office
    automatic:
` + section + `
routing:
  - {name: default, set: {inbox: frontline}}
`
}

func TestAutomatic(t *testing.T) {
	t.Parallel()
	p, err := Compile([]byte(withAutomatic(`      acknowledge: true
      out_of_hours: {subject: "Closed [#{number}]", text: "Back on {opening_date} at {opening_time} {opening_zone}."}
      unverified: true
      every: 2h`)))
	if err != nil {
		t.Fatal(err)
	}
	in, _ := p.Inbox("frontline")
	want := Automatic{Acknowledge: &defaultAcknowledge, OutOfHours: &Template{"Closed [#{number}]", "Back on {opening_date} at {opening_time} {opening_zone}."},
		Unverified: true, Every: 2 * time.Hour}
	if diff := cmp.Diff(want, in.Automatic); diff != "" {
		t.Error(diff)
	}
	if p, err = Compile([]byte(withAutomatic(`      acknowledge: false`))); err != nil {
		t.Fatal(err)
	}
	if in, _ = p.Inbox("frontline"); in.Automatic.Answers() {
		t.Errorf("%+v", in.Automatic)
	}
}

func TestAutomaticProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ section, want string }{
		"unknown variable":        {`      acknowledge: {text: "Number {numbr}"}`, `12:35: inboxes.frontline.automatic.acknowledge.text: unknown variable {numbr}: must be one of {number}, {inbox}; did you mean "number"?`},
		"what the customer wrote": {`      acknowledge: {subject: "Re: {subject}"}`, "unknown variable {subject}"},
		"in a block":              {"      acknowledge:\n        text: |\n          One.\n\n          Two {number} {nobody}.", `16:24: inboxes.frontline.automatic.acknowledge.text: unknown variable {nobody}`},
		"no opening while open":   {`      acknowledge: {text: "We open {opening}"}`, "unknown variable {opening}"},
		"subject of two lines":    {`      acknowledge: {subject: "a\nBcc: b"}`, "must be one line"},
		"unknown key":             {`      aknowledge: true`, `did you mean "acknowledge"?`},
		"neither true nor a text": {`      acknowledge: "yes"`, "must be a mapping"},
		"too long":                {`      acknowledge: {text: "` + strings.Repeat("x", 10001) + `"}`, "is longer than"},
	} {
		_, err := Compile([]byte(withAutomatic(c.section)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for calendar, want := range map[string]string{"    calendar: always\n": "is never sent", "": "needs a calendar"} {
		doc := strings.Replace(withAutomatic(`      out_of_hours: true`), "    calendar: office\n", calendar, 1)
		if _, err := Compile([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("calendar %q: %v, want %s", calendar, err, want)
		}
	}
}

func TestFill(t *testing.T) {
	if got := Fill("#{number} {inbox} {other} {", map[string]string{"number": "7", "inbox": "{number}"}); got != "#7 {number} {other} {" {
		t.Error(got)
	}
}
