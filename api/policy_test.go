package api

import (
	"testing"

	"github.com/lib/pq"

	"switchboard/api/visibility"
	"switchboard/desk"
	"switchboard/desk/view"
)

// The rule of who may read a conversation exists three times: in the schema, in
// package agent and in package visibility. All agree in every case.
func TestReadRulesAgree(t *testing.T) {
	d := newDesk(t)
	for _, restricted := range []bool{false, true} {
		for _, admin := range []bool{false, true} {
			for _, tiers := range [][]desk.Tier{nil, {1}, {2}, {1, 2, 3}} {
				for tier := desk.Tier(0); tier < 4; tier++ {
					a := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: admin, Tiers: tiers}
					numbers := pq.Int64Array{}
					for _, n := range tiers {
						numbers = append(numbers, int64(n))
					}
					var schema bool
					if err := d.db.QueryRow(`select may_read($1, $2, $3, $4)`, restricted, int(tier), admin, numbers).Scan(&schema); err != nil {
						t.Fatal(err)
					}
					acts := a.CanRead(&desk.Conversation{Restricted: restricted, Tier: tier})
					events := visibility.MayRead(a, view.Access{Restricted: restricted, Tier: tier})
					if schema != acts || acts != events {
						t.Errorf("restricted %v, admin %v, tiers %v, tier %d: schema %v, agent %v, visibility %v", restricted, admin, tiers, tier, schema, acts, events)
					}
				}
			}
		}
	}
}
