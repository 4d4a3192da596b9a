package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// TestReplyIsTakenBack: until it leaves.
func TestReplyIsTakenBack(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	var before view.Conversation
	d.as("ana", "GET", at, nil).want(t, 200).json(t, &before)
	var m view.Message
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed.", "to": []string{"Jo <jo@acme.example>"}, "cc": []string{"lee@acme.example"}, "undo_s": 60, "then": "resolve"}).want(t, 201).json(t, &m)
	if len(m.Deliveries) != 2 || m.Deliveries[0].State != desk.DeliveryHeld || m.Deliveries[0].NextAttemptAt == nil {
		t.Errorf("%+v", m.Deliveries)
	}
	var c view.Conversation
	if d.as("ana", "GET", at, nil).want(t, 200).json(t, &c); c.Status != desk.StatusResolved {
		t.Errorf("then resolve: %s", c.Status)
	}
	var kept view.Draft
	d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept)
	if kept.Text != "Fixed." || len(kept.To) != 1 || len(kept.CC) != 1 || kept.UpdatedAt.IsZero() {
		t.Errorf("%+v", kept)
	}
	d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 404)
	d.as("ana", "GET", "/messages/"+m.ID.String(), nil).want(t, 404)
	if d.as("ana", "GET", at, nil).want(t, 200).json(t, &c); c.Status != before.Status || c.WaitingOn != before.WaitingOn || c.Preview != before.Preview {
		t.Errorf("%+v, before %+v", c, before)
	}
	// The author's draft, which they have continued, is not shown to a colleague.
	var other view.Message
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Another.", "undo_s": 60}).want(t, 201).json(t, &other)
	d.as("ana", "PUT", at+"/drafts/reply", map[string]any{"text": "PRIVATE", "seen": 1}).want(t, 200)
	if a := d.as("root", "DELETE", "/messages/"+other.ID.String()+"/send", nil).want(t, 200); strings.Contains(a.body, "PRIVATE") || !strings.Contains(a.body, "Another.") {
		t.Errorf("a colleague gets %s", a.body)
	}
	d.published()
	if a := d.as("ana", "GET", at+"/events?limit=200", nil).want(t, 200); !strings.Contains(a.body, `"message.cancelled"`) {
		t.Error("no event")
	}

	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed.", "undo_s": 0}).want(t, 201).json(t, &m)
	if a := d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 409); !strings.Contains(a.body, "to jo@acme.example: queued") {
		t.Errorf("%s", a.body)
	}
	d.exec(`insert into delivery_attempts (delivery_id, attempt, at, source, state, server, code, enhanced_code, detail)
		select id, 1, now(), 'attempt', 'sent', 'mx.example:25', 250, '2.0.0', 'queued as 4Y2kfD' from deliveries where message_id = $1`, m.ID)
	var trail Page[view.Trail]
	if d.as("ana", "GET", "/messages/"+m.ID.String()+"/trail", nil).want(t, 200).json(t, &trail); len(trail.Data) != 1 || len(trail.Data[0].Attempts) != 1 ||
		trail.Data[0].Attempts[0].Server != "mx.example:25" || trail.Data[0].Attempts[0].Detail != "queued as 4Y2kfD" || trail.Data[0].Attempts[0].At.IsZero() {
		t.Errorf("%+v", trail.Data)
	}
	d.as("ana", "DELETE", "/messages/"+d.open.message.String()+"/send", nil).want(t, 409)
}

// TestSendingIsChecked: what does not fit together is refused, by the field.
func TestSendingIsChecked(t *testing.T) {
	d := newDesk(t)
	later := time.Now().Add(time.Hour).UTC()
	for field, body := range map[string]map[string]any{
		"body.until":   {"then": "snooze"},
		"body.then":    {"then": "close"},
		"body.undo_s":  {"undo_s": 61},
		"body.send_at": {"send_at": time.Now().Add(-time.Hour)},
	} {
		body["text"] = "Fixed."
		a := d.as("ana", "POST", "/conversations/"+d.open.id.String()+"/replies", body).want(t, 422)
		var problem struct{ Errors []struct{ Location string } }
		if err := json.Unmarshal([]byte(a.body), &problem); err != nil || len(problem.Errors) == 0 || problem.Errors[0].Location != field {
			t.Errorf("%s: %s", field, a.body)
		}
	}
	for _, body := range []map[string]any{{"until": later}, {"send_at": later, "undo_s": 5}, {"then": "pending", "until": later}} {
		body["text"] = "Fixed."
		d.as("ana", "POST", "/conversations/"+d.open.id.String()+"/replies", body).want(t, 422)
	}
}

// TestScheduledReply: it is listed in the conversation, and can be cancelled.
func TestScheduledReply(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	var m view.Message
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Tomorrow.", "send_at": later, "then": "resolve"}).want(t, 201).json(t, &m)
	if m.Deliveries[0].State != desk.DeliveryScheduled || m.Deliveries[0].NextAttemptAt == nil || !m.Deliveries[0].NextAttemptAt.Equal(later) {
		t.Errorf("%+v", m.Deliveries)
	}
	var c view.Conversation
	if d.as("ana", "GET", at, nil).want(t, 200).json(t, &c); c.Status != desk.StatusOpen {
		t.Errorf("it is %s before the reply is sent", c.Status)
	}
	var kept view.Draft
	if d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept); kept.Text != "Tomorrow." {
		t.Errorf("%+v", kept)
	}
}
