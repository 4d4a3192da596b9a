package store_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/lifecycle"
)

// TestScheduledReply: it waits, and is sent once its time has come, with the other one
// withheld because the customer writes first.
func TestScheduledReply(t *testing.T) {
	o := openOffice(t)
	sink := mailtest.NewSMTPSink(t)
	o.sender(t, o.Store, sink.Addr)
	schedule := func() (desk.ConversationID, desk.Message) {
		t.Helper()
		c := o.letter(t)
		m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Good morning.", Sending: agent.Sending{At: time.Now().Add(time.Hour), Then: agent.Then{Status: desk.StatusResolved}}})
		if err != nil {
			t.Fatal(err)
		}
		return c, m
	}
	due := func(c desk.ConversationID) {
		t.Helper()
		// An hour passes.
		o.exec(t, `update conversations set check_at = now(), service = jsonb_set(service, '{scheduled,0,at}', to_jsonb(now())) where id = $1`, c)
		if _, err := o.desk.FireTimers(t.Context(), o.Store); err != nil {
			t.Fatal(err)
		}
	}
	sent, first := schedule()
	withheld, second := schedule()
	closed, _ := schedule()
	if n := o.number(t, "select count(*) from deliveries where state = 'scheduled' and not settled"); n != 3 {
		t.Errorf("%d are scheduled", n)
	}
	if n := o.number(t, "select count(*) from conversations where status = 'open' and last_reply_at is null and check_at > now() + interval '59 minutes'"); n != 3 {
		t.Errorf("%d conversations wait for their time", n)
	}
	write := func(c desk.ConversationID, automatic bool) {
		t.Helper()
		if err := o.Act(t.Context(), []desk.ConversationID{c}, func(tx agent.Tx) error {
			out, err := lifecycle.Apply(tx.State(c), lifecycle.Message{Automatic: automatic}, lifecycle.Policy{}, tx.Now())
			if err != nil {
				return err
			}
			var changes desk.Changes
			out.AddTo(&changes)
			return tx.Save(t.Context(), &changes)
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(sent, true) // an absence notice changes nothing
	write(withheld, false)
	due(sent)
	if _, err := o.desk.SetStatus(t.Context(), o.ana, closed, agent.Status{To: desk.StatusClosed}); err != nil {
		t.Fatal(err)
	}
	due(closed)
	o.await(t, 0, "select count(*) from deliveries where not settled")
	mails := sink.Await(1)
	if len(mails) != 1 || !strings.Contains(string(mails[0].Content), first.MessageID) || strings.Contains(string(mails[0].Content), second.MessageID) {
		t.Errorf("%d mails", len(mails))
	}
	for query, want := range map[string]int{
		"select count(*) from conversations where status = 'resolved' and last_reply_at is not null":                                                     1,
		"select count(*) from deliveries where state = 'cancelled'":                                                                                      2,
		"select count(*) from notices where kind = 'withheld' and text = 'the customer wrote first'":                                                     1,
		"select count(*) from notices where kind = 'withheld' and text = 'the conversation was closed'":                                                  1,
		"select count(*) from drafts where text = 'Good morning.'":                                                                                       2,
		"select count(*) from placements p join messages m on m.id = p.message_id where m.direction = 'outbound' and p.until is null":                    1,
		"select count(*) from messages where direction = 'outbound' and sent_at < now() + interval '1 minute' and sent_at > now() - interval '1 minute'": 3,
	} {
		if got := o.number(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if all := kinds(o.events(t, withheld, 2)); all != "message.scheduled message.received message.cancelled" {
		t.Errorf("%s", all)
	}
	if all := kinds(o.events(t, sent, 2)); !strings.HasPrefix(all, "message.scheduled message.received message.sent conversation.assigned conversation.status") {
		t.Errorf("%s", all)
	}
	o.tiled(t)
}
