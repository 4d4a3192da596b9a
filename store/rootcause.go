package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/macro"
	"switchboard/internal/rootcause"
)

type rootCauseQueries struct {
	List     *sqlx.Stmt `query:"root-cause-list"`
	Affected *sqlx.Stmt `query:"root-cause-affected"`
	Hidden   *sqlx.Stmt `query:"root-cause-hidden"`
	Insert   *sqlx.Stmt `query:"root-cause-insert"`
	Edit     *sqlx.Stmt `query:"root-cause-edit"`
	Lock     *sqlx.Stmt `query:"root-cause-lock"`
	Linked   *sqlx.Stmt `query:"root-cause-linked"`
	Link     *sqlx.Stmt `query:"root-cause-link"`
	Unlink   *sqlx.Stmt `query:"root-cause-unlink"`
	Names    *sqlx.Stmt `query:"root-cause-names"`
}

// rootCauseRow is a root cause in a list, as the driver reads it.
type rootCauseRow struct {
	view.RootCauseRow
	Note string
}

func (s *Store) rootCauses(ctx context.Context, as desk.Agent, f view.RootCauseFilter, id desk.RootCauseID, skip, limit int) ([]rootCauseRow, error) {
	limits, tiers := viewer(as)
	pattern := ""
	if f.Text != "" {
		pattern = "%" + likeLiteral.Replace(f.Text) + "%"
	}
	var rows []rootCauseRow
	if err := s.q.rootCause.List.SelectContext(ctx, &rows, limits, tiers, as.ID, f.State, clean(pattern), f.Conversation, id, skip, limit); err != nil {
		return nil, wrap("list root causes", err)
	}
	for i := range rows {
		utc(&rows[i].CreatedAt, &rows[i].UpdatedAt, rows[i].FixedAt)
	}
	return rows, nil
}

// RootCauses lists root causes that an agent sees, without the first skip: the open ones first,
// and the newest of these.
func (s *Store) RootCauses(ctx context.Context, as desk.Agent, f view.RootCauseFilter, skip, limit int) ([]view.RootCauseRow, error) {
	rows, err := s.rootCauses(ctx, as, f, desk.RootCauseID{}, skip, limit)
	out := make([]view.RootCauseRow, len(rows))
	for i := range rows {
		out[i] = rows[i].RootCauseRow
	}
	return out, err
}

// RootCause returns one root cause; KindNotFound if the agent does not see it.
func (s *Store) RootCause(ctx context.Context, as desk.Agent, id desk.RootCauseID) (view.RootCause, error) {
	row, err := only("root cause", id, func() ([]rootCauseRow, error) { return s.rootCauses(ctx, as, view.RootCauseFilter{}, id, 0, 1) })
	if err != nil {
		return view.RootCause{}, err
	}
	out := view.RootCause{RootCauseRow: row.RootCauseRow, Note: row.Note, Affected: []view.Affected{}}
	limits, tiers := viewer(as)
	if err := s.q.rootCause.Affected.SelectContext(ctx, &out.Affected, limits, tiers, id); err != nil {
		return out, wrap("list linked conversations", err)
	}
	contacts, accounts := map[desk.ContactID]bool{}, map[desk.AccountID]bool{}
	for i := range out.Affected {
		a := &out.Affected[i]
		utc(&a.LinkedAt)
		if a.MergedInto != nil && a.MergedInto.ID.IsZero() {
			a.MergedInto = nil
		}
		contacts[a.Contact.ID], accounts[a.Account.ID] = true, true
	}
	out.Contacts, out.Accounts = len(contacts), len(accounts)
	if err := s.q.rootCause.Hidden.GetContext(ctx, &out.Hidden, limits, tiers, id); err != nil {
		return out, wrap("count hidden conversations", err)
	}
	out.Updates, err = s.rootCauseUpdates(ctx, as, id, desk.UpdateID{})
	return out, err
}

// CreateRootCause stores a root cause.
func (s *Store) CreateRootCause(ctx context.Context, by desk.Agent, r rootcause.RootCause) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.rootCause.Insert).ExecContext(ctx, r.ID, clean(r.Title), r.State, clean(r.Note), clean(r.URL), by.ID); err != nil {
			return wrap("create a root cause", err)
		}
		return s.record(ctx, tx, desk.RootCauseSubject(r.ID), desk.AgentActor(by.ID), desk.RootCauseChanged{Title: r.Title, What: "created"})
	})
}

// EditRootCause lets change edit a root cause and return the names of the changed fields.
func (s *Store) EditRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, change func(*rootcause.RootCause) (fields []string, err error)) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockRootCause(ctx, tx, id)
		if err != nil {
			return err
		}
		fields, err := change(&r)
		if err != nil || len(fields) == 0 {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.rootCause.Edit).ExecContext(ctx, id, clean(r.Title), r.State, clean(r.Note), clean(r.URL)); err != nil {
			return wrap("change a root cause", err)
		}
		return s.record(ctx, tx, desk.RootCauseSubject(id), desk.AgentActor(by.ID), desk.RootCauseChanged{Title: r.Title, What: "changed", Fields: fields})
	})
}

func (s *Store) lockRootCause(ctx context.Context, tx *sqlx.Tx, id desk.RootCauseID) (rootcause.RootCause, error) {
	var row struct {
		ID               desk.RootCauseID
		Title, Note, URL string
		State            desk.RootCauseState
		CreatedBy        desk.AgentID
		UpdatedAt        time.Time
	}
	if err := tx.StmtxContext(ctx, s.q.rootCause.Lock).GetContext(ctx, &row, id); err != nil {
		if err == sql.ErrNoRows {
			return rootcause.RootCause{}, notFound("root cause", id)
		}
		return rootcause.RootCause{}, wrap("read a root cause", err)
	}
	return rootcause.RootCause{ID: row.ID, Title: row.Title, State: row.State, Note: row.Note, URL: row.URL, CreatedBy: row.CreatedBy, UpdatedAt: row.UpdatedAt}, nil
}

// LinkRootCause implements agent.Tx.
func (t *actTx) LinkRootCause(ctx context.Context, id desk.RootCauseID, c desk.ConversationID, by desk.AgentID) (title string, linked bool, err error) {
	r, err := t.s.lockRootCause(ctx, t.tx, id)
	if err != nil {
		return "", false, err
	}
	var n int
	if err := t.get(ctx, "count linked conversations", t.s.q.rootCause.Linked, &n, id); err != nil {
		return "", false, err
	}
	switch err := t.tx.StmtxContext(ctx, t.s.q.rootCause.Link).GetContext(ctx, &linked, id, c, by); {
	case err == sql.ErrNoRows:
		return r.Title, false, nil
	case err != nil:
		return "", false, wrap("link a conversation to a root cause", err)
	case n >= rootcause.MaxLinked:
		return "", false, desk.Errorf(desk.KindConflict, "%d conversations are linked to %q already, and more are not possible", n, r.Title)
	}
	return r.Title, true, nil
}

// UnlinkRootCause implements agent.Tx.
func (t *actTx) UnlinkRootCause(ctx context.Context, id desk.RootCauseID, c desk.ConversationID) (title string, err error) {
	r, err := t.s.lockRootCause(ctx, t.tx, id)
	if err != nil {
		return "", err
	}
	var gone bool
	if err := t.tx.StmtxContext(ctx, t.s.q.rootCause.Unlink).GetContext(ctx, &gone, id, c); err == sql.ErrNoRows {
		return "", desk.Errorf(desk.KindNotFound, "the conversation is not linked to %q", r.Title)
	} else if err != nil {
		return "", wrap("unlink a conversation", err)
	}
	return r.Title, nil
}

// Names implements agent.Tx.
func (t *actTx) Names(ctx context.Context, id desk.ConversationID) (n macro.Names, err error) {
	return n, t.get(ctx, "read the names of a conversation", t.s.q.rootCause.Names, &n, id)
}
