package api

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/advisory"
	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
	"switchboard/internal/roster"
	"switchboard/lifecycle"
	"switchboard/live"
	"switchboard/outbound/render"
	"switchboard/router"
	"switchboard/store"
)

// desks is a desk with agents, customers and conversations, served over HTTP.
type desks struct {
	policy atomic.Pointer[lifecycle.Policy]
	t      *testing.T
	st     *store.Store
	db     *sql.DB
	hub    *live.Hub
	tail   *live.Tail
	srv    *httptest.Server
	h      *Handler
	logs   *logBuffer

	people map[string]desk.Agent // ana (tier 1), ben (tier 2), sam (tier 3), root (admin)
	keys   map[string]string
	inbox  map[string]desk.InboxID

	account desk.AccountID
	contact desk.ContactID
	open    fixture // visible to all agents, in frontline
	secret  fixture // restricted, in security at tier 3
}

// fixture is a seeded conversation.
type fixture struct {
	id       desk.ConversationID
	number   int64
	message  desk.MessageID
	task     desk.TaskID
	delivery desk.DeliveryID
}

// canary is in all texts of the restricted conversation.
const canary = "CANARY-4711"

const password = "correct horse battery"

// passwordHash is the hash of all agents' password. Its parameters are the cheapest ones,
// because most tests sign in.
var passwordHash = func() string {
	salt := []byte("sixteen octets..")
	hash := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}()

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newDesk returns a desk on a database of its own, so that tests can run at the same time.
func newDesk(t *testing.T) *desks {
	t.Parallel()
	return newDeskWith(t, func(*Config) {})
}

func newDeskWith(t *testing.T, configure func(*Config), more ...func(*Deps)) *desks {
	t.Helper()
	dsn := dbtest.New(t)
	d := &desks{t: t, logs: &logBuffer{}, people: map[string]desk.Agent{}, keys: map[string]string{}, inbox: map[string]desk.InboxID{}}
	log := slog.New(slog.NewTextHandler(d.logs, nil))
	var err error
	if d.st, err = store.Open(t.Context(), store.Options{DSN: dsn, Log: log, MaxConns: 10}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.st.Close() })
	if d.db, err = sql.Open("postgres", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	d.seed()
	d.published()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.logs.String())
		}
	})

	d.hub = live.New()
	d.tail = live.NewTail(d.st, d.hub, log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.tail.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })

	acts := agent.New(d.st, agent.Options{Log: log, Address: "help@desk.example", Policy: d.livePolicy, Resend: render.Resent, MessageID: func(id desk.MessageID) string { return id.String() + "@desk.example" }})
	cfg := Config{Version: "test", Log: log, SafeHTML: func(html string, p Pictures) string {
		return strings.ReplaceAll(html, "cid:logo@x", p.CID("logo@x"))
	}}
	cfg.AdvisoryBudget = advisory.Budget{Each: 1000, Day: 1000}
	configure(&cfg)
	deps := From(d.st, names{}, acts, d.hub)
	for _, change := range more {
		change(&deps)
	}
	if d.h, err = New(cfg, deps); err != nil {
		t.Fatal(err)
	}
	d.srv = httptest.NewServer(d.h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.h.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		d.srv.Close()
	})
	return d
}

// livePolicy returns the policy in force: only the inboxes of the seeded desk, unless the
// test has set one.
func (d *desks) livePolicy() lifecycle.Policy {
	if p := d.policy.Load(); p != nil {
		return *p
	}
	var p lifecycle.Policy
	for key, id := range d.inbox {
		tier := desk.Tier(1)
		if key == "billing" {
			tier = 2
		}
		p.Inboxes = append(p.Inboxes, desk.Inbox{ID: id, Key: key, Name: key, Tier: tier})
	}
	return p
}

// usePolicy puts a policy document into force, with the inboxes of the seeded desk.
func (d *desks) usePolicy(document string) {
	d.t.Helper()
	rules, err := router.Compile([]byte(document))
	if err != nil {
		d.t.Fatal(err)
	}
	p := &lifecycle.Policy{Rules: rules, Agent: func(id desk.AgentID) (desk.Agent, bool) {
		for _, a := range d.people {
			if a.ID == id {
				return a, true
			}
		}
		return desk.Agent{}, false
	}}
	for key, id := range d.inbox {
		in, _ := rules.Inbox(key)
		p.Inboxes = append(p.Inboxes, desk.Inbox{ID: id, Key: key, Name: in.Name, Tier: in.Tier})
	}
	d.policy.Store(p)
	d.st.SetPolicy(d.livePolicy)
}

// names is the vocabulary of the seeded desk.
type names struct{}

func (names) Names(context.Context) (roster.Names, error) {
	return roster.Names{
		Tiers:   []router.Tier{{Tier: 1, Name: "Frontline"}, {Tier: 2, Name: "Specialists"}, {Tier: 3, Name: "Engineering"}},
		Inboxes: []string{"frontline", "billing", "security"}, Skills: []string{"api", "billing", "webhook"}, Segments: []string{"business"},
	}, nil
}

func (d *desks) exec(query string, args ...any) {
	d.t.Helper()
	if _, err := d.db.ExecContext(d.t.Context(), query, args...); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
}

// published waits until every event can be read. Transactions of tests in other databases
// of the cluster hold back new ones for a moment.
func (d *desks) published() {
	d.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; <-time.After(5 * time.Millisecond) {
		var held bool
		if err := d.db.QueryRowContext(d.t.Context(), "select exists (select from events where xid >= pg_snapshot_xmin(pg_current_snapshot()))").Scan(&held); err != nil {
			d.t.Fatal(err)
		}
		if !held {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatal("events are held back")
		}
	}
}

func (d *desks) seed() {
	d.t.Helper()
	d.exec(`insert into tiers values (1, 'Frontline'), (2, 'Specialists'), (3, 'Engineering')`)
	for key, tier := range map[string]int{"frontline": 1, "billing": 2, "security": 3} {
		d.inbox[key] = desk.NewID[desk.InboxID]()
		d.exec(`insert into inboxes (id, key, name, tier) values ($1, $2, $3, $4)`, d.inbox[key], key, strings.ToUpper(key), tier)
	}
	for i, name := range []string{"ana", "ben", "sam", "root"} {
		a := desk.Agent{Name: strings.ToUpper(name[:1]) + name[1:], Email: name + "@desk.example", Tiers: []desk.Tier{desk.Tier(i + 1)}, Admin: name == "root"}
		if a.Admin {
			a.Tiers = nil
		}
		d.agent(name, a)
	}
	d.account, d.contact = d.customer("Acme Corp", "acme.example", "Jo Doe", "jo@acme.example")
	d.open = d.conversation("frontline", false, "Invoice is wrong", "The invoice of May is wrong", time.Now().Add(-time.Hour))
	d.secret = d.conversation("security", true, canary+" breach", canary+" leaked", time.Now().Add(-30*time.Minute))
}

// agent creates an agent with a password and an API key.
func (d *desks) agent(name string, a desk.Agent) {
	d.t.Helper()
	var err error
	if a.ID, err = d.st.SaveAgent(d.t.Context(), a, passwordHash); err != nil {
		d.t.Fatal(err)
	}
	key := credential.NewKey()
	if _, err := d.st.CreateKey(d.t.Context(), name+"'s", credential.Digest(key), a, time.Time{}); err != nil {
		d.t.Fatal(err)
	}
	d.people[name], d.keys[name] = a, key
}

func (d *desks) customer(name, domain, person, address string) (desk.AccountID, desk.ContactID) {
	d.t.Helper()
	account, contact := desk.NewID[desk.AccountID](), desk.NewID[desk.ContactID]()
	d.exec(`insert into accounts (id, name, segment, attributes, tags) values ($1, $2, 'enterprise', '{"arr": 50000}', '{strategic}')`, account, name)
	d.exec(`insert into account_domains values ($1, $2)`, domain, account)
	d.exec(`insert into contacts (id, account_id, name) values ($1, $2, $3)`, contact, account, person)
	d.exec(`insert into identities (channel, address, contact_id, trust, verified_at) values ('email', $1, $2, 'aligned', now())`, address, contact)
	return account, contact
}

// conversation inserts a conversation as the pipeline creates it, with one email
// that has HTML, an inline picture and an attachment.
func (d *desks) conversation(inbox string, restricted bool, subject, text string, at time.Time) fixture {
	d.t.Helper()
	f := fixture{id: desk.NewID[desk.ConversationID](), message: desk.NewID[desk.MessageID](), task: desk.NewID[desk.TaskID]()}
	var tier int
	if err := d.db.QueryRow(`select tier from inboxes where key = $1`, inbox).Scan(&tier); err != nil {
		d.t.Fatal(err)
	}
	err := d.db.QueryRow(`insert into conversations (id, account_id, contact_id, subject, channel, inbox_id, tier, restricted, path, tags,
			reply_channel, reply_to, reply_from, preview, last_inbound_at, waiting_since, last_seq, created_at, updated_at)
		values ($1, $2, $3, $4, 'email', $5, $6, $7, '{default}', '{invoice}', 'email', 'jo@acme.example', 'help@desk.example', $8, $9, $9, 2, $9, $9)
		returning number`, f.id, d.account, d.contact, subject, d.inbox[inbox], tier, restricted, text, at).Scan(&f.number)
	if err != nil {
		d.t.Fatal(err)
	}
	raw := desk.NewID[desk.RawID]()
	mail := "From: jo@acme.example\r\nSubject: " + subject + "\r\n\r\n" + text + "\r\n"
	d.exec(`insert into raws (id, channel, endpoint, source_key, received_at, size, bytes, state) values ($1, 'email', 'smtp', $2, $3, $4, $5, 'processed')`,
		raw, raw.String(), at, len(mail), []byte(mail))
	logo, sheet := []byte("\x89PNG fake "+subject), []byte("a,b\n"+text)
	for name, b := range map[string][]byte{"logo": logo, "sheet": sheet} {
		d.exec(`insert into blobs values ($1, $2, $3) on conflict do nothing`, f.blob(name), len(b), b)
	}
	parts := fmt.Sprintf(`[{"part_id":"1.2","blob_id":%q,"size":%d,"name":"logo.png","type":"image/png","disposition":"inline","cid":"logo@x"},
		{"part_id":"2","blob_id":%q,"size":%d,"name":"Übersicht \"Mai\".html","type":"text/html","disposition":"attachment"}]`,
		f.blob("logo"), len(logo), f.blob("sheet"), len(sheet))
	d.exec(`insert into messages (id, account_id, direction, channel, raw_id, message_id, refs, addresses, from_address, subject,
			sent_at, received_at, preview, text_body, html_body, new_text, attachments, problems)
		values ($1, $2, 'inbound', 'email', $3, $4, '{parent@acme.example}', $5, 'jo@acme.example', $6, $7, $7, $8, $8, $9, $8, $10,
			'[{"code":"no-date","detail":"no Date field"}]')`,
		f.message, d.account, raw, f.message.String()+"@acme.example",
		`{"from":[{"name":"Jo Doe","email":"jo@acme.example"}],"to":[{"name":"","email":"help@desk.example"}]}`,
		subject, at, text, `<p>`+text+` <img src="cid:logo@x"></p>`, parts)
	d.exec(`insert into placements (message_id, conversation_id, seq, method, evidence, since) values ($1, $2, 1, 'new', 'nothing matched', $3)`, f.message, f.id, at)
	d.exec(`insert into search_texts (message_id, sender, text) values ($1, 'jo doe <jo@acme.example>', $2)`, f.message, strings.ToLower(subject+"\n"+text))
	summary := desk.MessageSummary{MessageID: f.message, From: []desk.Address{{Name: "Jo Doe", Email: "jo@acme.example"}}, Preview: text, Channel: desk.ChannelEmail}
	for seq, e := range []struct {
		actor desk.Actor
		data  desk.EventData
	}{
		{desk.ActorCustomer, desk.MessageReceived{MessageSummary: summary, Method: "new", AlsoCites: []desk.ConversationID{}, Trust: desk.TrustAligned}},
		{desk.ActorPolicy, desk.ConversationOpened{Inbox: inbox, Tier: desk.Tier(tier), Path: []string{"default"}, Evidence: "nothing matched"}},
	} {
		d.exec(`insert into events (at, conversation_id, account_id, seq, kind, actor, data) values ($1, $2, $3, $4, $5, $6, $7)`,
			at, f.id, d.account, seq+1, e.data.EventKind(), e.actor, must(json.Marshal(e.data)))
	}
	d.exec(`insert into stints (id, conversation_id, inbox_id, tier, waiting_on, started_at, reason) values ($1, $2, $3, $4, 'us', $5, 'routed')`,
		desk.NewID[desk.StintID](), f.id, d.inbox[inbox], tier, at)
	d.exec(`insert into tasks (id, conversation_id, inbox_id, title, note, state, opened_by, due_in_us, result, opened_at, updated_at)
		values ($1, $2, $3, $4, $5, 'open', $6, 0, '', $7, $7)`, f.task, f.id, d.inbox["billing"], "Check: "+subject, text, d.people["root"].ID, at)
	return f
}

// delayed adds a reply to jo@acme.example whose first attempt was put off.
func (d *desks) delayed(f fixture) desk.DeliveryID {
	d.t.Helper()
	m, id := desk.NewID[desk.MessageID](), desk.NewID[desk.DeliveryID]()
	d.exec(`insert into messages (id, account_id, direction, channel, message_id, addresses, subject, sent_at, received_at, author_id)
		values ($1, $2, 'outbound', 'email', $3, '{}', 'Re', now(), now(), $4)`, m, d.account, m.String()+"@desk.example", d.people["ana"].ID)
	d.exec(`insert into placements (message_id, conversation_id, seq, method, evidence, since)
		select $1, $2, coalesce(max(seq), 0) + 1000, 'reply', '', now() from placements where conversation_id = $2`, m, f.id)
	d.exec(`insert into deliveries (id, message_id, conversation_id, channel, recipient, return_path, state, attempts, next_attempt_at, code, detail, created_at, updated_at)
		values ($1, $2, $3, 'email', 'jo@acme.example', 'help@desk.example', 'delayed', 1, now() + interval '1 hour', 450, 'greylisted', now(), now())`, id, m, f.id)
	return id
}

// remove deletes a conversation and everything in it.
func (d *desks) remove(f fixture) {
	d.t.Helper()
	for _, table := range []string{"root_cause_conversations", "deliveries", "thread_refs", "clocks", "notices", "conversation_facts", "tasks", "helpers", "stints", "events", "placements"} {
		d.exec(`delete from `+table+` where conversation_id = $1`, f.id)
	}
	d.exec(`delete from conversations where id = $1`, f.id)
}

func (f fixture) blob(name string) string {
	return strings.ReplaceAll(uuid.NewSHA1(uuid.UUID(f.id), []byte(name)).String(), "-", "")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// answer is a response with its complete body.
type answer struct {
	*http.Response
	body string
}

// json decodes the body into v.
func (a answer) json(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("%s %s: %d %q: %v", a.Request.Method, a.Request.URL, a.StatusCode, a.body, err)
	}
}

// as sends a request with an agent's key; "" sends none.
func (d *desks) as(who, method, path string, body any) answer {
	d.t.Helper()
	r := d.request(method, path, body)
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+d.keys[who])
	}
	return d.send(r)
}

func (d *desks) request(method, path string, body any) *http.Request {
	d.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		reader = bytes.NewReader(must(json.Marshal(b)))
	}
	if strings.HasPrefix(path, "/api/") || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		d.t.Fatalf("path %q: use a path below %s, or /. and a path from the root", path, base)
	}
	target := d.srv.URL + base + path
	if rest, ok := strings.CutPrefix(path, "/."); ok {
		target = d.srv.URL + rest
	}
	r, err := http.NewRequestWithContext(d.t.Context(), method, target, reader)
	if err != nil {
		d.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (d *desks) send(r *http.Request) answer {
	d.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer{res, string(b)}
}

// want checks the status and returns the response.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: %d, want %d: %.400s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	return a
}
