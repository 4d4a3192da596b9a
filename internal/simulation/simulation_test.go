package simulation

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

func compile(t *testing.T, document string) *router.Policy {
	t.Helper()
	p, err := router.Compile([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// traffic returns random conversations, over two weeks from a Monday on.
func traffic(n int) (list []Opening) {
	r := rand.New(rand.NewPCG(3, 4))
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	texts := []string{"my invoice", "the API fails", "an outage", "hello", "refund please"}
	for i := range n {
		at = at.Add(time.Duration(r.ExpFloat64() * 14 * 24 * float64(time.Hour) / float64(n)))
		f := map[string]any{
			"channel": []string{"email", "chat", "form"}[r.IntN(3)], "endpoint": "smtp",
			"message": map[string]any{"subject": texts[r.IntN(len(texts))], "new_text": "", "desk": []string{"support@desk.example", "billing@desk.example"}[r.IntN(2)]},
			"account": map[string]any{"plan": []string{"", "business", "enterprise"}[r.IntN(3)]},
		}
		text, _ := json.Marshal(f)
		list = append(list, Opening{ID: desk.NewID[desk.ConversationID](), Number: int64(i + 1), At: at, Facts: text, NewText: texts[r.IntN(len(texts))], Auto: r.IntN(9) == 0})
	}
	return list
}

func run(live, draft *router.Policy, opt Options, list []Opening) SimulationResult {
	s := New(live, draft, opt)
	for i := range list {
		s.Add(&list[i])
	}
	return s.Result()
}

// TestSamePolicy: a policy differs in nothing from itself, also not in its queues.
func TestSamePolicy(t *testing.T) {
	t.Parallel()
	p := compile(t, string(router.Default))
	staff := Staff{"frontline": {2, 2, 2, 2, 2, 2, 2}}
	r := run(p, compile(t, string(router.Default)), Options{Staff: staff, Handling: 10 * time.Minute, Variation: 1, MostMoved: 10}, traffic(3000))
	if r.Conversations != 3000 || r.Moved+r.Changed+len(r.Moves)+len(r.List) != 0 || len(r.Inboxes) < 4 {
		t.Errorf("%+v", r)
	}
	sum := 0
	for _, in := range r.Inboxes {
		sum += in.Before.Conversations
		if in.Before != in.After {
			t.Errorf("%+v", in)
		}
	}
	if sum != 3000 {
		t.Errorf("%d conversations in inboxes", sum)
	}
}

// TestDraft: exactly the conversations move that the changed rule concerns.
func TestDraft(t *testing.T) {
	t.Parallel()
	live := compile(t, string(router.Default))
	draft := compile(t, strings.Replace(string(router.Default), "set: {inbox: billing, tags: [billing]}", "set: {inbox: frontline, tags: [billing]}", 1))
	list := traffic(3000)
	r := run(live, draft, Options{MostMoved: 5000, Handling: time.Minute}, list)
	moved := map[int64]bool{}
	for _, m := range r.List {
		moved[m.Number] = true
		if m.Before.Inbox != "billing" || m.After.Inbox != "frontline" || m.Before.Rule != "billing" || m.After.Rule != "billing" {
			t.Errorf("%+v", m)
		}
	}
	want := 0
	for i := range list {
		is := Decide(&list[i], live).Inbox == "billing"
		if is != moved[list[i].Number] {
			t.Errorf("%d: moved %v", list[i].Number, !is)
		}
		if is {
			want++
		}
	}
	if want == 0 || r.Moved != want || len(r.Moves) != 1 || r.Moves[0] != (SimulatedMoves{"billing", "frontline", "billing", "billing", want}) {
		t.Errorf("%d: %d, %+v", want, r.Moved, r.Moves)
	}
	for _, in := range r.Inboxes {
		if in.Inbox == "billing" && (in.Before.Conversations != want || in.After.Conversations != 0) {
			t.Errorf("%+v", in)
		}
	}
}

// TestMoreStaff: another agent shortens waits and breaches, and closed hours lengthen them.
func TestMoreStaff(t *testing.T) {
	t.Parallel()
	p := compile(t, string(router.Default))
	list := traffic(2000)
	var last *SimulatedLoad
	for agents := 1; agents <= 6; agents += 2 {
		staff := Staff{}
		if err := staff.ParseStaff(fmt.Sprintf("billing=%d,sat:0", agents)); err != nil {
			t.Fatal(err)
		}
		for _, in := range run(p, p, Options{Staff: staff, Handling: 5 * time.Minute, Variation: 1.2}, list).Inboxes {
			if in.Inbox != "billing" {
				if in.Before.Staffed {
					t.Errorf("%+v", in)
				}
				continue
			}
			if last != nil && (in.Before.MeanWaitS > last.MeanWaitS || in.Before.Breaches > last.Breaches) {
				t.Errorf("%d agents: %+v after %+v", agents, in.Before, *last)
			}
			last = &in.Before
		}
	}
	if last == nil || last.MeanWaitS == 0 {
		t.Errorf("%+v: most arrive while it is closed", last)
	}
}

func TestParseStaff(t *testing.T) {
	t.Parallel()
	s := Staff{}
	if err := s.ParseStaff("billing=3,mon:4,sun:0"); err != nil || s["billing"] != (Days{0, 4, 3, 3, 3, 3, 3}) {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"", "billing", "=3", "billing=x", "billing=-1", "billing=1,monday:2", "billing=1,mon"} {
		if err := s.ParseStaff(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
