package store

import (
	"context"
	"maps"
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
	a.Email = clean(strings.ToLower(a.Email))
	var ended Ended
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		before, err := s.lockAgent(ctx, tx, s.q.identity.ByEmail, a.Email)
		if err != nil && desk.KindOf(err) != desk.KindNotFound {
			return err
		}
		ended, err = s.saveAgent(ctx, tx, desk.ActorSystem, before, &a, passwordHash)
		return err
	})
	return a.ID, ended, err
}

// EditAgent lets change edit an agent in a transaction, and records what it changed. It is
// KindConflict if no admin would be left.
func (s *Store) EditAgent(ctx context.Context, by, id desk.AgentID, change func(*desk.Agent) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		before, err := s.lockAgent(ctx, tx, s.q.identity.ByID, id)
		if err != nil {
			return err
		}
		a := before.agent()
		if err := change(&a); err != nil {
			return err
		}
		if _, err := s.saveAgent(ctx, tx, desk.AgentActor(by), before, &a, ""); err != nil || a.Admin && !a.Disabled {
			return err
		}
		var admins int
		if err := tx.StmtxContext(ctx, s.q.identity.CountAdmins).GetContext(ctx, &admins); err != nil {
			return wrap("count admins", err)
		}
		if admins == 0 && before.Admin {
			return desk.Errorf(desk.KindConflict, "%s is the only admin: make someone else an admin first", a.Name)
		}
		return nil
	})
}

// lockAgent reads an agent before a change; KindNotFound, but locked, if there is none.
func (s *Store) lockAgent(ctx context.Context, tx *sqlx.Tx, find *sqlx.Stmt, key any) (*agentRow, error) {
	if _, err := tx.StmtxContext(ctx, s.q.identity.LockAgents).ExecContext(ctx); err != nil {
		return nil, wrap("lock agents", err)
	}
	var row agentRow
	if err := tx.StmtxContext(ctx, find).GetContext(ctx, &row, key); err != nil {
		return nil, missing("agent", err)
	}
	return &row, nil
}

// saveAgent writes an agent and records the change; before is nil for a new one.
func (s *Store) saveAgent(ctx context.Context, tx *sqlx.Tx, by desk.Actor, before *agentRow, a *desk.Agent, passwordHash string) (Ended, error) {
	a.Name = clean(a.Name)
	hours := a.Hours
	if hours == nil {
		hours = desk.Hours{}
	}
	var inboxes, skills, leads column
	for list, texts := range map[*column][]string{&inboxes: a.Inboxes, &skills: a.Skills, &leads: a.Leads} {
		for _, text := range texts {
			list.text(text)
		}
	}
	err := tx.StmtxContext(ctx, s.q.identity.SaveAgent).GetContext(ctx, &a.ID, a.ID, a.Name, a.Email, tierNumbers(a.Tiers), a.Admin, a.Disabled, passwordHash,
		&inboxes, &skills, a.Capacity, &leads, clean(a.Timezone), jsonText(hours), a.InboxesOnly, a.MaskAddresses, clean(a.DisplayName), clean(a.Signature))
	if err != nil {
		return Ended{}, wrap("save agent", err)
	}
	if before == nil {
		return Ended{}, s.record(ctx, tx, desk.AgentSubject(a.ID), by, desk.AgentCreated{Name: a.Name, Email: a.Email, Tiers: list(a.Tiers), Admin: a.Admin})
	}
	fields := changedFields(before, a, passwordHash)
	if len(fields) == 0 {
		return Ended{}, nil
	}
	if err := s.record(ctx, tx, desk.AgentSubject(a.ID), by, desk.AgentChanged{Fields: fields}); err != nil {
		return Ended{}, err
	}
	return s.end(ctx, tx, a.ID, by, slices.Contains(fields, "password"), a.Disabled)
}

// end ends the sessions of an agent with a new password or without access, and the
// keys and app passwords of one with a new password.
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
	var programs []revokedKey
	if err := tx.StmtxContext(ctx, s.q.appPassword.EndAll).SelectContext(ctx, &programs, id); err != nil {
		return ended, wrap("revoke app passwords", err)
	}
	keys = append(keys, programs...)
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
		{"disabled", a.Disabled != b.Disabled}, {"inboxes", !slices.Equal(a.Inboxes, b.Inboxes)},
		{"skills", !slices.Equal(a.Skills, b.Skills)}, {"capacity", a.Capacity != b.Capacity}, {"leads", !slices.Equal(a.Leads, b.Leads)},
		{"timezone", a.Timezone != b.Timezone}, {"hours", !maps.EqualFunc(a.Hours, b.Hours, slices.Equal[[]string])},
		{"inboxes_only", a.InboxesOnly != b.InboxesOnly}, {"mask_addresses", a.MaskAddresses != b.MaskAddresses},
		{"display_name", a.DisplayName != b.DisplayName}, {"signature", a.Signature != b.Signature},
		{"password", passwordHash != "" && passwordHash != before.PasswordHash},
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
