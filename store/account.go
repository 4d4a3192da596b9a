package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/textindex"
)

type accountQueries struct {
	OfDomain    *sqlx.Stmt `query:"account-of-domain"`
	Save        *sqlx.Stmt `query:"account-save"`
	SaveDomains *sqlx.Stmt `query:"account-save-domains"`
	Lock        *sqlx.Stmt `query:"account-lock"`
	Find        *sqlx.Stmt `query:"account-find"`
	ByName      *sqlx.Stmt `query:"account-by-name"`
	Read        *sqlx.Stmt `query:"account-read"`
	Others      *sqlx.Stmt `query:"account-others"`
	Write       *sqlx.Stmt `query:"account-write"`
	DropDomains *sqlx.Stmt `query:"account-drop-domains"`
}

// SaveAccount writes an account. Without an ID it updates the account that has
// one of the domains, or creates one. Domains of other accounts stay theirs.
func (s *Store) SaveAccount(ctx context.Context, a desk.Account) error {
	var domains, tags column
	for _, d := range a.Domains {
		domains.text(strings.ToLower(d))
	}
	for _, t := range a.Tags {
		tags.text(t)
	}
	attributes := a.Attributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if a.ID.IsZero() {
			err := tx.StmtxContext(ctx, s.q.account.OfDomain).GetContext(ctx, &a.ID, &domains)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return wrap("find account", err)
			}
		}
		if a.ID.IsZero() {
			a.ID = desk.NewID[desk.AccountID]()
		}
		var created bool
		err := tx.StmtxContext(ctx, s.q.account.Save).GetContext(ctx, &created, a.ID, clean(a.Name), clean(a.Segment), clean(a.Timezone),
			jsonText(attributes), &tags, a.CreatedAt, textindex.Fold(clean(a.Name)))
		if err != nil {
			return wrap("save account", err)
		}
		added := []string{}
		if err := tx.StmtxContext(ctx, s.q.account.SaveDomains).SelectContext(ctx, &added, &domains, a.ID); err != nil || !created {
			return wrap("save the account's domains", err)
		}
		return s.record(ctx, tx, desk.AccountSubject(a.ID), desk.ActorSystem, desk.AccountCreated{Name: clean(a.Name), Domains: added})
	})
}
