package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/macro"
)

type macroQueries struct {
	List   *sqlx.Stmt `query:"macro-list"`
	Insert *sqlx.Stmt `query:"macro-insert"`
	Edit   *sqlx.Stmt `query:"macro-edit"`
	Delete *sqlx.Stmt `query:"macro-delete"`
	Lock   *sqlx.Stmt `query:"macro-lock"`
	Read   *sqlx.Stmt `query:"macro-read"`
	Used   *sqlx.Stmt `query:"macro-used"`
	Count  *sqlx.Stmt `query:"macro-count"`
}

// macroRow is a macro as the driver reads it.
type macroRow struct {
	ID         desk.MacroID
	Name, Text string
	OwnerID    desk.AgentID
	Inboxes    pq.StringArray
	Actions    []byte
	UpdatedAt  time.Time
}

func (r *macroRow) macro() (macro.Macro, error) {
	m := macro.Macro{ID: r.ID, Name: r.Name, Owner: r.OwnerID, Inboxes: append([]string{}, r.Inboxes...), Text: r.Text, Actions: []desk.MacroAction{}, UpdatedAt: r.UpdatedAt}
	if err := json.Unmarshal(r.Actions, &m.Actions); err != nil {
		return m, desk.Errorf(desk.KindInternal, "actions of a macro in the database: %w", err)
	}
	return m, nil
}

// Macros lists the macros that an agent can use, by name.
func (s *Store) Macros(ctx context.Context, as desk.Agent) ([]view.Macro, error) {
	return s.macros(ctx, as, desk.MacroID{})
}

// Macro returns one macro; KindNotFound if the agent cannot use it.
func (s *Store) Macro(ctx context.Context, as desk.Agent, id desk.MacroID) (view.Macro, error) {
	return only("macro", id, func() ([]view.Macro, error) { return s.macros(ctx, as, id) })
}

func (s *Store) macros(ctx context.Context, as desk.Agent, id desk.MacroID) ([]view.Macro, error) {
	limits, _ := viewer(as)
	var rows []struct {
		view.Macro
		OwnerID desk.AgentID
		Inboxes pq.StringArray
		Actions []byte
	}
	if err := s.q.macro.List.SelectContext(ctx, &rows, as.ID, limits, id); err != nil {
		return nil, wrap("list macros", err)
	}
	out := make([]view.Macro, len(rows))
	for i, r := range rows {
		row := macroRow{ID: r.ID, Name: r.Name, Text: r.Text, OwnerID: r.OwnerID, Inboxes: r.Inboxes, Actions: r.Actions}
		m, err := row.macro()
		if err != nil {
			return nil, err
		}
		v := r.Macro
		v.Scope, v.Inboxes, v.Actions = m.Scope(), m.Inboxes, m.Actions
		v.Editable = m.Editable(&as) == nil
		utc(v.LastUsedAt, &v.CreatedAt, &v.UpdatedAt)
		out[i] = v
	}
	return out, nil
}

// maxMacros bounds the shared macros, and those of an agent: lists have no pages.
const maxMacros = 500

// CreateMacro stores a macro. KindConflict if there is one with that name in its scope.
func (s *Store) CreateMacro(ctx context.Context, by desk.Agent, m macro.Macro) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var n int
		if err := tx.StmtxContext(ctx, s.q.macro.Count).GetContext(ctx, &n, m.Owner); err != nil {
			return wrap("count macros", err)
		}
		if n >= maxMacros {
			return desk.Errorf(desk.KindConflict, "there are %d %s macros already: remove some that are not needed", n, m.Scope())
		}
		_, err := tx.StmtxContext(ctx, s.q.macro.Insert).ExecContext(ctx, m.ID, clean(m.Name), m.Owner, textArray(m.Inboxes), clean(m.Text), jsonText(append([]desk.MacroAction{}, m.Actions...)))
		if err != nil {
			return macroError(&m, "create a macro", err)
		}
		return s.record(ctx, tx, desk.MacroSubject(m.ID), desk.AgentActor(by.ID), desk.MacroChanged{Name: m.Name, Scope: m.Scope(), What: "created"})
	})
}

// EditMacro lets change edit a macro, and returns the names of the changed fields.
func (s *Store) EditMacro(ctx context.Context, by desk.Agent, id desk.MacroID, change func(*macro.Macro) (fields []string, err error)) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lockMacro(ctx, tx, id)
		if err != nil {
			return err
		}
		fields, err := change(&m)
		if err != nil || len(fields) == 0 {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.macro.Edit).ExecContext(ctx, id, clean(m.Name), textArray(m.Inboxes), clean(m.Text), jsonText(append([]desk.MacroAction{}, m.Actions...))); err != nil {
			return macroError(&m, "change a macro", err)
		}
		return s.record(ctx, tx, desk.MacroSubject(id), desk.AgentActor(by.ID), desk.MacroChanged{Name: m.Name, Scope: m.Scope(), What: "changed", Fields: fields})
	})
}

// DeleteMacro removes a macro, unless check refuses it.
func (s *Store) DeleteMacro(ctx context.Context, by desk.Agent, id desk.MacroID, check func(*macro.Macro) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		m, err := s.lockMacro(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := check(&m); err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.macro.Delete).ExecContext(ctx, id); err != nil {
			return wrap("remove a macro", err)
		}
		return s.record(ctx, tx, desk.MacroSubject(id), desk.AgentActor(by.ID), desk.MacroChanged{Name: m.Name, Scope: m.Scope(), What: "removed"})
	})
}

func (s *Store) lockMacro(ctx context.Context, tx *sqlx.Tx, id desk.MacroID) (macro.Macro, error) {
	var row macroRow
	if err := tx.StmtxContext(ctx, s.q.macro.Lock).GetContext(ctx, &row, id); err != nil {
		return macro.Macro{}, macroMissing(id, err)
	}
	return row.macro()
}

// macroError explains that a name is taken.
func macroError(m *macro.Macro, op string, err error) error {
	if kindOf(err) == desk.KindConflict {
		return desk.Errorf(desk.KindConflict, "there is a %s macro with the name %q already", m.Scope(), m.Name)
	}
	return wrap(op, err)
}

func macroMissing(id desk.MacroID, err error) error {
	if kindOf(err) == desk.KindNotFound {
		return notFound("macro", id)
	}
	return wrap("read a macro", err)
}

// Macro implements agent.Tx.
func (t *actTx) Macro(ctx context.Context, id desk.MacroID) (macro.Macro, error) {
	var row macroRow
	if err := t.tx.StmtxContext(ctx, t.s.q.macro.Read).GetContext(ctx, &row, id); err != nil {
		return macro.Macro{}, macroMissing(id, err)
	}
	return row.macro()
}

// MacroUsed implements agent.Tx.
func (t *actTx) MacroUsed(ctx context.Context, id desk.MacroID) error {
	_, err := t.tx.StmtxContext(ctx, t.s.q.macro.Used).ExecContext(ctx, id)
	return wrap("count the use of a macro", err)
}
