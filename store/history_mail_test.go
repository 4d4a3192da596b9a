package store_test

import (
	"testing"
)

// TestHistoryIsClosed: mail from before the mailbox was connected is shown as closed
// conversations that wait for no one, and a new reply to one of them opens a follow-up,
// as for every closed conversation.
func TestHistoryIsClosed(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	old, answer, reply := rawMail(1, "ann@acme.example", ""), rawMail(2, "support@desk.example", "In-Reply-To: <1@test.example>\r\n"), rawMail(3, "ann@acme.example", "In-Reply-To: <1@test.example>\r\n")
	old.History, answer.History, answer.Outgoing = true, true, true
	p.accept(old)
	p.settled()
	p.accept(answer)
	p.settled()
	state := func() (status, waiting string, messages, running int) {
		t.Helper()
		err := p.db.QueryRow(`select v.status, v.waiting_on, (select count(*) from placements p where p.conversation_id = v.id),
			(select count(*) from stints s where s.conversation_id = v.id and s.ended_at is null and s.waiting_on = 'us') from conversations v`).Scan(&status, &waiting, &messages, &running)
		if err != nil {
			t.Fatal(err)
		}
		return status, waiting, messages, running
	}
	if status, waiting, messages, running := state(); status != "closed" || waiting != "customer" || messages != 2 || running != 0 {
		t.Errorf("imported as %s, waiting on %s, with %d messages and %d stints that wait on us", status, waiting, messages, running)
	}
	var deliveries int
	if err := p.scan(&deliveries, "select count(*) from deliveries"); err != nil || deliveries != 0 {
		t.Errorf("%d deliveries (%v)", deliveries, err)
	}
	p.accept(reply)
	p.settled()
	var followUps int
	if err := p.scan(&followUps, `select count(*) from conversations v join events e on e.conversation_id = v.id
		where v.status = 'open' and v.waiting_on = 'us' and e.kind = 'conversation.opened' and e.data ->> 'follow_up_of' is not null`); err != nil || followUps != 1 {
		t.Errorf("%d follow-ups are open after a new reply (%v)", followUps, err)
	}
}
