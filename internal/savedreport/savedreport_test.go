package savedreport

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func agent(name string, leads ...string) desk.Agent {
	return desk.Agent{ID: desk.NewID[desk.AgentID](), Name: name, Leads: leads}
}

func TestWhoMay(t *testing.T) {
	owner, sam, ben, ana := agent("Owner", "frontline"), agent("Sam", "billing", "frontline"), agent("Ben", "billing"), agent("Ana")
	root, gone := agent("Root"), agent("Gone", "frontline")
	root.Admin, gone.Disabled = true, true
	for _, c := range []struct {
		scope         string
		by            desk.Agent
		sees, changes bool
	}{
		{Own, owner, true, true}, {Own, sam, false, false}, {Own, root, false, false},
		{Team, owner, true, true}, {Team, sam, true, false}, {Team, ben, false, false}, {Team, root, true, true}, {Team, gone, false, false}, {Team, ana, false, false},
		{All, sam, true, false}, {All, ben, true, false}, {All, root, true, true}, {All, ana, false, false}, {All, gone, false, false},
	} {
		r := Report{Owner: owner, Scope: c.scope}
		if sees, changes := r.Visible(&c.by), r.Editable(&c.by) == nil; sees != c.sees || changes != c.changes {
			t.Errorf("%s of the owner, %s: sees %v, changes %v", c.scope, c.by.Name, sees, changes)
		}
	}
	former := owner
	former.Leads = nil
	if r := (Report{Owner: former, Scope: Own}); r.Visible(&former) {
		t.Error("an owner who leads nothing any more sees the report")
	}
}

func TestMaySubscribe(t *testing.T) {
	owner, sam, ana := agent("Owner", "frontline"), agent("Sam", "frontline"), agent("Ana")
	ben := agent("Ben", "billing")
	r := Report{Owner: owner, Scope: Team}
	for _, c := range []struct {
		by, to desk.Agent
		want   string
	}{
		{owner, owner, ""}, {owner, sam, ""}, {sam, sam, ""}, {sam, owner, ""},
		{owner, ana, "Ana may not read reports"}, {owner, ben, "Ben does not see this report"}, {ben, ben, "no such saved report"}, {ana, owner, "no such saved report"},
	} {
		err := r.MaySubscribe(&c.by, &c.to)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %q", c.by.Name, c.to.Name, err, c.want)
		}
	}
	root := agent("Root")
	root.Admin = true
	for _, c := range []struct {
		by        desk.Agent
		to, added desk.AgentID
		may       bool
	}{{sam, sam.ID, owner.ID, true}, {owner, sam.ID, owner.ID, true}, {root, sam.ID, owner.ID, true}, {sam, owner.ID, owner.ID, false}} {
		if err := MayEnd(&c.by, c.to, c.added); (err == nil) != c.may {
			t.Errorf("%s: %v", c.by.Name, err)
		}
	}
}

func TestApply(t *testing.T) {
	text := func(s string) *string { return &s }
	measures := func(list ...string) *[]string { return &list }
	valid := Report{Name: "Monday", Scope: Own, Period: "last_7_days", TZ: "Europe/Berlin", Measures: []string{"mttr"}}
	for name, c := range map[string]struct {
		change Change
		want   string
	}{
		"nothing":         {Change{}, ""},
		"everything":      {Change{Name: text(" Weekly "), Scope: text("all"), Period: text("last_quarter"), By: text("agent"), Clock: text("business"), TZ: text("Asia/Kathmandu"), Measures: measures("topics", "csat")}, ""},
		"no name":         {Change{Name: text("  ")}, "name: must not be empty"},
		"long name":       {Change{Name: text(strings.Repeat("ä", 81))}, "name: must have at most 80"},
		"two lines":       {Change{Name: text("a\nb")}, "name: must be one line"},
		"scope":           {Change{Scope: text("teams")}, `scope: "teams" is not known; did you mean "team"?`},
		"period":          {Change{Period: text("last_30_day")}, `period: there is no period "last_30_day"; did you mean "last_30_days"?`},
		"zone":            {Change{TZ: text("Mars/Base")}, "tz: is not the IANA name"},
		"local":           {Change{TZ: text("Local")}, "tz: is not the IANA name"},
		"measure":         {Change{Measures: measures("mtr")}, `measures: there is no measure "mtr"; did you mean "mttr"?`},
		"twice":           {Change{Measures: measures("mttr", "mttr")}, "measures: mttr is listed twice"},
		"no measures":     {Change{Measures: measures()}, "measures: choose at least one"},
		"clock":           {Change{Clock: text("busines")}, `clock: "busines" is not known; did you mean "business"?`},
		"by":              {Change{By: text("agents")}, `by: "agents" is not known; did you mean "agent"?`},
		"not grouped":     {Change{By: text("agent"), Measures: measures("topics", "flow")}, "by: no measure of this report can be grouped by agent"},
		"several reasons": {Change{Name: text(""), Clock: text("x")}, "; name: must not be empty"},
	} {
		r := valid
		err := c.change.Apply(&r)
		var invalid Invalid
		if (err == nil) != (c.want == "") || err != nil && (!errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if name == "everything" && (r.Name != "Weekly" || r.Scope != All || r.Period != "last_quarter" || r.By != "agent" || !r.Business || r.TZ != "Asia/Kathmandu" || len(r.Measures) != 2) {
			t.Errorf("%+v", r)
		}
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct{ zone, since, done, want string }{
		{"UTC", "2026-11-25T12:00:00Z", "", "2026-11-30T08:00:00Z"},           // Wednesday
		{"UTC", "2026-11-30T07:59:59Z", "", "2026-11-30T08:00:00Z"},           // Monday, in time
		{"UTC", "2026-11-30T08:00:00Z", "", "2026-12-07T08:00:00Z"},           // Monday, too late
		{"UTC", "2026-11-29T23:59:59Z", "", "2026-11-30T08:00:00Z"},           // Sunday
		{"UTC", "2026-11-25T12:00:00Z", "2026-11-30", "2026-12-07T08:00:00Z"}, // sent
		{"UTC", "2026-11-25T12:00:00Z", "2026-12-14", "2026-12-21T08:00:00Z"},
		{"Europe/Berlin", "2026-03-25T12:00:00Z", "", "2026-03-30T08:00:00+02:00"}, // the day after the clocks go forward
		{"Europe/Berlin", "2026-10-20T12:00:00Z", "", "2026-10-26T08:00:00+01:00"}, // the day after they go back
		{"Europe/Berlin", "2026-03-16T06:59:00Z", "", "2026-03-16T08:00:00+01:00"}, // still winter
		{"America/New_York", "2026-03-07T12:00:00Z", "", "2026-03-09T08:00:00-04:00"},
		{"Asia/Kathmandu", "2026-11-30T02:14:59Z", "", "2026-11-30T08:00:00+05:45"},
		{"Pacific/Kiritimati", "2026-11-29T17:59:59Z", "", "2026-11-30T08:00:00+14:00"}, // Sunday in UTC
		{"Pacific/Pago_Pago", "2026-11-30T18:59:59Z", "", "2026-11-30T08:00:00-11:00"},
		{"Australia/Lord_Howe", "2026-10-03T12:00:00Z", "", "2026-10-05T08:00:00+11:00"}, // half an hour forward
		{"Pacific/Apia", "2011-12-29T12:00:00Z", "", "2012-01-02T08:00:00+14:00"},        // 30 December did not exist there
		// The zone was changed after the mail of this Monday: no second one.
		{"America/New_York", "2026-11-20T12:00:00Z", "2026-11-30", "2026-12-07T08:00:00-05:00"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		since, err := time.Parse(time.RFC3339, c.since)
		if err != nil {
			t.Fatal(err)
		}
		if got := Next(since, c.done, loc).Format(time.RFC3339); got != c.want {
			t.Errorf("%s after %s (done %q): %s, want %s", c.zone, c.since, c.done, got, c.want)
		}
	}
}

func TestLatest(t *testing.T) {
	since := time.Date(2026, 11, 4, 12, 0, 0, 0, time.UTC) // a Wednesday
	for _, c := range []struct {
		done, now, want string
		due             bool
	}{
		{"", "2026-11-08T12:00:00Z", "2026-11-09T08:00:00Z", false},
		{"", "2026-11-09T08:00:00Z", "2026-11-09T08:00:00Z", true},
		{"", "2026-11-12T03:00:00Z", "2026-11-09T08:00:00Z", true}, // the gateway was down
		{"", "2026-11-24T03:00:00Z", "2026-11-23T08:00:00Z", true}, // for weeks: one mail
		{"2026-11-23", "2026-11-24T03:00:00Z", "2026-11-30T08:00:00Z", false},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if at, due := Latest(since, c.done, now, time.UTC); at.Format(time.RFC3339) != c.want || due != c.due {
			t.Errorf("done %q, at %s: %s %v", c.done, c.now, at, due)
		}
	}
}

func TestAsOf(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 30, 8, 0, 0, 0, berlin)
	if got := AsOf(at, berlin).Format(time.RFC3339Nano); got != "2026-03-29T23:59:59.999999+02:00" {
		t.Error(got)
	}
}
