package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/channels"
	"switchboard/config"
)

// TestHolidays: a calendar file beside the policy closes the office, and its problems are
// those of a channel.
func TestHolidays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	policy, file := filepath.Join(folder, "policy.yaml"), filepath.Join(folder, "days.ics")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(policy, `
version: 1
calendars: {office: {timezone: UTC, hours: always, holidays: [{ical: days.ics}]}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1}}
routing:
  - {name: closed, when: not calendar.office, set: {inbox: frontline}}
  - {name: default, set: {inbox: frontline}}
`)
	// Every day is a holiday.
	write(file, strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n", "\n", "\r\n"))
	for _, test := range []struct {
		file  string
		state channels.State
		route string
	}{{"days.ics", channels.StateRunning, "routing: closed"}, {"lost.ics", channels.StateFailing, "routing: default"}} {
		content, err := os.ReadFile(policy)
		if err != nil {
			t.Fatal(err)
		}
		write(policy, strings.Replace(string(content), "days.ics", test.file, 1))
		r := start(t, func(cfg *config.Config) { cfg.Policy = policy })
		r.eventually("the channel "+test.file, func() bool {
			return slices.ContainsFunc(r.at.Channels(), func(s channels.Status) bool { return s.Name == "holidays" && s.State == test.state })
		})
		r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "1@acme.example", "Hello."))
		var c struct{ Path []string }
		r.call("GET", "/conversations/"+r.only("from:jo@acme.example").ID, nil, &c)
		if !slices.Contains(c.Path, test.route) {
			t.Errorf("%s: %q, want %s", test.file, c.Path, test.route)
		}
	}
}
