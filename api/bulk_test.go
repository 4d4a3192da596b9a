package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

type bulked struct {
	Results []BulkResult
	Undo    *string
}

func (d *desks) bulk(as, body string) (b bulked) {
	d.t.Helper()
	d.as(as, "POST", "/conversations/bulk", body).want(d.t, 200).json(d.t, &b)
	return b
}

// one opens a conversation in frontline, without tags.
func (d *desks) one() desk.ConversationID {
	d.t.Helper()
	id := d.conversation("frontline", false, "The lamp", "It is broken", time.Now().Add(-time.Minute)).id
	d.exec("update conversations set tags = '{}' where id = $1", id)
	return id
}

// TestBulkAndUndo: each operation reaches every conversation, one refusal stops no other, and
// the undo brings back what each of them was.
func TestBulkAndUndo(t *testing.T) {
	d := newDesk(t)
	ids := []desk.ConversationID{d.one(), d.one(), d.one()}
	list := fmt.Sprintf(`["%s", "%s", "%s", "cv_00000000000000000000000000000000"]`, ids[0], ids[1], ids[2])
	d.as("root", "PATCH", "/conversations/"+ids[1].String(), `{"tags": ["lamp"], "priority": "high"}`).want(t, 200)
	d.as("root", "POST", "/conversations/"+ids[2].String()+"/assign", `{"assignee": "me"}`).want(t, 200)
	before := map[desk.ConversationID]view.Conversation{}
	for _, id := range ids {
		before[id] = d.read("/conversations/" + id.String())
	}
	for _, c := range []struct {
		op, args string
		changed  func(c *view.Conversation) bool
	}{
		{"assign", `{"assignee": "ana@desk.example"}`, func(c *view.Conversation) bool { return c.Assignee != nil && c.Assignee.Name == "Ana" }},
		{"assign", `{"assignee": "none"}`, func(c *view.Conversation) bool { return c.Assignee == nil }},
		{"tag", `{"tags": ["lamp", "plug"]}`, func(c *view.Conversation) bool {
			return slices.Contains(c.Tags, "lamp") && slices.Contains(c.Tags, "plug")
		}},
		{"untag", `{"tag": "lamp"}`, func(c *view.Conversation) bool { return !slices.Contains(c.Tags, "lamp") }},
		{"priority", `{"priority": "urgent"}`, func(c *view.Conversation) bool { return c.Priority == desk.PriorityUrgent }},
		{"snooze", `{"until": "2099-01-01T00:00:00Z"}`, func(c *view.Conversation) bool { return c.Status == desk.StatusSnoozed }},
		{"resolve", `{}`, func(c *view.Conversation) bool { return c.Status == desk.StatusResolved }},
		{"status", `{"status": "pending", "waiting_on": "third-party"}`, func(c *view.Conversation) bool { return c.WaitingOn == desk.WaitingThirdParty }},
		{"tier", `{"tier": 2, "note": "Problem: the lamp.\nTried: another plug.\nCustomer told: nothing.\nNext step: look."}`, func(c *view.Conversation) bool { return c.Tier == 2 }},
		{"move", `{"inbox": "billing", "note": "Problem: the lamp.\nTried: another plug.\nCustomer told: nothing.\nNext step: look."}`, func(c *view.Conversation) bool { return c.Inbox.Key == "billing" }},
	} {
		b := d.bulk("root", fmt.Sprintf(`{"ids": %s, "op": %q, "args": %s}`, list, c.op, c.args))
		if len(b.Results) != 4 || b.Results[3].OK || b.Results[3].Error == nil || !strings.Contains(*b.Results[3].Error, "no such conversation") || b.Undo == nil {
			t.Fatalf("%s: %+v", c.op, b)
		}
		for i, id := range ids {
			now := d.read("/conversations/" + id.String())
			if !b.Results[i].OK || b.Results[i].Error != nil || b.Results[i].ID != id.String() || !c.changed(&now) {
				t.Errorf("%s of %d: %+v, %+v", c.op, i, b.Results[i], now)
			}
		}
		var undone struct{ Results []BulkResult }
		d.as("root", "POST", "/undo", map[string]any{"undo": *b.Undo}).want(t, 200).json(t, &undone)
		for i, r := range undone.Results {
			if !r.OK {
				t.Errorf("undo of %s: %d: %s", c.op, i, *r.Error)
			}
		}
		for _, id := range ids {
			was, is := before[id], d.read("/conversations/"+id.String())
			if was.Status != is.Status || was.Inbox != is.Inbox || was.Tier != is.Tier || was.Priority != is.Priority || fmt.Sprint(was.Tags) != fmt.Sprint(is.Tags) ||
				fmt.Sprint(was.Assignee) != fmt.Sprint(is.Assignee) && (was.Assignee == nil || is.Assignee == nil || was.Assignee.ID != is.Assignee.ID) || was.WaitingOn != is.WaitingOn {
				t.Errorf("undo of %s: was %+v, is %+v", c.op, was, is)
			}
		}
		d.as("root", "POST", "/undo", map[string]any{"undo": *b.Undo}).want(t, 409)
	}
}

// TestUndoYieldsToLaterChanges: what somebody has changed since stays.
func TestUndoYieldsToLaterChanges(t *testing.T) {
	d := newDesk(t)
	a, b := d.one(), d.one()
	done := d.bulk("ana", fmt.Sprintf(`{"ids": ["%s", "%s"], "op": "assign", "args": {"assignee": "me"}}`, a, b))
	d.as("root", "POST", "/conversations/"+a.String()+"/assign", `{"assignee": "me"}`).want(t, 200)
	d.as("root", "PATCH", "/conversations/"+b.String(), `{"priority": "low"}`).want(t, 200)
	d.as("root", "POST", "/undo", map[string]any{"undo": *done.Undo}).want(t, 404) // somebody else's
	var undone struct{ Results []BulkResult }
	d.as("ana", "POST", "/undo", map[string]any{"undo": *done.Undo}).want(t, 200).json(t, &undone)
	if undone.Results[0].OK || !strings.Contains(*undone.Results[0].Error, "assignee of conversation") || !undone.Results[1].OK {
		t.Errorf("%+v", undone)
	}
	if c := d.read("/conversations/" + a.String()); c.Assignee == nil || c.Assignee.Name != "Root" {
		t.Errorf("%+v", c.Assignee)
	}
	if c := d.read("/conversations/" + b.String()); c.Assignee != nil || c.Priority != desk.PriorityLow {
		t.Errorf("%+v, %s", c.Assignee, c.Priority)
	}
}

func TestBulkBySearch(t *testing.T) {
	d := newDesk(t)
	ids := []desk.ConversationID{d.one(), d.one()}
	d.as("root", "PATCH", "/conversations/"+ids[0].String(), `{"tags": ["refund"]}`).want(t, 200)
	if b := d.bulk("root", `{"q": "tag:refund", "op": "priority", "args": {"priority": "high"}}`); len(b.Results) != 1 || b.Results[0].ID != ids[0].String() || !b.Results[0].OK {
		t.Errorf("%+v", b)
	}
	if b := d.bulk("root", `{"q": "tag:refund", "op": "priority", "args": {"priority": "high"}}`); b.Undo != nil {
		t.Error("nothing was changed, and it can be undone")
	}
	for body, says := range map[string]string{
		`{"q": "is:lost", "op": "resolve"}`:                               "character 1",
		`{"q": "inbox:nosuch", "op": "resolve"}`:                          "there is no inbox",
		`{"op": "resolve"}`:                                               "either ids or q",
		`{"ids": ["1"], "q": "is:open", "op": "resolve"}`:                 "either ids or q",
		`{"ids": ["1"], "op": "explode"}`:                                 "body.op",
		`{"ids": ["1"], "op": "assign"}`:                                  "body.args.assignee",
		`{"ids": ["1"], "op": "tag", "args": {}}`:                         "body.args.tags",
		`{"ids": ["1"], "op": "snooze"}`:                                  "body.args.until",
		`{"ids": ["1"], "op": "macro", "args": {"macro": "x"}}`:           "body.args.macro",
		`{"ids": ["1"], "op": "tier", "args": {"tier": 2, "inbox": "x"}}`: "either an inbox or a tier",
	} {
		if a := d.as("root", "POST", "/conversations/bulk", body).want(t, http.StatusUnprocessableEntity); !strings.Contains(a.body, says) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
}

func TestEditConversation(t *testing.T) {
	d := newDesk(t)
	id := d.one()
	at := "/conversations/" + id.String()
	var c ChangedConversation
	d.as("ana", "PATCH", at, `{"subject": " The  lamp\nis broken ", "tags": ["lamp", "größe"], "priority": "high"}`).want(t, 200).json(t, &c)
	if c.Subject != "The lamp is broken" || fmt.Sprint(c.Tags) != "[lamp größe]" || c.Priority != desk.PriorityHigh || c.Undo == nil {
		t.Errorf("%+v", c)
	}
	for body, says := range map[string]string{
		`{"subject": " "}`: "subject: it cannot be empty", `{"tags": ["lamp", " "]}`: "not a valid tag", `{"priority": "top"}`: "body.priority",
		`{"contact": "ct_00000000000000000000000000000001"}`: "there is no contact", `{"account": "ac_00000000000000000000000000000001"}`: "stays with its account",
	} {
		if a := d.as("ana", "PATCH", at, body).want(t, 422); !strings.Contains(a.body, says) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	// Nothing is changed when something is refused.
	d.as("ana", "PATCH", at, `{"subject": "Other", "tags": [" "]}`).want(t, 422)
	if now := d.read("/conversations/" + id.String()); now.Subject != "The lamp is broken" {
		t.Error(now.Subject)
	}
	d.as("ana", "POST", "/undo", map[string]any{"undo": *c.Undo}).want(t, 200)
	if now := d.read("/conversations/" + id.String()); now.Subject == "The lamp is broken" || len(now.Tags) > 0 || now.Priority != desk.PriorityNormal {
		t.Errorf("%+v", now)
	}
	// Another contact of the account gets the replies; one of another account does not.
	kim, other := desk.NewID[desk.ContactID](), desk.NewID[desk.ContactID]()
	d.exec(`insert into contacts (id, account_id, name) select $1, account_id, 'Kim' from conversations where id = $2`, kim, id)
	d.exec(`insert into identities (channel, address, contact_id) values ('email', 'kim@acme.example', $1)`, kim)
	d.exec(`with a as (insert into accounts (id, name) values (gen_random_uuid(), 'Elm') returning id) insert into contacts (id, account_id, name) select $1, id, 'Bo' from a`, other)
	d.as("ana", "PATCH", at, map[string]any{"contact": kim.String()}).want(t, 200).json(t, &c)
	if c.Contact.Name != "Kim" || c.Reply.To != "kim@acme.example" {
		t.Errorf("%+v, %+v", c.Contact, c.Reply)
	}
	if a := d.as("ana", "PATCH", at, map[string]any{"contact": other.String()}).want(t, 422); !strings.Contains(a.body, "belongs to another account") {
		t.Error(a.body)
	}
	d.as("ana", "POST", "/undo", map[string]any{"undo": *c.Undo}).want(t, 200)
	if now := d.read("/conversations/" + id.String()); now.Contact.Name == "Kim" || now.Reply.To == "kim@acme.example" {
		t.Errorf("%+v, %+v", now.Contact, now.Reply)
	}
}

func TestSavedViews(t *testing.T) {
	d := newDesk(t)
	id := d.one()
	d.as("root", "PATCH", "/conversations/"+id.String(), `{"tags": ["refund"]}`).want(t, 200)
	var v view.SavedView
	d.as("ana", "POST", "/views", `{"name": "Refunds", "q": "tag:refund or tag:money", "scope": "team"}`).want(t, 201).json(t, &v)
	if v.Sort != view.SortDue || v.Scope != "team" || v.Owner.Name != "Ana" || !v.Editable || v.Count != nil {
		t.Errorf("%+v", v)
	}
	at := "/views/" + v.ID.String()
	d.as("ana", "POST", "/views", `{"name": "refunds", "q": "is:open"}`).want(t, 409)
	if a := d.as("ana", "POST", "/views", `{"name": "Lost", "q": "is:open is:lost"}`).want(t, 422); !strings.Contains(a.body, "character 9") || !strings.Contains(a.body, "body.q") {
		t.Error(a.body)
	}
	var page Page[view.SavedView]
	d.as("root", "GET", "/views?counts=true", nil).want(t, 200).json(t, &page)
	if len(page.Data) != 1 || page.Data[0].Count == nil || *page.Data[0].Count != 1 {
		t.Errorf("%+v", page.Data)
	}
	tag := d.as("ana", "GET", at, nil).want(t, 200).Header.Get("ETag")
	q := d.request("PATCH", at, `{"sort": "oldest", "scope": "own"}`)
	q.Header.Set("Authorization", "Bearer "+d.keys["ana"])
	q.Header.Set("If-Match", tag)
	d.send(q).want(t, 200).json(t, &v)
	if v.Sort != view.SortOldest || v.Scope != "own" {
		t.Errorf("%+v", v)
	}
	d.as("root", "GET", at, nil).want(t, 404)
	d.as("ana", "PATCH", at, `{"sort": "newest", "based_on": "2020-01-01T00:00:00Z"}`).want(t, 409)
	d.as("root", "DELETE", at, nil).want(t, 404)
	d.as("ana", "DELETE", at, nil).want(t, 204)
	d.as("ana", "GET", at, nil).want(t, 404)
	var count struct {
		Count int
		More  bool
	}
	d.as("ana", "GET", "/conversations/count?q=tag:refund", nil).want(t, 200).json(t, &count)
	if count.Count != 1 || count.More {
		t.Errorf("%+v", count)
	}
	d.as("ana", "GET", "/conversations/count?q=is:lost", nil).want(t, 422)
}

// TestSingleOperationsCanBeUndone, like those on many.
func TestSingleOperationsCanBeUndone(t *testing.T) {
	d := newDesk(t)
	id := d.one()
	at := "/conversations/" + id.String()
	before := d.read(at)
	for verb, body := range map[string]string{
		"assign": `{"assignee": "me"}`, "priority": `{"priority": "high"}`, "status": `{"status": "resolved", "cancel_tasks": true}`,
		"move": `{"tier": 2, "note": "Problem: the lamp.\nTried: another plug.\nCustomer told: nothing.\nNext step: look."}`,
	} {
		var c ChangedConversation
		d.as("root", "POST", at+"/"+verb, body).want(t, 200).json(t, &c)
		if c.Undo == nil {
			t.Fatalf("%s: no undo", verb)
		}
		d.as("root", "POST", "/undo", map[string]any{"undo": *c.Undo}).want(t, 200)
		if now := d.read(at); now.Status != before.Status || now.Assignee != nil || now.Priority != before.Priority || now.Tier != before.Tier {
			t.Errorf("undo of %s: %+v", verb, now)
		}
	}
	var c ChangedConversation
	d.as("root", "POST", at+"/priority", `{"priority": "normal"}`).want(t, 200).json(t, &c)
	if c.Undo != nil {
		t.Error("nothing was changed, and it can be undone")
	}
}
