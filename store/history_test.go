package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/lifecycle"
)

// history is one conversation that lives twice: in the running store, and in
// lifecycle alone. Each step does something to the store as mail, an agent, the
// outbound loop or the clock would, and tells lifecycle what it did.
type history struct {
	*pipeline
	db     *sql.DB
	desk   *agent.Desk
	rand   *rand.Rand
	agents []desk.Agent
	boxes  []desk.Inbox
	id     desk.ConversationID
	mails  int
	sent   []desk.Message // replies, which delivery statuses are about
	from   string         // the customer's address

	policy lifecycle.Policy
	state  lifecycle.State
	stints []desk.Stint
	clocks []desk.Clock
	read   int64 // number of the newest event that was compared
	log    []string
}

// TestHistories: whatever happens to a conversation, its rows are what lifecycle
// says, its events are dense and its stints tile its lifetime.
func TestHistories(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	db, err := sql.Open("postgres", p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	boxes, err := p.store.InboxList(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var agents []desk.Agent
	for i, tiers := range [][]desk.Tier{{1}, {2}, {1, 2, 3}} {
		a := desk.Agent{Name: fmt.Sprint("Agent ", i), Email: fmt.Sprintf("agent%d@desk.example", i), Tiers: tiers}
		if a.ID, err = p.store.SaveAgent(t.Context(), a, ""); err != nil {
			t.Fatal(err)
		}
		agents = append(agents, a)
	}
	p.rules.Agent = func(id desk.AgentID) (desk.Agent, bool) {
		i := slices.IndexFunc(agents, func(a desk.Agent) bool { return a.ID == id })
		return agents[max(i, 0)], i >= 0
	}
	p.store.SetPolicy(p.rules.Lifecycle)
	d := agent.New(p.store, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }, Own: p.rules.Own, Policy: p.rules.Lifecycle})
	for seed := range uint64(12) {
		h := &history{pipeline: p, policy: p.rules.Lifecycle(), db: db, desk: d, rand: rand.New(rand.NewPCG(seed, 1)), agents: agents, boxes: boxes,
			from: fmt.Sprintf("jo@customer%d.example", seed)}
		h.open(t)
		steps := []func(*testing.T){h.message, h.automatic, h.reply, h.reply, h.sentFolder, h.note, h.assign, h.move, h.status, h.snooze,
			h.expire, h.attempt, h.attempt, h.deliveryStatus}
		for range 30 {
			steps[h.rand.IntN(len(steps))](t)
			if h.compare(t); t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, strings.Join(h.log, "\n"))
			}
		}
	}
	// No foreign key makes sure of this.
	var orphans int
	if err := db.QueryRowContext(t.Context(), `select count(*) from (
			select conversation_id, message_id from placements union all
			select conversation_id, null from events where subject_kind = 'conversation') o
		where not exists (select from conversations c where c.id = o.conversation_id)
			or o.message_id is not null and not exists (select from messages m where m.id = o.message_id)`).Scan(&orphans); err != nil || orphans > 0 {
		t.Errorf("%d placements and events without their conversation or message, %v", orphans, err)
	}
}

func pick[T any](h *history, list []T) T { return list[h.rand.IntN(len(list))] }

// deliver sends a raw item through the pipeline.
func (h *history) deliver(raw desk.Raw) {
	h.mails++
	raw.SourceKey, raw.ReceivedAt = fmt.Sprintf("%s/%d", h.from, h.mails), time.Now()
	h.accept(raw)
	h.settled()
}

// mail returns a mail that belongs to the conversation.
func (h *history) mail(from, to, more string) desk.Raw {
	n := fmt.Sprintf("%d.%s", h.mails, h.from)
	refs := "In-Reply-To: <0." + h.from + ">\r\n"
	if h.mails == 0 {
		refs = ""
	}
	return desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", EnvelopeFrom: from, Bytes: []byte("From: " + from + "\r\nTo: " + to +
		"\r\nSubject: Lamp\r\nMessage-ID: <" + n + ">\r\n" + refs + more + "\r\nText " + n + "\r\n")}
}

// opening returns what the store opened the conversation with.
func (h *history) opening(t *testing.T, e desk.Event) lifecycle.Opening {
	data := payload[desk.ConversationOpened](t, e)
	o := lifecycle.Opening{Data: data, SLA: h.stored(t).SLA}
	var text []byte
	if err := h.db.QueryRowContext(t.Context(), "select facts from conversation_facts where conversation_id = $1", h.id).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &o.Facts); err != nil {
		t.Fatal(err)
	}
	return o
}

func (h *history) open(t *testing.T) {
	h.deliver(h.mail(h.from, "support@desk.example", ""))
	if err := h.db.QueryRowContext(t.Context(), "select c.id from conversations c where c.reply_to = $1", h.from).Scan(&h.id); err != nil {
		t.Fatal(err)
	}
	events := h.events(t)
	stored := h.stored(t)
	opened := lifecycle.Open(desk.Conversation{ID: h.id, AccountID: stored.AccountID, InboxID: stored.InboxID, Tier: stored.Tier, Path: stored.Path, Priority: stored.Priority, ReplyTo: h.from},
		h.opening(t, events[0]), h.policy, events[0].At)
	h.take(t, opened, events[:1])
	h.apply(t, lifecycle.Message{Data: payload[desk.MessageReceived](t, events[1]), ReplyTo: h.from, Participants: []string{h.from}}, events[1:])
}

func (h *history) message(t *testing.T) {
	if h.state.Conversation.Status == desk.StatusClosed {
		return // it would open a follow-up
	}
	h.deliver(h.mail(h.from, "support@desk.example", ""))
	events := h.events(t)
	h.apply(t, lifecycle.Message{Data: payload[desk.MessageReceived](t, events[0]), ReplyTo: h.from, Participants: []string{h.from}}, events)
}

func (h *history) automatic(t *testing.T) {
	if h.state.Conversation.Status == desk.StatusClosed {
		return // it would open a follow-up
	}
	h.deliver(h.mail(h.from, "support@desk.example", "Auto-Submitted: auto-replied\r\n"))
	events := h.events(t)
	h.apply(t, lifecycle.Message{Data: payload[desk.MessageReceived](t, events[0]), Automatic: true}, events)
}

func (h *history) reply(t *testing.T) {
	by := pick(h, h.agents)
	m, err := h.desk.Reply(t.Context(), by, h.id, agent.Reply{Text: "Pull the plug.", CC: []desk.Address{{Email: fmt.Sprintf("cc%d@x.example", h.rand.IntN(3))}}})
	if h.state.Conversation.Status == desk.StatusClosed {
		if desk.KindOf(err) != desk.KindConflict || err == nil {
			t.Errorf("a reply to a closed conversation: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	h.sent = append(h.sent, m)
	h.replied(t, by)
}

func (h *history) sentFolder(t *testing.T) {
	by := pick(h, append(h.agents, desk.Agent{Email: "support@desk.example"}))
	raw := h.mail(by.Email, h.from, "")
	raw.Outgoing = true
	h.deliver(raw)
	h.replied(t, by)
}

func (h *history) replied(t *testing.T, by desk.Agent) {
	events := h.events(t)
	e := lifecycle.Reply{Author: by, Data: payload[desk.MessageSent](t, events[0])}
	for _, a := range slices.Concat(e.Data.To, e.Data.CC) {
		e.Participants = append(e.Participants, a.Email)
	}
	h.apply(t, e, events)
}

func (h *history) note(t *testing.T) {
	by := pick(h, h.agents)
	if _, err := h.desk.Note(t.Context(), by, h.id, "Looks broken."); err != nil {
		t.Fatal(err)
	}
	events := h.events(t)
	h.apply(t, lifecycle.Note{By: desk.AgentActor(by.ID), Data: payload[desk.NoteAdded](t, events[0])}, events)
}

func (h *history) assign(t *testing.T) {
	by, to := pick(h, h.agents), pick(h, append(h.agents, desk.Agent{}))
	if _, err := h.desk.Assign(t.Context(), by, h.id, to.ID); err != nil {
		t.Fatal(err)
	}
	h.apply(t, lifecycle.Assign{By: desk.AgentActor(by.ID), To: to}, h.events(t))
}

func (h *history) move(t *testing.T) {
	by, to := pick(h, h.agents), pick(h, h.boxes)
	m := agent.Move{Inbox: to.Key, Note: "Please look.", KeepStatus: h.rand.IntN(3) == 0, Handover: map[string]string{}}
	for _, name := range []string{"problem", "reproduced", "tried", "impact", "customer_told"} {
		m.Handover[name] = "The " + name + "."
	}
	if _, err := h.desk.Move(t.Context(), by, h.id, m); err != nil {
		t.Fatal(err)
	}
	events := h.events(t)
	e := lifecycle.Move{By: desk.AgentActor(by.ID), ByName: by.Name, To: to, KeepStatus: m.KeepStatus, Evidence: m.Handover}
	for _, i := range h.boxes {
		if i.ID == h.state.Conversation.InboxID {
			e.From = i
		}
	}
	for _, a := range h.agents {
		if a.ID == h.state.Conversation.AssigneeID {
			e.Assignee = a
		}
	}
	if len(events) > 0 {
		n := payload[desk.NoteAdded](t, events[0])
		e.Note = &desk.Message{ID: n.MessageID, From: n.From, Preview: n.Preview, Channel: n.Channel, TextBody: m.Note}
	}
	h.apply(t, e, events)
}

func (h *history) status(t *testing.T) {
	s := agent.Status{To: pick(h, []desk.Status{desk.StatusOpen, desk.StatusPending, desk.StatusPending, desk.StatusResolved, desk.StatusClosed})}
	if s.To == desk.StatusPending && h.rand.IntN(2) == 0 {
		s.WaitingOn = desk.WaitingThirdParty
	}
	if s.To == desk.StatusClosed && h.rand.IntN(3) > 0 {
		return // mail opens another conversation then, and this one gets dull
	}
	h.setStatus(t, s)
}

func (h *history) snooze(t *testing.T) {
	h.setStatus(t, agent.Status{To: desk.StatusSnoozed, Until: time.Now().Add(time.Hour).Truncate(time.Microsecond)})
}

func (h *history) setStatus(t *testing.T, s agent.Status) {
	by := pick(h, h.agents)
	if _, err := h.desk.SetStatus(t.Context(), by, h.id, s); err != nil {
		t.Fatal(err)
	}
	h.apply(t, lifecycle.SetStatus{By: desk.AgentActor(by.ID), To: s.To, Until: s.Until, WaitingOn: s.WaitingOn}, h.events(t))
}

// expire lets a snooze end by moving its end into the past, in both lives.
func (h *history) expire(t *testing.T) {
	if h.state.Conversation.Status != desk.StatusSnoozed {
		return
	}
	past := time.Now().Add(-time.Second).Truncate(time.Microsecond)
	if _, err := h.db.ExecContext(t.Context(), "update conversations set snoozed_until = $2, check_at = $2 where id = $1", h.id, past); err != nil {
		t.Fatal(err)
	}
	h.state.Conversation.SnoozedUntil = past
	if n, err := h.desk.FireTimers(t.Context(), h.store); err != nil || n != 1 {
		t.Fatalf("%d timers fired, %v", n, err)
	}
	h.apply(t, lifecycle.Timer{}, h.events(t))
}

// attempt completes every delivery that is due with a result.
func (h *history) attempt(t *testing.T) {
	jobs, err := h.store.Outbox().Claim(t.Context(), desk.ChannelEmail, 50, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		r := pick(h, []desk.Result{{State: desk.DeliverySent, Code: 250}, {State: desk.DeliveryFailed, Code: 550, EnhancedCode: "5.7.1", Detail: "refused"},
			{State: desk.DeliveryDelayed, Code: 451}, {State: desk.DeliveryUnknown}})
		next := time.Time{}
		if r.State == desk.DeliveryDelayed {
			next = time.Now().Add(time.Hour).Truncate(time.Microsecond)
		}
		if err := h.store.Outbox().Complete(t.Context(), j.Delivery, r, next); err != nil {
			t.Fatal(err)
		}
		h.results(t)
	}
}

// deliveryStatus lets a mail server report on a reply (RFC 3464).
func (h *history) deliveryStatus(t *testing.T) {
	if len(h.sent) == 0 || h.state.Conversation.Status == desk.StatusClosed {
		return
	}
	m := pick(h, h.sent)
	action := pick(h, []string{"failed", "delayed", "delivered"})
	raw := h.mail("MAILER-DAEMON@mx.example", "support@desk.example", "MIME-Version: 1.0\r\nIn-Reply-To: <"+m.MessageID+">\r\nReferences: <"+m.MessageID+
		">\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nYour mail had a problem.\r\n--b\r\n"+
		"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; "+h.from+
		"\r\nAction: "+action+"\r\nStatus: 5.7.1\r\nDiagnostic-Code: smtp; 550 refused\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <"+
		m.MessageID+">\r\n\r\n--b--\r\n")
	raw.EnvelopeFrom = ""
	h.deliver(raw)
	events := h.eventsOf(t, desk.EventMessageReceived)
	if len(events) != 1 {
		t.Fatalf("a delivery status left %d events", len(events))
	}
	h.apply(t, lifecycle.Message{Data: payload[desk.MessageReceived](t, events[0]), Automatic: true}, events)
	h.results(t)
}

// results applies what became of deliveries: one event each, which may reopen.
func (h *history) results(t *testing.T) {
	events := h.events(t)
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Kind == desk.EventStatusChanged {
			n++
		}
		h.apply(t, lifecycle.Delivery{Personal: true, Data: payload[desk.DeliveryChanged](t, events[0])}, events[:n])
		events = events[n:]
	}
}

func payload[T desk.EventData](t *testing.T, e desk.Event) (data T) {
	t.Helper()
	if e.Kind != data.EventKind() {
		t.Fatalf("event %d is %s, want %s", e.Seq, e.Kind, data.EventKind())
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// events reads what the store has recorded and lifecycle has not been told yet.
func (h *history) events(t *testing.T) []desk.Event {
	t.Helper()
	admin := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	events, err := h.store.ConversationEvents(t.Context(), admin, h.id, h.read, 100)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// eventsOf reads the first event, which must be of the kind.
func (h *history) eventsOf(t *testing.T, kind desk.EventKind) []desk.Event {
	t.Helper()
	events := h.events(t)
	if len(events) == 0 || events[0].Kind != kind {
		t.Fatalf("the store recorded %+v, want %s first", events, kind)
	}
	return events[:1]
}

// apply lets lifecycle decide on an event at the instant that the store used.
func (h *history) apply(t *testing.T, e lifecycle.Event, stored []desk.Event) {
	t.Helper()
	var at time.Time
	if len(stored) > 0 {
		at = stored[0].At
	} else if err := h.db.QueryRowContext(t.Context(), "select coalesce(max(counted_at), now()) from clocks where conversation_id = $1", h.id).Scan(&at); err != nil {
		t.Fatal(err) // an operation that changes nothing else counts the clocks, while they run
	}
	out, err := lifecycle.Apply(h.state, e, h.policy, at)
	if err != nil {
		t.Fatalf("%T: %v", e, err)
	}
	h.take(t, out, stored)
}

// take keeps an outcome and compares its events with the store's.
func (h *history) take(t *testing.T, out lifecycle.Outcome, stored []desk.Event) {
	t.Helper()
	if len(out.Events) != len(stored) {
		t.Errorf("lifecycle has %d events, the store %d:\n%+v\n%+v", len(out.Events), len(stored), out.Events, stored)
		return
	}
	for i, e := range out.Events {
		s := stored[i]
		h.log = append(h.log, fmt.Sprintf("%d %s %s %s", s.Seq, s.At.Format("05.000000"), s.Kind, s.Data))
		if e.Seq != s.Seq || e.Kind != s.Kind || e.Actor != s.Actor || e.Version != s.Version || e.Subject != s.Subject || !e.At.Equal(s.At) || !sameJSON(t, e.Data, s.Data) {
			t.Errorf("lifecycle has the event\n%+v %s\nthe store\n%+v %s", e, e.Data, s, s.Data)
		}
		h.read = s.Seq
	}
	h.state = out.State
	for _, ended := range out.Ended {
		for i := range h.stints {
			if h.stints[i].ID == ended.ID {
				h.stints[i] = ended
			}
		}
	}
	h.stints = append(h.stints, out.Begun...)
	for _, k := range out.Clocks {
		if i := slices.IndexFunc(h.clocks, func(o desk.Clock) bool { return o.ID == k.ID }); i >= 0 {
			h.clocks[i] = k
		} else {
			h.clocks = append(h.clocks, k)
		}
	}
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// stored is the conversation as its row has it.
func (h *history) stored(t *testing.T) (c desk.Conversation) {
	t.Helper()
	err := h.store.Act(t.Context(), []desk.ConversationID{h.id}, func(tx agent.Tx) error {
		c = tx.State(h.id).Conversation
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// compare looks at every column that lifecycle decides on, and at the stints.
func (h *history) compare(t *testing.T) {
	t.Helper()
	got, want := h.stored(t), h.state.Conversation
	for _, f := range []struct {
		name      string
		got, want any
	}{
		{"status", got.Status, want.Status}, {"inbox", got.InboxID, want.InboxID}, {"tier", got.Tier, want.Tier}, {"assignee", got.AssigneeID, want.AssigneeID},
		{"waiting on", got.WaitingOn, want.WaitingOn}, {"waiting since", got.WaitingSince.UTC(), want.WaitingSince.UTC()},
		{"snoozed until", got.SnoozedUntil.UTC(), want.SnoozedUntil.UTC()}, {"resolved at", got.ResolvedAt.UTC(), want.ResolvedAt.UTC()},
		{"last inbound", got.LastInboundAt.UTC(), want.LastInboundAt.UTC()}, {"last reply", got.LastReplyAt.UTC(), want.LastReplyAt.UTC()},
		{"updated", got.UpdatedAt.UTC(), want.UpdatedAt.UTC()}, {"preview", got.Preview, want.Preview}, {"reply to", got.ReplyTo, want.ReplyTo},
		{"participants", strings.Join(got.Participants, " "), strings.Join(want.Participants, " ")}, {"path", strings.Join(got.Path, "; "), strings.Join(want.Path, "; ")},
		{"last number", got.LastSeq, want.LastSeq}, {"SLA policy", got.SLA, want.SLA}, {"segment", got.Segment, want.Segment},
		{"due", got.DueAt.UTC(), want.DueAt.UTC()}, {"timer", got.CheckAt.UTC(), want.CheckAt.UTC()}, {"priority", got.Priority, want.Priority},
	} {
		if !reflect.DeepEqual(f.got, f.want) {
			t.Errorf("%s is %v in the store and %v in lifecycle", f.name, f.got, f.want)
		}
	}
	rows, err := h.db.QueryContext(t.Context(), "select inbox_id, tier, assignee_id, waiting_on, started_at, ended_at, reason from stints where conversation_id = $1 order by started_at, ended_at nulls last", h.id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var stints []desk.Stint
	for rows.Next() {
		var s desk.Stint
		var ended sql.NullTime
		if err := rows.Scan(&s.InboxID, &s.Tier, &s.AssigneeID, &s.WaitingOn, &s.StartedAt, &ended, &s.Reason); err != nil {
			t.Fatal(err)
		}
		s.EndedAt = ended.Time
		stints = append(stints, s)
	}
	if len(stints) != len(h.stints) {
		t.Fatalf("%d stints in the store, %d in lifecycle", len(stints), len(h.stints))
	}
	for i, s := range stints {
		w := h.stints[i]
		if s.InboxID != w.InboxID || s.Tier != w.Tier || s.AssigneeID != w.AssigneeID || s.WaitingOn != w.WaitingOn || s.Reason != w.Reason || !s.StartedAt.Equal(w.StartedAt) || !s.EndedAt.Equal(w.EndedAt) {
			t.Errorf("stint %d is %+v in the store and %+v in lifecycle", i, s, w)
		}
		if i > 0 && !s.StartedAt.Equal(stints[i-1].EndedAt) {
			t.Errorf("stint %d leaves a gap or overlaps", i)
		}
	}
	h.compareClocks(t)
}
