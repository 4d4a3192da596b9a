package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

type sendingQueries struct {
	Deliveries *sqlx.Stmt `query:"sending-deliveries"`
	Message    *sqlx.Stmt `query:"sending-message"`
	Draft      *sqlx.Stmt `query:"sending-draft"`
}

// Outgoing implements agent.Tx.
func (t *actTx) Outgoing(ctx context.Context, c desk.ConversationID, m desk.MessageID) (agent.Outgoing, error) {
	var row struct {
		AuthorID   desk.AgentID
		ThirdParty bool
		Seq        int64
	}
	q := &t.s.q.sending
	if err := t.get(ctx, "read a reply", q.Message, &row, c, m); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return agent.Outgoing{}, notFound("reply", m)
		}
		return agent.Outgoing{}, err
	}
	out := agent.Outgoing{Author: row.AuthorID, Seq: row.Seq, ThirdParty: row.ThirdParty}
	err := t.rows(ctx, "lock deliveries", q.Deliveries, &out.Deliveries, c, m)
	return out, err
}

// Draft implements agent.Tx.
func (t *actTx) Draft(ctx context.Context, c desk.ConversationID, author desk.AgentID, kind view.DraftKind) (view.Draft, error) {
	row := draftRow{Draft: view.Draft{ConversationID: c, Kind: kind}}
	if err := t.get(ctx, "read a draft", t.s.q.sending.Draft, &row, author, c, kind); err != nil {
		return view.Draft{}, err
	}
	return row.draft()
}
