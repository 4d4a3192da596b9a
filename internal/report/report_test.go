package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Days are those of the wall clock: 23 and 25 hours long when the clocks change, and in
// zones that are half an hour off.
func TestBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, by, from, to string
		want                     string // lengths, first and last bound
	}{
		{"spring", "Europe/Berlin", "day", "2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", "24h0m0s 23h0m0s 24h0m0s 2026-03-27T23:00:00Z 2026-03-30T22:00:00Z"},
		{"autumn", "Europe/Berlin", "day", "2026-10-24T12:00:00+02:00", "2026-10-26T00:00:01+01:00", "24h0m0s 25h0m0s 24h0m0s 2026-10-23T22:00:00Z 2026-10-26T23:00:00Z"},
		{"weeks", "Europe/Berlin", "week", "2026-10-24T12:00:00+02:00", "2026-11-03T00:00:00+01:00", "169h0m0s 168h0m0s 168h0m0s 2026-10-18T22:00:00Z 2026-11-08T23:00:00Z"},
		{"half an hour", "Asia/Kolkata", "day", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "24h0m0s 24h0m0s 2026-02-28T18:30:00Z 2026-03-02T18:30:00Z"},
		{"hours that are half an hour off", "Asia/Kolkata", "hour", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", "1h0m0s 1h0m0s 2026-02-28T23:30:00Z 2026-03-01T01:30:00Z"},
		{"clocks change by half an hour", "Australia/Lord_Howe", "day", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30", "24h30m0s 2026-04-04T13:00:00Z 2026-04-05T13:30:00Z"},
		{"hours of that", "Australia/Lord_Howe", "hour", "2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30", "1h0m0s 30m0s 1h0m0s 2026-04-04T14:00:00Z 2026-04-04T16:30:00Z"},
		{"the clocks skip midnight", "America/Sao_Paulo", "day", "2018-11-03T00:00:00-03:00", "2018-11-05T00:00:00-02:00", "24h0m0s 23h0m0s 2018-11-03T03:00:00Z 2018-11-05T02:00:00Z"},
		{"a zone without a day", "Pacific/Apia", "day", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", "24h0m0s 24h0m0s 2011-12-29T10:00:00Z 2011-12-31T10:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		list := Bounds(at(t, c.from), at(t, c.to), loc, c.by)
		var got []string
		for i := 1; i < len(list); i++ {
			got = append(got, list[i].Sub(list[i-1]).String())
		}
		got = append(got, list[0].Format(time.RFC3339), list[len(list)-1].Format(time.RFC3339))
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
	if Bounds(at(t, "2020-01-01T00:00:00Z"), at(t, "2026-01-01T00:00:00Z"), time.UTC, "hour") != nil {
		t.Error("there is no limit for the number of hours")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-30T12:00:00Z")
	for _, c := range []struct {
		r        Request
		from, to string
		by, bad  string
	}{
		{Request{Measure: "mttr"}, "2026-10-31T12:00:00Z", "2026-11-30T12:00:00Z", "", ""},
		{Request{Measure: "sla_adherence"}, "2026-10-31T12:00:00Z", "2026-11-30T12:00:00Z", "tier", ""},
		{Request{Measure: "mttr", TZ: "Europe/Berlin", From: "2026-03-29", To: "2026-03-30", By: "day"}, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "day", ""},
		{Request{Measure: "mttr", From: "2026-11-01T01:00:00 01:00"}, "2026-11-01T00:00:00Z", "2026-11-30T12:00:00Z", "", ""},
		{Request{Measure: "Mttr"}, "", "", "", "path.measure"},
		{Request{Measure: "mttr", By: "team"}, "", "", "", "query.by"},
		{Request{Measure: "flow", By: "tier"}, "", "", "", "query.by"},
		{Request{Measure: "mttr", TZ: "Local"}, "", "", "", "query.tz"},
		{Request{Measure: "mttr", From: "2027-01-01"}, "", "", "", "query.from"},
		{Request{Measure: "mttr", To: "30.11.2026"}, "", "", "", "query.to"},
		{Request{Measure: "mttr", Clock: "sun"}, "", "", "", "query.clock"},
	} {
		_, f, _, err := Parse(c.r, now)
		var wrong *Error
		switch {
		case c.bad != "":
			if !errors.As(err, &wrong) || wrong.Location != c.bad {
				t.Errorf("%+v: %v, want an error about %s", c.r, err, c.bad)
			}
		case err != nil || !f.From.Equal(at(t, c.from)) || !f.To.Equal(at(t, c.to)) || f.By != c.by:
			t.Errorf("%+v: %+v, %v", c.r, f, err)
		}
	}
}

// No cell is taken for a formula, and CSV quotes what it has to (RFC 4180 §2). A CR that is
// not followed by LF is left out.
func TestCSV(t *testing.T) {
	t.Parallel()
	half, n := 0.5, int64(1)
	m, err := Find("fcr")
	if err != nil {
		t.Fatal(err)
	}
	r := view.MeasureReport{Data: []view.ReportRow{{Key: "=1+1", Name: `a "b", c`, N: 2, Count: &n, Share: &half}, {Key: "\tx", Name: "@y"}, {Key: "+1", Name: "-2"}, {Key: "\rz"}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, m, &r); err != nil {
		t.Fatal(err)
	}
	want := "key,name,n,count,share,provisional\r\n'=1+1,\"a \"\"b\"\", c\",2,1,0.5,\r\n'\tx,'@y,0,,,\r\n'+1,'-2,0,,,\r\n\"'z\",,0,,,\r\n"
	if b.String() != want {
		t.Errorf("the CSV is\n%q, want\n%q", b.String(), want)
	}
}
