package store

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/imf"
)

type addressQueries struct {
	Unreachable *sqlx.Stmt `query:"address-unreachable"`
}

// Unreachable implements agent.Tx.
func (t *actTx) Unreachable(ctx context.Context, addresses []string) ([]desk.Unreachable, error) {
	var names pq.StringArray
	for _, a := range addresses {
		names = append(names, clean(imf.NormalizeAddr(a)))
	}
	var list []desk.Unreachable
	if err := t.rows(ctx, "read unreachable addresses", t.s.q.address.Unreachable, &list, names); err != nil {
		return nil, err
	}
	for i := range list {
		utc(&list[i].Since)
	}
	return list, nil
}

type addressFailureJSON struct {
	Address      string  `json:"address"`
	Permanent    bool    `json:"permanent"`
	After        int     `json:"after"`
	Code         int     `json:"code"`
	EnhancedCode string  `json:"enhanced_code"`
	Detail       string  `json:"detail"`
	At           instant `json:"at"`
}

type addressLiftJSON struct {
	Address string  `json:"address"`
	ByID    key     `json:"by_id,omitzero"`
	At      instant `json:"at"`
}

// addressHealth encodes what became known about addresses.
func addressHealth(c *desk.Changes, out *changesJSON) {
	for _, f := range c.Unreached {
		out.Unreached = append(out.Unreached, addressFailureJSON{f.Address, f.Permanent, desk.SuppressAfter, f.Code, f.EnhancedCode, f.Detail, instant{f.At}})
	}
	for _, l := range c.Reached {
		out.Reached = append(out.Reached, addressLiftJSON{l.Address, key(l.By), instant{l.At}})
	}
}
