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
	inside, outside := desk.NewID[desk.InboxID](), desk.NewID[desk.InboxID]()
	for _, limit := range [][]desk.InboxID{nil, {}, {inside}, {outside}} {
		for _, restricted := range []bool{false, true} {
			for _, admin := range []bool{false, true} {
				for _, tiers := range [][]desk.Tier{nil, {1}, {2}, {1, 2, 3}} {
					for tier := desk.Tier(0); tier < 4; tier++ {
						a := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: admin, Tiers: tiers, InboxesOnly: limit != nil, Sees: limit}
						numbers, limits := pq.Int64Array{}, pq.StringArray(nil) // as store.viewer
						for _, n := range tiers {
							numbers = append(numbers, int64(n))
						}
						if limit != nil {
							limits = pq.StringArray{}
						}
						for _, id := range limit {
							limits = append(limits, uuidOf(id))
						}
						if admin {
							numbers, limits = nil, nil
						}
						var schema bool
						if err := d.db.QueryRow(`select may_read($1, $2, $3, $4, $5)`, restricted, int(tier), inside, limits, numbers).Scan(&schema); err != nil {
							t.Fatal(err)
						}
						acts := a.CanRead(&desk.Conversation{Restricted: restricted, Tier: tier, InboxID: inside})
						events := visibility.MayRead(a, view.Access{Restricted: restricted, Tier: tier, InboxID: inside})
						if schema != acts || acts != events {
							t.Errorf("limit %v, restricted %v, admin %v, tiers %v, tier %d: schema %v, agent %v, visibility %v", limit, restricted, admin, tiers, tier, schema, acts, events)
						}
					}
				}
			}
		}
	}
}
