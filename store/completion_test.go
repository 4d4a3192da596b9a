package store_test

import (
	"sync"
	"testing"
	"time"

	"switchboard/desk"
)

// TestResultsTogether: results that arrive at the same time are recorded each, whether they are
// of one conversation or of several, and one that has lost its claim is refused.
func TestResultsTogether(t *testing.T) {
	o := openOffice(t)
	q := o.Outbox()
	for range 12 {
		o.queue(t, "acme.example", 3)
	}
	jobs, _ := claim(t, q, 100)
	if len(jobs) != 36 {
		t.Fatalf("%d claimed", len(jobs))
	}
	lost := map[desk.DeliveryID]bool{jobs[3].Delivery.ID: true, jobs[30].Delivery.ID: true}
	for id := range lost {
		o.exec(t, "update deliveries set fence = nextval('fences') where id = $1", id)
	}
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() {
			r, next := desk.Result{State: desk.DeliverySent, Code: 250}, time.Time{}
			switch i % 3 {
			case 1:
				r = desk.Result{State: desk.DeliveryFailed, Code: 550}
			case 2:
				r, next = desk.Result{State: desk.DeliveryDelayed, Code: 450}, time.Now().Add(time.Minute)
			}
			err := q.Complete(t.Context(), j.Delivery, r, next)
			if lost[j.Delivery.ID] != (desk.KindOf(err) == desk.KindConflict && err != nil) || err != nil && !lost[j.Delivery.ID] {
				t.Errorf("delivery %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for state, want := range map[string]int{"sent": 12, "failed": 12, "delayed": 12, "sending": 0} {
		for id := range lost {
			for i, j := range jobs {
				if j.Delivery.ID == id && state == []string{"sent", "failed", "delayed"}[i%3] {
					want--
				} else if j.Delivery.ID == id && state == "sending" {
					want++
				}
			}
		}
		if got := o.number(t, "select count(*) from deliveries where state = $1", state); got != want {
			t.Errorf("%d are %s, want %d", got, state, want)
		}
	}
	if got := o.number(t, "select count(*) from delivery_attempts"); got != 34 {
		t.Errorf("%d attempts", got)
	}
	if got := o.number(t, "select count(*) from events where kind = 'delivery.changed'"); got != 34 {
		t.Errorf("%d events", got)
	}
	if got := o.number(t, `select count(*) from conversations c where last_seq <> (select count(*) from events e where e.conversation_id = c.id)`); got != 0 {
		t.Errorf("%d conversations lack events", got)
	}
	o.tiled(t)
}
