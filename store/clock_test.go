package store_test

import (
	"context"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/outbound"
)

// TestClockJump: what was scheduled while the database's clock was a year ahead is
// done as soon as this is noticed.
func TestClockJump(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	reset := func(want int64) {
		t.Helper()
		if n, err := o.ResetFarTimes(t.Context()); err != nil || n != want {
			t.Fatalf("%d times were reset, want %d: %v", n, want, err)
		}
	}
	o.answered(t)
	reset(0)
	// A retry, as it is scheduled by a wrong clock and by a right one.
	o.exec(t, "update deliveries set state = 'delayed', next_attempt_at = now() + interval '4 hours 20 minutes'")
	reset(0)
	o.exec(t, "update deliveries set next_attempt_at = now() + interval '1 year'")
	reset(1)
	o.run(t, mail(sendFunc(func(context.Context, desk.Message, desk.Delivery) (desk.Result, error) {
		return desk.Result{State: desk.DeliverySent}, nil
	})), outbound.Options{})
	o.await(t, 1, "select count(*) from deliveries where state = 'sent' and settled")
	reset(0) // settled deliveries keep their time

	if _, err := o.Leases().Hold(t.Context(), "a node", []string{"imap support"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	reset(0)
	o.exec(t, "update mailbox_leases set lease_until = now() + interval '1 year'")
	reset(1)
}

// TestClockJumpOfJournal: a message whose next attempt or lease is a year ahead is
// processed as soon as this is noticed, and before what its sender wrote later.
func TestClockJumpOfJournal(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"next attempt": "update raws set next_at = now() + interval '1 year' where source_key = '1'",
		"lease":        "update raws set lease_until = now() + interval '1 year', owner = gen_random_uuid() where source_key = '1'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newRules(t)
			p.accept(rawMail(1, "jo@acme.example", ""))
			if _, err := p.db.Exec(change); err != nil {
				t.Fatal(err)
			}
			p.accept(rawMail(2, "jo@acme.example", ""))
			p.run()
			if n, err := p.store.ResetFarTimes(t.Context()); err != nil || n != 1 {
				t.Fatalf("%d times were reset: %v", n, err)
			}
			p.nodes[0].Wake()
			p.settled()
			var first string
			if err := p.scan(&first, "select subject from messages order by id limit 1"); err != nil || first != "Mail 1" {
				t.Errorf("%q was processed first: %v", first, err)
			}
		})
	}
}
