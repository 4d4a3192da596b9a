package gateway_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"switchboard/config"
	"switchboard/desk/view"
	"switchboard/gateway"
	"switchboard/store"
)

// TestPromises: in a running gateway the clock of a mail starts, warns and is breached by
// itself, the escalation rule acts and tells the admins, the gap is found, and a reply
// meets the clock late.
func TestPromises(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	err := os.WriteFile(policy, []byte(`
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes: {frontline: {tier: 1, calendar: always}, billing: {tier: 2, calendar: always}}
slas: [{name: quick, calendar: always, first_response: 400ms, warn: [50%]}]
routing: [{name: default, set: {inbox: frontline}}]
escalations:
  - {name: late, on: sla.first_response.breached, do: {priority: +1, notify: [admins]}}
gaps: {no_owner: 100ms}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var dsn string
	r := start(t, func(cfg *config.Config) {
		cfg.MetricsAddr, cfg.Policy = "127.0.0.1:0", policy
		dsn = cfg.DB.URL
	})
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "1@acme.example", "Hello."))
	id := r.only("from:jo@acme.example").ID
	var c view.Conversation
	r.eventually("the escalation", func() bool {
		r.call("GET", "/conversations/"+id, nil, &c)
		return c.Priority == "high"
	})
	if k := c.Clocks; len(k) != 1 || k[0].State != "breached" || k[0].BreachedAt == nil || len(k[0].Warnings) != 1 || c.NextDue == nil || c.NextDue.State != "breached" || c.Gap != "owner" {
		t.Errorf("conversation %+v with the clocks %+v", c, k)
	}
	var notices struct{ Data []view.Notice }
	r.call("GET", "/notices", nil, &notices)
	if len(notices.Data) != 1 || notices.Data[0].Rule != "late" {
		t.Errorf("notices %+v", notices.Data)
	}
	other, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // it was only read
	explained, err := gateway.Explain(t.Context(), other, view.ConversationRef{Number: c.Number})
	if err != nil || explained.SLA != "quick" || explained.Gap != "owner" || len(explained.Clocks) != 1 || explained.Clocks[0].State != "breached" || !slices.Equal(explained.Holding, []string{"late"}) ||
		len(explained.Next) != 0 || explained.LiveVersion == 0 || !slices.Contains(explained.Path, "routing: default") {
		t.Errorf("explained as %+v, %v", explained, err)
	}
	r.call("POST", "/conversations/"+id+"/replies", map[string]any{"text": "We look into it."}, nil)
	r.call("GET", "/conversations/"+id, nil, &c)
	if k := c.Clocks; len(k) != 1 || k[0].State != "met" || k[0].BreachedAt == nil || k[0].MetAt == nil || c.NextDue != nil || c.Gap != "" || !slices.Contains(c.Allowed, "resolve") {
		t.Errorf("after the reply: %+v", c)
	}
	for sample, want := range map[string]float64{
		`switchboard_sla_breaches_total{target="first_response",tier="1"}`: 1,
		`switchboard_escalations_total{rule="late"}`:                       1,
		`switchboard_gaps{gap="owner"}`:                                    0,
		`switchboard_sla_timers_overdue`:                                   0,
	} {
		r.eventually(sample, func() bool { got, ok := r.samples()[sample]; return ok && got == want })
	}
	if n := r.samples()["switchboard_sla_timer_lag_seconds_count"]; n == 0 {
		t.Error("no timer lag was observed")
	}
}
