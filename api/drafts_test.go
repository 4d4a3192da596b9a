package api

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

func TestDraftsBelongToTheirAuthor(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "PUT", at+"/drafts/reply", `{"text":"Dear Jo","to":["jo@acme.example"],"cc":[],"seen":2}`).want(t, 200)
	d.as("ana", "PUT", at+"/drafts/note", `{"text":"for the team","seen":2}`).want(t, 200)
	d.as("ana", "PUT", at+"/drafts/reply", `{"text":"Dear Jo, hello","to":["jo@acme.example"],"cc":["not yet an addr"],"seen":2}`).want(t, 200)
	d.as("ana", "PUT", at+"/drafts/letter", `{"text":"x","seen":0}`).want(t, 422)
	d.as("ana", "PUT", at+"/drafts/reply", `{"text":"","seen":0}`).want(t, 422)
	d.as("ben", "PUT", "/conversations/"+d.secret.id.String()+"/drafts/reply", `{"text":"x","seen":0}`).want(t, 404)
	drafts := func(who string) []view.Draft {
		var page Page[view.Draft]
		d.as(who, "GET", "/drafts", nil).want(t, 200).json(t, &page)
		return page.Data
	}
	mine := drafts("ana")
	if len(mine) != 2 || mine[0].Text != "Dear Jo, hello" || !slices.Equal(mine[0].CC, []string{"not yet an addr"}) || mine[1].To != nil || mine[0].ConversationID != d.open.id {
		t.Errorf("%+v", mine)
	}
	if others := drafts("ben"); len(others) != 0 {
		t.Errorf("Ben sees %+v", others)
	}
	d.as("ben", "DELETE", at+"/drafts/reply", nil).want(t, 204)
	d.as("ana", "DELETE", at+"/drafts/note", nil).want(t, 204)
	if left := drafts("ana"); len(left) != 1 || left[0].Kind != view.DraftReply {
		t.Errorf("left %+v", left)
	}
}

// A text that continues another version than the stored one replaces nothing.
func TestDraftOnTwoDevices(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String() + "/drafts/reply"
	save := func(text, base string, status int) view.Draft {
		t.Helper()
		var draft view.Draft
		answer := d.as("ana", "PUT", at, map[string]any{"text": text, "seen": 1, "based_on": base}).want(t, status)
		if status == 200 {
			answer.json(t, &draft)
		}
		return draft
	}
	version := func(draft view.Draft) string { return draft.UpdatedAt.Format(time.RFC3339Nano) }
	stored := func() string {
		var page Page[view.Draft]
		d.as("ana", "GET", "/drafts", nil).want(t, 200).json(t, &page)
		if len(page.Data) == 0 {
			return ""
		}
		return page.Data[0].Text
	}
	first := save("one", "none", 200)
	if again := save("one", "none", 200); version(again) != version(first) {
		t.Errorf("the same request again: %v, %v", again, first)
	}
	save("two", "none", 409) // the other device has not seen the first version
	second := save("one and more", version(first), 200)
	save("one or less", version(first), 409)
	if again := save("one and more", version(first), 200); !again.UpdatedAt.After(second.UpdatedAt) {
		t.Errorf("a repeated request: %v, %v", again, second)
	} else {
		second = again
	}
	d.as("ana", "DELETE", at+"?based_on="+url.QueryEscape(version(first)), nil).want(t, 409)
	d.as("ana", "DELETE", at+"?based_on=none", nil).want(t, 409)
	if got := stored(); got != "one and more" {
		t.Errorf("stored %q", got)
	}
	d.as("ana", "DELETE", at+"?based_on="+url.QueryEscape(version(second)), nil).want(t, 204)
	d.as("ana", "DELETE", at+"?based_on="+url.QueryEscape(version(second)), nil).want(t, 204)
	save("one and more still", version(second), 409) // it was sent or discarded on the other device
	third := save("begun again", "none", 200)
	save("one and more still", version(second), 409)
	save("whatever was there", "", 200)
	save("third", version(third), 409)
	if got := stored(); got != "whatever was there" {
		t.Errorf("stored %q", got)
	}
	for _, base := range []string{"yesterday", "0001-01-01T00:00:00Z", "null"} {
		save("x", base, 422)
		d.as("ana", "DELETE", at+"?based_on="+url.QueryEscape(base), nil).want(t, 422)
	}
	d.as("ben", "PUT", at, map[string]any{"text": "Ben's own", "seen": 1, "based_on": "none"}).want(t, 200)
}

func TestUnreadIsKeptPerAgent(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	unread := func(who string) bool {
		var c view.Conversation
		d.as(who, "GET", at, nil).want(t, 200).json(t, &c)
		var page Page[view.Conversation]
		d.as(who, "GET", "/conversations?q=%23"+fmt.Sprint(d.open.number), nil).want(t, 200).json(t, &page)
		if len(page.Data) != 1 || page.Data[0].Unread != c.Unread {
			t.Errorf("the list of %s differs: %+v", who, page.Data)
		}
		return c.Unread
	}
	if !unread("ana") || !unread("ben") {
		t.Error("a new message is not unread")
	}
	d.as("ana", "PUT", at+"/read", `{"seq":99}`).want(t, 204)
	if unread("ana") || !unread("ben") {
		t.Error("reading is not kept per agent")
	}
	d.as("ana", "POST", at+"/notes", `{"text":"A note is no customer's message."}`).want(t, 201)
	if unread("ana") {
		t.Error("a note made it unread")
	}
	d.as("ana", "PUT", at+"/read", `{"seq":0}`).want(t, 204)
	if !unread("ana") {
		t.Error("it cannot be marked unread")
	}
	d.as("ben", "POST", at+"/status", `{"status":"resolved"}`).want(t, 200)
	if unread("ana") {
		t.Error("a resolved conversation is unread")
	}
}

// Nothing disappears: whatever its status, a conversation is in a view and its number.
func TestEveryStatusIsCounted(t *testing.T) {
	d := newDesk(t)
	counts := func(who string) (c view.Counts) {
		d.as(who, "GET", "/counts", nil).want(t, 200).json(t, &c)
		return c
	}
	if got := counts("ana"); got != (view.Counts{Unassigned: 1, Open: 1}) {
		t.Errorf("Ana's counts %+v", got)
	}
	if got := counts("root"); got != (view.Counts{Unassigned: 2, Open: 2}) {
		t.Errorf("the admin's counts %+v", got)
	}
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/replies", `{"text":"Hello."}`).want(t, 201)
	if got := counts("ana"); got != (view.Counts{Mine: 1, Pending: 1}) {
		t.Errorf("after a reply %+v", got)
	}
	d.as("ana", "POST", at+"/move", `{"inbox":"billing","note":"The invoice."}`).want(t, 200)
	if got := counts("ben"); got != (view.Counts{Unassigned: 1, Open: 1}) {
		t.Errorf("after a reply and a move, the receiver has %+v", got)
	}
	d.as("ana", "POST", at+"/status", map[string]any{"status": "snoozed", "until": time.Now().Add(time.Hour)}).want(t, 200)
	if got := counts("ana"); got != (view.Counts{Snoozed: 1}) {
		t.Errorf("snoozed %+v", got)
	}
	d.as("ana", "POST", at+"/status", `{"status":"resolved"}`).want(t, 200)
	if got := counts("ana"); got != (view.Counts{Resolved: 1}) {
		t.Errorf("resolved %+v", got)
	}
}

func TestReplyRecipients(t *testing.T) {
	d := newDesk(t)
	d.exec(`update messages set addresses = addresses || '{"cc":[{"name":"Sam","email":"sam@acme.example"},{"name":"","email":"HELP@desk.example"}]}' where id = $1`, d.open.message)
	at := "/conversations/" + d.open.id.String()
	to := func(path string) (r Recipients) {
		d.as("ana", "GET", path, nil).want(t, 200).json(t, &r)
		return r
	}
	same := func(r Recipients, to, cc []string) bool {
		return slices.Equal(addressesOf(r.To), to) && slices.Equal(addressesOf(r.CC), cc)
	}
	if r := to(at + "/recipients"); !same(r, []string{"jo@acme.example"}, []string{"sam@acme.example"}) || r.To[0].Name != "Jo Doe" {
		t.Errorf("%+v", r)
	}
	send := func(body string, to, cc []string) {
		t.Helper()
		var m view.Message
		d.as("ana", "POST", at+"/replies", body).want(t, 201).json(t, &m)
		var deliveries []string
		for _, x := range m.Deliveries {
			deliveries = append(deliveries, x.Recipient)
		}
		if !slices.Equal(addressesOf(m.To), to) || !slices.Equal(addressesOf(m.CC), cc) || !slices.Equal(deliveries, slices.Concat(to, cc)) {
			t.Errorf("%s: to %v, cc %v, deliveries %v", body, m.To, m.CC, deliveries)
		}
	}
	send(`{"text":"to all"}`, []string{"jo@acme.example"}, []string{"sam@acme.example"})
	send(`{"text":"no copies","cc":[]}`, []string{"jo@acme.example"}, nil)
	send(`{"text":"chosen","to":["Lee <lee@acme.example>","jo@acme.example"],"cc":["LEE@acme.example"]}`, []string{"lee@acme.example", "jo@acme.example"}, nil)
	if r := to(at + "/recipients"); !same(r, []string{"jo@acme.example"}, []string{"lee@acme.example"}) {
		t.Errorf("after a reply to others: %+v", r)
	}
	for _, body := range []string{`{"text":"x","to":["help@desk.example"]}`, `{"text":"x","to":["jo"]}`, `{"text":"x","to":["a@b.example\r\nBcc: c@d.example"]}`, `{"text":"x","cc":["help+tag@desk.example"]}`} {
		d.as("ana", "POST", at+"/replies", body).want(t, 422)
	}
}

func addressesOf(list []desk.Address) (out []string) {
	for _, a := range list {
		out = append(out, a.Email)
	}
	return out
}
