package main_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// A warning after 4 seconds, a breach after 8, and two escalations.
const timerPolicy = `
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes: {frontline: {tier: 1, calendar: always}, billing: {tier: 2, calendar: always}}
slas: [{name: quick, calendar: always, first_response: 8s, warn: [50%]}]
routing: [{name: default, set: {inbox: frontline}}]
escalations:
  - {name: late, on: sla.first_response.breached, do: {priority: +1}}
  - {name: moved, on: "conversation.age > 10s", do: {move: billing}}
`

// TestTimersOnTwoNodes opens conversations whose clocks are soon due, while two nodes are
// killed in turn: every warning, breach and escalation fires once, at its instant, none
// before its time, and within a second while a node is up. With -soak it is as long as
// make soak-timers.
func TestTimersOnTwoNodes(t *testing.T) {
	t.Parallel()
	conversations, kills := 150, 4
	if *soakLong {
		conversations, kills = 1250, 30 // four timers each
	}
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(timerPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := binary(t)
	var nodes []*node
	var addrs []string
	for i := range 2 {
		addrs = append(addrs, mailtest.FreeAddr(t))
		config := filepath.Join(dir, fmt.Sprintf("node%d.toml", i))
		text := fmt.Sprintf("addr = '127.0.0.1:0'\ndata = '%s/data%d'\npolicy = '%s'\n[db]\nurl = %q\n[mail]\naddresses = ['support@desk.example']\n[smtp]\naddr = '%s'\n", dir, i, policy, dsn, addrs[i])
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, newNode(t, bin, config))
	}

	watch := watchTimers(t, db)
	queue := make(chan int)
	var senders sync.WaitGroup
	for range 12 {
		senders.Go(func() {
			for c := range queue {
				sendInTurn(t, addrs, c, ordered(c, 0))
			}
		})
	}
	feed := make(chan struct{})
	go func() {
		defer close(feed)
		for c := range conversations {
			queue <- c
			<-time.After(time.Duration(kills) * time.Second / time.Duration(conversations)) // spread over the kills
		}
		close(queue)
		senders.Wait()
	}()
	// The last kill comes when the last timers are due.
	for k := range kills {
		<-time.After(time.Second + time.Duration(k%5)*200*time.Millisecond)
		n := nodes[k%2]
		n.kill()
		n.start()
	}
	<-feed
	within(t, 2*time.Minute, "all timers to fire", func() bool {
		var left int
		return db.QueryRow("select (select count(*) from raws where state = 'pending') + (select count(*) from conversations where check_at is not null)").Scan(&left) == nil && left == 0
	})
	samples, late, early := watch()

	var opened, fired, twice, wrong int
	if err := db.QueryRow("select count(*) from conversations").Scan(&opened); err != nil {
		t.Fatal(err)
	}
	err = db.QueryRow(`select count(*), count(*) filter (where n > 1), count(*) filter (where at <> due) from (
			select e.conversation_id, e.kind, e.data->>'rule' as rule, count(*) as n, min(e.at) as at,
				min(case when e.kind = 'sla.warned' then k.started_at + interval '4 seconds'
				         when e.data->>'rule' = 'moved' then c.created_at + interval '10 seconds' else k.started_at + interval '8 seconds' end) as due
			from events e join conversations c on c.id = e.conversation_id join clocks k on k.conversation_id = c.id and k.metric = 'first_response'
			where e.kind in ('sla.warned', 'sla.breached', 'escalation.fired') group by 1, 2, 3) t`).Scan(&fired, &twice, &wrong)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("conversations=%d kills=%d fired=%d twice=%d wrong_instant=%d early=%d late_samples=%d of %d", opened, kills, fired, twice, wrong, early, late, samples)
	if opened != conversations || fired != 4*conversations || twice > 0 || wrong > 0 || early > 0 {
		t.Errorf("%d of %d timers fired, %d twice, %d at a wrong instant, %d early", fired, 4*conversations, twice, wrong, early)
	}
}

// watchTimers looks at the timers ten times a second until the function it returns is
// called, which returns how often it looked, how many times something was overdue by more
// than a second, and whether anything fired before its time.
func watchTimers(t *testing.T, db *sql.DB) func() (samples, late, early int) {
	stop, done := make(chan struct{}), make(chan struct{})
	var samples, late, early int
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			var overdue, ahead int
			if err := db.QueryRow(`select (select count(*) from conversations where check_at < clock_timestamp() - interval '1 second'),
				(select count(*) from clocks where breached_at > clock_timestamp())`).Scan(&overdue, &ahead); err != nil {
				t.Error(err)
				return
			}
			samples++
			if overdue > 0 {
				late++
			}
			early += ahead
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() (int, int, int) {
		close(stop)
		<-done
		return samples, late, early
	}
}
