package api

import (
	"strings"
	"testing"

	"switchboard/desk"
)

// Forwarding takes the permission of the tier, and addresses that the agent sees.
func TestWhoMayForward(t *testing.T) {
	d := newDesk(t)
	d.agent("ext", desk.Agent{Name: "Ext", Email: "ext@agency.example", Tiers: []desk.Tier{2}, MaskAddresses: true})
	d.usePolicy(allowedPolicy)
	body := map[string]any{"to": []string{"rep@supplier.example"}, "text": "Yours?", "whole": true}
	at := "/conversations/" + d.open.id.String() + "/forward"
	refused := func(who, why string) {
		t.Helper()
		if a := d.as(who, "POST", at, body).want(t, 403); !strings.Contains(a.body, why) {
			t.Errorf("refusal of %s: %s", who, a.body)
		}
	}
	d.as("root", "POST", at, body).want(t, 201)
	d.as("ana", "POST", at, body).want(t, 201)
	refused("ben", "may not reply here")
	refused("ext", "do not see the addresses")
	// Once a tier names it, it is limited to those that do.
	d.usePolicy(strings.Replace(allowedPolicy, "may: [resolve", "may: [reply, forward, resolve", 1))
	refused("ana", "may not forward messages here")
	d.as("ben", "POST", at, body).want(t, 201)
}
