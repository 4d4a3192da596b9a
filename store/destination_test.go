package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/outbound"
	"switchboard/outbound/operate"
	"switchboard/store"
)

// queue puts n deliveries to a domain into the queue, due in the order of the calls.
func (o *office) queue(t testing.TB, domain string, n int) {
	t.Helper()
	_, m := o.answered(t)
	o.exec(t, "delete from deliveries where message_id = $1", m.ID)
	o.exec(t, `insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, state, next_attempt_at, created_at, updated_at, destination)
		select gen_random_uuid(), $1, $2, 'email', 'jo' || i || '@' || $3::text, 'help@desk.example', 'queued', now(), now(), now(), $3 from generate_series(1, $4::int) i`,
		m.ID, m.ConversationID, domain, n)
}

// claim claims deliveries and counts them by destination.
func claim(t testing.TB, q store.Outbox, n int) (jobs []outbound.Job, by map[string]int) {
	t.Helper()
	jobs, err := q.Claim(t.Context(), desk.ChannelEmail, n, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	by = map[string]int{}
	for _, j := range jobs {
		by[j.Delivery.Destination]++
	}
	return jobs, by
}

// TestFullDestination: a destination gets only so many attempts at once, and what is behind its
// backlog does not wait for it.
func TestFullDestination(t *testing.T) {
	for _, backlog := range []int{10, 500} { // within and beyond what is looked at first
		o := openOffice(t)
		q := o.Outbox().Limited(outbound.Limits{Limit: outbound.Limit{Most: 3}, Named: map[string]outbound.Limit{"smarthost": {}}})
		o.queue(t, "slow.example", backlog)
		for i := range 4 {
			o.queue(t, fmt.Sprintf("d%d.example", i), 1)
		}
		jobs, by := claim(t, q, 16)
		if len(jobs) != 7 || by["slow.example"] != 3 {
			t.Fatalf("behind %d: %v", backlog, by)
		}
		if _, by := claim(t, q, 16); len(by) != 0 {
			t.Errorf("behind %d: more than the limit: %v", backlog, by)
		}
		one := slices.IndexFunc(jobs, func(j outbound.Job) bool { return j.Delivery.Destination == "slow.example" })
		if err := q.Complete(t.Context(), jobs[one].Delivery, desk.Result{State: desk.DeliverySent}, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, by := claim(t, q, 16); by["slow.example"] != 1 || len(by) != 1 {
			t.Errorf("behind %d, after one has ended: %v", backlog, by)
		}
		o.queue(t, "smarthost", 20)
		if _, by := claim(t, q, 16); by["smarthost"] != 16 {
			t.Errorf("behind %d, a destination without a limit: %v", backlog, by)
		}
	}
}

// TestPacedDestination: a destination gets no more messages than its rate allows.
func TestPacedDestination(t *testing.T) {
	o := openOffice(t)
	q := o.Outbox().Limited(outbound.Limits{Named: map[string]outbound.Limit{"slow.example": {Rate: 60}, "slower.example": {Rate: 2}}})
	o.queue(t, "slow.example", 20)
	o.queue(t, "slower.example", 20)
	o.queue(t, "other.example", 20)
	if _, by := claim(t, q, 100); by["slow.example"] != 5 || by["slower.example"] != 1 || by["other.example"] != 20 {
		t.Errorf("claimed %v", by)
	}
	if _, by := claim(t, q, 100); len(by) != 0 {
		t.Errorf("at once again: %v", by)
	}
	if at, ok, err := q.NextDue(t.Context(), desk.ChannelEmail); err != nil || !ok || time.Until(at) > 6*time.Second {
		t.Errorf("next due %s %v %v", at, ok, err)
	}
	for name, want := range map[string]int{"slow.example": 5, "slower.example": 30} {
		if got := o.number(t, "select round(extract(epoch from paced_until - now())) from destinations where name = $1", name); got < want-2 || got > want {
			t.Errorf("%s waits %d s, want %d", name, got, want)
		}
	}
	o.exec(t, "update destinations set paced_until = now()")
	if _, by := claim(t, q, 100); by["slow.example"] != 5 || by["slower.example"] != 1 {
		t.Errorf("later: %v", by)
	}
}

// unreachable is a sender that reaches no server of some destinations.
type unreachable struct {
	mu    sync.Mutex
	down  map[string]bool
	tried map[string]int
}

func (u *unreachable) Send(_ context.Context, _ desk.Message, d desk.Delivery) (desk.Result, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tried[d.Destination]++
	if u.down[d.Destination] {
		return desk.Result{State: desk.DeliveryDelayed, Detail: "no answer", Unreached: true}, nil
	}
	return desk.Result{State: desk.DeliverySent, Code: 250}, nil
}

func (u *unreachable) set(down bool, name string) { u.mu.Lock(); u.down[name] = down; u.mu.Unlock() }

func (u *unreachable) count(name string) int { u.mu.Lock(); defer u.mu.Unlock(); return u.tried[name] }

// TestUnreachableDestinationWaits: one attempt finds out that a destination is not reached;
// the other deliveries to it wait without having been tried. Then one at a time tries, and as
// soon as one gets through, all go.
func TestUnreachableDestinationWaits(t *testing.T) {
	o := openOffice(t)
	q := o.Outbox().Limited(outbound.Limits{Limit: outbound.Limit{Most: 1}, Warn: time.Hour})
	u := &unreachable{down: map[string]bool{"dead.example": true}, tried: map[string]int{}}
	o.queue(t, "dead.example", 20)
	o.queue(t, "fine.example", 5)
	stop := o.serve(t, q, u)
	o.await(t, 5, "select count(*) from deliveries where destination = 'fine.example' and state = 'sent'")
	o.await(t, 19, "select count(*) from deliveries where destination = 'dead.example' and state = 'queued' and attempts = 0 and next_attempt_at > now() + interval '50 seconds'")
	// What is written now waits, too.
	o.queue(t, "dead.example", 1)
	o.await(t, 20, "select count(*) from deliveries where destination = 'dead.example' and state = 'queued' and next_attempt_at > now() + interval '50 seconds'")
	if got := u.count("dead.example"); got != 1 {
		t.Errorf("%d attempts", got)
	}
	if got := o.number(t, "select count(*) from destinations where name = 'dead.example' and failures = 1 and detail = 'no answer'"); got != 1 {
		t.Error("the failure is not on record")
	}
	// One at a time tries again, and the pause is longer.
	due := func() {
		o.exec(t, "update destinations set blocked_until = now()")
		o.exec(t, "update deliveries set next_attempt_at = now() where destination = 'dead.example' and state = 'queued'")
	}
	due()
	o.await(t, 1, "select count(*) from destinations where failures = 2 and blocked_until > now() + interval '4 minutes'")
	o.await(t, 19, "select count(*) from deliveries where destination = 'dead.example' and attempts = 0 and next_attempt_at > now() + interval '4 minutes'")
	if got := u.count("dead.example"); got != 2 {
		t.Errorf("%d attempts", got)
	}
	u.set(false, "dead.example")
	due()
	o.await(t, 19, "select count(*) from deliveries where destination = 'dead.example' and state = 'sent'")
	o.await(t, 1, "select count(*) from destinations where failures = 0 and blocked_until is null")
	stop()
}

// serve runs a loop for mail on q.
func (o *office) serve(t testing.TB, q store.Outbox, s outbound.Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- outbound.New(q, mail(s), outbound.Options{Poll: 20 * time.Millisecond}).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the loop ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// TestWaitingDeliveriesAreWarnedAbout: a delivery that waits for its destination is tried when
// people have to be told, and when it has to be given up.
func TestWaitingDeliveriesAreWarnedAbout(t *testing.T) {
	o := openOffice(t)
	q := o.Outbox().Limited(outbound.Limits{Limit: outbound.Limit{Most: 4}, Warn: time.Hour})
	o.queue(t, "dead.example", 5)
	o.exec(t, "update deliveries set recipient = 'soon@dead.example', created_at = now() - interval '59 minutes 50 seconds' where recipient = 'jo1@dead.example'")
	o.exec(t, "update deliveries set recipient = 'late@dead.example', created_at = now() - interval '61 minutes' where recipient = 'jo2@dead.example'")
	o.exec(t, "update deliveries set recipient = 'old@dead.example', warned_at = now(), created_at = now() - interval '121 hours' where recipient = 'jo3@dead.example'")
	o.exec(t, "update deliveries set recipient = 'told@dead.example', warned_at = now(), created_at = now() - interval '61 minutes' where recipient = 'jo4@dead.example'")
	if err := q.Reach(t.Context(), outbound.Reach{Destination: "dead.example", Failed: "no answer", Pauses: []time.Duration{time.Minute}}); err != nil {
		t.Fatal(err)
	}
	if got := o.number(t, "select count(*) from deliveries where recipient = 'soon@dead.example' and next_attempt_at between now() + interval '5 seconds' and now() + interval '11 seconds'"); got != 1 {
		t.Error("it is not due at the time of the warning")
	}
	jobs, _ := claim(t, q, 9)
	var to []string
	for _, j := range jobs {
		to = append(to, strings.TrimSuffix(j.Delivery.Recipient, "@dead.example"))
	}
	if got := strings.Join(to, " "); len(to) != 2 || !strings.Contains(got, "late") || !strings.Contains(got, "old") {
		t.Errorf("tried at once: %s", got)
	}
	if got := o.number(t, "select count(*) from deliveries where state = 'queued' and next_attempt_at > now()"); got != 3 {
		t.Errorf("%d wait", got)
	}
}

// TestRetryEndsTheWait: a person who retries may know that the destination works again.
func TestRetryEndsTheWait(t *testing.T) {
	o := openOffice(t)
	q := o.Outbox().Limited(outbound.Limits{Limit: outbound.Limit{Most: 4}})
	o.queue(t, "dead.example", 1)
	if err := q.Reach(t.Context(), outbound.Reach{Destination: "dead.example", Failed: "no answer", Pauses: []time.Duration{time.Hour}}); err != nil {
		t.Fatal(err)
	}
	if jobs, _ := claim(t, q, 9); len(jobs) != 0 {
		t.Fatal("it does not wait")
	}
	var id desk.DeliveryID
	var m desk.MessageID
	var c desk.ConversationID
	if err := o.db.QueryRow("update deliveries set state = 'delayed' returning id, message_id, conversation_id").Scan(&id, &m, &c); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Operate(t.Context(), o.root, c, m, id, operate.Request{Action: desk.DeliveryRetry}); err != nil {
		t.Fatal(err)
	}
	if jobs, _ := claim(t, q, 9); len(jobs) != 1 || jobs[0].Failing {
		t.Errorf("after a retry: %+v", jobs)
	}
}

// TestRoutes: the destination of a delivery is that of its sender, or the recipient's domain.
func TestRoutes(t *testing.T) {
	o := openOffice(t)
	set := func(routes map[string]string) {
		t.Helper()
		if err := o.Routes(t.Context(), routes); err != nil {
			t.Fatal(err)
		}
	}
	want := func(destination string) {
		t.Helper()
		if got := o.number(t, "select count(*) from deliveries where destination = $1", destination); got != o.number(t, "select count(*) from deliveries") {
			t.Errorf("%d deliveries go to %q", got, destination)
		}
	}
	o.answered(t)
	want("acme.example")
	set(map[string]string{"": "smarthost", "@desk.example": "smarthost:desk", "help@other.example": "smarthost:other"})
	want("smarthost:desk")
	o.answered(t)
	want("smarthost:desk")
	set(map[string]string{"": "smarthost", "help@desk.example": "smarthost:help", "@desk.example": "smarthost:desk"})
	want("smarthost:help")
	set(map[string]string{"": "smarthost"})
	o.answered(t)
	want("smarthost")
	set(map[string]string{"": ""})
	o.answered(t)
	want("acme.example")
}
