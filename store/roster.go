package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/roster"
)

type rosterQueries struct {
	Roster       *sqlx.Stmt `query:"roster"`
	Seen         *sqlx.Stmt `query:"roster-seen"`
	Availability *sqlx.Stmt `query:"roster-availability"`
}

// memberRow is a member of the roster as the driver reads it.
type memberRow struct {
	agentRow
	Chosen desk.Availability
	Until  sql.NullTime
	SeenAt sql.NullTime
	Clock  time.Time
	Loaded pq.StringArray
	Open   pq.Int64Array
}

func (r *memberRow) member(offlineAfter time.Duration) desk.Member {
	m := desk.Member{Agent: r.agent(), Presence: desk.Presence{Chosen: r.Chosen, Until: r.Until.Time, SeenAt: r.SeenAt.Time}, Load: make(map[string]int, len(r.Loaded))}
	m.Availability, m.Reason = roster.Availability(&m.Agent, m.Presence, r.Clock, offlineAfter)
	for i, key := range r.Loaded {
		m.Load[key] = int(r.Open[i])
	}
	return m
}

// Roster returns every agent who can sign in with what the assignment of conversations
// needs: where they work, whether they are available now, and their open conversations
// by inbox. It is one query, which counts in an index.
func (s *Store) Roster(ctx context.Context) ([]desk.Member, error) {
	return s.roster(ctx, s.q.roster.Roster, false, desk.AgentID{})
}

// Roster is Store.Roster in a transaction that changes conversations.
func (t *actTx) Roster(ctx context.Context) ([]desk.Member, error) {
	return t.s.roster(ctx, t.tx.StmtxContext(ctx, t.s.q.roster.Roster), false, desk.AgentID{})
}

func (s *Store) roster(ctx context.Context, stmt *sqlx.Stmt, disabled bool, one desk.AgentID) ([]desk.Member, error) {
	var rows []memberRow
	if err := stmt.SelectContext(ctx, &rows, disabled, one); err != nil {
		return nil, wrap("read the roster", err)
	}
	members := make([]desk.Member, len(rows))
	for i := range rows {
		members[i] = rows[i].member(s.offlineAfter)
	}
	return members, nil
}

// Agents lists the agents by name: those who can sign in, or all.
func (s *Store) Agents(ctx context.Context, all bool) ([]view.Agent, error) {
	members, err := s.roster(ctx, s.q.roster.Roster, all, desk.AgentID{})
	if err != nil {
		return nil, err
	}
	agents := make([]view.Agent, len(members))
	for i := range members {
		agents[i] = view.AgentOf(members[i])
	}
	return agents, nil
}

// Agent returns one agent, even a disabled one; KindNotFound if there is none.
func (s *Store) Agent(ctx context.Context, id desk.AgentID) (view.Agent, error) {
	return only("agent", id, func() ([]view.Agent, error) {
		members, err := s.roster(ctx, s.q.roster.Roster, true, id)
		if err != nil || len(members) == 0 {
			return nil, err
		}
		return []view.Agent{view.AgentOf(members[0])}, nil
	})
}

// SeeAgent records that an event socket of the agent is open now. It does not wait for
// the disk: after a crash the sockets connect again.
func (s *Store) SeeAgent(ctx context.Context, id desk.AgentID) error {
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.roster.Seen).ExecContext(ctx, id)
		return wrap("record an agent's presence", err)
	})
}

// SetAvailability sets what an agent says about their availability, and records the
// change in the event log. A zero until has no end.
func (s *Store) SetAvailability(ctx context.Context, by, id desk.AgentID, to desk.Availability, until time.Time) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var changed []desk.AgentID
		err := tx.StmtxContext(ctx, s.q.roster.Availability).SelectContext(ctx, &changed, id, to, nullTime(until))
		if err != nil || len(changed) == 0 {
			return wrap("set an agent's availability", err)
		}
		data := desk.AgentAvailability{State: to}
		if !until.IsZero() {
			utc(&until)
			data.Until = &until
		}
		return s.record(ctx, tx, desk.AgentSubject(id), desk.AgentActor(by), data)
	})
}

// hoursColumn scans the hours of an agent.
type hoursColumn desk.Hours

// Scan implements sql.Scanner.
func (h *hoursColumn) Scan(src any) error {
	text, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("scan %T into working hours", src)
	}
	return json.Unmarshal(text, h)
}
