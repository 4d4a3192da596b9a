package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
	"switchboard/lifecycle"
	"switchboard/outbound"
	"switchboard/outbound/mailer"
	"switchboard/outbound/smtpclient"
	"switchboard/router"
	"switchboard/store"
)

// sender sends the mail of a database to a sink, as one node does.
func (o *office) sender(t *testing.T, s *store.Store, addr string) {
	t.Helper()
	client, err := smtpclient.New(smtpclient.Config{Addr: addr, TLS: smtpclient.TLSNone, Hostname: "desk.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- outbound.New(s.Outbox(), mail(mailer.New(client, s, mailer.Options{})), outbound.Options{Poll: 20 * time.Millisecond}).Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

var messageID = regexp.MustCompile(`(?m)^Message-ID: <(.*)>$`)

// TestUndoneIsNeverSent: two nodes send, and agents take their replies back at random
// instants. One that was taken back never reaches the exchanger, and every other one does.
func TestUndoneIsNeverSent(t *testing.T) {
	const within, racing = 100, 100
	dsn := dbtest.New(t)
	o := openOfficeAt(t, dsn)
	other, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	sink := mailtest.NewSMTPSink(t)
	o.sender(t, o.Store, sink.Addr)
	o.sender(t, other, sink.Addr)

	var mu sync.Mutex
	undone, sent := map[string]bool{}, map[string]bool{}
	undo := func(window, after time.Duration) {
		c := o.letter(t)
		m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug.", CC: []desk.Address{{Email: "sam@acme.example"}}, Sending: agent.Sending{Undo: &window}})
		if err != nil {
			t.Error(err)
			return
		}
		<-time.After(after)
		_, err = o.desk.CancelSend(t.Context(), o.ana, c, m.ID)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			undone[m.MessageID] = true
		case desk.KindOf(err) == desk.KindConflict:
			sent[m.MessageID] = true
		default:
			t.Error(err)
		}
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var wg sync.WaitGroup
	for range within {
		// A whole minute, of which the agent uses some: nothing depends on how busy the machine is.
		after := time.Duration(rnd.Int64N(int64(2 * time.Second)))
		wg.Go(func() { undo(time.Minute, after) })
	}
	wg.Wait()
	if len(undone) != within {
		t.Errorf("%d of %d were taken back within the window", len(undone), within)
	}
	for range racing {
		window := 300*time.Millisecond + time.Duration(rnd.Int64N(3e8))
		after := window - 100*time.Millisecond + time.Duration(rnd.Int64N(2e8))
		wg.Go(func() { undo(window, after) })
	}
	wg.Wait()
	o.await(t, 0, "select count(*) from deliveries where not settled")
	mails := sink.Await(2 * len(sent))
	reached := map[string]int{}
	for _, m := range mails {
		if id := messageID.FindSubmatch(m.Content); id != nil {
			reached[string(id[1])]++
		}
	}
	for id := range undone {
		if reached[id] > 0 {
			t.Errorf("%s was taken back, and reached %d recipients", id, reached[id])
		}
	}
	for id := range sent {
		if reached[id] != 2 {
			t.Errorf("%s could not be taken back, and reached %d of 2 recipients", id, reached[id])
		}
	}
	if n := o.number(t, "select count(*) from deliveries where state = 'cancelled'"); n != 2*len(undone) {
		t.Errorf("%d cancelled deliveries of %d replies", n, len(undone))
	}
	if n := o.number(t, "select count(*) from conversations where status = 'open' and waiting_on = 'us' and last_reply_at is null"); n != len(undone) {
		t.Errorf("%d conversations are unanswered, %d replies were taken back", n, len(undone))
	}
	o.tiled(t)
	t.Logf("within=%d racing=%d undone=%d sent=%d reached_sink=%d", within, racing, len(undone), len(sent), len(mails))
}

// TestUndoneReplyIsADraft: what its author wrote comes back, in front of what they have
// begun to write since.
func TestUndoneReplyIsADraft(t *testing.T) {
	o := openOffice(t)
	c, hour := o.letter(t), time.Minute
	m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug.", To: []desk.Address{{Name: `Jo "J" Doe`, Email: "jo@acme.example"}}, Sending: agent.Sending{Undo: &hour}})
	if err != nil {
		t.Fatal(err)
	}
	o.exec(t, "insert into drafts (agent_id, conversation_id, kind, text, seen) values ($1, $2, 'reply', 'And then?', 3)", o.ana.ID, c)
	d, err := o.desk.CancelSend(t.Context(), o.ana, c, m.ID)
	if err != nil || d.Text != "Pull the plug.\n\nAnd then?" || fmt.Sprint(d.To, d.CC) != `["Jo \"J\" Doe" <jo@acme.example>] []` || d.Seen != 2 && d.Seen != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := o.desk.CancelSend(t.Context(), o.ana, c, m.ID); desk.KindOf(err) != desk.KindNotFound {
		t.Errorf("taken back twice: %v", err)
	}
	if n := o.number(t, "select count(*) from placements where message_id = $1 and until is null", m.ID); n != 0 {
		t.Error("it is still in the conversation")
	}
	if all := kinds(o.events(t, c, 2)); all != "message.sent conversation.assigned conversation.status message.cancelled conversation.status" {
		t.Errorf("%s", all)
	}
	if jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 9, time.Minute); err != nil || len(jobs) != 0 {
		t.Errorf("%v %v", jobs, err)
	}
	o.tiled(t)
}

// TestUndoneReplyMeetsNoClock follows a clock to its row: a reply that is taken back has not
// met it.
func TestUndoneReplyMeetsNoClock(t *testing.T) {
	o := openOffice(t)
	rules, err := router.Compile([]byte(`
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes: {frontline: {tier: 1}, billing: {tier: 2}}
slas: [{name: all, calendar: always, first_response: 1h, update_every: 4h, resolution: 10h, pause_on: [customer]}]
routing: [{name: default, set: {inbox: frontline}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	policy := func() lifecycle.Policy {
		return lifecycle.Policy{Rules: rules, Inboxes: []desk.Inbox{o.frontline, o.billing}}
	}
	o.SetPolicy(policy)
	o.desk = agent.New(o.Store, agent.Options{Policy: policy, MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	c, window := o.letter(t), time.Minute
	apply := func(e func(lifecycle.State) lifecycle.Event) {
		t.Helper()
		if err := o.Act(t.Context(), []desk.ConversationID{c}, func(tx agent.Tx) error {
			s := tx.State(c)
			s.Service.SLA = "all"
			out, err := lifecycle.Apply(s, e(s), policy(), tx.Now())
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
	apply(func(lifecycle.State) lifecycle.Event { return lifecycle.Message{} })
	clocks := func() (text string) {
		t.Helper()
		if err := o.db.QueryRow("select string_agg(metric || ' ' || state || case when ended_at is null then '' else ' ended' end, ', ' order by metric, started_at) from clocks").Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	running := "first_response running, resolution running, update_every running"
	if got := clocks(); got != running {
		t.Fatal(got)
	}
	for _, then := range []lifecycle.Then{{}, {Status: desk.StatusResolved}, {Status: desk.StatusSnoozed, Until: time.Now().Add(time.Hour)}} {
		m, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug.", Sending: agent.Sending{Undo: &window, Then: then}})
		if err != nil {
			t.Fatal(err)
		}
		if got := clocks(); !strings.Contains(got, "first_response met ended") {
			t.Errorf("then %q: %s", then.Status, got)
		}
		if _, err := o.desk.CancelSend(t.Context(), o.ana, c, m.ID); err != nil {
			t.Fatal(err)
		}
		// The clocks that the replies started, and that were void with them, are still in the history.
		if got := strings.ReplaceAll(clocks(), ", update_every void ended", ""); got != running {
			t.Errorf("then %q: %s", then.Status, got)
		}
		if n := o.number(t, "select count(*) from conversations where status = 'open' and waiting_on = 'us' and due_at is not null"); n != 1 {
			t.Errorf("then %q: the conversation does not wait for us", then.Status)
		}
		if n := o.number(t, "select count(*) from drafts where text = 'Pull the plug.'"); n != 1 {
			t.Errorf("then %q: %d drafts", then.Status, n)
		}
	}
	o.tiled(t)
}
