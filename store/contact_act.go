package store

import (
	"context"

	"switchboard/desk"
)

// Contact implements agent.Tx.
func (t *actTx) Contact(ctx context.Context, id desk.ContactID) (c desk.Contact, address string, err error) {
	var row struct {
		ID        desk.ContactID
		AccountID desk.AccountID
		Name      string
		Address   string
	}
	err = t.get(ctx, "read a contact", t.q.Contact, &row, id)
	return desk.Contact{ID: row.ID, AccountID: row.AccountID, Name: row.Name}, row.Address, err
}
