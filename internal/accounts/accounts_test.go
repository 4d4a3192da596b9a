package accounts

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"switchboard/desk"
)

func ptr[T any](v T) *T { return &v }

func TestApply(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		change Change
		want   string // the problems, or the account
	}{
		"nothing":             {Change{}, "Acme [acme.example] map[arr:5 plan:gold] []"},
		"domains":             {Change{Domains: ptr([]string{"B.example.", "acme.example", "b.example"})}, "Acme [acme.example b.example] map[arr:5 plan:gold] []"},
		"added domains":       {Change{Domains: ptr([]string{"b.example"}), AddDomains: true}, "Acme [acme.example b.example] map[arr:5 plan:gold] []"},
		"punycode":            {Change{Domains: ptr([]string{"xn--mller-kva.example"})}, "Acme [müller.example] map[arr:5 plan:gold] []"},
		"attributes":          {Change{Attributes: map[string]any{"arr": nil, "seats": 12.5, "trial": false, "crm": " A-1 "}}, "Acme [acme.example] map[crm:A-1 plan:gold seats:12.5 trial:false] []"},
		"no plan":             {Change{Plan: ptr(" ")}, "Acme [acme.example] map[arr:5] []"},
		"plan":                {Change{Plan: ptr("enterprise")}, "Acme [acme.example] map[arr:5 plan:enterprise] []"},
		"tags":                {Change{Tags: ptr([]string{"VIP", " beta", "vip"})}, "Acme [acme.example] map[arr:5 plan:gold] [beta vip]"},
		"freemail":            {Change{Domains: ptr([]string{"gmail.com"})}, "domains: gmail.com offers mailboxes to the public: its users are customers of their own"},
		"freemail, country":   {Change{Domains: ptr([]string{"Yahoo.co.uk"})}, "domains: yahoo.co.uk offers mailboxes to the public: its users are customers of their own"},
		"an address":          {Change{Domains: ptr([]string{"jo@acme.example"})}, `domains: "jo@acme.example" is not a domain such as example.com`},
		"a URL":               {Change{Domains: ptr([]string{"https://acme.example/"})}, `domains: "https://acme.example/" is not a domain such as example.com`},
		"a host":              {Change{Domains: ptr([]string{"localhost"})}, `domains: "localhost" is not a domain such as example.com`},
		"not a domain":        {Change{Domains: ptr([]string{"-a.example"})}, `domains: "-a.example" is not a valid domain`},
		"a list":              {Change{Attributes: map[string]any{"x": []any{1.0}}}, "attributes.x: must be text, a number, true, false or null"},
		"not a number":        {Change{Attributes: map[string]any{"x": math.Inf(1)}}, "attributes.x: is not a number"},
		"a name with a space": {Change{Attributes: map[string]any{"a b": 1.0}}, "attributes.a b: is not a valid name: use lower-case letters, digits and underscores, beginning with a letter"},
		"a plan of a number":  {Change{Attributes: map[string]any{"plan": 1.0}}, "attributes.plan: must be text"},
		"no name":             {Change{Name: ptr(" ")}, "name: must not be empty"},
		"an empty tag":        {Change{Tags: ptr([]string{"vip", ""})}, `tags: the tag "" must not be empty`},
		"zone":                {Change{Timezone: ptr("Mars")}, `timezone: "Mars" is not a valid IANA time zone such as Europe/Berlin`},
	} {
		a := desk.Account{Name: "Acme", Domains: []string{"acme.example"}, Attributes: map[string]any{"arr": 5.0, "plan": "gold"}}
		var got []string
		for _, p := range x.change.Apply(&a) {
			got = append(got, p.Field+": "+p.Reason)
		}
		if len(got) == 0 {
			got = []string{fmt.Sprint(a.Name, a.Domains, a.Attributes, a.Tags)}
			got[0] = fmt.Sprintf("%s %v %v %v", a.Name, a.Domains, a.Attributes, a.Tags)
		}
		if strings.Join(got, "; ") != x.want {
			t.Errorf("%s: %s\nwant %s", name, strings.Join(got, "; "), x.want)
		}
	}
	if problems := (&Change{}).Apply(&desk.Account{}); len(problems) != 1 || problems[0].Field != "name" {
		t.Errorf("a new account without a name: %v", problems)
	}
}

func TestMayEdit(t *testing.T) {
	t.Parallel()
	if got := strings.Join(MayEdit(desk.Agent{}), " "); got != "tags" {
		t.Error(got)
	}
	if got := MayEdit(desk.Agent{Admin: true}); len(got) != len(Fields) {
		t.Error(got)
	}
	all := Change{Name: ptr(""), Domains: ptr([]string{}), Plan: ptr(""), Attributes: map[string]any{"a": nil}, Tags: ptr([]string{}), Owner: ptr(desk.AgentID{}), Timezone: ptr(""), ExternalID: ptr("")}
	if got := strings.Join(all.Fields(), " "); got != strings.Join(Fields, " ") {
		t.Error(got)
	}
}
