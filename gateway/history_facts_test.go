package gateway_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"switchboard/config"
	"switchboard/desk/view"
)

// TestRoutingByHistoryAndLanguage: a policy can look at what became of the customer's
// earlier conversations, and at the language of a message.
func TestRoutingByHistoryAndLanguage(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	err := os.WriteFile(policy, []byte(`
version: 1
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes: {frontline: {tier: 1}, billing: {tier: 2}}
routing:
  - {name: german, when: message.language == "de", set: {inbox: billing}}
  - {name: reopened, when: history.reopened == 1 and history.total == 2, set: {inbox: billing}}
  - {name: returning, when: history.last_tier == 1 and history.reopened == 0 and history.total == 1, set: {inbox: frontline}}
  - {name: new, when: history.last_tier == -1 and history.total == 0 and message.language == "", set: {inbox: frontline}}
  - {name: default, set: {inbox: frontline}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, func(cfg *config.Config) { cfg.Policy = policy })
	send := func(from, id, text, route string) (c view.Conversation) {
		t.Helper()
		r.post(from, "support@desk.example", letter(from, "support@desk.example", "Question "+id, id+"@acme.example", text))
		r.eventually("the conversation "+id, func() bool {
			for _, found := range r.find("from:" + from) {
				if found.Subject == "Question "+id {
					r.call("GET", "/conversations/"+found.ID, nil, &c)
				}
			}
			return c.Number > 0
		})
		if !slices.Contains(c.Path, "routing: "+route) {
			t.Errorf("%s: %q, want %s", id, c.Path, route)
		}
		return c
	}
	status := func(c view.Conversation, to string) {
		t.Helper()
		r.call("POST", "/conversations/"+c.ID.String()+"/status", map[string]any{"status": to}, nil)
	}
	first := send("jo@acme.example", "aaa1", "Hello.", "new")
	status(first, "resolved")
	send("jo@acme.example", "aaa2", "Hello.", "returning")
	status(first, "open")
	send("jo@acme.example", "aaa3", "Hello.", "reopened")
	send("kim@globex.example", "bbb1", "Guten Tag, seit gestern funktioniert der Export unserer Rechnungen nicht mehr. Könnten Sie sich das bitte ansehen?", "german")
}
