package store_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/accounts"
	"switchboard/router"
	"switchboard/store"
)

const segmentPolicy = `
version: 1
calendars: {always: {hours: always}}
segments:
  - {name: enterprise, when: 'account.attributes.arr >= 50000 or account.plan == "enterprise"'}
  - {name: standard}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}}
slas:
  - {name: fast, when: segment == "enterprise", calendar: always, first_response: 30m, on_handoff: retarget}
  - {name: slow, calendar: always, first_response: 4h, on_handoff: retarget}
routing: [{name: default, set: {inbox: frontline}}]
`

// TestAccountReview: after an account was changed, the segment of its open conversations
// is another one, with SLA policy and due time, once on two nodes and after a crash.
func TestAccountReview(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	rules, err := router.Compile([]byte(segmentPolicy))
	if err != nil {
		t.Fatal(err)
	}
	rules.Version = p.rules.Version
	p.rules.Policy = rules
	p.store.SetPolicy(p.rules.Lifecycle)
	const open = 60 // more than a batch
	for i := range open {
		p.accept(rawMail(i, "jo@acme.example", ""))
	}
	p.accept(rawMail(open, "jo@acme.example", ""), rawMail(open+1, "jo@other.example", ""))
	p.settled()
	ctx := t.Context()
	count := func(query string) (n int) {
		t.Helper()
		if err := p.scan(&n, query); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const due = "from conversations where service->>'sla' = '%s' and due_at between created_at + interval '%s' - interval '1 minute' and created_at + interval '%s' + interval '1 minute'"
	fast, slow := fmt.Sprintf(due, "fast", "30 minutes", "30 minutes"), fmt.Sprintf(due, "slow", "4 hours", "4 hours")
	if n := count("select count(*) " + slow); n != open+2 {
		t.Fatalf("%d conversations are due in 4 hours", n)
	}
	if _, err := p.db.ExecContext(ctx, "update conversations set status = 'resolved' where id = (select c.id from conversations c join accounts a on a.id = c.account_id join account_domains d on d.account_id = a.id where d.domain = 'acme.example' order by c.id limit 1)"); err != nil {
		t.Fatal(err)
	}
	by := desk.AgentActor(desk.NewID[desk.AgentID]())
	edit := func(attributes map[string]any) {
		t.Helper()
		if _, err := p.store.EditAccount(ctx, by, accounts.Ref{Domains: []string{"acme.example"}}, false, func(a *desk.Account) error { a.Attributes = attributes; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	edit(map[string]any{"plan": "enterprise"})
	crash := errors.New("crash")
	if _, err := p.store.Review(ctx, 10, func(agent.Tx, []agent.Review) error { return crash }); !errors.Is(err, crash) {
		t.Fatal(err)
	}
	if n := count("select count(*) from account_reviews"); n != open {
		t.Fatalf("%d reviews wait after the crash", n)
	}

	other, err := store.Open(ctx, store.Options{DSN: p.dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	other.SetPolicy(p.rules.Lifecycle)
	review := func() (changed int) {
		var nodes sync.WaitGroup
		var mu sync.Mutex
		for _, st := range []*store.Store{p.store, other} {
			nodes.Go(func() {
				n, err := agent.New(st, agent.Options{Policy: p.rules.Lifecycle}).ReviewAccounts(ctx, st)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				changed += n
			})
		}
		nodes.Wait()
		return changed
	}
	if n := review(); n != open {
		t.Errorf("%d conversations changed their segment", n)
	}
	if n := count("select count(*) " + fast); n != open {
		t.Errorf("%d conversations are due in 30 minutes", n)
	}
	for what, query := range map[string]string{
		"events": "select count(*) from events where kind = 'conversation.segment' and actor = '" + string(by) + "' and data->>'from' = 'standard' and data->>'to' = 'enterprise'",
		"facts":  "select count(*) from conversation_facts where facts->'account'->>'plan' = 'enterprise'",
		"clocks": "select count(distinct conversation_id) from clocks where policy = 'fast' and ended_at is null",
	} {
		if n := count(query); n != open {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := count("select count(*) from account_reviews"); n != 0 || review() != 0 {
		t.Errorf("%d reviews are left", n)
	}

	// A change that leaves the segment as it is changes the facts alone; and back again.
	edit(map[string]any{"arr": 60000})
	if n := review(); n != 0 || count("select count(*) from conversation_facts where facts->'account'->'attributes'->>'arr' = '60000'") != open {
		t.Errorf("%d segments changed", n)
	}
	edit(nil)
	if n := review(); n != open || count("select count(*) "+fast) != 0 {
		t.Errorf("%d segments changed back", n)
	}
}

// TestReviewOfOneFails: a conversation that cannot be changed does not keep others waiting.
func TestReviewOfOneFails(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.accept(rawMail(1, "jo@acme.example", ""), rawMail(2, "jo@acme.example", ""), rawMail(3, "jo@acme.example", ""))
	p.settled()
	ctx := t.Context()
	if _, err := p.db.ExecContext(ctx, `update conversations set service = '{"clocks": 5}' where id = (select id from conversations order by id limit 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.EditAccount(ctx, desk.ActorSystem, accounts.Ref{Domains: []string{"acme.example"}}, false, func(a *desk.Account) error {
		a.Attributes = map[string]any{"plan": "enterprise"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	d := agent.New(p.store, agent.Options{Policy: p.rules.Lifecycle, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if n, err := d.ReviewAccounts(ctx, p.store); n != 2 || err != nil || !strings.Contains(log.String(), "ReviewFailed") {
		t.Errorf("%d, %v, %s", n, err, log.String())
	}
	var wait time.Duration
	var seconds float64
	if err := p.scan(&seconds, "select extract(epoch from due_at - now()) from account_reviews"); err != nil {
		t.Fatal(err)
	}
	if wait = time.Duration(seconds * float64(time.Second)); wait < 30*time.Second || wait > time.Minute {
		t.Errorf("tried again in %v", wait)
	}
}
