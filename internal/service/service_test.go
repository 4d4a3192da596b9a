package service

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

const document = `version: 1
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-thu: ["09:00-12:30", "13:00-18:00"], fri: ["09:00-16:00"]}}
  weekend: {timezone: UTC, hours: {sat-sun: ["10:00-14:00"]}}
  night: {timezone: UTC, hours: {mon-sun: ["00:00-24:00"]}}
  always: {hours: always}
segments: [{name: enterprise, when: account.plan == "enterprise"}, {name: standard}]
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes:
  frontline: {tier: 1, calendar: office}
  billing: {name: Billing, tier: 2, calendar: office}
  api: {name: API, tier: 2, calendar: office}
slas:
  - {name: big, when: segment == "enterprise", calendar: always, first_response: 30m, update_every: 72h}
  - {name: chat, when: tier == 1 and channel == "chat", calendar: office, first_response: 5m}
  - {name: t1, when: tier == 1, calendar: office, first_response: 4h, next_response: 90m}
  - {name: bills, when: inbox == "billing", calendar: office, resolution: 16h, pause_on: [customer]}
routing: [{name: default, set: {inbox: frontline}}]
`

func compiled(t *testing.T) *router.Policy {
	t.Helper()
	p, err := router.Compile([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d        time.Duration
		business bool
		want     string
	}{
		{4 * time.Hour, true, "4 business hours"}, {time.Hour, true, "1 business hour"}, {30 * time.Minute, false, "30 minutes"}, {time.Second, false, "1 minute"},
		{24 * time.Hour, false, "24 hours"}, {60 * time.Hour, false, "2 days 12 hours"}, {72 * time.Hour, false, "3 days"}, {90 * time.Minute, true, "1 business hour 30 business minutes"},
	} {
		if got := Span(c.d, c.business); got != c.want {
			t.Errorf("%v: %q, not %q", c.d, got, c.want)
		}
	}
	p := compiled(t)
	for name, want := range map[string]string{"office": "Mon-Thu 09:00-12:30 and 13:00-18:00, Fri 09:00-16:00, Europe/Berlin", "weekend": "Sat and Sun 10:00-14:00, UTC", "night": "Mon-Sun all day, UTC", "always": "at any time"} {
		calendar, _ := p.Calendar(name)
		if got := Hours(calendar); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	for seconds, want := range map[float64]time.Duration{0: time.Minute, 61: 2 * time.Minute, 21 * 60: 25 * time.Minute, 3601: 65 * time.Minute, 7201: 135 * time.Minute, 6.1 * 3600: 6*time.Hour + 30*time.Minute, 100 * 3600: 102 * time.Hour} {
		if got := Rounded(seconds); got != want {
			t.Errorf("%v s: %v, not %v", seconds, got, want)
		}
	}
}

func sayPage(page Page) string {
	var b strings.Builder
	for _, p := range page.Promises {
		b.WriteString("[" + p.Name + "] " + strings.Join(p.Lines, " | "))
		for _, o := range p.Observed {
			b.WriteString(" = " + o.What + " " + o.Median + "/" + o.P90 + " " + o.Kept + " " + o.Cases)
		}
		b.WriteByte('\n')
	}
	for _, o := range page.Observed {
		b.WriteString("= " + o.What + " " + o.Median + "/" + o.P90 + " " + o.Kept + " " + o.Cases + "\n")
	}
	return b.String()
}

func TestFor(t *testing.T) {
	t.Parallel()
	one, two := 1, 2
	count := func(tier *int, channel, kind, detail string, n, accounts, met int64) view.ServiceCount {
		return view.ServiceCount{Segment: "standard", Tier: tier, Channel: channel, Kind: kind, Detail: detail, N: n, Accounts: accounts, Met: met, P50: 86_000, P90: 90_000, Business50: 600, Business90: 3600}
	}
	counts := []view.ServiceCount{
		count(nil, "", "first_response", "", 130, 9, 0), count(nil, "", "clock", "first_response", 127, 9, 126), count(nil, "", "resolution", "", 60, 4, 0), // of four accounts
		count(&one, "chat", "first_response", "", 19, 9, 0), count(&one, "email", "first_response", "", 40, 9, 0), count(&two, "", "resolution", "", 30, 5, 0),
	}
	const office = ", Mon-Thu 09:00-12:30 and 13:00-18:00, Fri 09:00-16:00, Europe/Berlin"
	all := []desk.Channel{desk.ChannelEmail, desk.ChannelChat, desk.ChannelForm}
	for _, c := range []struct {
		segment  string
		channels []desk.Channel
		want     string
	}{
		{"enterprise", all, "[Frontline] First response within 30 minutes, at any time | News at least every 3 days, at any time\n[Specialists] First response within 30 minutes, at any time | News at least every 3 days, at any time\n"},
		{"standard", all, "[Frontline, by mail and form] First response within 4 business hours" + office + " | Each further response within 1 business hour 30 business minutes" + office + "\n" +
			"[Frontline, by chat] First response within 5 business minutes" + office + "\n" +
			"[Specialists: Billing] Solution within 16 business hours" + office + " | Time for which we wait for your answer does not count.\n" +
			"= First response 10 business minutes/1 business hour 99 % more than 120\n"},
		{"standard", all[:1], "[Frontline] First response within 4 business hours" + office + " | Each further response within 1 business hour 30 business minutes" + office + "\n" +
			"[Specialists: Billing] Solution within 16 business hours" + office + " | Time for which we wait for your answer does not count.\n" +
			"= First response 10 business minutes/1 business hour 99 % more than 120\n"},
	} {
		if got := sayPage(For(compiled(t), c.segment, c.channels, counts)); got != c.want {
			t.Errorf("%s %v:\n%s\nnot\n%s", c.segment, c.channels, got, c.want)
		}
	}
}
