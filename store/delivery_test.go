package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/outbound"
	"switchboard/outbound/mailer"
	"switchboard/outbound/smtpclient"
)

// sendFunc is a sender whose outcome a test decides.
type sendFunc func(ctx context.Context, m desk.Message, d desk.Delivery) (desk.Result, error)

func (f sendFunc) Send(ctx context.Context, m desk.Message, d desk.Delivery) (desk.Result, error) {
	return f(ctx, m, d)
}

// answered writes a reply to a new conversation and returns both.
func (o *office) answered(t testing.TB) (desk.ConversationID, desk.Message) {
	t.Helper()
	c := o.letter(t)
	m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."})
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// run starts a loop and returns how to stop it.
func (o *office) run(t testing.TB, senders map[desk.Channel]outbound.Sender, opt outbound.Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- outbound.New(o.Outbox(), senders, opt).Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the loop ended with %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// await waits until a query counts want.
func (o *office) await(t testing.TB, want int, query string, args ...any) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	got := 0
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if got = o.number(t, query, args...); got == want {
			return
		}
	}
	t.Fatalf("%s: %d, want %d", query, got, want)
}

func mail(s outbound.Sender) map[desk.Channel]outbound.Sender {
	return map[desk.Channel]outbound.Sender{desk.ChannelEmail: s}
}

// TestMailGoesOut takes an answer from the desk to Postfix's smtp-sink.
func TestMailGoesOut(t *testing.T) {
	o := openOffice(t)
	sink := mailtest.NewSMTPSink(t)
	client, err := smtpclient.New(smtpclient.Config{Addr: sink.Addr, TLS: smtpclient.TLSNone, Hostname: "desk.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := o.letter(t)
	o.run(t, mail(mailer.New(client, o.Store, mailer.Options{})), outbound.Options{})
	reply, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug.", HTML: "<p>Pull the plug.</p>",
		CC: []desk.Address{{Email: "sam@acme.example"}, {Email: "li@acme.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	o.await(t, 3, "select count(*) from deliveries where state = 'sent' and settled and code = 250 and attempts = 1 and lease_until is null")
	mails := sink.Await(3)
	to := map[string]bool{}
	for _, got := range mails {
		to[got.To[0]] = true
		if string(got.Content) != string(mails[0].Content) || !strings.Contains(string(got.Content), "\nMessage-ID: <"+reply.MessageID+">\n") {
			t.Errorf("other bytes, or another id:\n%s", got.Content)
		}
	}
	if len(to) != 3 {
		t.Errorf("recipients %v", to)
	}
	es := o.events(t, c, int(reply.Seq)+2)
	if kinds(es) != "delivery.changed delivery.changed delivery.changed" || es[0].Data["state"] != "sent" || es[0].Actor != "system" || es[0].Data["next_attempt_at"] != nil {
		t.Errorf("%+v", es)
	}
	for query, want := range map[string]int{"select count(*) from renderings": 1, "select count(*) from delivery_attempts where attempt = 1 and state = 'sent'": 3,
		"select count(*) from conversations where status = 'pending'": 1} {
		if got := o.number(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if f, err := o.MessageBytes(t.Context(), o.ana, reply.ID); err != nil || !strings.Contains(string(f.Bytes), reply.MessageID) {
		t.Errorf("the original of an answer: %v", err)
	}
}

// TestOutcomes takes one delivery through each end.
func TestOutcomes(t *testing.T) {
	delayed := desk.Result{State: desk.DeliveryDelayed, Code: 450, EnhancedCode: "4.2.1", Detail: "greylisted"}
	unknown := desk.Result{State: desk.DeliveryUnknown, Detail: "cut"}
	failed := desk.Result{State: desk.DeliveryFailed, Code: 550, EnhancedCode: "5.1.1", Detail: "no such user"}
	sent := desk.Result{State: desk.DeliverySent, Code: 250, Detail: "ok"}
	for _, c := range []struct {
		name     string
		outcomes []desk.Result
		state    desk.DeliveryState
		status   desk.Status
		events   string // after the reply's own three
	}{
		{"at once", []desk.Result{sent}, desk.DeliverySent, desk.StatusPending, "sent"},
		{"after a delay", []desk.Result{delayed, sent}, desk.DeliverySent, desk.StatusPending, "delayed sent"},
		{"refused", []desk.Result{failed}, desk.DeliveryFailed, desk.StatusOpen, "failed conversation.status"},
		{"refused later", []desk.Result{delayed, delayed, failed}, desk.DeliveryFailed, desk.StatusOpen, "delayed delayed failed conversation.status"},
		{"unknown, then sent", []desk.Result{unknown, sent}, desk.DeliverySent, desk.StatusPending, "unknown sent"},
		{"unknown twice", []desk.Result{unknown, unknown}, desk.DeliveryUnknown, desk.StatusOpen, "unknown unknown conversation.status"},
		{"a delay between two unknowns", []desk.Result{unknown, delayed, unknown}, desk.DeliveryUnknown, desk.StatusOpen, "unknown delayed unknown conversation.status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := openOffice(t)
			id, m := o.answered(t)
			before := int(m.Seq) + 2
			n := 0
			stop := o.run(t, mail(sendFunc(func(_ context.Context, got desk.Message, d desk.Delivery) (desk.Result, error) {
				if got.MessageID != m.MessageID || got.TextBody != m.TextBody || d.Attempts != n+1 {
					t.Errorf("attempt %d of %d: %+v", d.Attempts, n+1, got)
				}
				n++
				return c.outcomes[n-1], nil
			})), outbound.Options{Poll: 10 * time.Millisecond})
			for i := range c.outcomes {
				o.await(t, i+1, "select count(*) from delivery_attempts")
				if i < len(c.outcomes)-1 {
					if early := o.number(t, "select count(*) from deliveries where next_attempt_at < now() + interval '50 seconds'"); early != 0 {
						t.Error("the next attempt comes at once")
					}
					o.exec(t, "update deliveries set next_attempt_at = now()")
				}
			}
			stop()
			if got := o.number(t, "select count(*) from deliveries where state = $1 and settled and attempts = $2", c.state, len(c.outcomes)); got != 1 {
				t.Errorf("the delivery is not settled as %s", c.state)
			}
			if got := o.number(t, "select count(*) from conversations where status = $1 and (waiting_since is not null) = ($1 = 'open')", c.status); got != 1 {
				t.Errorf("the conversation is not %s", c.status)
			}
			var told []string
			for _, e := range o.events(t, id, before) {
				if e.Kind == "delivery.changed" {
					told = append(told, e.Data["state"].(string))
				} else {
					told = append(told, e.Kind)
				}
			}
			if got := strings.Join(told, " "); got != c.events {
				t.Errorf("events %q, want %q", got, c.events)
			}
			o.tiled(t)
		})
	}
}

// TestAutomaticFailure: what no person wrote is not put before a person.
func TestAutomaticFailure(t *testing.T) {
	o := openOffice(t)
	_, m := o.answered(t)
	o.exec(t, "update messages set author_id = null, auto_submitted = 'auto-reply' where id = $1", m.ID)
	o.run(t, mail(sendFunc(func(context.Context, desk.Message, desk.Delivery) (desk.Result, error) {
		return desk.Result{State: desk.DeliveryFailed, Code: 550}, nil
	})), outbound.Options{})
	o.await(t, 1, "select count(*) from deliveries where state = 'failed'")
	o.await(t, 1, "select count(*) from conversations where status = 'pending'")
}

// TestFaultsOfOurs: an error leaves the delivery delayed, a panic unknown, and
// neither ends the loop.
func TestFaultsOfOurs(t *testing.T) {
	o := openOffice(t)
	_, first := o.answered(t)
	_, second := o.answered(t)
	o.run(t, mail(sendFunc(func(_ context.Context, m desk.Message, _ desk.Delivery) (desk.Result, error) {
		switch m.ID {
		case first.ID:
			return desk.Result{}, errors.New("the archive is away")
		case second.ID:
			panic("a fault")
		}
		return desk.Result{State: desk.DeliverySent}, nil
	})), outbound.Options{Poll: 10 * time.Millisecond})
	o.await(t, 1, "select count(*) from deliveries where message_id = $1 and state = 'delayed' and detail = 'the archive is away' and not settled", first.ID)
	o.await(t, 1, "select count(*) from deliveries where message_id = $1 and state = 'unknown' and not settled", second.ID)
	_, third := o.answered(t)
	o.await(t, 1, "select count(*) from deliveries where message_id = $1 and state = 'sent'", third.ID)
}

// TestClaims: one claim at a time, and an old one completes nothing.
func TestClaims(t *testing.T) {
	o := openOffice(t)
	ctx := t.Context()
	for range 3 {
		o.answered(t)
	}
	q := o.Outbox()
	if jobs, err := q.Claim(ctx, desk.ChannelChat, 9, time.Minute); err != nil || len(jobs) != 0 {
		t.Errorf("chat's claim got mail: %v %v", jobs, err)
	}
	two, err := q.Claim(ctx, desk.ChannelEmail, 2, time.Minute)
	if err != nil || len(two) != 2 || two[0].Abandoned || two[0].Delivery.Attempts != 1 || two[0].Message.ID != two[0].Delivery.MessageID {
		t.Fatalf("%+v, %v", two, err)
	}
	one, err := q.Claim(ctx, desk.ChannelEmail, 9, time.Minute)
	if err != nil || len(one) != 1 {
		t.Fatalf("%+v, %v", one, err)
	}
	if none, err := q.Claim(ctx, desk.ChannelEmail, 9, time.Minute); err != nil || len(none) != 0 {
		t.Fatalf("claimed twice: %+v, %v", none, err)
	}
	if at, ok, err := q.NextDue(ctx, desk.ChannelEmail); err != nil || !ok || time.Until(at) < 50*time.Second {
		t.Errorf("next due %s %v %v", at, ok, err)
	}
	if _, ok, err := q.NextDue(ctx, desk.ChannelChat); ok || err != nil {
		t.Errorf("next due in chat: %v %v", ok, err)
	}

	// The lease of the first two runs out; they come back without a new attempt. Only the
	// one that had begun to send is abandoned, and stays so until it has a result.
	if _, err := o.BeginContent(ctx, two[0].Delivery, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		o.exec(t, "update deliveries set next_attempt_at = now(), lease_until = now() where id = any($1::uuid[])",
			fmt.Sprintf("{%s,%s}", value(two[0].Delivery.ID), value(two[1].Delivery.ID)))
		again, err := q.Claim(ctx, desk.ChannelEmail, 9, time.Minute)
		if err != nil || len(again) != 2 || !again[0].Abandoned || again[1].Abandoned || again[1].Delivery.Attempts != 1 {
			t.Fatalf("%+v, %v", again, err)
		}
	}
	for _, old := range two {
		if _, err := o.BeginContent(ctx, old.Delivery, nil); desk.KindOf(err) != desk.KindConflict {
			t.Errorf("an old claim may send: %v", err)
		}
	}
	o.exec(t, "update deliveries set next_attempt_at = now(), lease_until = now() where id = any($1::uuid[])",
		fmt.Sprintf("{%s,%s}", value(two[0].Delivery.ID), value(two[1].Delivery.ID)))
	again, err := q.Claim(ctx, desk.ChannelEmail, 9, time.Minute)
	if err != nil || len(again) != 2 || !again[0].Abandoned || again[0].Delivery.Attempts != 1 || again[0].Delivery.Fence <= two[0].Delivery.Fence {
		t.Fatalf("%+v, %v", again, err)
	}
	sent := desk.Result{State: desk.DeliverySent}
	if err := q.Complete(ctx, two[0].Delivery, sent, time.Time{}); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("an old claim completed: %v", err)
	}
	if n := o.number(t, "select count(*) from delivery_attempts"); n != 0 {
		t.Error("and left an attempt behind")
	}
	if err := q.Complete(ctx, again[0].Delivery, sent, time.Time{}); err != nil {
		t.Error(err)
	}
	if err := q.Complete(ctx, again[0].Delivery, sent, time.Time{}); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("completed twice: %v", err)
	}
	// What a bounce says later does not put it back into the queue.
	o.exec(t, "update deliveries set state = 'delayed', next_attempt_at = now() where id = $1", again[0].Delivery.ID)
	if none, err := q.Claim(ctx, desk.ChannelEmail, 9, time.Minute); err != nil || len(none) != 0 {
		t.Errorf("sent again after a report of delay: %+v, %v", none, err)
	}
}

func value(id desk.DeliveryID) string {
	v, _ := id.Value() // an ID always has one
	return fmt.Sprint(v)
}

// TestAbandoned: a claim that ran out in the middle of sending is not repeated
// blindly, but after a pause, and once.
func TestAbandoned(t *testing.T) {
	o := openOffice(t)
	c, m := o.answered(t)
	jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 1, time.Millisecond)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%v %v", jobs, err)
	}
	if _, err := o.BeginContent(t.Context(), jobs[0].Delivery, nil); err != nil {
		t.Fatal(err)
	}
	var sends int
	stop := o.run(t, mail(sendFunc(func(context.Context, desk.Message, desk.Delivery) (desk.Result, error) {
		sends++
		return desk.Result{State: desk.DeliverySent}, nil
	})), outbound.Options{Poll: 10 * time.Millisecond})
	o.await(t, 1, "select count(*) from deliveries where state = 'unknown' and not settled and next_attempt_at > now() + interval '14 minutes' and attempts = 1")
	o.exec(t, "update deliveries set next_attempt_at = now()")
	o.await(t, 1, "select count(*) from deliveries where state = 'sent' and attempts = 2")
	stop()
	if sends != 1 {
		t.Errorf("sent %d times", sends)
	}
	if got := o.number(t, "select count(*) from delivery_attempts where (attempt, state) in ((1, 'unknown'), (2, 'sent'))"); got != 2 {
		t.Errorf("%d attempts", got)
	}
	o.events(t, c, int(m.Seq)+2)
}

// TestArrivedBeforeRetry: what turns out to have arrived while its retry is under way is not
// sent again, and is recorded as sent.
func TestArrivedBeforeRetry(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	_, m := o.answered(t)
	claim := func() desk.Delivery {
		t.Helper()
		o.exec(t, "update deliveries set next_attempt_at = now()")
		jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 1, time.Minute)
		if err != nil || len(jobs) != 1 {
			t.Fatal(jobs, err)
		}
		return jobs[0].Delivery
	}
	first := claim()
	if _, err := o.BeginContent(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.Outbox().Complete(t.Context(), first, desk.Result{State: desk.DeliveryUnknown, Detail: "reset"}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	again := claim()
	o.exec(t, "insert into delivery_attempts (delivery_id, attempt, at, source, state, detail) values ($1, 2, now(), 'copy', 'sent', 'the server filed a copy')", again.ID)
	if _, err := o.BeginContent(t.Context(), again, nil); !errors.Is(err, outbound.ErrArrived) {
		t.Errorf("the content would be sent again: %v", err)
	}
	client := submitFunc(func(ctx context.Context, sent smtpclient.Mail) desk.Result {
		if _, err := sent.Begin(ctx); err == nil {
			t.Error("sent again")
		}
		return desk.Result{State: desk.DeliveryDelayed}
	})
	r, err := mailer.New(client, o.Store, mailer.Options{}).Send(t.Context(), m, again)
	if err != nil || r.State != desk.DeliveryUnknown {
		t.Fatal(r, err)
	}
	if err := o.Outbox().Complete(t.Context(), again, r, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n := o.number(t, "select count(*) from deliveries where state = 'sent' and settled"); n != 1 {
		t.Error("the delivery is not known to be sent")
	}
}

// submitFunc is a mail server that a test plays.
type submitFunc func(ctx context.Context, m smtpclient.Mail) desk.Result

func (f submitFunc) Submit(ctx context.Context, m smtpclient.Mail) desk.Result { return f(ctx, m) }

// TestHeld: a reply that may be undone waits.
func TestHeld(t *testing.T) {
	o := openOffice(t)
	d := agent.New(o.Store, agent.Options{Undo: time.Hour, MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	if _, err := d.Reply(t.Context(), o.ana, o.letter(t), agent.Reply{Text: "oops"}); err != nil {
		t.Fatal(err)
	}
	if jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 9, time.Minute); err != nil || len(jobs) != 0 {
		t.Errorf("%v %v", jobs, err)
	}
	o.exec(t, "update deliveries set next_attempt_at = now()")
	if jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 9, time.Minute); err != nil || len(jobs) != 1 {
		t.Errorf("%v %v", jobs, err)
	}
}

// TestStalledChannel: mail that hangs does not hold up chat; and the loop ends
// in time when it is told to, though an attempt hangs.
func TestStalledChannel(t *testing.T) {
	o := openOffice(t)
	for range 4 {
		o.answered(t)
	}
	hangs := make(chan struct{}, 8)
	stop := o.run(t, map[desk.Channel]outbound.Sender{
		desk.ChannelEmail: sendFunc(func(ctx context.Context, _ desk.Message, _ desk.Delivery) (desk.Result, error) {
			hangs <- struct{}{}
			<-ctx.Done()
			return desk.Result{State: desk.DeliveryUnknown, Detail: "cut off"}, nil
		}),
		desk.ChannelChat: sendFunc(func(context.Context, desk.Message, desk.Delivery) (desk.Result, error) {
			return desk.Result{State: desk.DeliveryDelivered}, nil
		}),
	}, outbound.Options{Parallel: 2, Poll: 10 * time.Millisecond, Grace: 100 * time.Millisecond})
	<-hangs
	<-hangs
	chat := o.letter(t)
	o.exec(t, "update conversations set reply_channel = 'chat', reply_to = $2 where id = $1", chat, desk.NewID[desk.SessionID]().String())
	// Only a chat line that can be undone goes through the loop.
	short := time.Millisecond
	if _, err := o.desk.Reply(t.Context(), o.ana, chat, agent.Reply{Text: "hello", Sending: agent.Sending{Undo: &short}}); err != nil {
		t.Fatal(err)
	}
	o.await(t, 1, "select count(*) from deliveries where channel = 'chat' and state = 'delivered'")
	if got := o.number(t, "select count(*) from deliveries where state = 'sending'"); got != 2 {
		t.Errorf("%d mails at once, 2 allowed", got)
	}
	stop()
	if got := o.number(t, "select count(*) from deliveries where channel = 'email' and state = 'unknown'"); got != 2 {
		t.Errorf("%d of 2 outcomes were recorded at the end", got)
	}
	if len(hangs) != 0 {
		t.Error("a new attempt began after the end")
	}
}
