package store_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/replay"
	"switchboard/replay/output"
	"switchboard/router"
)

var sequences = flag.Int("sequences", 12, "random sequences of operations that TestRowsEqualReplay compares")

// quickPolicy has clocks that run out while the test looks on.
const quickPolicy = `
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 0, name: Self-service}, {tier: 1, name: Frontline}, {tier: 2, name: Specialists}, {tier: 3, name: Engineering}]
inboxes:
  frontline: {tier: 1, calendar: always}
  billing: {tier: 2, calendar: always}
  engineering: {tier: 3, calendar: always}
slas:
  - {name: t1, when: tier == 1, calendar: always, first_response: 60ms, next_response: 40ms, warn: [50%]}
  - {name: t2, when: tier == 2, calendar: always, resolution: 120ms, update_every: 80ms, pause_on: [customer], on_handoff: retarget}
  - {name: t3, when: tier == 3 and conversation.priority != "low", calendar: always, first_response: 50ms, resolution: 90ms, warn: [25%, 150%], on_handoff: restart}
routing: [{name: default, set: {inbox: frontline}}]
escalations:
  - {name: late, on: sla.first_response.breached, do: {priority: +1}}
  - {name: stuck, on: "conversation.age > 150ms and tier == 1", do: {move: billing}}
  - {name: silent, on: "stint.unacknowledged >= 70ms", do: {unassign: true}}
`

// sequence is a conversation on which random operations are carried out, and the history
// of what was done.
type sequence struct {
	*pipeline
	desk   *agent.Desk
	rand   *rand.Rand
	agents []desk.Agent
	id     desk.ConversationID
	from   string
	mails  int
	seen   int64
	lines  []string
}

// TestRowsEqualReplay: whatever is done to a conversation, by mail, by agents and by
// timers, its rows are what `switchboard policy replay` calculates from the same history.
func TestRowsEqualReplay(t *testing.T) {
	t.Parallel()
	// The sequences wait for timers most of the time, so that several run side by side.
	parts := min(16, max(1, *sequences/12))
	for part := range parts {
		t.Run(fmt.Sprintf("part %d of %d", part+1, parts), func(t *testing.T) {
			t.Parallel()
			rowsEqualReplay(t, part, parts)
		})
	}
}

// rowsEqualReplay compares the sequences of one of several parts.
func rowsEqualReplay(t *testing.T, part, parts int) {
	p := newPipeline(t)
	rules, err := router.Compile([]byte(quickPolicy))
	if err != nil {
		t.Fatal(err)
	}
	rules.Version = p.rules.Version
	p.rules.Policy = rules
	maps.DeleteFunc(p.rules.Inboxes, func(key string, _ desk.Inbox) bool { _, ok := rules.Inbox(key); return !ok })
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
	for seed := uint64(part); seed < uint64(*sequences); seed += uint64(parts) {
		s := &sequence{pipeline: p, desk: d, rand: rand.New(rand.NewPCG(seed, 2)), agents: agents, from: fmt.Sprintf("jo@replay%d.example", seed)}
		for _, a := range agents {
			s.line(map[string]any{"agent": a.ID.String(), "name": a.Name, "tiers": a.Tiers})
		}
		s.receive(t, "")
		steps := []func(*testing.T){s.message, s.message, s.automatic, s.reply, s.reply, s.note, s.assign, s.move, s.takeOn, s.giveBack, s.status, s.priority, s.wait, s.wait, s.timers}
		for range 14 {
			steps[s.rand.IntN(len(steps))](t)
		}
		s.rest(t)
		if diff := cmp.Diff(s.replayed(t), s.stored(t)); diff != "" {
			t.Fatalf("seed %d (-replay +rows):\n%s\n%s", seed, diff, strings.Join(s.lines, "\n"))
		}
	}
}

func (s *sequence) line(v map[string]any) {
	text, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	s.lines = append(s.lines, string(text))
}

// did records an operation at the instant that the store gave it. An operation that
// recorded nothing changed nothing.
func (s *sequence) did(t *testing.T, what string, by desk.Agent, more map[string]any) {
	t.Helper()
	actor := string(desk.ActorCustomer)
	if !by.ID.IsZero() {
		actor = by.ID.String()
	}
	var at time.Time
	err := s.db.QueryRowContext(t.Context(), `select coalesce(min(at), 'epoch'), coalesce(max(seq), $3) from events
		where conversation_id = $1 and actor = $2 and seq > $3`, s.id, actor, s.seen).Scan(&at, &s.seen)
	if err != nil {
		t.Fatal(err)
	}
	if at.Unix() == 0 {
		return
	}
	v := map[string]any{"at": at.UTC().Format(time.RFC3339Nano), "c": "c", "do": what}
	if !by.ID.IsZero() {
		v["by"] = by.ID.String()
	}
	maps.Copy(v, more)
	s.line(v)
}

func (s *sequence) receive(t *testing.T, headers string) {
	t.Helper()
	auto := "none"
	if headers != "" {
		auto = "auto-reply"
	}
	n := s.mails
	s.mails++
	refs := ""
	if n > 0 {
		refs = fmt.Sprintf("In-Reply-To: <0.%s>\r\n", s.from)
	}
	s.accept(desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprintf("%s/%d", s.from, n), EnvelopeFrom: s.from, ReceivedAt: time.Now(),
		Bytes: fmt.Appendf(nil, "From: %s\r\nTo: support@desk.example\r\nSubject: Lamp\r\nMessage-ID: <%d.%s>\r\n%s%s\r\nText %d.\r\n", s.from, n, s.from, refs, headers, n)})
	s.settled()
	if n == 0 {
		if err := s.db.QueryRowContext(t.Context(), "select id from conversations where reply_to = $1", s.from).Scan(&s.id); err != nil {
			t.Fatal(err)
		}
	}
	s.did(t, "receive", desk.Agent{}, map[string]any{"channel": "email", "from": s.from, "to": "support@desk.example", "subject": "Lamp", "text": "Text", "auto": auto,
		"account": map[string]any{"name": "Replay"}})
}

func (s *sequence) message(t *testing.T)   { s.receive(t, "") }
func (s *sequence) automatic(t *testing.T) { s.receive(t, "Auto-Submitted: auto-replied\r\n") }
func (s *sequence) wait(*testing.T)        { <-time.After(time.Duration(s.rand.IntN(50)) * time.Millisecond) }

func (s *sequence) who() desk.Agent { return s.agents[s.rand.IntN(len(s.agents))] }

// act carries out an operation; a refused one changes nothing.
func (s *sequence) act(t *testing.T, what string, by desk.Agent, more map[string]any, err error) {
	t.Helper()
	if err != nil && desk.KindOf(err) != desk.KindConflict && desk.KindOf(err) != desk.KindInvalid {
		t.Fatalf("%s: %v", what, err)
	}
	if err == nil {
		s.did(t, what, by, more)
	}
}

func (s *sequence) reply(t *testing.T) {
	by := s.who()
	_, err := s.desk.Reply(t.Context(), by, s.id, agent.Reply{Text: "Pull the plug."})
	s.act(t, "reply", by, nil, err)
}

func (s *sequence) note(t *testing.T) {
	by := s.who()
	_, err := s.desk.Note(t.Context(), by, s.id, "Hm.")
	s.act(t, "note", by, nil, err)
}

func (s *sequence) assign(t *testing.T) {
	by, to := s.who(), desk.AgentID{}
	var name any
	if s.rand.IntN(4) > 0 {
		to = s.who().ID
		name = to.String()
	}
	_, err := s.desk.Assign(t.Context(), by, s.id, to)
	s.act(t, "assign", by, map[string]any{"to": name}, err)
}

func (s *sequence) move(t *testing.T) {
	by, to, keep := s.who(), []string{"frontline", "billing", "engineering"}[s.rand.IntN(3)], s.rand.IntN(3) == 0
	_, err := s.desk.Move(t.Context(), by, s.id, agent.Move{Inbox: to, Note: "Please look.", KeepStatus: keep})
	s.act(t, "move", by, map[string]any{"inbox": to, "keep_status": keep}, err)
}

func (s *sequence) takeOn(t *testing.T) {
	by := s.who()
	_, err := s.desk.Accept(t.Context(), by, s.id)
	s.act(t, "accept", by, nil, err)
}

func (s *sequence) giveBack(t *testing.T) {
	by := s.who()
	_, err := s.desk.Return(t.Context(), by, s.id, "Not ours.")
	s.act(t, "return", by, map[string]any{"reason": "Not ours."}, err)
}

func (s *sequence) priority(t *testing.T) {
	by, to := s.who(), router.Priorities[s.rand.IntN(4)]
	_, err := s.desk.SetPriority(t.Context(), by, s.id, to)
	s.act(t, "priority", by, map[string]any{"priority": to}, err)
}

func (s *sequence) status(t *testing.T) {
	by, to := s.who(), agent.Status{To: []desk.Status{desk.StatusOpen, desk.StatusPending, desk.StatusPending, desk.StatusSnoozed, desk.StatusResolved}[s.rand.IntN(5)]}
	more := map[string]any{"status": to.To}
	switch {
	case to.To == desk.StatusSnoozed:
		to.Until = time.Now().Add(time.Duration(20+s.rand.IntN(40)) * time.Millisecond).Truncate(time.Microsecond)
		more["until"] = to.Until.UTC().Format(time.RFC3339Nano)
	case to.To == desk.StatusPending && s.rand.IntN(2) == 0:
		to.WaitingOn = desk.WaitingThirdParty
		more["waiting_on"] = to.WaitingOn
	}
	_, err := s.desk.SetStatus(t.Context(), by, s.id, to)
	s.act(t, "status", by, more, err)
}

func (s *sequence) timers(t *testing.T) {
	if _, err := s.desk.FireTimers(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
}

// rest fires timers until none is left.
func (s *sequence) rest(t *testing.T) {
	t.Helper()
	for end, left := time.Now().Add(time.Minute), true; left; <-time.After(20 * time.Millisecond) {
		s.timers(t)
		if err := s.db.QueryRowContext(t.Context(), "select check_at is not null from conversations where id = $1", s.id).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(end) {
			t.Fatal("a timer does not fire")
		}
	}
}

// replayed returns what a replay of the history says.
func (s *sequence) replayed(t *testing.T) (c output.Conversation) {
	t.Helper()
	var out bytes.Buffer
	if err := replay.Run([]byte(quickPolicy), strings.NewReader(strings.Join(s.lines, "\n")), time.Now(), &out); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(s.lines, "\n"))
	}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	c.Key, c.Path, c.Segment, c.Measures = "", nil, nil, output.Measures{}
	for i := range c.Clocks {
		c.Clocks[i].UsedS = 0 // rows are counted until the last event
	}
	for i := range c.Fired {
		c.Fired[i].Did = nil
	}
	return c
}

// stored returns the same from the rows.
func (s *sequence) stored(t *testing.T) (c output.Conversation) {
	t.Helper()
	var text []byte
	err := s.db.QueryRowContext(t.Context(), `select json_build_object('status', v.status, 'inbox', i.key, 'tier', v.tier,
			'assignee', 'ag_' || replace(v.assignee_id::text, '-', ''), 'sla', nullif(v.sla, ''),
			'stints', (select json_agg(json_build_object('inbox', si.key, 'tier', s.tier, 'assignee', 'ag_' || replace(s.assignee_id::text, '-', ''),
					'waiting_on', s.waiting_on, 'started_at', s.started_at, 'ended_at', s.ended_at) order by s.started_at, s.ended_at nulls last, s.id)
				from stints s join inboxes si on si.id = s.inbox_id where s.conversation_id = v.id),
			'clocks', coalesce((select json_agg(json_build_object('metric', k.metric, 'policy', k.policy, 'tier', k.tier, 'state', k.state, 'started_at', k.started_at,
					'due_at', k.due_at, 'met_at', k.met_at, 'breached_at', k.breached_at, 'ended_at', k.ended_at, 'target_s', k.target_us / 1000000.0, 'warnings', k.warnings)
					order by k.started_at, array_position(array['first_response', 'next_response', 'resolution', 'update_every'], k.metric), k.id)
				from clocks k where k.conversation_id = v.id), '[]'),
			'fired', coalesce((select json_agg(json_build_object('escalation', e.data->>'rule', 'at', e.at) order by e.seq)
				from events e where e.conversation_id = v.id and e.kind = 'escalation.fired'), '[]'))
		from conversations v join inboxes i on i.id = v.inbox_id where v.id = $1`, s.id).Scan(&text)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}
