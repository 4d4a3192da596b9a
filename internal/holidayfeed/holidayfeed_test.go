package holidayfeed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/router"
	"switchboard/store"
)

// memory is a Store, and a Client that answers with body or err.
type memory struct {
	copies map[string]store.HolidaySource
	now    time.Time
	body   string
	err    error
	gets   int
}

func (m *memory) HolidaySources(_ context.Context, locations []string) (list []store.HolidaySource, _ error) {
	for _, l := range locations {
		if c, ok := m.copies[l]; ok {
			list = append(list, c)
		}
	}
	return list, nil
}

func (m *memory) SaveHolidaySource(_ context.Context, location string, content []byte) error {
	m.copies[location] = store.HolidaySource{Location: location, Content: content, FetchedAt: m.now}
	return nil
}

func (m *memory) Get(context.Context, string, string, int64) ([]byte, error) {
	m.gets++
	return []byte(m.body), m.err
}

const policy = `
version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}, holidays: [{ical: days.ics}, {ical: "https://calendar.example.com/days.ics"}]}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: office}}
routing: [{name: default, set: {inbox: frontline}}]
`

func calendar(date string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:" + date + "\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:" + date + "\r\nSUMMARY:Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// TestRefresh: files and URLs close the calendar; what cannot be read leaves the last
// good copy in force, and is reported; URLs are fetched once a day.
func TestRefresh(t *testing.T) {
	t.Parallel()
	plain, err := router.Compile([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "days.ics")
	if err := os.WriteFile(file, []byte(calendar("20260303")), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &memory{copies: map[string]store.HolidaySource{}, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), body: calendar("20260304")}
	r := &Reader{Store: m, Client: m, Folder: folder}
	open := func(p *router.Policy) (days string) {
		office, _ := p.Calendar("office")
		for d := 2; d <= 6; d++ { // Monday to Friday
			if office.Open(time.Date(2026, 3, d, 12, 0, 0, 0, time.UTC)) {
				days += string(rune('0' + d))
			}
		}
		return days
	}
	check := func(name, days string, gets int, problems ...string) {
		t.Helper()
		with, got, err := r.Refresh(t.Context(), plain, m.now)
		if err != nil || open(with) != days || m.gets != gets || len(got) != len(problems) {
			t.Fatalf("%s: open on %s, %d requests, %q, %v; want %s, %d, %q", name, open(with), m.gets, got, err, days, gets, problems)
		}
		for i := range got {
			if !strings.Contains(got[i], problems[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], problems[i])
			}
		}
	}
	check("both", "256", 1)
	m.now = m.now.Add(time.Hour)
	check("an hour later", "256", 1)
	m.now, m.body = m.now.Add(24*time.Hour), calendar("20260305")
	check("a day later", "246", 2)
	m.now, m.err = m.now.Add(24*time.Hour), errors.New("server answered 500")
	check("the server is away", "246", 3, "https://calendar.example.com/days.ics: server answered 500")
	m.err, m.body = nil, "<html>"
	check("not a calendar", "246", 4, "https://calendar.example.com/days.ics: it is not valid iCalendar data")
	m.body = calendar("20260305")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	check("the file is gone", "246", 5, "days.ics: open ")
	r.Folder = ""
	check("another node", "246", 5)
	if with, err := Stored(t.Context(), m, plain, m.now); err != nil || open(with) != "246" {
		t.Errorf("after a restart: %s, %v", open(with), err)
	}
	if open(plain) != "23456" {
		t.Error("the policy itself was changed")
	}
	if got := r.Check(t.Context(), plain, m.now); len(got) != 1 || !strings.HasPrefix(got[0], "days.ics: the file is relative") {
		t.Errorf("Check: %q", got)
	}
	m.copies, m.gets = map[string]store.HolidaySource{}, 5
	check("no copy of the file", "2346", 6, "days.ics: the file is relative to the policy file")
	if err := os.WriteFile(file, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(folder, "days.ics"); err == nil {
		t.Error("a file that is too large was read")
	}
}
