package imf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAuthResults(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", " []"},
		{"mx.example; none", "mx.example []"},
		{"MX.example 1; SPF=Pass smtp.mailfrom=a@b.example", "mx.example [spf=pass{smtp.mailfrom:a@b.example}]"},
		{"mx.example; dkim/1=pass (good (really)) header.d=b.example; dmarc=fail (p=REJECT; sp=none) header.from=c.example",
			"mx.example [dkim=pass{header.d:b.example} dmarc=fail{header.from:c.example}]"},
		{"mx.example;\r\n\tspf=pass\r\n\t smtp.mailfrom=x=y/z@b.example", "mx.example [spf=pass{smtp.mailfrom:x=y/z@b.example}]"},
		{`mx.example; spf=fail reason="no; dmarc=pass \" header.from=victim.example" smtp.helo=h`,
			`mx.example [spf=fail{reason:no; dmarc=pass " header.from=victim.example smtp.helo:h}]`},
		{"mx.example; dmarc=pass header.from=a.example header.from=b.example; spf=none", "mx.example [spf=none{}]"},
		{"mx.example; dmarc; =pass; dmarc= ; dmarc=pass header.from; spf=none", "mx.example [spf=none{}]"},
		{`mx.example; dmarc=pass "header.from`, "mx.example []"},
		{"mx.example; dmarc=pass (never closed; spf=pass", "mx.example [dmarc=pass{}]"},
	} {
		by, results := AuthResults(test.value)
		var list []string
		for _, r := range results {
			var properties []string
			for name, text := range r.Properties {
				properties = append(properties, name+":"+text)
			}
			slices.Sort(properties)
			list = append(list, r.Method+"="+r.Value+"{"+strings.Join(properties, " ")+"}")
		}
		got := by + " " + fmt.Sprint(list)
		if got != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.value, got, test.want)
		}
	}
}

func TestAuthenticDomain(t *testing.T) {
	for _, test := range []struct {
		value string
		want  bool
	}{
		{"mx; dmarc=pass header.from=b.example", true},
		{"mx; dmarc=pass header.from=B.Example", true},
		{"mx; spf=pass smtp.mailfrom=b.example; dkim=pass header.d=b.example", false},
		{"mx; dmarc=none header.from=b.example; dkim=pass header.d=b.example", true},
		{"mx; dmarc=none header.from=b.example; dkim=pass header.d=mail.b.example", false},
		{"mx; dmarc=none header.from=b.example; spf=pass smtp.mailfrom=b.example", false},
		{"mx; dmarc=fail header.from=b.example; dkim=pass header.d=b.example", false},
		{"mx; dmarc=permerror; dkim=pass header.d=b.example", false},
		{"mx; dmarc=pass header.from=other.example", false},
		{"mx; dmarc=pass", false},
		{"mx; dmarc=pass header.from=b.example; dmarc=pass header.from=other.example", false},
		{"mx; dmarc=fail header.from=b.example; dmarc=pass header.from=b.example", false},
		{"", false},
	} {
		_, results := AuthResults(test.value)
		if got := AuthenticDomain(results, "b.example"); got != test.want {
			t.Errorf("%s: %t", test.value, got)
		}
	}
	if AuthenticDomain([]AuthResult{{Method: "dmarc", Value: "pass", Properties: map[string]string{}}}, "") {
		t.Error("no domain is authentic")
	}
}

func FuzzAuthResults(f *testing.F) {
	f.Add(`mx 1; spf=pass (c) smtp.mailfrom="a b"@c; dkim/1=fail reason="x\"y"`)
	f.Fuzz(func(t *testing.T, value string) {
		_, results := AuthResults(value)
		if len(results) > strings.Count(value, ";") {
			t.Errorf("%q: more results than statements", value)
		}
	})
}
