package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
)

// TestContentBeginsTogether: attempts that begin at the same time are all recorded, the
// recipients of one message get the same bytes, and one whose claim has ended gets none.
func TestContentBeginsTogether(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for range 40 {
		o.answered(t)
	}
	_, twice := o.answered(t)
	o.exec(t, `insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, envelope_id, state, next_attempt_at, destination, created_at, updated_at)
		select gen_random_uuid(), message_id, conversation_id, channel, 'second@acme.example', return_path, 'second', state, next_attempt_at, destination, created_at, updated_at
		from deliveries where message_id = $1`, twice.ID)
	o.exec(t, "update deliveries set next_attempt_at = now()")
	jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 100, time.Minute)
	if err != nil || len(jobs) != 42 {
		t.Fatal(len(jobs), err)
	}
	o.exec(t, "update deliveries set fence = 0 where id = $1", jobs[0].Delivery.ID)
	var mu sync.Mutex
	sent := map[desk.MessageID]string{}
	var attempts sync.WaitGroup
	for i, job := range jobs {
		attempts.Go(func() {
			kept, err := o.BeginContent(t.Context(), job.Delivery, fmt.Appendf(nil, "rendering %d", i))
			if i == 0 {
				if desk.KindOf(err) != desk.KindConflict {
					t.Errorf("a claim that has ended: %v", err)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if first, ok := sent[job.Message.ID]; ok && first != string(kept) {
				t.Errorf("%q and %q are sent of one message", first, kept)
			}
			sent[job.Message.ID] = string(kept)
		})
	}
	attempts.Wait()
	if n := o.number(t, "select count(*) from deliveries where content_started_at is not null"); n != 41 {
		t.Errorf("%d attempts are recorded", n)
	}
	if n := o.number(t, "select count(*) from renderings"); n != 40 && n != 41 { // the first one may be of the message with two recipients
		t.Errorf("%d renderings", n)
	}
	for id, text := range sent {
		if kept, ok, err := o.Rendering(t.Context(), id); err != nil || !ok || string(kept) != text {
			t.Errorf("%q is kept of what was sent as %q: %v", kept, text, err)
		}
	}
	// A later attempt finds what was sent.
	again := jobs[1]
	if kept, err := o.BeginContent(t.Context(), again.Delivery, []byte("another")); err != nil || string(kept) != sent[again.Message.ID] {
		t.Errorf("a second attempt sends %q: %v", kept, err)
	}
}
