package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/lifecycle"
)

// Meet implements agent.Store, under the lock that received mail of the same account takes.
func (s *Store) Meet(ctx context.Context, m agent.Meeting, fn func(agent.Tx, agent.Customer) error) error {
	rules := &ingest.Rules{Own: m.Own, OwnDomain: m.OwnDomain}
	scopes, query := ingest.CorrespondentQuery(m.To, rules)
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		read := &ingestTx{s: s, tx: tx, scopes: scopes}
		snap, err := read.Snapshot(ctx, query)
		if err != nil {
			return err
		}
		// What an agent has been told to be written must survive a crash, other than what
		// is read from the journal again.
		if _, err := tx.StmtxContext(ctx, s.q.agent.Durable).ExecContext(ctx); err != nil {
			return wrap("make the transaction durable", err)
		}
		var who agent.Customer
		who.Contact, who.Account, who.Known, who.New = ingest.Correspondent(m.To, snap, rules, read.now)
		return fn(&actTx{s: s, tx: tx, q: &s.q.agent, states: map[desk.ConversationID]lifecycle.State{}, now: read.now}, who)
	})
}
