package api

import (
	"strings"
	"testing"

	"switchboard/desk/view"
)

func TestAccounts(t *testing.T) {
	d := newDesk(t)
	var v view.Account
	d.as("root", "POST", "/accounts", `{"name":"Globex","domains":["Globex.example"],"plan":"gold","attributes":{"arr":70000,"trial":false},"tags":["VIP"],"owner":"ana@desk.example","timezone":"Europe/Berlin","external_id":"crm-7"}`).want(t, 201).json(t, &v)
	if v.Name != "Globex" || v.Domains[0] != "globex.example" || v.Plan != "gold" || v.Attributes["arr"] != 70000.0 || v.Tags[0] != "vip" || v.Owner == nil || v.Owner.Name != "Ana" ||
		v.Timezone != "Europe/Berlin" || v.ExternalID != "crm-7" || len(v.MayEdit) < 8 {
		t.Errorf("%+v", v)
	}
	at := "/accounts/" + v.ID.String()
	first := v.UpdatedAt

	// Agents may change tags, and nothing else.
	var seen view.Account
	d.as("ben", "PATCH", at, `{"tags":["vip","beta"]}`).want(t, 200).json(t, &seen)
	if strings.Join(seen.Tags, ",") != "beta,vip" || strings.Join(seen.MayEdit, ",") != "tags" || !seen.UpdatedAt.After(first) {
		t.Errorf("%+v", seen)
	}
	for _, body := range []string{`{"plan":"free"}`, `{"attributes":{"arr":1}}`, `{"domains":[]}`, `{"name":"X"}`, `{"owner":"me"}`, `{"tags":[],"external_id":"x"}`} {
		d.as("ben", "PATCH", at, body).want(t, 403)
	}
	d.as("ben", "POST", "/accounts", `{"name":"X"}`).want(t, 403)
	d.as("ben", "PUT", "/accounts/by-external-id/x", `{"name":"X"}`).want(t, 403)

	// Absent properties stay, null removes an attribute, and an older version is refused.
	d.as("root", "PATCH", at, map[string]any{"attributes": map[string]any{"trial": nil, "seats": 5}, "owner": "", "based_on": seen.UpdatedAt}).want(t, 200).json(t, &v)
	var now view.Account
	d.as("root", "GET", at, nil).want(t, 200).json(t, &now)
	if _, ok := now.Attributes["trial"]; ok || now.Attributes["arr"] != 70000.0 || now.Attributes["seats"] != 5.0 || now.Owner != nil || now.Plan != "gold" || len(now.Tags) != 2 {
		t.Errorf("%+v", now)
	}
	d.as("root", "PATCH", at, map[string]any{"name": "Stale", "based_on": seen.UpdatedAt}).want(t, 409)

	// A domain and an external key have one owner, whom the answer names.
	for body, want := range map[string]string{
		`{"domains":["globex.example","acme.example"]}`: "acme.example belongs to the account Acme Corp (ac_",
		`{"domains":["ACME.example."]}`:                 "acme.example belongs to the account Acme Corp (ac_",
	} {
		if a := d.as("root", "PATCH", at, body).want(t, 409); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	if a := d.as("root", "POST", "/accounts", `{"name":"Copy","external_id":"crm-7"}`).want(t, 409); !strings.Contains(a.body, "belongs to the account Globex") {
		t.Error(a.body)
	}
	for body, want := range map[string]string{
		`{"domains":["gmail.com"]}`:       "offers mailboxes to the public",
		`{"domains":["googlemail.com"]}`:  "offers mailboxes to the public",
		`{"attributes":{"a":{"b":1}}}`:    `"location":"body.attributes.a"`,
		`{"timezone":"Nowhere"}`:          `"location":"body.timezone"`,
		`{"owner":"nobody@desk.example"}`: "there is no such agent",
		`{"name":" "}`:                    "must not be empty",
	} {
		if a := d.as("root", "PATCH", at, body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	d.as("root", "PATCH", at, `{"domains":["globex.de"]}`).want(t, 200).json(t, &now)
	if strings.Join(now.Domains, ",") != "globex.de" {
		t.Errorf("%v", now.Domains)
	}
	d.as("root", "POST", "/accounts", `{"name":"Heir","domains":["globex.example"]}`).want(t, 201)
}

// TestUpsert: the account of a customer who has written already is found by its domain.
func TestUpsert(t *testing.T) {
	d := newDesk(t)
	var v view.Account
	d.as("root", "PUT", "/accounts/by-external-id/crm%2F1", `{"domains":["acme.example"],"plan":"enterprise"}`).want(t, 200).json(t, &v)
	if v.ID != d.account || v.ExternalID != "crm/1" || v.Name != "Acme Corp" || v.Plan != "enterprise" {
		t.Errorf("%+v", v)
	}
	d.as("root", "PUT", "/accounts/by-external-id/crm%2F1", `{"name":"Acme"}`).want(t, 200).json(t, &v)
	if v.ID != d.account || v.Name != "Acme" || len(v.Domains) != 1 {
		t.Errorf("%+v", v)
	}
	// It has a key now, so that another key means another account.
	if a := d.as("root", "PUT", "/accounts/by-external-id/crm-2", `{"name":"Other","domains":["acme.example"]}`).want(t, 409); !strings.Contains(a.body, "belongs to the account Acme") {
		t.Error(a.body)
	}
	d.as("root", "PUT", "/accounts/by-external-id/crm-2", `{"plan":"x"}`).want(t, 422) // a new one needs a name
	d.as("root", "PUT", "/accounts/by-external-id/crm-2", `{"name":"Other"}`).want(t, 201).json(t, &v)
	d.as("root", "PUT", "/accounts/by-external-id/crm-2", `{"external_id":"crm-3"}`).want(t, 200).json(t, &v)
	if v.ExternalID != "crm-3" {
		t.Errorf("%+v", v)
	}
	d.published()
	a := d.as("root", "GET", "/events?limit=200", nil).want(t, 200)
	for _, want := range []string{`"kind":"account.created"`, `{"to":"crm/1","from":null,"field":"external_id"}`, `{"to":"enterprise","from":null,"field":"attributes.plan"}`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no event with %s in %s", want, a.body)
		}
	}
	if strings.Contains(d.as("ana", "GET", "/events?limit=200", nil).want(t, 200).body, "account.changed") {
		t.Error("an agent without admin rights sees the events of accounts")
	}
}

func TestImportAccounts(t *testing.T) {
	d := newDesk(t)
	file := "name,domains,external_id,plan,attributes.arr,owner\n" +
		"Acme,acme.example,crm-1,enterprise,90000,ana@desk.example\n" + // exists, by domain
		"Globex,globex.example globex.de,crm-2,gold,,\n" + // new
		"Initech,globex.de,crm-3,gold,,\n" + // takes a domain of the line before
		"Hooli,gmail.com,crm-4,,,\n" +
		"Pied,pied.example,crm-5,,,nobody@desk.example\n" +
		"Again,,crm-2,,,\n" +
		",,,gold,,\n"
	var dry, real Imported
	d.as("root", "POST", "/accounts/import?dry_run=true", file).want(t, 200).json(t, &dry)
	var n int
	if err := d.db.QueryRow("select count(*) from accounts").Scan(&n); err != nil || n != 1 {
		t.Fatalf("a dry run left %d accounts, %v", n, err)
	}
	d.as("root", "POST", "/accounts/import", file).want(t, 200).json(t, &real)
	for _, got := range []Imported{dry, real} {
		if got.Created != 1 || got.Updated != 1 || got.Errors != 5 || len(got.Lines) != 7 || got.Lines[0].Line != 2 || got.Lines[0].Account != d.account {
			t.Errorf("%+v", got)
		}
		for i, want := range map[int]string{2: "domains: globex.de belongs to the account Globex", 3: "domains: gmail.com offers mailboxes", 4: "owner: there is no agent nobody@desk.example",
			5: ": is about the same account as line 3", 6: ": has none of name, external_id and domains"} {
			if line := got.Lines[i].Column + ": " + got.Lines[i].Error; !strings.HasPrefix(line, want) {
				t.Errorf("line %d: %s, want %s", i, line, want)
			}
		}
	}
	d.as("root", "POST", "/accounts/import", file).want(t, 200).json(t, &real)
	if real.Unchanged != 2 || real.Created+real.Updated != 0 {
		t.Errorf("the second time: %+v", real)
	}
	if a := d.as("root", "POST", "/accounts/import", "name,plam\n").want(t, 422); !strings.Contains(a.body, `line 1: column plam: is unknown`) {
		t.Error(a.body)
	}
	d.as("ana", "POST", "/accounts/import?dry_run=true", file).want(t, 403)
}
