package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
)

type forwardQueries struct {
	Messages *sqlx.Stmt `query:"forward-messages"`
	Received *sqlx.Stmt `query:"forward-received"`
}

// Enclosures implements agent.Tx.
func (t *actTx) Enclosures(ctx context.Context, c desk.ConversationID, named []desk.MessageID) ([]desk.Message, error) {
	var ids column
	for _, id := range named {
		ids.uuid(id)
	}
	var rows []outgoingRow
	if err := t.rows(ctx, "read messages to forward", t.s.q.forward.Messages, &rows, c, named == nil, &ids); err != nil {
		return nil, err
	}
	out := make([]desk.Message, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].message(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Received implements agent.Tx.
func (t *actTx) Received(ctx context.Context, m desk.MessageID) (bytes []byte, err error) {
	err = t.get(ctx, "read a received mail", t.s.q.forward.Received, &bytes, m)
	return bytes, err
}

// Render implements agent.Tx.
func (t *actTx) Render(ctx context.Context, m desk.MessageID, bytes []byte) error {
	_, err := t.tx.StmtxContext(ctx, t.s.q.delivery.SaveRendering).ExecContext(ctx, m, bytes)
	return wrap("save rendering", err)
}
