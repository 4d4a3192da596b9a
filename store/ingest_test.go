package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/ingest"
	"switchboard/internal/dbtest"
	"switchboard/normalize"
	"switchboard/router"
	"switchboard/store"
	"switchboard/threading"
)

// pipeline is a journal and a processor on a database of their own.
type pipeline struct {
	t     testing.TB
	dsn   string
	store *store.Store
	rules *ingest.Rules
	log   *slog.Logger
	nodes []*ingest.Processor // empty: nothing is processed
	db    *sql.DB
}

// run starts a node with a store of its own, and returns its acceptor.
func (p *pipeline) run() *ingest.Acceptor {
	p.t.Helper()
	st, err := store.Open(p.t.Context(), store.Options{DSN: p.dsn, Log: p.log})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { st.Close() })
	node := ingest.NewProcessor(st, normalize.Message, func() *ingest.Rules { return p.rules }, p.log)
	acceptor := ingest.NewAcceptor(st, node)
	p.nodes = append(p.nodes, node)
	p.spawn(acceptor.Run)
	p.spawn(node.Run)
	return acceptor
}

// spawn runs a loop until the test ends.
func (p *pipeline) spawn(loop func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := loop(ctx); err != nil {
			p.t.Errorf("a loop ended with %v", err)
		}
	})
	p.t.Cleanup(func() { stop(); done.Wait() })
}

// scan reads one row.
func (p *pipeline) scan(into any, query string) error {
	return p.db.QueryRowContext(p.t.Context(), query).Scan(into)
}

// newRules returns a pipeline without a processor.
func newRules(t testing.TB) *pipeline {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dsn := dbtest.New(t)
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	policy, err := router.Compile(router.Default)
	if err != nil {
		t.Fatal(err)
	}
	tiers, inboxes := map[desk.Tier]string{}, []desk.Inbox(nil)
	for _, tier := range policy.Tiers() {
		tiers[tier.Tier] = tier.Name
	}
	for _, i := range policy.Inboxes() {
		inboxes = append(inboxes, desk.Inbox{Key: i.Key, Name: i.Name, Tier: i.Tier})
	}
	version, err := st.PublishPolicy(t.Context(), desk.Publication{Document: string(router.Default), Origin: desk.OriginDefault, Tiers: tiers, Inboxes: inboxes})
	if err != nil {
		t.Fatal(err)
	}
	list, err := st.InboxList(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &pipeline{t: t, dsn: dsn, db: db, store: st, log: log, rules: &ingest.Rules{Policy: policy, Version: version, Inboxes: map[string]desk.Inbox{},
		Tokens: threading.NewTokens(threading.Key{ID: 1, Secret: []byte(strings.Repeat("k", 32))}),
		Own:    func(a string) bool { return strings.HasSuffix(a, "@desk.example") },
		Base:   func(string) string { return "support@desk.example" }}}
	for _, i := range list {
		p.rules.Inboxes[i.Key] = i
	}
	return p
}

// newPipeline returns a pipeline that two nodes process.
func newPipeline(t testing.TB) *pipeline {
	t.Helper()
	p := newRules(t)
	for range 2 {
		p.run()
	}
	return p
}

func (p *pipeline) accept(raws ...desk.Raw) []desk.Receipt {
	p.t.Helper()
	receipts, err := p.store.SaveRaws(p.t.Context(), raws)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, node := range p.nodes {
		node.Wake() // a node that is idle looks at the journal once a second
	}
	return receipts
}

// settled waits until nothing is pending.
func (p *pipeline) settled() {
	p.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		raws, _, err := p.store.Raws(p.t.Context(), desk.RawPending, 0, 1)
		if err != nil {
			p.t.Fatal(err)
		}
		if len(raws) == 0 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("still pending: %+v", raws)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func rawMail(n int, from, headers string) desk.Raw {
	text := fmt.Sprintf("From: %s\r\nTo: support@desk.example\r\nSubject: Mail %d\r\nMessage-ID: <%d@test.example>\r\n%s\r\nText %d.\r\n", from, n, n, headers, n)
	return desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprint(n), EnvelopeFrom: from,
		EnvelopeTo: []string{"support@desk.example"}, ReceivedAt: time.Now(), Bytes: []byte(text)}
}

// TestPoisonCostsOnlyItself: what cannot be processed is quarantined with its
// reason; its neighbours in the batch are not held up, and a replay tries again.
func TestPoisonCostsOnlyItself(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	poison := desk.Raw{Channel: desk.ChannelChat, Endpoint: "wk", SourceKey: "nonsense", ReceivedAt: time.Now(), Bytes: []byte("{")}
	p.accept(rawMail(1, "a@one.example", ""), poison, rawMail(2, "b@two.example", ""))
	p.settled()
	bad, _, err := p.store.Raws(t.Context(), desk.RawQuarantined, 0, 10)
	if err != nil || len(bad) != 1 || bad[0].SourceKey != "nonsense" || bad[0].Problem == "" {
		t.Fatalf("quarantine holds %+v (%v), want the poison with a reason", bad, err)
	}
	good, _, err := p.store.Raws(t.Context(), desk.RawProcessed, 0, 10)
	if err != nil || len(good) != 2 {
		t.Fatalf("%d processed (%v), want 2", len(good), err)
	}
	if ids, err := p.store.Replay(t.Context(), bad[0].ID); err != nil || len(ids) != 1 {
		t.Fatalf("replay touched %v (%v)", ids, err)
	}
	p.settled()
	again, _, err := p.store.Raws(t.Context(), desk.RawQuarantined, 0, 10)
	if err != nil || len(again) != 1 || again[0].Attempts != 1 {
		t.Errorf("after the replay: %+v (%v), want it back after one attempt", again, err)
	}
}

// TestOctetsAreKeptOnce: a mail that comes again under another number, as from a
// folder that was renumbered, shares the octets of the first, which anybody who
// wants them still gets; one that differs in an octet keeps its own.
func TestOctetsAreKeptOnce(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	first, again, differs := rawMail(1, "a@one.example", ""), rawMail(1, "a@one.example", ""), rawMail(1, "a@one.example", "X-Relay: b\r\n")
	again.SourceKey, differs.SourceKey = "again", "differs"
	for _, raw := range []desk.Raw{first, again, differs} {
		p.accept(raw)
		p.settled()
	}
	raws, _, err := p.store.Raws(t.Context(), desk.RawProcessed, 0, 10)
	if err != nil || len(raws) != 3 {
		t.Fatalf("%d processed (%v), want 3", len(raws), err)
	}
	for i, want := range []desk.Raw{differs, again, first} {
		got, err := p.store.Raw(t.Context(), raws[i].ID)
		if err != nil || string(got.Bytes) != string(want.Bytes) || got.Kept != int64(len(want.Bytes)) || raws[i].Kept != got.Kept {
			t.Errorf("%s: %d of %d octets (%v)", want.SourceKey, got.Kept, len(want.Bytes), err)
		}
	}
	db, err := sql.Open("postgres", p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var shared string
	if err := db.QueryRowContext(t.Context(), "select string_agg(source_key, ' ') from raws where bytes = ''").Scan(&shared); err != nil || shared != "again" {
		t.Errorf("without octets of their own: %q (%v), want the one that came again", shared, err)
	}
}

// TestQuickMailsOneConversation: replies that arrive at once, spread over two
// nodes, open one conversation, whose events are dense.
func TestQuickMailsOneConversation(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	const mails = 64
	var wg sync.WaitGroup
	for n := range mails {
		headers := ""
		if n > 0 {
			headers = "References: <0@test.example>\r\n"
		}
		raw := rawMail(n, fmt.Sprintf("user%d@quick.example", n%5), headers)
		raw.AuthResults = "mx.desk.example; dmarc=pass header.from=quick.example"
		wg.Go(func() { p.accept(raw) })
	}
	wg.Wait()
	p.settled()
	admin := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	list := p.conversations(admin)
	if len(list) != 1 {
		t.Fatalf("%d conversations, want 1", len(list))
	}
	events, err := p.store.ConversationEvents(t.Context(), admin, list[0], 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d: not dense", i, e.Seq)
		}
	}
	if len(events) != mails+1 {
		t.Errorf("%d events, want one per mail and the opening", len(events))
	}
}

// TestSourceKeyOnce: the same thing offered again is the same row.
func TestSourceKeyOnce(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	first := p.accept(rawMail(1, "a@one.example", ""))
	second := p.accept(rawMail(2, "a@one.example", ""), rawMail(1, "a@one.example", ""))
	if second[0].Duplicate || !second[1].Duplicate || second[1].ID != first[0].ID {
		t.Errorf("receipts %+v after %+v", second, first)
	}
	p.settled()
}

// conversations lists what is there.
func (p *pipeline) conversations(as desk.Agent) []desk.ConversationID {
	p.t.Helper()
	rows, err := p.store.Conversations(p.t.Context(), as, nil, view.SortNewest, view.Position{}, 200)
	if err != nil {
		p.t.Fatal(err)
	}
	ids := make([]desk.ConversationID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

// A backlog of mail keeps nobody waiting who sits before a screen.
func TestAPersonBeforeMail(t *testing.T) {
	t.Parallel()
	f := open(t)
	var raws []desk.Raw
	for i, channel := range []desk.Channel{desk.ChannelEmail, desk.ChannelEmail, desk.ChannelChat, desk.ChannelForm} {
		raws = append(raws, desk.Raw{Channel: channel, Endpoint: "x", SourceKey: fmt.Sprint(i), ReceivedAt: time.Now()})
	}
	if _, err := f.SaveRaws(t.Context(), raws); err != nil {
		t.Fatal(err)
	}
	var order []string
	for range raws {
		claimed, err := f.Claim(t.Context(), 1, time.Minute)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("%d claimed after %v, %v", len(claimed), order, err)
		}
		order = append(order, claimed[0].Raw.SourceKey)
	}
	if got := strings.Join(order, " "); got != "2 3 0 1" {
		t.Errorf("claimed %s", got)
	}
}
