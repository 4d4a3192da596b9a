package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/simulation"
	"switchboard/router"
)

// TestSimulateStoredTraffic: the live policy, replayed over random mail that was stored,
// sends every conversation where it is; a draft moves exactly those whose rule it changes.
func TestSimulateStoredTraffic(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.rules.Policy.Version = p.rules.Version
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	const mails = 150
	for n := range mails {
		from := fmt.Sprintf("p%d@%s.example", r.IntN(20), pick("one", "two", "three"))
		to := pick("support", "billing", "security") + "@desk.example"
		text := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s %d\r\nMessage-ID: <%d@test.example>\r\n%s\r\n%s\r\n", from, to,
			pick("Question", "My invoice", "Webhook", "Störung"), n, n, pick("", "", "Auto-Submitted: auto-generated\r\n"), pick("Hello", "Please refund it", "The API fails", "> old\r\n\r\nIt is down"))
		p.accept(desk.Raw{Channel: desk.ChannelEmail, Endpoint: "smtp", SourceKey: fmt.Sprint(n), EnvelopeFrom: from, EnvelopeTo: []string{to}, ReceivedAt: time.Now(), Bytes: []byte(text)})
	}
	p.settled()
	simulate := func(draft *router.Policy) simulation.SimulationResult {
		s := simulation.New(p.rules.Policy, draft, simulation.Options{MostMoved: mails, Handling: time.Minute})
		if err := p.store.Openings(t.Context(), time.Now().Add(-time.Hour), func(o *simulation.Opening) error { s.Add(o); return nil }); err != nil {
			t.Fatal(err)
		}
		return s.Result()
	}
	var stored int
	p.scan(&stored, "select count(*) from conversations")
	same := simulate(p.rules.Policy)
	if stored < mails/2 || same.Conversations != stored || same.Unexplained+same.Moved+same.Changed > 0 {
		t.Errorf("%d conversations: %+v", stored, same)
	}
	draft, err := router.Compile([]byte(strings.Replace(string(router.Default), "set: {inbox: billing, tags: [billing]}", "set: {inbox: integrations, tags: [billing]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []int64
	for _, m := range simulate(draft).List {
		got = append(got, m.Number)
	}
	rows, err := p.db.QueryContext(t.Context(), "select c.number from conversations c join inboxes i on i.id = c.inbox_id where i.key = 'billing' order by c.created_at, c.id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		want = append(want, n)
	}
	if err := rows.Err(); err != nil || len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("moved %v, want %v, %v", got, want, err)
	}
	late := 0
	err = p.store.Openings(t.Context(), time.Now().Add(time.Hour), func(*simulation.Opening) error { late++; return nil })
	if err != nil || late > 0 {
		t.Errorf("%d later ones, %v", late, err)
	}
}
