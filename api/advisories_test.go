package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/advisory"
)

// advisory creates a draft for the accounts with these ids.
func (d *desks) advisory(who string, accounts ...desk.AccountID) desk.AdvisoryID {
	d.t.Helper()
	ids := []string{}
	for _, id := range accounts {
		ids = append(ids, id.String())
	}
	var a view.Advisory
	d.as(who, "POST", "/advisories", map[string]any{"subject": "Maintenance", "text": "Tonight, {{contact.first_name|dear customer}}.", "inbox": "frontline", "accounts": ids}).want(d.t, 201).json(d.t, &a)
	return a.ID
}

// advisoryIn creates an advisory with which something can be done.
func (d *desks) advisoryIn(action string) desk.AdvisoryID {
	d.t.Helper()
	id := d.advisory("root", d.account)
	if action == "pause" {
		d.exec(`update advisories set state = 'sending' where id = $1`, id)
	}
	return id
}

// TestAdvisoryIsPreviewedAndBounded: who gets it, who does not and why, who may send it, and how many may get it.
func TestAdvisoryIsPreviewedAndBounded(t *testing.T) {
	t.Parallel()
	d := newDeskWith(t, func(c *Config) { c.AdvisoryBudget = advisory.Budget{Each: 2, Day: 3} })
	d.firstPolicy()
	d.exec(`update agents set leads = '{billing}' where name = 'Ben'`)
	_, ida := d.customer("Berg", "berg.example", "Ida Berg", "ida@berg.example")
	other, _ := d.customer("Lee", "lee.example", "Kim Lee", "kim@lee.example")
	d.exec(`insert into advisory_optouts (contact_id) values ($1)`, ida)
	d.exec(`update contacts set account_id = $1 where name = 'Ida Berg'`, d.account)
	more := func(name, channel, address, trust string) {
		id := desk.NewID[desk.ContactID]()
		d.exec(`insert into contacts (id, account_id, name) values ($1, $2, $3)`, id, d.account, name)
		if address != "" {
			d.exec(`insert into identities (channel, address, contact_id, trust) values ($1, $2, $3, $4)`, channel, address, id, trust)
		}
	}
	more("Chat", "chat", "vs_1", "claimed")
	more("Claimed", "email", "claimed@acme.example", "claimed")
	more("Dead", "email", "dead@acme.example", "aligned")
	more("Nobody", "", "", "")
	d.exec(`insert into address_health (address, suppressed_at, reason, failures, first_failed_at, last_failed_at) values ('dead@acme.example', now(), 'no-mailbox', 1, now(), now())`)

	for who, want := range map[string]int{"ana": 403, "ben": 200, "root": 200} {
		d.as(who, "GET", "/advisories", nil).want(t, want)
	}
	for body, want := range map[string]string{`{"subject": "a", "text": "b", "inbox": "frontlin"}`: "did you mean", `{"subject": "a", "text": "{{x}}", "inbox": "frontline"}`: "body.text",
		`{"subject": "a", "text": "b", "inbox": "frontline", "segments": ["busines"]}`: "did you mean", `{"subject": "a", "text": "b", "inbox": "frontline", "accounts": ["ac_1"]}`: "body.accounts[0]"} {
		if a := d.as("root", "POST", "/advisories", body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	var who view.Contact
	if d.as("root", "GET", "/contacts/"+ida.String(), nil).want(t, 200).json(t, &who); who.NoAdvisoriesSince == nil || time.Since(*who.NoAdvisoriesSince) > time.Hour {
		t.Errorf("%+v", who)
	}
	var all view.Account
	d.as("root", "GET", "/accounts/"+d.account.String(), nil).want(t, 200).json(t, &all)
	for _, c := range all.Contacts {
		if (c.NoAdvisoriesSince != nil) != (c.ID == ida) {
			t.Errorf("%+v", c)
		}
	}
	id := d.advisory("ben", d.account)
	at := "/advisories/" + id.String()
	var a view.Advisory
	d.as("ben", "GET", at, nil).want(t, 200).json(t, &a)
	if a.State != "draft" || a.Waiting != 1 || a.Skipped != 5 || len(a.Accounts) != 1 || a.Author.Name != "Ben" {
		t.Errorf("%+v", a)
	}
	var page Page[view.AdvisoryRecipient]
	d.as("ben", "GET", at+"/recipients?state=skipped", nil).want(t, 200).json(t, &page)
	got := map[string]string{}
	for _, r := range page.Data {
		got[r.Contact.Name] = r.Reason
	}
	for name, want := range map[string]string{"Ida Berg": "wants no", "Chat": "only known from chats", "Claimed": "nothing confirms", "Dead": "came back", "Nobody": "no mail address"} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	d.as("ana", "POST", at+"/send", nil).want(t, 403)
	d.as("ben", "POST", at+"/pause", nil).want(t, 409)
	d.as("ben", "PATCH", at, `{"subject": "Maintenance tonight"}`).want(t, 200)
	d.as("ben", "POST", at+"/send", nil).want(t, 200).json(t, &a)
	if a.State != "sending" || a.Waiting != 1 || a.Skipped != 5 || a.StartedAt == nil || a.Subject != "Maintenance tonight" {
		t.Errorf("%+v", a)
	}
	d.as("ben", "POST", at+"/send", nil).want(t, 409)
	d.as("ben", "PATCH", at, `{"subject": "x"}`).want(t, 409)

	// The budgets.
	more("Two", "email", "two@acme.example", "aligned")
	more("Three", "email", "three@acme.example", "aligned")
	if r := d.as("ben", "POST", "/advisories/"+d.advisory("ben", d.account).String()+"/send", nil).want(t, 409); !strings.Contains(r.body, "3 contacts, and an advisory may go to 2") {
		t.Error(r.body)
	}
	d.exec(`update contacts set account_id = $1 where name in ('Two', 'Three')`, other)
	d.exec(`update contacts set account_id = $1 where name = 'Kim Lee'`, d.account)
	d.as("ben", "POST", "/advisories/"+d.advisory("ben", other).String()+"/send", nil).want(t, 200)
	if r := d.as("ben", "POST", "/advisories/"+d.advisory("ben", other).String()+"/send", nil).want(t, 409); !strings.Contains(r.body, "went to 3 within 24 hours, and may go to 3") {
		t.Error(r.body)
	}
	d.as("ben", "POST", at+"/pause", nil).want(t, 200)
	d.as("ben", "POST", at+"/send", nil).want(t, 200)
	d.as("ben", "POST", at+"/cancel", nil).want(t, 200).json(t, &a)
	if a.State != "cancelled" || a.Cancelled != 1 || a.Waiting != 0 {
		t.Errorf("%+v", a)
	}
	d.as("ben", "POST", at+"/cancel", nil).want(t, 409)
}
