package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

func TestMergeAndUndo(t *testing.T) {
	d := newDesk(t)
	other := d.conversation("frontline", false, "Still wrong", "I wrote before", time.Now())
	at := func(f fixture, verb string) string { return "/conversations/" + f.id.String() + verb }
	var c view.Conversation
	d.as("ana", "GET", at(d.open, ""), nil).want(t, 200).json(t, &c)
	number := c.Number
	d.as("ana", "POST", at(d.open, "/unmerge"), nil).want(t, 409)
	d.as("ana", "POST", at(other, "/merge"), map[string]any{"into": fmt.Sprintf("#%d", number)}).want(t, 200).json(t, &c)
	if c.ID != d.open.id || c.MergedInto != nil {
		t.Errorf("merged into %+v", c)
	}
	d.as("ana", "GET", at(other, ""), nil).want(t, 200).json(t, &c)
	if c.MergedInto == nil || c.MergedInto.ID != d.open.id || c.MergedInto.Number != number {
		t.Errorf("merged into %+v", c.MergedInto)
	}
	for verb, body := range map[string]any{"/merge": map[string]any{"into": d.open.id.String()}, "/replies": map[string]any{"text": "Hello"}, "/notes": map[string]any{"text": "Hello"},
		"/assign": map[string]any{"assignee": "me"}, "/move": map[string]any{"inbox": "billing", "note": "x"}, "/status": map[string]any{"status": "open"}} {
		var p problem.Details
		if d.as("ana", "POST", at(other, verb), body).want(t, 409).json(t, &p); !strings.Contains(p.Detail, "merged") {
			t.Errorf("%s: %q", verb, p.Detail)
		}
	}
	var list struct{ Data []view.Message }
	if d.as("ana", "GET", at(d.open, "/messages"), nil).want(t, 200).json(t, &list); len(list.Data) != 2 || list.Data[1].Thread.Method != desk.MethodMerge {
		t.Errorf("%d messages", len(list.Data))
	}
	d.as("ana", "POST", at(other, "/unmerge"), nil).want(t, 200).json(t, &c)
	if c.ID != other.id || c.MergedInto != nil || c.Status != desk.StatusOpen {
		t.Errorf("after the undo %+v", c)
	}
	var events struct{ Data []view.Event }
	d.as("ana", "GET", at(d.open, "/events"), nil).want(t, 200).json(t, &events)
	var kinds []string
	for _, e := range events.Data {
		kinds = append(kinds, string(e.Kind))
	}
	if got := strings.Join(kinds, " "); !strings.Contains(got, "conversation.merged") || !strings.Contains(got, "conversation.unmerged") {
		t.Errorf("events %s", got)
	}
}

// Each refusal says why.
func TestMergeIsRefused(t *testing.T) {
	d := newDesk(t)
	other := d.conversation("frontline", false, "Other", "Other", time.Now())
	change := func(column, value string) func() {
		return func() { d.exec(fmt.Sprintf("update conversations set %s = %s where id = $1", column, value), other.id) }
	}
	account, _ := d.customer("Else", "else.example", "Kim", "kim@else.example")
	for _, c := range []struct {
		who     string
		prepare func()
		into    string
		status  int
		says    string
	}{
		{"ana", nil, other.id.String(), 422, "into itself"},
		{"ana", nil, d.secret.id.String(), 422, "no such conversation"},
		{"ana", nil, "1000000000", 422, "no such conversation"},
		{"root", nil, d.secret.id.String(), 422, "restricted"},
		{"ana", change("reply_channel", "'chat'"), d.open.id.String(), 422, "chat"},
		{"ana", change("account_id", fmt.Sprintf("'%x'", account[:])), d.open.id.String(), 422, "different accounts"},
	} {
		d.exec("update conversations set reply_channel = 'email', account_id = $2 where id = $1", other.id, d.account)
		if c.prepare != nil {
			c.prepare()
		}
		a := d.as(c.who, "POST", "/conversations/"+other.id.String()+"/merge", map[string]any{"into": c.into})
		if a.StatusCode != c.status || !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %d %s", c.says, a.StatusCode, a.body)
		}
		if strings.Contains(a.body, canary) {
			t.Error("leaks the restricted conversation")
		}
	}
}
