package lifecycle_test

import (
	"encoding/json"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// TestAutomaticAssignmentYields: whatever people did meanwhile wins.
func TestAutomaticAssignmentYields(t *testing.T) {
	t.Parallel()
	ana := desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana", Tiers: []desk.Tier{1, 2}}
	ben := desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ben", Tiers: []desk.Tier{1}}
	one, two := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "one", Tier: 1}, desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "two", Tier: 2}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := lifecycle.Policy{}
	auto := lifecycle.Assign{By: desk.ActorPolicy, To: ben, Automatic: &lifecycle.Automatic{Inbox: one.ID, Strategy: "least-loaded", Reason: "has 0 open conversations",
		Considered: []desk.ConsideredAgent{{AgentID: ben.ID, Name: "Ben"}, {AgentID: ana.ID, Name: "Ana", Reason: "is away"}}}}
	by := desk.AgentActor(ana.ID)
	person, machine := lifecycle.Message{}, lifecycle.Message{Automatic: true}
	tests := []struct {
		name   string
		events []lifecycle.Event
		want   bool // it is assigned
	}{
		{"nothing happened", nil, true},
		{"somebody took it", []lifecycle.Event{lifecycle.Assign{By: by, To: ana}}, false},
		{"a reply took it", []lifecycle.Event{lifecycle.Reply{Author: ana}}, false},
		{"it was snoozed", []lifecycle.Event{lifecycle.SetStatus{By: by, To: desk.StatusSnoozed, Until: at.Add(time.Hour)}}, false},
		{"it was resolved", []lifecycle.Event{lifecycle.SetStatus{By: by, To: desk.StatusResolved}}, false},
		{"it was moved", []lifecycle.Event{lifecycle.Move{By: by, From: one, To: two}}, false},
		{"a person unassigned it", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}}, false},
		{"a rule unassigned it", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: desk.ActorPolicy}}, true},
		{"a note does not release it", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}, lifecycle.Note{By: by}}, false},
		{"automatic mail does not release it", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}, machine}, false},
		{"the customer wrote again", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}, person}, true},
		{"it moved away and back", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}, lifecycle.Move{By: by, From: one, To: two}, lifecycle.Move{By: by, From: two, To: one}}, true},
		{"it was assigned in between", []lifecycle.Event{lifecycle.Assign{By: by, To: ben}, lifecycle.Assign{By: by}, lifecycle.Assign{By: by, To: ana}, lifecycle.Assign{By: desk.ActorPolicy}}, true},
	}
	for _, test := range tests {
		state := lifecycle.Open(desk.Conversation{ID: desk.NewID[desk.ConversationID](), InboxID: one.ID, Tier: 1}, lifecycle.Opening{}, p, at).State
		for _, e := range append([]lifecycle.Event{person}, test.events...) {
			out, err := lifecycle.Apply(state, e, p, at)
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			state = out.State
		}
		out, err := lifecycle.Apply(state, auto, p, at)
		if (err == nil) != test.want || err != nil && desk.KindOf(err) != desk.KindConflict {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if err != nil {
			continue
		}
		var data desk.ConversationAssigned
		if err := json.Unmarshal(out.Events[0].Data, &data); err != nil || out.State.Conversation.AssigneeID != ben.ID || len(data.Considered) != 2 || data.Strategy != "least-loaded" || data.Reason == "" {
			t.Errorf("%s: %s", test.name, out.Events[0].Data)
		}
		if len(out.Notices) != 1 || out.Notices[0].Kind != desk.NoticeAssigned || out.Notices[0].AgentID != ben.ID {
			t.Errorf("%s: notices %+v", test.name, out.Notices)
		}
	}
}

// TestNoticeOfAnAssignment: agents are told what others give them, not what they take.
func TestNoticeOfAnAssignment(t *testing.T) {
	t.Parallel()
	ana, ben := desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana"}, desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ben"}
	state := lifecycle.Open(desk.Conversation{ID: desk.NewID[desk.ConversationID]()}, lifecycle.Opening{}, lifecycle.Policy{}, time.Now()).State
	for _, e := range []struct {
		by, to desk.Agent
		told   int
	}{{ana, ana, 0}, {ana, ben, 1}, {ana, desk.Agent{}, 0}} {
		out, err := lifecycle.Apply(state, lifecycle.Assign{By: desk.AgentActor(e.by.ID), To: e.to}, lifecycle.Policy{}, time.Now())
		if err != nil || len(out.Notices) != e.told {
			t.Errorf("%s to %q: %+v, %v", e.by.Name, e.to.Name, out.Notices, err)
		}
		state = out.State
	}
}
