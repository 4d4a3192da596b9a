package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/savedview"
)

type savedViewQueries struct {
	List   *sqlx.Stmt `query:"savedview-list"`
	Lock   *sqlx.Stmt `query:"savedview-lock"`
	Count  *sqlx.Stmt `query:"savedview-count"`
	Insert *sqlx.Stmt `query:"savedview-insert"`
	Edit   *sqlx.Stmt `query:"savedview-edit"`
	Delete *sqlx.Stmt `query:"savedview-delete"`
}

// savedViewRow is a view as the driver reads it.
type savedViewRow struct {
	ID                   desk.SavedViewID
	Name                 string
	OwnerID              desk.AgentID
	OwnerName            string
	OwnerTiers           pq.Int64Array
	Scope, Q, Sort       string
	CreatedAt, UpdatedAt time.Time
}

func (r *savedViewRow) decided() savedview.View {
	owner := desk.Agent{ID: r.OwnerID, Name: r.OwnerName}
	for _, t := range r.OwnerTiers {
		owner.Tiers = append(owner.Tiers, desk.Tier(t))
	}
	return savedview.View{ID: r.ID, Name: r.Name, Owner: owner, Scope: r.Scope, Q: r.Q, Sort: view.Sort(r.Sort), UpdatedAt: r.UpdatedAt}
}

// SavedViews lists the views that an agent sees, by name.
func (s *Store) SavedViews(ctx context.Context, as desk.Agent) ([]view.SavedView, error) {
	return s.savedViews(ctx, as, desk.SavedViewID{})
}

// SavedView returns one; KindNotFound if the agent does not see it.
func (s *Store) SavedView(ctx context.Context, as desk.Agent, id desk.SavedViewID) (view.SavedView, error) {
	return only("view", id, func() ([]view.SavedView, error) { return s.savedViews(ctx, as, id) })
}

func (s *Store) savedViews(ctx context.Context, as desk.Agent, id desk.SavedViewID) ([]view.SavedView, error) {
	var rows []savedViewRow
	if err := s.q.savedView.List.SelectContext(ctx, &rows, as.ID, id); err != nil {
		return nil, wrap("list views", err)
	}
	out := []view.SavedView{}
	for i := range rows {
		r := &rows[i]
		if v := r.decided(); v.Visible(&as) {
			out = append(out, view.SavedView{ID: r.ID, Name: r.Name, Owner: view.AgentName{ID: r.OwnerID, Name: r.OwnerName}, Scope: r.Scope, Q: r.Q, Sort: v.Sort,
				Editable: v.Editable(&as) == nil, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC()})
		}
	}
	return out, nil
}

// CreateSavedView stores a view. KindConflict if its owner has one with that name.
func (s *Store) CreateSavedView(ctx context.Context, v savedview.View) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var n int
		if err := tx.StmtxContext(ctx, s.q.savedView.Count).GetContext(ctx, &n, v.Owner.ID); err != nil {
			return wrap("count views", err)
		}
		if n >= maxSaved {
			return desk.Errorf(desk.KindConflict, "you have %d views already: remove some that are not needed", n)
		}
		_, err := tx.StmtxContext(ctx, s.q.savedView.Insert).ExecContext(ctx, v.ID, clean(v.Name), v.Owner.ID, v.Scope, clean(v.Q), string(v.Sort))
		return savedViewError(&v, "save a view", err)
	})
}

// EditSavedView lets change edit a view.
func (s *Store) EditSavedView(ctx context.Context, id desk.SavedViewID, change func(*savedview.View) error) error {
	return s.savedViewDo(ctx, id, func(tx *sqlx.Tx, v *savedview.View) error {
		if err := change(v); err != nil {
			return err
		}
		_, err := tx.StmtxContext(ctx, s.q.savedView.Edit).ExecContext(ctx, id, clean(v.Name), v.Scope, clean(v.Q), string(v.Sort))
		return savedViewError(v, "change a view", err)
	})
}

// DeleteSavedView removes a view, unless check refuses it.
func (s *Store) DeleteSavedView(ctx context.Context, id desk.SavedViewID, check func(*savedview.View) error) error {
	return s.savedViewDo(ctx, id, func(tx *sqlx.Tx, v *savedview.View) error {
		if err := check(v); err != nil {
			return err
		}
		_, err := tx.StmtxContext(ctx, s.q.savedView.Delete).ExecContext(ctx, id)
		return wrap("remove a view", err)
	})
}

func (s *Store) savedViewDo(ctx context.Context, id desk.SavedViewID, fn func(*sqlx.Tx, *savedview.View) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var row savedViewRow
		if err := tx.StmtxContext(ctx, s.q.savedView.Lock).GetContext(ctx, &row, id); err != nil {
			if kindOf(err) == desk.KindNotFound {
				return notFound("view", id)
			}
			return wrap("read a view", err)
		}
		v := row.decided()
		return fn(tx, &v)
	})
}

// savedViewError explains that a name is taken.
func savedViewError(v *savedview.View, op string, err error) error {
	if kindOf(err) == desk.KindConflict {
		return desk.Errorf(desk.KindConflict, "%s has a view with the name %q already", v.Owner.Name, v.Name)
	}
	return wrap(op, err)
}
