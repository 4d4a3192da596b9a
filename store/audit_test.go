package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// audited returns the events about anything but conversations as lines of kind,
// subject and data.
func (f fixture) audited(t *testing.T) (all []string) {
	t.Helper()
	var events []desk.Event
	for at, pending := desk.Cursor(""), true; pending; { // transactions of other tests hold events back
		more, rest, err := f.Follow(t.Context(), at, 100)
		if err != nil {
			t.Fatal(err)
		}
		pending = rest
		if len(more) > 0 {
			events, at = append(events, more...), more[len(more)-1].Cursor
		}
	}
	for _, e := range events {
		if !e.ConversationID.IsZero() || !e.AccountID.IsZero() || e.Seq != 0 || e.Version != 1 || e.Actor != desk.ActorSystem || time.Since(e.At) > time.Hour {
			t.Errorf("event %+v", e)
		}
		all = append(all, fmt.Sprintf("%s %s %s %s", e.Kind, e.Subject.Kind, e.Subject.ID, e.Data))
	}
	return all
}

func (f fixture) wantAudited(t *testing.T, want ...string) {
	t.Helper()
	if got := f.audited(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAgentChangesAreAudited(t *testing.T) {
	t.Parallel()
	f := open(t)
	ana := desk.Agent{Name: "Ana", Email: "Ana@desk.example", Tiers: []desk.Tier{1}}
	disabled := desk.Agent{Name: "Ana Ruiz", Email: ana.Email, Tiers: []desk.Tier{1, 2}, Admin: true, Disabled: true}
	var id desk.AgentID
	for _, save := range []struct {
		agent    desk.Agent
		password string
	}{{ana, "hash"}, {ana, ""}, {ana, "hash"}, {ana, "other"}, {disabled, ""}} {
		var err error
		if id, err = f.SaveAgent(t.Context(), save.agent, save.password); err != nil {
			t.Fatal(err)
		}
	}
	f.wantAudited(t,
		fmt.Sprintf(`agent.created agent %s {"name": "Ana", "admin": false, "email": "ana@desk.example", "tiers": [1]}`, id),
		fmt.Sprintf(`agent.changed agent %s {"fields": ["password"]}`, id),
		fmt.Sprintf(`agent.changed agent %s {"fields": ["name", "tiers", "admin", "disabled"]}`, id))
}

func TestPoliciesAndAccountsAreAudited(t *testing.T) {
	t.Parallel()
	f := open(t)
	version, err := f.PublishPolicy(t.Context(), desk.Publication{Document: "document", Author: "root@desk.example", Origin: desk.OriginAPI, Reason: "a new tier", Tiers: map[desk.Tier]string{1: "Frontline"}})
	if err != nil {
		t.Fatal(err)
	}
	acme := desk.Account{ID: desk.NewID[desk.AccountID](), Name: "Acme", Domains: []string{"Acme.example"}, CreatedAt: time.Now()}
	for range 2 { // the second time it is there already
		if err := f.SaveAccount(t.Context(), acme); err != nil {
			t.Fatal(err)
		}
	}
	f.wantAudited(t,
		fmt.Sprintf(`policy.published policy %d {"author": "root@desk.example", "origin": "api", "reason": "a new tier", "policy_version": %[1]d}`, version),
		fmt.Sprintf(`account.created account %s {"name": "Acme", "domains": ["acme.example"]}`, acme.ID))
}

// TestChannelTransitionsAreAudited: only a channel that fails, degrades or
// recovers is reported, once, across restarts and over all nodes.
func TestChannelTransitionsAreAudited(t *testing.T) {
	t.Parallel()
	f := open(t)
	for _, s := range []struct{ node, state, problem string }{
		{"one", "starting", ""}, {"one", "running", ""}, {"one", "running", ""},
		{"one", "failing", "refused"}, {"one", "failing", "refused again"},
		{"two", "running", ""},                                                  // another node is well; one still fails
		{"one", "stopped", ""}, {"one", "starting", ""}, {"one", "running", ""}, // a restart is not a recovery, but this is
		{"one", "running", "slow"}, {"one", "unauthorised", "wrong password"}, {"one", "running", ""},
	} {
		c := view.Channel{Name: "imap support", State: s.state, Since: time.Now(), LastError: s.problem}
		if err := f.SaveChannels(t.Context(), s.node, []view.Channel{c}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for _, w := range [][3]string{{"", "failing", "refused"}, {"failing", "running", ""}, {"running", "degraded", "slow"},
		{"degraded", "unauthorised", "wrong password"}, {"unauthorised", "running", ""}} {
		problem := ""
		if w[2] != "" {
			problem = fmt.Sprintf(`, "problem": %q`, w[2])
		}
		want = append(want, fmt.Sprintf(`channel.changed channel imap support {"to": %q, "from": %q%s}`, w[1], w[0], problem))
	}
	f.wantAudited(t, want...)
}
