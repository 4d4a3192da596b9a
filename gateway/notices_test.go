package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestNoticeMail: an escalation that nobody acknowledges reaches the agent by mail, once,
func TestNoticeMail(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	err := os.WriteFile(policy, []byte(`
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}}
slas: [{name: quick, calendar: always, first_response: 300ms}]
routing: [{name: default, set: {inbox: frontline}}]
escalations:
  - {name: late, on: sla.first_response.breached, do: {notify: [admins]}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	sink := mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) {
		cfg.Policy, cfg.NoticeMail, cfg.PublicURL = policy, 500*time.Millisecond, "https://desk.example"
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	})
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "Late", "late1@acme.example", "Hello?"))
	c := r.only("Late")
	sent := sink.Await(1)[0]
	mail := strings.ReplaceAll(string(sent.Content), "=\r\n", "")
	if sent.From != "" || !strings.Contains(mail, "Auto-Submitted: auto-generated") || !strings.Contains(mail, "https://desk.example/#/c/"+c.ID) || !strings.Contains(mail, "Late") {
		t.Errorf("from %q: %s", sent.From, mail)
	}
	// What programs answer does not come back to the desk.
	if !strings.Contains(mail, "Reply-To: \"Switchboard\" <"+sent.To[0]+">") {
		t.Errorf("answers go elsewhere: %s", mail)
	}
	r.post("kim@acme.example", "support@desk.example", letter("kim@acme.example", "support@desk.example", "Later", "later1@acme.example", "Hello."))
	for _, m := range sink.Await(2)[1:] {
		if strings.Contains(string(m.Content), "#1 Late") {
			t.Errorf("the notice was sent again: %s", m.Content)
		}
	}
}
