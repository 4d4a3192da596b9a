package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
	"switchboard/internal/webhook"
)

// TestWebhooks: the life of a webhook over the API. Its secret is in two answers, and
// nowhere else.
func TestWebhooks(t *testing.T) {
	d := newDesk(t)
	for body, want := range map[string]string{
		`{}`:                                     "body.url",
		`{"url": "http://hooks.example/in"}`:     "https",
		`{"url": "https://me:pw@hooks.example"}`: "credentials",
		`{"url": "ftp://hooks.example"}`:         "https",
		`{"url": "https://hooks.example", "types": ["message.recieved"]}`: `did you mean \"message.received\"?`,
		`{"url": "https://hooks.example", "inboxes": ["frontlin"]}`:       `did you mean \"frontline\"?`,
	} {
		if a := d.as("root", "POST", "/webhooks", body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s, want %s", body, a.body, want)
		}
	}
	var made, rotated NewWebhook
	d.as("root", "POST", "/webhooks", `{"url": "https://hooks.example/in?token=x", "description": "The CRM", "types": ["sla.breached", "message.received"], "inboxes": ["frontline"]}`).want(t, 201).json(t, &made)
	at := "/webhooks/" + made.ID.String()
	if !strings.HasPrefix(made.Secret, "whsec_") || made.State != view.WebhookWorking || len(made.Types) != 2 || made.Types[0] != "message.received" {
		t.Errorf("created %+v", made)
	}
	d.as("root", "POST", at+"/rotate", `{"grace_hours": 1}`).want(t, 200).json(t, &rotated)
	if left := time.Until(*rotated.FormerSecretUntil); rotated.Secret == made.Secret || left < 59*time.Minute || left > time.Hour {
		t.Errorf("rotated: the former secret signs for %v", left)
	}
	d.as("root", "POST", at+"/test", nil).want(t, 202)
	a := d.as("root", "GET", at+"/deliveries", nil).want(t, 200)
	var page Page[view.WebhookDelivery]
	a.json(t, &page)
	if len(page.Data) != 1 || page.Data[0].Type != webhook.TypeTest || page.Data[0].State != "pending" || page.Data[0].NextAttemptAt == nil {
		t.Errorf("deliveries %s", a.body)
	}
	for _, path := range []string{"/webhooks", at, at + "/deliveries"} {
		if a := d.as("root", "GET", path, nil).want(t, 200); strings.Contains(a.body, "whsec_") || strings.Contains(a.body, "secret\"") {
			t.Errorf("%s has a secret: %s", path, a.body)
		}
	}
	d.as("root", "PATCH", at, `{"enabled": false}`).want(t, 200)
	d.as("root", "POST", at+"/test", nil).want(t, 409)
	d.as("root", "POST", at+"/replay", `{"since": "2026-01-01T00:00:00Z"}`).want(t, 409)
	d.as("root", "GET", at+"/deliveries?state=failed", nil).want(t, 200).json(t, &page)
	if len(page.Data) != 1 || page.Data[0].Error != "the webhook was disabled" {
		t.Errorf("after disabling: %+v", page.Data)
	}
	d.as("root", "PATCH", at, `{"enabled": true, "description": "The other CRM"}`).want(t, 200)
	d.as("root", "POST", at+"/replay", `{}`).want(t, 422)
	var replayed WebhookReplayed
	d.as("root", "POST", at+"/replay", map[string]any{"deliveries": []string{page.Data[0].ID.String()}}).want(t, 200).json(t, &replayed)
	if replayed.Replayed != 1 {
		t.Errorf("replayed %d", replayed.Replayed)
	}
	d.published()
	for who, want := range map[string]bool{"root": true, "ana": false} { // the audit trail is for admins
		if a := d.as(who, "GET", "/events?limit=200", nil).want(t, 200); strings.Contains(a.body, "webhook.changed") != want || strings.Contains(a.body, "whsec_") {
			t.Errorf("events of %s: %s", who, a.body)
		}
	}
	d.as("root", "DELETE", at, nil).want(t, 204)
	d.as("root", "GET", at, nil).want(t, 404)
	if logs := d.logs.String(); strings.Contains(logs, made.Secret) {
		t.Error("the log has the secret")
	}
}

// TestWebhooksReportThirdParties: a mail that forwards messages is queued for webhooks.
func TestWebhooksReportThirdParties(t *testing.T) {
	d := newDesk(t)
	var made NewWebhook
	d.as("root", "POST", "/webhooks", `{"url": "https://hooks.example/in", "types": ["third-party.sent", "message.sent"]}`).want(t, 201).json(t, &made)
	var m view.Message
	d.as("ana", "POST", "/conversations/"+d.open.id.String()+"/forward", map[string]any{"to": []string{"rep@supplier.example"}, "text": "Yours?", "whole": true}).want(t, 201).json(t, &m)
	d.published()
	if _, err := d.st.ExpandWebhooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	var queued string
	if err := d.db.QueryRow(`select string_agg(type || ' ' || (body::jsonb #>> '{data,details,to,0,email}') || ' ' || (body::jsonb #>> '{data,details,message_id}'), ',') from webhook_deliveries`).Scan(&queued); err != nil ||
		queued != "third-party.sent rep@supplier.example "+m.ID.String() {
		t.Errorf("queued %q: %v", queued, err)
	}
}
