package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
)

// Ended counts the credentials that a change of an agent has ended.
type Ended struct{ Sessions, Keys int }

// SaveAgent is ChangeAgent without the count.
func (s *Store) SaveAgent(ctx context.Context, a desk.Agent, passwordHash string) (desk.AgentID, error) {
	id, _, err := s.ChangeAgent(ctx, a, passwordHash)
	return id, err
}

// ChangeAgent creates an agent, or changes the one with the same address, and
// returns the ID. An empty passwordHash keeps the password. A new password ends all
// sessions and API keys of the agent; disabling the agent ends the sessions, and the
// keys have no effect until the agent is enabled again. The change is recorded in the
// event log.
func (s *Store) ChangeAgent(ctx context.Context, a desk.Agent, passwordHash string) (desk.AgentID, Ended, error) {
	if a.ID.IsZero() {
		a.ID = desk.NewID[desk.AgentID]()
	}
	a.Name, a.Email = clean(a.Name), clean(strings.ToLower(a.Email))
	_, tiers := viewer(a)
	q := &s.q.identity
	var ended Ended
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, q.LockAgents).ExecContext(ctx); err != nil {
			return wrap("lock agents", err)
		}
		var before agentRow
		err := tx.StmtxContext(ctx, q.ByEmail).GetContext(ctx, &before, a.Email)
		created := err != nil && kindOf(err) == desk.KindNotFound
		if err != nil && !created {
			return wrap("read agent", err)
		}
		err = tx.StmtxContext(ctx, q.SaveAgent).GetContext(ctx, &a.ID, a.ID, a.Name, a.Email, tiers, a.Admin, a.Disabled, passwordHash)
		if err != nil {
			return wrap("save agent", err)
		}
		subject := desk.AgentSubject(a.ID)
		if created {
			return s.record(ctx, tx, subject, desk.ActorSystem, desk.AgentCreated{Name: a.Name, Email: a.Email, Tiers: list(a.Tiers), Admin: a.Admin})
		}
		fields := changedFields(&before, &a, passwordHash)
		if len(fields) == 0 {
			return nil
		}
		if err := s.record(ctx, tx, subject, desk.ActorSystem, desk.AgentChanged{Fields: fields}); err != nil {
			return err
		}
		ended, err = s.end(ctx, tx, a.ID, desk.ActorSystem, slices.Contains(fields, "password"), a.Disabled)
		return err
	})
	return a.ID, ended, err
}

// end ends the sessions of an agent with a new password or without access, and the
// keys of one with a new password.
func (s *Store) end(ctx context.Context, tx *sqlx.Tx, id desk.AgentID, by desk.Actor, newPassword, disabled bool) (Ended, error) {
	var ended Ended
	if !newPassword && !disabled {
		return ended, nil
	}
	result, err := tx.StmtxContext(ctx, s.q.identity.EndSessions).ExecContext(ctx, id)
	if err != nil {
		return ended, wrap("end sessions", err)
	}
	n, err := result.RowsAffected()
	if ended.Sessions = int(n); err != nil || !newPassword {
		return ended, wrap("count sessions", err)
	}
	var keys []revokedKey
	if err := tx.StmtxContext(ctx, s.q.identity.EndKeys).SelectContext(ctx, &keys, id); err != nil {
		return ended, wrap("revoke keys", err)
	}
	ended.Keys = len(keys)
	return ended, s.recordRevoked(ctx, tx, by, "password", keys)
}

// changedFields names what saving a with passwordHash changes about an agent, as
// in desk.AgentChanged.
func changedFields(before *agentRow, a *desk.Agent, passwordHash string) (fields []string) {
	b := before.agent()
	for _, f := range []struct {
		name    string
		changed bool
	}{
		{"name", a.Name != b.Name}, {"tiers", !slices.Equal(a.Tiers, b.Tiers)}, {"admin", a.Admin != b.Admin},
		{"disabled", a.Disabled != b.Disabled}, {"password", passwordHash != "" && passwordHash != before.PasswordHash},
	} {
		if f.changed {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// ChangePassword sets an agent's password, ends all their sessions and API keys, which
// it counts, and starts a session with the digest unless that is nil. It is recorded as
// the agent's own change.
func (s *Store) ChangePassword(ctx context.Context, id desk.AgentID, hash string, digest []byte, ttl time.Duration) (sessions, keys int, err error) {
	q := &s.q.identity
	var ended Ended
	err = s.tx(ctx, func(tx *sqlx.Tx) (err error) {
		if _, err := tx.StmtxContext(ctx, q.LockAgents).ExecContext(ctx); err != nil {
			return wrap("lock agents", err)
		}
		if _, err := tx.StmtxContext(ctx, q.SetPassword).ExecContext(ctx, id, hash); err != nil {
			return wrap("set password", err)
		}
		by := desk.AgentActor(id)
		if err := s.record(ctx, tx, desk.AgentSubject(id), by, desk.AgentChanged{Fields: []string{"password"}}); err != nil {
			return err
		}
		if ended, err = s.end(ctx, tx, id, by, true, false); err != nil || digest == nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, q.InsertSession).ExecContext(ctx, digest, id, ttl.Seconds())
		return wrap("create session", err)
	})
	return ended.Sessions, ended.Keys, err
}
