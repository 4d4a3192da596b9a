package api

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
)

// TestRunbooks attaches an internal article, and ticks its steps beside one conversation.
func TestRunbooks(t *testing.T) {
	d := newDesk(t)
	id := d.article("ana", `{"title": "Refunds", "text": "First look.\n\n1. Find the **order**\n2. Ask a lead", "attach": {"inboxes": ["frontline"], "tags": ["refund"]}}`)
	at := "/articles/" + id.String()
	open, secret := "/conversations/"+d.open.id.String(), "/conversations/"+d.secret.id.String()
	list := func(who, conversation string) []view.Runbook {
		t.Helper()
		var page Page[view.Runbook]
		d.as(who, "GET", conversation+"/runbooks", nil).want(t, 200).json(t, &page)
		return page.Data
	}
	if got := list("ana", open); len(got) != 0 {
		t.Errorf("a draft is shown: %+v", got)
	}
	d.as("root", "POST", at+"/publish", `{}`).want(t, 200)
	got := list("ana", open)
	if len(got) != 1 || got[0].Steps != 2 || got[0].Done != 0 || len(got[0].Parts) != 3 || !got[0].Because.Inbox || len(got[0].Because.Tags) != 0 {
		t.Fatalf("%+v", got)
	}
	step := got[0].Parts[1]
	if got[0].Parts[0].Step != "" || step.Text != "Find the order" || !strings.Contains(step.HTML, "<strong>order</strong>") {
		t.Errorf("%+v", got[0].Parts)
	}

	tick := open + "/runbooks/" + id.String() + "/steps/" + step.Step
	var after view.Runbook
	d.as("ana", "PUT", tick, `{"done": true}`).want(t, 200).json(t, &after)
	d.as("sam", "PUT", tick, `{"done": true}`).want(t, 200)
	if after.Done != 1 || after.Parts[1].Done == nil || after.Parts[1].Done.By.Name != "Ana" {
		t.Errorf("%+v", after)
	}
	if got = list("sam", open); got[0].Done != 1 || got[0].Parts[1].Done.By.Name != "Ana" {
		t.Errorf("another agent: %+v", got)
	}
	other := d.conversation("frontline", false, "Other", "Other", time.Now())
	if got = list("ana", "/conversations/"+other.id.String()); len(got) != 1 || got[0].Done != 0 {
		t.Errorf("another conversation: %+v", got)
	}

	// A new version keeps the steps that it has.
	d.as("ana", "PATCH", at, `{"text": "1. Look\n2. Find the **order**"}`).want(t, 200)
	d.as("root", "POST", at+"/publish", `{}`).want(t, 200)
	if got = list("ana", open); got[0].Done != 1 || got[0].Parts[1].Done == nil {
		t.Errorf("a new version: %+v", got)
	}
	d.as("ana", "PUT", open+"/runbooks/"+id.String()+"/steps/0000", `{"done": true}`).want(t, 404)
	d.as("ana", "PUT", tick, `{"done": false}`).want(t, 200)
	if got = list("ana", open); got[0].Done != 0 {
		t.Errorf("not done: %+v", got)
	}

	// Beside the restricted conversation only its tag counts, and only for who sees it.
	d.as("ana", "GET", secret+"/runbooks", nil).want(t, 404)
	d.as("ana", "PUT", strings.Replace(tick, open, secret, 1), `{"done": true}`).want(t, 404)
	if got = list("sam", secret); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	d.exec(`update conversations set tags = '{refund}' where id = $1`, d.secret.id)
	if got = list("sam", secret); len(got) != 1 || got[0].Because.Inbox || len(got[0].Because.Tags) != 1 {
		t.Errorf("%+v", got)
	}
	d.exec(`update conversations set tags = '{}', path = '{"segment: vip","routing: outage/database","sla: t2"}' where id = $1`, d.secret.id)
	d.as("root", "PATCH", at, `{"attach": {"routes": ["outage"]}}`).want(t, 200)
	if got = list("sam", secret); len(got) != 1 || strings.Join(got[0].Because.Routes, "") != "outage" {
		t.Errorf("%+v", got)
	}

	// Who may not publish cannot change it beside conversations, and public articles are no runbooks.
	d.as("ana", "PATCH", at, `{"attach": {"tags": ["vip"]}}`).want(t, 403)
	if x := d.as("root", "PATCH", at, `{"public": true}`).want(t, 422); !strings.Contains(x.body, "body.attach") {
		t.Error(x.body)
	}
	d.as("root", "POST", at+"/archive", nil).want(t, 200)
	if got = list("sam", secret); len(got) != 0 {
		t.Errorf("archived: %+v", got)
	}
}
