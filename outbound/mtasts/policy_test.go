package mtasts

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	p, err := Parse([]byte("version: STSv1\r\nmode: enforce\r\nmx: MX1.acme.example\r\nmx:*.mx.acme.example\r\nmax_age: 604800\r\nfuture: x\r\n"))
	if err != nil || p.Mode != Enforce || strings.Join(p.MX, " ") != "mx1.acme.example *.mx.acme.example" || p.MaxAge != 7*24*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	for text, want := range map[string]string{
		"version: STSv1\nmode: none\nmax_age: 86400":                         "",
		"version: STSv1\nmode: testing\nmx: a.example\nmax_age: 99999999999": "not a number",
		"version: STSv1\nmode: testing\nmx: a.example\nmax_age: 4294967295":  "",
		"version: STSv2\nmode: none\nmax_age: 86400":                         "STSv2",
		"mode: none\nmax_age: 86400":                                         "missing",
		"version: STSv1\nmode: none":                                         "missing",
		"version: STSv1\nmode: enforce\nmax_age: 86400":                      "no mx",
		"version: STSv1\nmode: strict\nmx: a.example\nmax_age: 86400":        "strict",
		"version: STSv1\nmode: none\nmode: enforce\nmax_age: 5":              "",
		"<html><title>Not found</title>":                                     "missing",
		"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1":          "not a number",
		"": "missing",
	} {
		p, err := Parse([]byte(text))
		if got := ""; err != nil {
			got = err.Error()
			if want == "" || !strings.Contains(got, want) {
				t.Errorf("%q: %v", text, err)
			}
		} else if want != "" || p.MaxAge > maxAge {
			t.Errorf("%q: %+v", text, p)
		}
	}
}

func TestPermits(t *testing.T) {
	p := Policy{MX: []string{"mx.acme.example", "*.mail.acme.example"}}
	for host, want := range map[string]bool{"mx.acme.example": true, "MX.acme.example.": true, "a.mail.acme.example": true, "mail.acme.example": false,
		"a.b.mail.acme.example": false, "evil.example": false, "xmail.acme.example": false, "": false} {
		if p.Permits(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

func TestRecordID(t *testing.T) {
	for text, want := range map[string]string{
		"v=STSv1; id=20160831085700Z;": "20160831085700Z",
		"v=STSv1;id=1":                 "1",
		"v=spf1 -all|v=STSv1; id=2":    "2",
		"v=STSv1; id=1|v=STSv1; id=2":  "",
		"v=STSv10; id=1":               "",
		"v=spf1 -all":                  "",
		"v=STSv1":                      "",
		"v=STSv1; future=x; id = 3 ":   "",
	} {
		if got := recordID(strings.Split(text, "|")); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
