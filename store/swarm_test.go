package store_test

import (
	"strings"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

// TestSwarm: helpers write notes, and the owner answers.
func TestSwarm(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	if _, err := o.desk.Assign(t.Context(), o.ana, c, o.ana.ID); err != nil {
		t.Fatal(err)
	}
	cleo := o.agent(t, "Cleo", 2)
	invite := func(in agent.Invite) error { return o.desk.Invite(t.Context(), o.ana, c, in) }
	if err := invite(agent.Invite{Agents: []desk.AgentID{o.bob.ID, cleo.ID, o.bob.ID}, Note: "Is this a\nbug?"}); err != nil {
		t.Fatal(err)
	}
	if err := invite(agent.Invite{Agents: []desk.AgentID{o.bob.ID}}); err != nil { // is asked already
		t.Fatal(err)
	}
	v := must(o.Conversation(t.Context(), o.bob, view.ConversationRef{ID: c}))
	if len(v.Swarm) != 2 || v.Swarm[0].Agent.Name != "Bob" || v.Swarm[0].By.Name != "Ana" || v.Assignee.Name != "Ana" {
		t.Errorf("the swarm is %+v", v.Swarm)
	}
	if told := o.notices(t, o.bob); told != "swarm Help wanted by Ana: Is this a bug?" {
		t.Errorf("Bob was told %q", told)
	}
	found := func(a desk.Agent) int {
		f, _ := search.Parse("is:swarming")
		return len(must(o.Conversations(t.Context(), a, []search.Filter{f}, view.SortNewest, view.Position{}, 9)))
	}
	if n, counts := found(o.bob), must(o.Counts(t.Context(), o.bob)); n != 1 || counts.Swarming != 1 || found(o.ana) != 0 {
		t.Errorf("Bob finds %d and counts %+v", n, counts)
	}
	if _, err := o.desk.Note(t.Context(), o.bob, c, "It is."); err != nil {
		t.Error(err)
	}
	if _, err := o.desk.Reply(t.Context(), o.bob, c, agent.Reply{Text: "Hello"}); desk.KindOf(err) != desk.KindDenied || !strings.Contains(err.Error(), "Ana answers") {
		t.Errorf("the reply of a helper: %v", err)
	}
	if _, err := o.desk.Assign(t.Context(), o.bob, c, o.bob.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Reply(t.Context(), o.bob, c, agent.Reply{Text: "Hello"}); err != nil || found(o.bob) != 0 {
		t.Errorf("after taking over: %v", err)
	}
	for range 2 {
		if err := o.desk.Leave(t.Context(), cleo, c, cleo.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := kinds(o.events(t, c, 2)); got != "conversation.assigned note.added swarm.invited note.added conversation.assigned message.sent conversation.status swarm.left" {
		t.Error(got)
	}
	if counts := must(o.Counts(t.Context(), cleo)); counts.Swarming != 0 {
		t.Errorf("Cleo counts %+v", counts)
	}
	o.tiled(t)
}

// TestSwarmOfInbox: the members of an inbox who are available and may read the
// conversation are asked, and nobody else.
func TestSwarmOfInbox(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	o.exec(t, "update conversations set restricted = true where id = $1", c)
	cleo, away := o.agent(t, "Cleo", 2), o.agent(t, "Away", 1, 2)
	o.exec(t, "insert into agent_presence (agent_id, seen_at) select id, now() from agents")
	if err := o.SetAvailability(t.Context(), away.ID, away.ID, desk.Away, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]agent.Invite{
		"nobody": {}, "unknown inbox": {Inbox: "nosuch"}, "may not read": {Agents: []desk.AgentID{cleo.ID}}, "unknown": {Agents: []desk.AgentID{desk.NewID[desk.AgentID]()}},
	} {
		if err := o.desk.Invite(t.Context(), o.ana, c, in); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.desk.Invite(t.Context(), o.ana, c, agent.Invite{Inbox: "billing"}); err != nil {
		t.Fatal(err)
	}
	if v := must(o.Conversation(t.Context(), o.root, view.ConversationRef{ID: c})); len(v.Swarm) != 1 || v.Swarm[0].Agent.ID != o.bob.ID {
		t.Errorf("the swarm is %+v", v.Swarm)
	}
	for range 12 {
		o.agent(t, "Extra"+desk.NewID[desk.AgentID]().String(), 1, 2)
	}
	o.exec(t, "insert into agent_presence (agent_id, seen_at) select id, now() from agents on conflict do nothing")
	if err := o.desk.Invite(t.Context(), o.ana, c, agent.Invite{Inbox: "billing"}); err != nil {
		t.Fatal(err)
	}
	if n := o.number(t, "select count(*) from helpers"); n != 10 && n != 11 {
		t.Errorf("%d agents were asked", n)
	}
}
