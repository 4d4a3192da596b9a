package api

import (
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
)

// TestStart follows a started conversation to its rows: contact, account, deliveries, history.
func TestStart(t *testing.T) {
	d := newDesk(t)
	body := map[string]any{"to": []string{"Kim <Kim@new.example>", "lee@new.example"}, "subject": "Your order", "text": "It *has* been sent.", "inbox": "frontline", "undo_s": 60}
	var out Started
	d.as("ana", "POST", "/conversations", body).want(t, 201).json(t, &out)
	c, m := out.Conversation, out.Message
	if c.Status != desk.StatusPending || c.WaitingOn != desk.WaitingCustomer || c.Assignee == nil || c.Assignee.ID != d.people["ana"].ID || c.Subject != "Your order" || c.Number == 0 {
		t.Errorf("%+v", c)
	}
	if m.Subject != "Your order" || len(m.Deliveries) != 2 || m.Deliveries[0].State != desk.DeliveryHeld || m.Author == nil {
		t.Errorf("%+v", m)
	}
	var trust, account string
	if err := d.db.QueryRow(`select i.trust, a.name from identities i join contacts p on p.id = i.contact_id join accounts a on a.id = p.account_id
		where i.address = 'kim@new.example'`).Scan(&trust, &account); err != nil || trust != "claimed" || account != "new.example" {
		t.Errorf("trust %s, account %s: %v", trust, account, err)
	}
	d.published()
	if a := d.as("ana", "GET", "/conversations/"+c.ID.String()+"/events", nil).want(t, 200); !strings.Contains(a.body, `"started_by":"`+d.people["ana"].ID.String()) {
		t.Errorf("%s", a.body)
	}

	// The same account, but not the same contact, for a colleague of theirs.
	body["to"] = []string{"sue@new.example"}
	var second Started
	d.as("ben", "POST", "/conversations", body).want(t, 201).json(t, &second)
	if second.Conversation.Account.ID != c.Account.ID || second.Conversation.Contact.ID == c.Contact.ID {
		t.Errorf("accounts %v, %v", c.Account, second.Conversation.Account)
	}

	var kept view.Draft
	d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept)
	if kept.Text != "It *has* been sent." {
		t.Errorf("%+v", kept)
	}
	if d.as("ana", "GET", "/conversations/"+c.ID.String(), nil).want(t, 200).json(t, &c); c.Status != desk.StatusClosed {
		t.Errorf("taken back: %s", c.Status)
	}
}

func TestStartIsRefused(t *testing.T) {
	d := newDesk(t)
	for field, change := range map[string]map[string]any{
		`"body.to"`:    {"to": []string{"help@desk.example"}},
		`"body.to[0]"`: {"to": []string{"kim"}},
		`"body.cc[1]"`: {"cc": []string{"lee@new.example", "x\r\nBcc: eve@evil.example"}},
		`"body.bcc"`:   {"bcc": []string{"help@desk.example"}},
		`"body.inbox"`: {"inbox": "nowhere"},
		`"body.from"`:  {"from": "ceo@bank.example"},
	} {
		body := map[string]any{"to": []string{"kim@new.example"}, "subject": "Hi", "text": "Hello", "inbox": "frontline"}
		for k, v := range change {
			body[k] = v
		}
		if a := d.as("ana", "POST", "/conversations", body).want(t, 422); !strings.Contains(a.body, field) {
			t.Errorf("%v: %s", change, a.body)
		}
	}
	d.exec(`update agents set inboxes_only = true, inboxes = '{billing}' where email = 'ana@desk.example'`)
	d.as("ana", "POST", "/conversations", map[string]any{"to": []string{"kim@new.example"}, "subject": "Hi", "text": "Hello", "inbox": "frontline"}).want(t, 403)
	var contacts int
	if err := d.db.QueryRow(`select count(*) from identities where address = 'kim@new.example'`).Scan(&contacts); err != nil || contacts != 0 {
		t.Errorf("a refused request made %d contacts: %v", contacts, err)
	}
}

// TestStartWithBlindCopy follows a blind copy to its delivery: the message of its other
// recipients has nothing of it, and what its recipient answers is a third party's.
func TestStartWithBlindCopy(t *testing.T) {
	d := newDesk(t)
	var out Started
	d.as("ana", "POST", "/conversations", map[string]any{"to": []string{"kim@new.example"}, "cc": []string{"lee@new.example"}, "bcc": []string{"Law <audit@law.example>", "KIM@new.example"},
		"subject": "Hi", "text": "Hello", "inbox": "frontline", "undo_s": 60}).want(t, 201).json(t, &out)
	m := out.Message
	if len(m.BCC) != 1 || m.BCC[0] != (desk.Address{Name: "Law", Email: "audit@law.example"}) || len(m.Deliveries) != 3 || m.Deliveries[2].Recipient != "audit@law.example" {
		t.Errorf("%+v", m)
	}
	var participants, thirds string
	if err := d.db.QueryRow(`select array_to_string(participants, ' '), service->>'third_parties' from conversations where id = $1`, out.Conversation.ID).Scan(&participants, &thirds); err != nil ||
		strings.Contains(participants, "law") || thirds != `["audit@law.example"]` {
		t.Errorf("participants %s, third parties %s: %v", participants, thirds, err)
	}
	var kept view.Draft
	if d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept); len(kept.BCC) != 1 {
		t.Errorf("%+v", kept)
	}
}

// TestStationery: the addresses that a mail can be sent from, and what is added to it.
func TestStationery(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(letterPolicy)
	var l Stationery
	d.as("ana", "GET", "/inboxes/frontline/stationery", nil).want(t, 200).json(t, &l)
	first, _, _ := strings.Cut(d.people["ana"].Name, " ")
	if strings.Join(l.From, " ") != "help@desk.example" || l.SenderName != first+" at Acme" || l.Signature != d.people["ana"].Name+", **First line**" {
		t.Errorf("%+v", l)
	}
	for i, from := range append(l.From, "") {
		var out Started
		d.as("ana", "POST", "/conversations", map[string]any{"to": []string{"kim@new.example"}, "subject": "Hi", "text": "Hello", "inbox": "frontline", "from": from}).want(t, 201).json(t, &out)
		if got := out.Message.From[0]; got.Email != l.From[0] || got.Name != l.SenderName {
			t.Errorf("%d: sent from %+v", i, got)
		}
	}
	d.as("ana", "GET", "/inboxes/nowhere/stationery", nil).want(t, 404)
	d.exec(`update agents set inboxes_only = true, inboxes = '{billing}' where email = 'ana@desk.example'`)
	d.as("ana", "GET", "/inboxes/frontline/stationery", nil).want(t, 404)
}
