package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// leads makes an agent who leads inboxes.
func (d *desks) leads(name string, inboxes ...string) desk.Agent {
	d.t.Helper()
	d.agent(strings.ToLower(name), desk.Agent{Name: name, Email: strings.ToLower(name) + "@desk.example", Tiers: []desk.Tier{1}, Leads: inboxes})
	return d.people[strings.ToLower(name)]
}

func TestSavedReports(t *testing.T) {
	d := newDesk(t)
	d.leads("Lee", "frontline")
	mia := d.leads("Mia", "frontline", "billing")
	pat := d.leads("Pat", "billing")
	var r view.SavedReport
	d.as("lee", "POST", "/saved-reports", `{"name": "Monday", "measures": ["mttr", "csat"], "period": "last_month", "by": "agent", "clock": "business", "tz": "Europe/Berlin", "scope": "team"}`).want(t, 201).json(t, &r)
	if r.Owner.Name != "Lee" || r.Scope != "team" || strings.Join(r.Measures, " ") != "mttr csat" || r.Period != "last_month" || r.By != "agent" || r.Clock != "business" || r.TZ != "Europe/Berlin" || !r.Editable || len(r.Subscribers) != 0 {
		t.Errorf("%+v", r)
	}
	at := "/saved-reports/" + r.ID.String()
	d.as("lee", "POST", "/saved-reports", `{"name": "MONDAY", "measures": ["mttr"]}`).want(t, 409)
	d.as("mia", "POST", "/saved-reports", `{"name": "Monday", "measures": ["mttr"]}`).want(t, 201)
	if a := d.as("lee", "POST", "/saved-reports", `{"name": "", "measures": ["mtr"], "period": "yesterday"}`).want(t, 422); !strings.Contains(a.body, "body.name") || !strings.Contains(a.body, "body.measures") || !strings.Contains(a.body, "body.period") {
		t.Error(a.body)
	}
	for who, want := range map[string]string{"lee": "Monday", "mia": "Monday Monday", "pat": "", "root": "Monday"} {
		var page Page[view.SavedReport]
		d.as(who, "GET", "/saved-reports", nil).want(t, 200).json(t, &page)
		var names []string
		for _, one := range page.Data {
			names = append(names, one.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	d.as("ana", "GET", "/saved-reports", nil).want(t, 403)
	d.as("pat", "GET", at, nil).want(t, 404)
	d.as("pat", "DELETE", at, nil).want(t, 404)
	d.as("mia", "PATCH", at, `{"name": "Mine"}`).want(t, 403)

	// Who changes it first is not overwritten.
	match := func(tag string) *http.Request {
		q := d.request("PATCH", at, `{"by": "inbox", "scope": "all"}`)
		q.Header.Set("Authorization", "Bearer "+d.keys["lee"])
		q.Header.Set("If-Match", tag)
		return q
	}
	tag := d.as("lee", "GET", at, nil).want(t, 200).Header.Get("ETag")
	d.send(match(`"old"`)).want(t, 412)
	d.send(match(tag)).want(t, 200).json(t, &r)
	d.send(match(tag)).want(t, 412)
	based := fmt.Sprintf(`{"name": "Weekly", "based_on": %q}`, r.UpdatedAt.Format(time.RFC3339Nano))
	d.as("root", "PATCH", at, based).want(t, 200)
	d.as("lee", "PATCH", at, based).want(t, 409)

	// Subscriptions.
	d.as("pat", "PUT", at+"/subscribers/me", nil).want(t, 200).json(t, &r)
	if len(r.Subscribers) != 1 || r.Subscribers[0].Agent.Name != "Pat" || r.Subscribers[0].NextAt.Weekday() != time.Monday || r.Subscribers[0].SentAt != nil || !r.Subscribers[0].Removable {
		t.Errorf("%+v", r.Subscribers)
	}
	d.as("lee", "PUT", at+"/subscribers/"+mia.ID.String(), nil).want(t, 200)
	d.as("lee", "PUT", at+"/subscribers/"+mia.ID.String(), nil).want(t, 200).json(t, &r)
	if len(r.Subscribers) != 2 {
		t.Errorf("%+v", r.Subscribers)
	}
	if a := d.as("lee", "PUT", at+"/subscribers/"+d.people["ana"].ID.String(), nil); a.StatusCode != 422 || !strings.Contains(a.body, "Ana may not read reports") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	d.as("lee", "DELETE", at+"/subscribers/"+pat.ID.String(), nil).want(t, 403)
	// A report that is not shared any more can be left.
	d.as("lee", "PATCH", at, `{"scope": "own"}`).want(t, 200)
	d.as("mia", "GET", at, nil).want(t, 404)
	d.as("mia", "DELETE", at+"/subscribers/me", nil).want(t, 204)
	d.as("mia", "DELETE", at+"/subscribers/me", nil).want(t, 404)
	d.as("root", "GET", at, nil).want(t, 404)
	d.as("lee", "DELETE", at, nil).want(t, 204)
	d.as("lee", "GET", at, nil).want(t, 404)
}
