package explain

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
	"switchboard/router"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile([]byte(strings.Replace(string(router.Default), "handoffs:", "gaps: {no_owner: 2h}\nhandoffs:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	rules.Version = 7
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	policy := lifecycle.Policy{Rules: rules, Inboxes: []desk.Inbox{{ID: desk.InboxID{1}, Key: "frontline", Tier: 1}}}
	opened := lifecycle.Open(desk.Conversation{ID: desk.ConversationID{1}, Number: 12, InboxID: desk.InboxID{1}, Tier: 1, Priority: desk.PriorityNormal}, lifecycle.Opening{SLA: "t1"}, policy, at)
	out, err := lifecycle.Apply(opened.State, lifecycle.Message{}, policy, at)
	if err != nil {
		t.Fatal(err)
	}
	due := at.Add(time.Hour)
	v := view.Conversation{ID: desk.ConversationID{1}, Number: 12, Subject: "Export", Status: "open", WaitingOn: "us", Inbox: view.InboxName{Key: "frontline"}, Tier: 1,
		Path: []string{"segment: standard", "routing: default"}, PolicyVersion: 6, SLA: "t1",
		Handoff: &view.Handoff{From: view.InboxName{Key: "billing"}, To: view.InboxName{Key: "frontline"}, At: at, Pending: true, DueAt: &due}}
	for _, k := range lifecycle.Counted(out.State, policy, at.Add(time.Hour)) {
		v.Clocks = append(v.Clocks, view.ClockOf(&k))
	}
	c := Of(&v, out.State, policy)
	var text strings.Builder
	if err := c.Write(&text); err != nil {
		t.Fatal(err)
	}
	const want = `conversation  #12 Export
status        open, waiting on us
inbox         frontline (tier 1), nobody is assigned
path          segment: standard > routing: default
policy        version 6; version 7 is in force now
segment       -
SLA           t1
clock         first_response (t1, tier 1): running, due 2026-03-02T13:00:00Z, used 1h0m0s of 4h0m0s
lacks         owner since 2026-03-02T09:00:00Z
handoff       billing > frontline at 2026-03-02T09:00:00Z, to be accepted by 2026-03-02T10:00:00Z
next          2026-03-02T11:00:00Z gap: owner
next          2026-03-02T12:12:00Z 80% of first_response (t1) is used
next          2026-03-02T12:12:00Z rule first-response-80: notify assignee skipped: nobody is assigned, notify inbox-lead
next          2026-03-02T13:00:00Z first_response (t1) is breached
next          2026-03-02T13:00:00Z rule first-response-breach: notify inbox-lead, priority high
`
	if text.String() != want {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
}
