package holidays

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/router/sla"
)

var (
	from = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
)

// calendar wraps events, given as their properties.
func calendar(events ...string) []byte {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n"
	for i, e := range events {
		if !strings.Contains(e, "UID:") {
			e = fmt.Sprintf("UID:%d\n%s", i, e)
		}
		text += "BEGIN:VEVENT\n" + e + "\nEND:VEVENT\n"
	}
	return []byte(strings.ReplaceAll(text+"END:VCALENDAR\n", "\n", "\r\n"))
}

// show writes closures as "2026-12-24 12:00-2026-12-27 00:00 Name".
func show(list []sla.Closure) string {
	var all []string
	for _, c := range list {
		text := fmt.Sprintf("%s-%s %s", wall(c.From), wall(c.To), c.Name)
		all = append(all, strings.TrimSpace(text))
	}
	return strings.Join(all, "; ")
}

func wall(w sla.WallTime) string {
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d", w.Year, w.Month, w.Day, w.Minute/60, w.Minute%60)
}

func TestParse(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, event, want, skipped string
	}{
		{"a day", "SUMMARY:New Year\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260102", "2026-01-01 00:00-2026-01-02 00:00 New Year", ""},
		{"without an end", "DTSTART;VALUE=DATE:20260101", "2026-01-01 00:00-2026-01-02 00:00", ""},
		{"ends on the same day", "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260101", "2026-01-01 00:00-2026-01-02 00:00", ""},
		{"without its type", "DTSTART:20260101", "2026-01-01 00:00-2026-01-02 00:00", ""},
		{"several days", "DTSTART;VALUE=DATE:20260329\nDURATION:P2D", "2026-03-29 00:00-2026-03-31 00:00", ""},
		{"shown as free", "TRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20260101", "2026-01-01 00:00-2026-01-02 00:00", ""},
		{"cancelled", "STATUS:CANCELLED\nDTSTART;VALUE=DATE:20260101", "", ""},
		{"before", "DTSTART;VALUE=DATE:20251230", "", ""},
		{"into the time", "DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260103", "2025-12-30 00:00-2026-01-03 00:00", ""},
		{"after", "DTSTART;VALUE=DATE:20290101", "", ""},
		{"every year", "SUMMARY:Christmas\nDTSTART;VALUE=DATE:20101225\nRRULE:FREQ=YEARLY", "2026-12-25 00:00-2026-12-26 00:00 Christmas; 2027-12-25 00:00-2027-12-26 00:00 Christmas; 2028-12-25 00:00-2028-12-26 00:00 Christmas", ""},
		{"every leap day", "DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY", "2028-02-29 00:00-2028-03-01 00:00", ""},
		{"the fourth Thursday of November", "DTSTART;VALUE=DATE:20251127\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20271231", "2026-11-26 00:00-2026-11-27 00:00; 2027-11-25 00:00-2027-11-26 00:00", ""},
		{"a number of times", "DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY;COUNT=2", "2026-12-25 00:00-2026-12-26 00:00", ""},
		{"lower case", "dtstart;value=date:20251225\nrrule:freq=yearly;count=2", "2026-12-25 00:00-2026-12-26 00:00", ""},
		{"exceptions", "DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20261225,20281225", "2027-12-25 00:00-2027-12-26 00:00", ""},
		{"an exception as a time", "DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY;UNTIL=20271230\nEXDATE:20261225T000000Z", "2027-12-25 00:00-2027-12-26 00:00", ""},
		{"more dates", "DTSTART;VALUE=DATE:20260101\nRDATE;VALUE=DATE:20260501,20260601", "2026-01-01 00:00-2026-01-02 00:00; 2026-05-01 00:00-2026-05-02 00:00; 2026-06-01 00:00-2026-06-02 00:00", ""},
		{"UTC", "DTSTART:20260701T080000Z\nDTEND:20260701T100000Z", "2026-07-01 10:00-2026-07-01 12:00", ""},
		{"another zone", "DTSTART;TZID=America/New_York:20260701T080000\nDURATION:PT2H30M", "2026-07-01 14:00-2026-07-01 16:30", ""},
		{"a zone with a prefix", "DTSTART;TZID=/example.org/20240101_1/America/New_York:20260701T080000\nDURATION:PT1H", "2026-07-01 14:00-2026-07-01 15:00", ""},
		{"a zone of Windows", "DTSTART;TZID=\"W. Europe Standard Time\":20260701T080000\nDURATION:PT1H", "2026-07-01 08:00-2026-07-01 09:00", ""},
		{"without a zone", "DTSTART:20260701T080000\nDTEND:20260701T090030", "2026-07-01 08:00-2026-07-01 09:01", ""},
		{"every week across the change of the clocks", "DTSTART;TZID=Europe/Berlin:20260323T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2", "2026-03-23 18:00-2026-03-23 19:00; 2026-03-30 18:00-2026-03-30 19:00", ""},
		{"folded lines", "SUMMARY:A very\n  long day\nDTSTART;VALUE=DATE:202601\n 01", "2026-01-01 00:00-2026-01-02 00:00 A very long day", ""},
		{"escapes", "SUMMARY:Day\\, off\nDTSTART;VALUE=DATE:20260101", "2026-01-01 00:00-2026-01-02 00:00 Day, off", ""},
		{"with an alarm", "DTSTART;VALUE=DATE:20260101\nBEGIN:VALARM\nDURATION:P9D\nEND:VALARM", "2026-01-01 00:00-2026-01-02 00:00", ""},

		{"no start", "SUMMARY:Easter", "", `event "Easter": it has no DTSTART`},
		{"a wrong start", "DTSTART:soon", "", `event "0": its DTSTART "soon" is not a valid time`},
		{"ends before", "DTSTART;VALUE=DATE:20260102\nDTEND;VALUE=DATE:20260101", "", `event "0": it ends before it begins`},
		{"too long", "DTSTART;VALUE=DATE:20260102\nDURATION:P9999W", "", `event "0": it is longer than a year`},
		{"every hour", "DTSTART:20260102T000000Z\nRRULE:FREQ=HOURLY", "", `event "0": it is repeated several times a day`},
		{"every day at several hours", "DTSTART:20260102T000000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2", "", `event "0": it is repeated several times a day`},
		{"a wrong rule", "DTSTART:20260102T000000Z\nRRULE:FREQ=SOMETIMES", "", `event "0": its RRULE is not valid: undefined frequency: SOMETIMES`},
	} {
		got, err := Parse(calendar(tt.event), berlin, from, to)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if text := show(got.Closures); text != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, text, tt.want)
		}
		if text := strings.Join(got.Skipped, "; "); text != tt.skipped {
			t.Errorf("%s: skipped %s, want %s", tt.name, text, tt.skipped)
		}
	}
}

// TestReplacedInstance: an instance of a repeated event is moved, and another cancelled.
func TestReplacedInstance(t *testing.T) {
	t.Parallel()
	got, err := Parse(calendar(
		"UID:a\nDTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY",
		"UID:a\nRECURRENCE-ID;VALUE=DATE:20270501\nDTSTART;VALUE=DATE:20270503",
		"UID:a\nRECURRENCE-ID;VALUE=DATE:20280501\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20280501",
	), time.UTC, from, to)
	if want := "2026-05-01 00:00-2026-05-02 00:00; 2027-05-03 00:00-2027-05-04 00:00"; err != nil || show(got.Closures) != want {
		t.Errorf("%v, %s, want %s", err, show(got.Closures), want)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	many := make([]string, maxEvents+1)
	repeated := make([]string, maxRecurring+1)
	for i := range repeated {
		repeated[i] = "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
	}
	for name, data := range map[string]string{
		"nothing":                   "",
		"a page":                    "<html><body>Sign in</body></html>",
		"an incomplete calendar":    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n",
		"an event alone":            "BEGIN:VEVENT\nEND:VEVENT\n",
		"too large":                 strings.Repeat("x", MaxSize+1),
		"too many events":           string(calendar(many...)),
		"too many repeated events":  string(calendar(repeated...)),
		"too many days":             string(calendar("DTSTART;VALUE=DATE:20100101\nRRULE:FREQ=DAILY", "DTSTART;VALUE=DATE:20100102\nRRULE:FREQ=DAILY\nDURATION:P2D", "DTSTART;VALUE=DATE:20100102\nRRULE:FREQ=DAILY\nDURATION:P3D", "DTSTART;VALUE=DATE:20100102\nRRULE:FREQ=DAILY\nDURATION:P4D", "DTSTART;VALUE=DATE:20100102\nRRULE:FREQ=DAILY\nDURATION:P5D")),
		"nested components":         strings.Repeat("BEGIN:VEVENT\n", 100_000),
		"a long parameter":          string(calendar("DTSTART;X=" + strings.Repeat("y", 500_000) + ":20260101")),
		"a line the decoder panics": string(calendar("DTSTART;X=\"y\"z:20260101")),
	} {
		begin := time.Now()
		if _, err := Parse([]byte(data), time.UTC, from, to); err == nil {
			t.Errorf("%s was read", name)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// TestRulesWithoutDays: rules that match no day end in reasonable time.
func TestRulesWithoutDays(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6"} {
		begin := time.Now()
		got, err := Parse(calendar("DTSTART;VALUE=DATE:20260101\nRRULE:"+rule), time.UTC, from, to)
		if err != nil || len(got.Closures) > 1 || time.Since(begin) > time.Minute {
			t.Errorf("%s: %v, %s, %v", rule, err, show(got.Closures), time.Since(begin))
		}
	}
}

// FuzzParse: any data is read or refused, and what is read is in order and in the time.
func FuzzParse(f *testing.F) {
	f.Add(calendar("SUMMARY:a\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;BYDAY=4TH;BYMONTH=11\nEXDATE;VALUE=DATE:20271125"))
	f.Add(calendar("DTSTART;TZID=Europe/Berlin:20260323T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2\nRDATE:20260401T000000Z", "UID:0\nRECURRENCE-ID:20260401T000000Z\nDTSTART:20260402T000000Z"))
	f.Add([]byte("BEGIN:VCALENDAR\nEND:VCALENDAR"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse(data, time.UTC, from, to)
		if err != nil {
			return
		}
		for _, c := range got.Closures {
			if c.To.Before(c.From) || !c.From.In(time.UTC).Before(to) || c.To.In(time.UTC).Before(from) {
				t.Errorf("%s", show([]sla.Closure{c}))
			}
		}
	})
}
