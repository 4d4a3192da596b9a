package api

import (
	"net/url"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
)

// TestOutbox works on deliveries as an admin and as an agent.
func TestOutbox(t *testing.T) {
	d := newDesk(t)
	id, secret := d.delayed(d.open), d.delayed(d.secret)
	at := "/outbox/" + id.String()
	var list Outbox
	d.as("root", "GET", "/outbox", nil).want(t, 200).json(t, &list)
	if len(list.Data) != 2 || list.Data[0].ID != secret || list.Data[1].Detail != "greylisted" || list.Data[1].Author.Name != "Ana" || list.Data[1].Part != "delayed" ||
		list.Data[1].NextAttemptAt == nil || list.Data[1].Inbox.Key != "frontline" {
		t.Errorf("%+v", list.Data)
	}
	count := func(part view.OutboxPart) (n int64) {
		d.as("root", "GET", "/outbox", nil).want(t, 200).json(t, &list)
		for _, p := range list.Counts.Parts {
			if p.Part == part {
				n = p.Count
			}
		}
		return n
	}
	if count("delayed") != 2 || len(list.Counts.Domains) != 1 || list.Counts.Domains[0] != (view.OutboxDomainCount{Domain: "acme.example", Count: 2}) {
		t.Errorf("%+v", list.Counts)
	}
	for query, want := range map[string]int{"?state=delayed&domain=ACME.example": 2, "?state=failed": 0, "?inbox=security": 1, "?domain=nowhere.example": 0, "?limit=1": 1, "?state=sent": 0} {
		if d.as("root", "GET", "/outbox"+query, nil).want(t, 200).json(t, &list); len(list.Data) != want {
			t.Errorf("%s: %+v", query, list.Data)
		}
	}
	d.as("root", "GET", "/outbox?limit=1", nil).want(t, 200).json(t, &list)
	if d.as("root", "GET", "/outbox?limit=1&cursor="+url.QueryEscape(*list.NextCursor), nil).want(t, 200).json(t, &list); len(list.Data) != 1 || list.Data[0].ID != id || list.NextCursor != nil {
		t.Errorf("the second page: %+v", list)
	}

	var q view.Queued
	d.as("root", "POST", at+"/hold", map[string]any{"reason": "wrong file"}).want(t, 200).json(t, &q)
	if q.Part != "on_hold" || q.State != desk.DeliveryDelayed || q.NextAttemptAt != nil || count("on_hold") != 1 {
		t.Errorf("on hold: %+v", q)
	}
	d.as("root", "POST", at+"/hold", nil).want(t, 409)
	d.as("root", "POST", at+"/release", nil).want(t, 200)
	d.as("ana", "POST", at+"/release", nil).want(t, 403)
	if d.as("ana", "POST", at+"/retry", nil).want(t, 200).json(t, &q); q.Part != "waiting" || q.Attempts != 1 {
		t.Errorf("retried: %+v", q)
	}
	d.exec(`update deliveries set state = 'sending' where id = $1`, id)
	for _, action := range []string{"hold", "release", "retry", "cancel"} {
		if a := d.as("root", "POST", at+"/"+action, nil).want(t, 409); !strings.Contains(a.body, "an attempt to deliver to jo@acme.example is running") {
			t.Errorf("%s: %s", action, a.body)
		}
	}
	d.exec(`update deliveries set state = 'unknown' where id = $1`, id)
	if a := d.as("ana", "POST", at+"/retry", nil).want(t, 409); !strings.Contains(a.body, "twice") {
		t.Errorf("%s", a.body)
	}
	d.as("ana", "POST", at+"/retry", map[string]any{"confirm": true}).want(t, 200)
	d.as("ana", "POST", at+"/cancel", nil).want(t, 200)
	d.as("ana", "POST", at+"/cancel", nil).want(t, 409)
	d.exec(`update deliveries set state = 'failed', settled = true where id = $1`, id)
	for to, status := range map[string]int{"jo@acme.example": 409, "help@desk.example": 422, "nobody": 422} {
		d.as("ana", "POST", at+"/redirect", map[string]any{"to": to, "reason": "moved"}).want(t, status)
	}
	d.as("ana", "POST", at+"/redirect", map[string]any{"to": "new@acme.example"}).want(t, 422)
	d.as("ana", "POST", at+"/redirect", map[string]any{"to": "new@acme.example", "reason": "They moved"}).want(t, 200).json(t, &q)
	if q.ID == id || q.Recipient != "new@acme.example" || q.State != desk.DeliveryQueued {
		t.Errorf("redirected: %+v", q)
	}
	d.published()
	events := d.as("ana", "GET", "/conversations/"+d.open.id.String()+"/events?limit=200", nil).want(t, 200).body
	for _, text := range []string{`"action":"hold"`, `"reason":"wrong file"`, `"action":"retry"`, `"action":"cancel"`, `"to":"new@acme.example"`, `"by_name":"Ana"`, `"by_name":"Root"`} {
		if !strings.Contains(events, text) {
			t.Errorf("no %s in the history", text)
		}
	}
	var trail Page[view.Trail]
	d.as("ana", "GET", "/messages/"+q.MessageID.String()+"/trail", nil).want(t, 200).json(t, &trail)
	var did []string
	for _, a := range trail.Data[0].Attempts {
		did = append(did, a.Action+" "+a.By)
	}
	if got := strings.Join(did, ", "); got != "hold Root, release Root, retry Ana, retry Ana, cancel Ana, redirect Ana" {
		t.Errorf("the trail: %s", got)
	}
}

// TestOutboxLimits: who may not do what.
func TestOutboxLimits(t *testing.T) {
	d := newDesk(t)
	id := d.delayed(d.open)
	at := "/outbox/" + id.String()
	d.exec(`update agents set mask_addresses = true where email = 'ana@desk.example'`)
	if a := d.as("ana", "GET", at, nil).want(t, 200); strings.Contains(a.body, "jo@acme.example") {
		t.Errorf("an agent who does not see addresses gets %s", a.body)
	}
	d.as("ana", "POST", at+"/redirect", map[string]any{"to": "new@acme.example", "reason": "moved"}).want(t, 403)
	if a := d.as("ana", "POST", at+"/cancel", nil).want(t, 200); strings.Contains(a.body, "jo@acme.example") {
		t.Errorf("%s", a.body)
	}
	d.usePolicy(allowedPolicy)
	if a := d.as("ben", "POST", at+"/retry", nil).want(t, 403); !strings.Contains(a.body, "tier 1") {
		t.Errorf("%s", a.body)
	}
	d.exec(`update agents set inboxes_only = true, inboxes = '{billing}' where email = 'ben@desk.example'`)
	d.as("ben", "GET", at, nil).want(t, 404)
	d.as("ben", "POST", at+"/retry", nil).want(t, 404)

	d.as("ana", "POST", at+"/retry", map[string]any{"confirm": true}).want(t, 200)
	for range 3 {
		d.delayed(d.open)
	}
	d.as("ana", "POST", "/outbox/retry", map[string]any{"domain": "acme.example"}).want(t, 403)
	d.exec(`update deliveries set state = 'sending' where id = (select max(id::text)::uuid from deliveries)`)
	var all RetriedAll
	if d.as("root", "POST", "/outbox/retry", map[string]any{"domain": "acme.example"}).want(t, 200).json(t, &all); all.Retried != 2 || len(all.Refused) != 0 || all.More {
		t.Errorf("%+v", all)
	}
}
