package store_test

import (
	"testing"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

// Who wrote only what an agent may not read is unknown to that agent.
func TestDirectoryHidesWhoIsKnownByRestrictedConversationsOnly(t *testing.T) {
	o := openOffice(t)
	hidden, open := o.letter(t), o.letter(t)
	o.exec(t, "update conversations set restricted = true, tier = 2 where id = $1", hidden)
	sees := func(as desk.Agent, c desk.ConversationID) bool {
		t.Helper()
		var account desk.AccountID
		var contact desk.ContactID
		if err := o.db.QueryRow("select account_id, contact_id from conversations where id = $1", c).Scan(&account, &contact); err != nil {
			t.Fatal(err)
		}
		one, err := o.Contact(t.Context(), as, contact)
		if err != nil && desk.KindOf(err) != desk.KindNotFound {
			t.Fatal(err)
		}
		whole, missing := o.Account(t.Context(), as, account)
		if (err == nil) != (missing == nil) || err == nil && (len(whole.Contacts) != 1 || whole.Contacts[0].ID != one.ID) {
			t.Errorf("the contact alone: %v; its account: %v, %v", err, missing, whole.Contacts)
		}
		contacts, err2 := o.Contacts(t.Context(), as, "", view.ByName{}, 10)
		accounts, err3 := o.Accounts(t.Context(), as, "", view.ByName{}, 10)
		listed := 0
		for _, l := range contacts {
			if l.ID == contact {
				listed++
			}
		}
		for _, l := range accounts {
			if l.ID == account {
				listed++
			}
		}
		if err2 != nil || err3 != nil || (listed == 2) != (err == nil) || listed == 1 {
			t.Errorf("listed %d times, read alone: %v (%v, %v)", listed, err, err2, err3)
		}
		return err == nil
	}
	for _, x := range []struct {
		as   desk.Agent
		c    desk.ConversationID
		want bool
	}{{o.ana, hidden, false}, {o.ana, open, true}, {o.bob, hidden, true}, {o.root, hidden, true}} {
		if got := sees(x.as, x.c); got != x.want {
			t.Errorf("%s sees the customer: %v, want %v", x.as.Name, got, x.want)
		}
	}
}

// An outsider's mail in a conversation does not set what the customer's answer
// refers to.
func TestReplyDoesNotReferToAnOutsider(t *testing.T) {
	o := openOffice(t)
	c := o.letter(t)
	message := desk.NewID[desk.MessageID]()
	o.exec(t, `insert into messages (id, account_id, direction, channel, message_id, subject, problems, sent_at, received_at)
		select $2, account_id, 'inbound', 'email', 'x@evil.example', 'Win', $3, now(), now() from conversations where id = $1`,
		c, message, `[{"code": "`+desk.ProblemUnverified+`"}]`)
	o.exec(t, "insert into placements (message_id, conversation_id, seq, since) values ($1, $2, 3, now())", message, c)
	o.exec(t, "update conversations set last_seq = 3 where id = $1", c)
	m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."})
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Re: Printer on fire" || len(m.InReplyTo) != 1 || m.InReplyTo[0] == "x@evil.example" {
		t.Errorf("subject %q, in reply to %q", m.Subject, m.InReplyTo)
	}
}
