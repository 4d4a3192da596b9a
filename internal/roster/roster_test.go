package roster

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

func TestAvailability(t *testing.T) {
	t.Parallel()
	berlin := desk.Agent{Timezone: "Europe/Berlin", Hours: desk.Hours{"mon-thu": {"13:00-17:00", "09:00-12:00"}, "fri": {"09:00-12:00"}}}
	turns := desk.Agent{Timezone: "Europe/Berlin", Hours: desk.Hours{"sun-thu": {"22:00-06:00"}}}
	night := desk.Agent{Timezone: "America/New_York", Hours: desk.Hours{"fri-mon": {"22:00-24:00", "00:00-06:00"}}}
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, x := range map[string]struct {
		agent  desk.Agent
		at     string
		chosen desk.Availability
		until  string
		seen   time.Duration // before at; negative: never
		want   string
	}{
		"connected, no hours":          {desk.Agent{}, "2026-11-28T03:00:00Z", desk.Available, "", 0, "available "},
		"never connected":              {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Available, "", -1, "offline disconnected"},
		"just disconnected":            {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Available, "", 5*time.Minute - 1, "available "},
		"disconnected for some time":   {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Available, "", 5 * time.Minute, "offline disconnected"},
		"away":                         {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Away, "", 0, "away chosen"},
		"away until later":             {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Away, "2026-11-27T10:00:01Z", 0, "away chosen"},
		"away until now":               {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Away, "2026-11-27T10:00:00Z", 0, "available "},
		"away and not connected":       {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Away, "", time.Hour, "away chosen"},
		"was away, not connected":      {desk.Agent{}, "2026-11-27T10:00:00Z", desk.Away, "2026-11-27T09:00:00Z", time.Hour, "offline disconnected"},
		"in the morning, winter":       {berlin, "2026-11-27T08:00:00Z", desk.Available, "", 0, "available "},
		"too early, winter":            {berlin, "2026-11-27T07:59:59Z", desk.Available, "", 0, "away outside-hours"},
		"in the morning, summer":       {berlin, "2026-07-31T07:00:00Z", desk.Available, "", 0, "available "},
		"lunch":                        {berlin, "2026-11-26T11:30:00Z", desk.Available, "", 0, "away outside-hours"},
		"Friday afternoon":             {berlin, "2026-11-27T13:00:00Z", desk.Available, "", 0, "away outside-hours"},
		"over midnight, in New York":   {night, "2026-11-28T04:30:00Z", desk.Available, "", 0, "available "},
		"a night begins on Thursday":   {turns, "2026-11-27T04:59:59Z", desk.Available, "", 0, "available "},
		"and ends on Friday":           {turns, "2026-11-27T05:00:00Z", desk.Available, "", 0, "away outside-hours"},
		"none begins on Friday":        {turns, "2026-11-28T04:00:00Z", desk.Available, "", 0, "away outside-hours"},
		"one over the week's end":      {turns, "2026-11-29T23:30:00Z", desk.Available, "", 0, "available "},
		"not at noon":                  {night, "2026-11-28T17:00:00Z", desk.Available, "", 0, "away outside-hours"},
		"Tuesday is not in fri-mon":    {night, "2026-12-01T05:30:00Z", desk.Available, "", 0, "away outside-hours"},
		"Monday is, around the end":    {night, "2026-11-30T05:30:00Z", desk.Available, "", 0, "available "},
		"outside hours, not connected": {berlin, "2026-11-27T23:00:00Z", desk.Available, "", time.Hour, "offline disconnected"},
	} {
		p := desk.Presence{Chosen: x.chosen}
		if x.until != "" {
			p.Until = at(x.until)
		}
		if x.seen >= 0 {
			p.SeenAt = at(x.at).Add(-x.seen)
		}
		state, reason := Availability(&x.agent, p, at(x.at), OfflineAfter)
		if got := string(state) + " " + reason; got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

var policyNames = Names{
	Tiers:   []router.Tier{{Tier: 1, Name: "Frontline"}, {Tier: 2, Name: "Specialists"}},
	Inboxes: []string{"billing", "frontline", "integrations"}, Skills: []string{"api", "billing", "deutsch", "webhook"},
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		before, after desk.Agent
		want          string
	}{
		"nothing":              {desk.Agent{}, desk.Agent{}, ""},
		"everything":           {desk.Agent{}, desk.Agent{Tiers: []desk.Tier{1, 2}, Inboxes: []string{"billing"}, Skills: []string{"api", "deutsch"}, Capacity: 5, Leads: []string{"billing"}, Timezone: "Europe/Berlin", Hours: desk.Hours{"sat,sun": {"10:00-12:00"}}}, ""},
		"a typo":               {desk.Agent{}, desk.Agent{Skills: []string{"biling"}}, `skills: there is no skill "biling"; did you mean "billing"?`},
		"swapped letters":      {desk.Agent{}, desk.Agent{Inboxes: []string{"frontlien"}}, `inboxes: there is no inbox "frontlien"; did you mean "frontline"?`},
		"letter case":          {desk.Agent{}, desk.Agent{Leads: []string{"Billing"}}, `leads: there is no inbox "Billing"; did you mean "billing"?`},
		"an abbreviation":      {desk.Agent{}, desk.Agent{Inboxes: []string{"integ"}}, `inboxes: there is no inbox "integ"; did you mean "integrations"?`},
		"something else":       {desk.Agent{}, desk.Agent{Skills: []string{"cobol"}}, `skills: there is no skill "cobol"; the policy has api, billing, deutsch, webhook`},
		"a short other word":   {desk.Agent{}, desk.Agent{Skills: []string{"git"}}, `skills: there is no skill "git"; the policy has api, billing, deutsch, webhook`},
		"an unknown tier":      {desk.Agent{}, desk.Agent{Tiers: []desk.Tier{1, 7}}, `tiers: there is no tier 7; the policy has 1 (Frontline), 2 (Specialists)`},
		"one it had":           {desk.Agent{Skills: []string{"fax"}}, desk.Agent{Skills: []string{"api", "fax"}}, ""},
		"a negative capacity":  {desk.Agent{}, desk.Agent{Capacity: -1}, "capacity: must be a number from 0 to 10000; 0 means the capacity of the inbox"},
		"an unknown zone":      {desk.Agent{}, desk.Agent{Timezone: "Europe/Berln"}, `timezone: "Europe/Berln" is not a valid IANA time zone such as Europe/Berlin`},
		"the machine's zone":   {desk.Agent{}, desk.Agent{Timezone: "Local"}, `timezone: "Local" is not a valid IANA time zone such as Europe/Berlin`},
		"hours without a zone": {desk.Agent{}, desk.Agent{Hours: desk.Hours{"mon": {"09:00-17:00"}}}, "hours: need a time zone, such as Europe/Berlin"},
		"zone taken away":      {desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mon": {"09:00-17:00"}}}, desk.Agent{Hours: desk.Hours{"mon": {"09:00-17:00"}}}, "hours: need a time zone, such as Europe/Berlin"},
		"an unknown day":       {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mo-fr": {"09:00-17:00"}}}, `hours: "mo-fr" is not a valid day or range of days: use sun, mon, tue, wed, thu, fri, sat`},
		"an invalid range":     {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mon": {"17:00-17:00"}}}, `hours: "17:00-17:00" is not a valid time range such as 09:00-17:30`},
		"a day set twice":      {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mon-wed": {"09:00-17:00"}, "tue": {"09:00-12:00"}}}, "hours: the hours of tue are set twice"},
		"overlapping":          {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mon": {"09:00-12:30", "12:00-17:00"}}}, "hours: the hours of mon overlap"},
		"overlapping nights":   {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"sat": {"22:00-06:00"}, "sun": {"05:00-09:00"}}}, "hours: the hours of sat overlap those of sun"},
		"a day without hours":  {desk.Agent{}, desk.Agent{Timezone: "UTC", Hours: desk.Hours{"mon": nil}}, "hours: mon has no time range such as 09:00-17:30"},
	} {
		var got []string
		for _, p := range Check(&x.before, &x.after, policyNames) {
			got = append(got, p.Field+": "+p.Reason)
		}
		if strings.Join(got, "; ") != x.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "; "), x.want)
		}
	}
}

func TestNamesOfDefaultPolicy(t *testing.T) {
	t.Parallel()
	p, err := router.Compile(router.Default)
	if err != nil {
		t.Fatal(err)
	}
	n := NamesOf(p)
	if strings.Join(n.Skills, " ") != "api billing webhook" || len(n.Tiers) != 4 || len(n.Inboxes) != 5 {
		t.Errorf("%+v", n)
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	a := desk.Agent{Tiers: []desk.Tier{2, 1, 2}, Skills: []string{" webhook", "api", "", "api"}, Timezone: " UTC "}
	Normalize(&a)
	if len(a.Tiers) != 2 || a.Tiers[0] != 1 || strings.Join(a.Skills, ",") != "api,webhook" || a.Timezone != "UTC" {
		t.Errorf("%+v", a)
	}
}
