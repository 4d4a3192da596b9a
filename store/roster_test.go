package store_test

import (
	"fmt"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
)

// member returns an agent of the roster.
func (o *office) member(t testing.TB, id desk.AgentID) desk.Member {
	t.Helper()
	all, err := o.Roster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("%s is not in the roster", id)
	return desk.Member{}
}

// TestRosterHasWhatAssignmentNeeds: properties, availability and load.
func TestRosterHasWhatAssignmentNeeds(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	err := o.EditAgent(t.Context(), o.root.ID, o.ana.ID, func(a *desk.Agent) error {
		a.Inboxes, a.Skills, a.Leads, a.Capacity = []string{"frontline"}, []string{"api"}, []string{"frontline"}, 7
		a.Timezone, a.Hours = "Europe/Berlin", desk.Hours{"mon-sun": {"00:00-24:00"}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	gone := o.agent(t, "Gone", 1)
	o.exec(t, "update agents set disabled = true where id = $1", gone.ID)
	all, err := o.Roster(t.Context())
	if err != nil || len(all) != 3 || all[0].Name != "Ana" || all[2].Name != "Root" || !all[2].Admin {
		t.Fatalf("%+v, %v", all, err)
	}
	got := fmt.Sprintf("%v %v %v %v %v %v %v %v", all[0].Tiers, all[0].Inboxes, all[0].Skills, all[0].Leads, all[0].Capacity, all[0].Timezone, all[0].Hours, all[0].Availability)
	if got != "[1] [frontline] [api] [frontline] 7 Europe/Berlin map[mon-sun:[00:00-24:00]] offline" {
		t.Error(got)
	}

	// The load counts what is open and waits for us, by inbox.
	var letters []desk.ConversationID
	for range 5 {
		c := o.letter(t)
		letters = append(letters, c)
		if _, err := o.desk.Assign(t.Context(), o.root, c, o.bob.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.desk.Move(t.Context(), o.root, letters[0], agent.Move{Inbox: "billing", Note: "Problem: an invoice. Tried: nothing. Customer told: yes."}); err != nil {
		t.Fatal(err)
	}
	for i, status := range []desk.Status{desk.StatusPending, desk.StatusResolved} {
		if _, err := o.desk.SetStatus(t.Context(), o.root, letters[i+1], agent.Status{To: status}); err != nil {
			t.Fatal(err)
		}
	}
	if m := o.member(t, o.bob.ID); len(m.Load) != 2 || m.Load["frontline"] != 2 || m.Load["billing"] != 1 || m.Open() != 3 {
		t.Errorf("load %v", m.Load)
	}
	if m := o.member(t, o.ana.ID); m.Open() != 0 || m.Load == nil {
		t.Errorf("load %v", m.Load)
	}
}

func TestAvailabilityOverTime(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	want := func(state desk.Availability, reason string) {
		t.Helper()
		if m := o.member(t, o.ana.ID); m.Availability != state || m.Reason != reason {
			t.Errorf("%s (%s), want %s (%s)", m.Availability, m.Reason, state, reason)
		}
	}
	set := func(state desk.Availability, until time.Time) {
		t.Helper()
		if err := o.SetAvailability(t.Context(), o.ana.ID, o.ana.ID, state, until); err != nil {
			t.Fatal(err)
		}
	}
	want(desk.Offline, desk.ReasonDisconnected)
	for range 2 { // two nodes, or two windows
		if err := o.SeeAgent(t.Context(), o.ana.ID); err != nil {
			t.Fatal(err)
		}
	}
	want(desk.Available, "")
	set(desk.Away, time.Time{})
	want(desk.Away, desk.ReasonChosen)
	o.exec(t, "update agent_presence set seen_at = now() - interval '1 hour'")
	want(desk.Away, desk.ReasonChosen)
	set(desk.Away, time.Now().Add(time.Hour))
	o.exec(t, "update agents set away_until = now() - interval '1 second' where id = $1", o.ana.ID)
	want(desk.Offline, desk.ReasonDisconnected)
	v, err := o.Agent(t.Context(), o.ana.ID)
	if err != nil || v.Availability.Chosen != desk.Available || v.Availability.Until != nil {
		t.Errorf("%+v, %v: the absence is over", v.Availability, err)
	}
	if err := o.SeeAgent(t.Context(), o.ana.ID); err != nil {
		t.Fatal(err)
	}
	want(desk.Available, "")
	set(desk.Available, time.Time{})
	set(desk.Available, time.Time{}) // changes nothing
	if n := o.number(t, "select count(*) from events where kind = 'agent.availability' and subject_id = $1 and actor = $1", o.ana.ID.String()); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	if err := o.SeeAgent(t.Context(), desk.NewID[desk.AgentID]()); err != nil {
		t.Errorf("an agent who was deleted meanwhile: %v", err)
	}
}

// TestLastAdminStays: no edit leaves the desk without an admin.
func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	demote := func(a *desk.Agent) error { a.Admin = false; return nil }
	disable := func(a *desk.Agent) error { a.Disabled = true; return nil }
	for _, change := range []func(*desk.Agent) error{demote, disable} {
		if err := o.EditAgent(t.Context(), o.root.ID, o.root.ID, change); desk.KindOf(err) != desk.KindConflict {
			t.Errorf("%v", err)
		}
	}
	promote := func(a *desk.Agent) error { a.Admin = true; return nil }
	if err := o.EditAgent(t.Context(), o.root.ID, o.bob.ID, promote); err != nil {
		t.Fatal(err)
	}
	if err := o.EditAgent(t.Context(), o.bob.ID, o.root.ID, demote); err != nil {
		t.Error(err)
	}
	if err := o.EditAgent(t.Context(), o.bob.ID, desk.NewID[desk.AgentID](), demote); desk.KindOf(err) != desk.KindNotFound {
		t.Errorf("%v", err)
	}
	if n := o.number(t, "select count(*) from events where kind = 'agent.changed' and actor = $1 and subject_id = $2", o.bob.ID.String(), o.root.ID.String()); n != 1 {
		t.Errorf("%d events", n)
	}
}

// BenchmarkRoster reads 50 agents with 20 open conversations each, among 20,000 others.
func BenchmarkRoster(b *testing.B) {
	o := openOffice(b)
	c := o.letter(b)
	o.exec(b, `insert into agents (id, name, email, tiers) select gen_random_uuid(), 'A' || n, 'a' || n || '@desk.example', '{1}' from generate_series(1, 50) n`)
	o.exec(b, `insert into conversations (id, account_id, contact_id, channel, inbox_id, tier, reply_channel, created_at, updated_at, status, waiting_on, assignee_id)
		select gen_random_uuid(), c.account_id, c.contact_id, 'email', c.inbox_id, 1, 'email', now(), now(),
			case when n % 21 = 0 then 'open' else 'resolved' end, case when n % 21 = 0 then 'us' else 'customer' end, a.id
		from conversations c, (select id, row_number() over () as i from agents where email like 'a%@desk.example') a, generate_series(1, 420) n where c.id = $1`, c)
	o.exec(b, "analyze")
	o.exec(b, "vacuum conversations")
	for b.Loop() {
		if _, err := o.Roster(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
