package store_test

import (
	"database/sql"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

// office is a store with two inboxes and some agents, and SQL beside it.
type office struct {
	*store.Store
	db                 *sql.DB
	desk               *agent.Desk
	frontline, billing desk.Inbox
	ana, bob, root     desk.Agent // tier 1; tiers 1 and 2; admin
}

func openOffice(t testing.TB) *office {
	t.Helper()
	return openOfficeAt(t, dbtest.New(t))
}

func openOfficeAt(t testing.TB, dsn string) *office {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(); s.Close() })
	o := &office{Store: s, db: db}
	o.desk = agent.New(s, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	o.exec(t, "insert into tiers (tier, name) values (1, 'Frontline'), (2, 'Specialists')")
	o.frontline, o.billing = o.inbox(t, "frontline", 1), o.inbox(t, "billing", 2)
	o.ana, o.bob, o.root = o.agent(t, "Ana", 1), o.agent(t, "Bob", 1, 2), o.agent(t, "Root")
	o.root.Admin = true
	o.exec(t, "update agents set admin = true where id = $1", o.root.ID)
	return o
}

func (o *office) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := o.db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// number reads one integer.
func (o *office) number(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (o *office) inbox(t testing.TB, key string, tier desk.Tier) desk.Inbox {
	i := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: key, Name: key, Tier: tier}
	o.exec(t, "insert into inboxes (id, key, name, tier) values ($1, $2, $2, $3)", i.ID, key, tier)
	return i
}

func (o *office) agent(t testing.TB, name string, tiers ...desk.Tier) desk.Agent {
	t.Helper()
	a := desk.Agent{Name: name, Email: strings.ToLower(name) + "@desk.example", Tiers: tiers}
	var err error
	if a.ID, err = o.SaveAgent(t.Context(), a, ""); err != nil {
		t.Fatal(err)
	}
	return a
}

// letter opens a conversation with one mail from Jo, an hour ago.
func (o *office) letter(t testing.TB) desk.ConversationID {
	t.Helper()
	id, account, contact, message := desk.NewID[desk.ConversationID](), desk.NewID[desk.AccountID](), desk.NewID[desk.ContactID](), desk.NewID[desk.MessageID]()
	at := time.Now().Add(-time.Hour)
	o.exec(t, "insert into accounts (id, name) values ($1, 'Acme')", account)
	o.exec(t, "insert into contacts (id, account_id, name) values ($1, $2, 'Jo')", contact, account)
	// In one statement, because an assigner may find the conversation at once.
	o.exec(t, `with opened as (insert into conversations (id, account_id, contact_id, subject, channel, inbox_id, tier, path, reply_channel, reply_to, reply_from,
			waiting_since, last_inbound_at, last_seq, created_at, updated_at)
		values ($1, $2, $3, 'Printer', 'email', $4, 1, '{default}', 'email', 'jo@acme.example', 'help@desk.example', $5, $5, 2, $5, $5) returning id)
		insert into stints (id, conversation_id, inbox_id, tier, waiting_on, started_at, reason) select $6, id, $4, 1, 'us', $5, 'routed' from opened`,
		id, account, contact, o.frontline.ID, at, desk.NewID[desk.StintID]())
	o.exec(t, `insert into messages (id, account_id, direction, channel, message_id, refs, addresses, subject, sent_at, received_at)
		values ($1, $2, 'inbound', 'email', $3, '{root@acme.example}', '{"from": [{"name": "Jo Doe", "email": "jo@acme.example"}]}', 'Printer on fire', $4, $4)`,
		message, account, message.String()+"@acme.example", at)
	o.exec(t, "insert into placements (message_id, conversation_id, seq, since) values ($1, $2, 2, $3)", message, id, at)
	o.exec(t, "insert into search_texts (message_id, sender, text) values ($1, 'jo doe <jo@acme.example>', e'printer on fire\njo doe <jo@acme.example>')", message)
	for seq, kind := range []string{"conversation.opened", "message.received"} {
		o.exec(t, "insert into events (at, conversation_id, account_id, seq, kind, actor) values ($1, $2, $3, $4, $5, 'customer')", at, id, account, seq+1, kind)
	}
	return id
}

type event struct {
	Kind  string
	Actor string
	Data  map[string]any
}

// events returns what happened after number seq, and checks that numbers are dense.
func (o *office) events(t testing.TB, c desk.ConversationID, seq int) (all []event) {
	t.Helper()
	rows, err := o.db.Query("select seq, kind, actor, data from events where conversation_id = $1 and seq > $2 order by seq", c, seq)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var e event
		var data []byte
		if err := rows.Scan(&n, &e.Kind, &e.Actor, &data); err != nil {
			t.Fatal(err)
		}
		if n != seq+len(all)+1 {
			t.Errorf("event %d follows %d", n, seq+len(all))
		}
		if err := json.Unmarshal(data, &e.Data); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if last := o.number(t, "select last_seq from conversations where id = $1", c); last != seq+len(all) {
		t.Errorf("last_seq is %d after %d events", last, seq+len(all))
	}
	return all
}

func kinds(es []event) string {
	var out []string
	for _, e := range es {
		out = append(out, e.Kind)
	}
	return strings.Join(out, " ")
}

// tiled checks that the stints of every conversation tile its life: no gap, no
// overlap, one running, and that one agrees with the conversation.
func (o *office) tiled(t testing.TB) {
	t.Helper()
	if n := o.number(t, `select count(*) from (
			select started_at, ended_at, lead(started_at) over (partition by conversation_id order by started_at, ended_at nulls last) as next from stints) s
		where ended_at < started_at or ended_at is distinct from next`); n != 0 {
		t.Errorf("%d stints leave a gap or overlap", n)
	}
	if n := o.number(t, `select count(*) from conversations c left join stints s on s.conversation_id = c.id and s.ended_at is null
		where s.id is null or s.inbox_id <> c.inbox_id or s.tier <> c.tier or s.assignee_id is distinct from c.assignee_id
		or (s.waiting_on = 'us') <> (c.status = 'open' or c.status = 'snoozed' and c.waiting_since is not null)`); n != 0 {
		t.Errorf("the running stints of %d conversations say something else than the conversation", n)
	}
	if n := o.number(t, `select count(*) from conversations c where c.created_at <> (select min(started_at) from stints s where s.conversation_id = c.id)`); n != 0 {
		t.Errorf("%d conversations began without a stint", n)
	}
}
