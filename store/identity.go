package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
)

type identityQueries struct {
	ByEmail       *sqlx.Stmt `query:"agent-by-email"`
	LockAgents    *sqlx.Stmt `query:"agent-lock"`
	ByID          *sqlx.Stmt `query:"agent-by-id"`
	CountAdmins   *sqlx.Stmt `query:"agent-admins"`
	SaveAgent     *sqlx.Stmt `query:"agent-save"`
	CountAgents   *sqlx.Stmt `query:"agent-count"`
	InsertSession *sqlx.Stmt `query:"session-insert"`
	SessionAgent  *sqlx.Stmt `query:"session-agent"`
	ExtendSession *sqlx.Stmt `query:"session-extend"`
	DeleteSession *sqlx.Stmt `query:"session-delete"`
	SweepSessions *sqlx.Stmt `query:"session-sweep"`
	InsertKey     *sqlx.Stmt `query:"key-insert"`
	KeyAgent      *sqlx.Stmt `query:"key-agent"`
	KeyUsed       *sqlx.Stmt `query:"key-used"`
	ListKeys      *sqlx.Stmt `query:"key-list"`
	DeleteKey     *sqlx.Stmt `query:"key-delete"`
	SetPassword   *sqlx.Stmt `query:"agent-set-password"`
	EndSessions   *sqlx.Stmt `query:"session-end-all"`
	EndKeys       *sqlx.Stmt `query:"key-end-all"`
}

// AgentByEmail returns an agent and the hash of their password, which is empty if
// they have none. Case does not matter in the address. KindNotFound if there is
// no such agent or they are disabled.
func (s *Store) AgentByEmail(ctx context.Context, email string) (desk.Agent, string, error) {
	var row agentRow
	if err := s.q.identity.ByEmail.GetContext(ctx, &row, clean(strings.ToLower(email))); err != nil {
		return desk.Agent{}, "", missing("agent", err)
	}
	if row.Disabled {
		return desk.Agent{}, "", desk.Errorf(desk.KindNotFound, "no such agent")
	}
	return row.agent(), row.PasswordHash, nil
}

// KnownAgent returns the agent with an address, even a disabled one; KindNotFound
// if there is none.
func (s *Store) KnownAgent(ctx context.Context, email string) (desk.Agent, error) {
	var row agentRow
	if err := s.q.identity.ByEmail.GetContext(ctx, &row, clean(strings.ToLower(email))); err != nil {
		return desk.Agent{}, missing("agent", err)
	}
	return row.agent(), nil
}

// CountAgents returns how many agents can sign in; 0 on a new installation.
func (s *Store) CountAgents(ctx context.Context) (n int, err error) {
	err = s.q.identity.CountAgents.GetContext(ctx, &n)
	return n, wrap("count agents", err)
}

// CreateSession stores a session's digest until it expires, and removes expired
// sessions.
func (s *Store) CreateSession(ctx context.Context, digest []byte, id desk.AgentID, ttl time.Duration) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.identity.SweepSessions).ExecContext(ctx); err != nil {
			return wrap("sweep sessions", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.identity.InsertSession).ExecContext(ctx, digest, id, ttl.Seconds())
		return wrap("create session", err)
	})
}

// signedIn is an agent found by a secret; if Stale, its use is to be recorded.
type signedIn struct {
	agentRow
	Stale bool
}

// SessionAgent returns the agent of a session, and extends the session to ttl from
// now once a tenth of that has passed. KindDenied if there is no such session, it
// has expired, or the agent is disabled.
func (s *Store) SessionAgent(ctx context.Context, digest []byte, ttl time.Duration) (a desk.Agent, extended bool, err error) {
	var row signedIn
	if err := s.q.identity.SessionAgent.GetContext(ctx, &row, digest, ttl.Seconds()); err != nil {
		return desk.Agent{}, false, unknownSecret("session", err)
	}
	if row.Stale {
		err = s.tx(ctx, func(tx *sqlx.Tx) error {
			_, err := tx.StmtxContext(ctx, s.q.identity.ExtendSession).ExecContext(ctx, digest, ttl.Seconds())
			return wrap("extend session", err)
		})
	}
	return row.agent(), row.Stale, err
}

// DeleteSession ends a session. An unknown session is not an error.
func (s *Store) DeleteSession(ctx context.Context, digest []byte) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.identity.DeleteSession).ExecContext(ctx, digest)
		return wrap("delete session", err)
	})
}

// CreateKey stores the digest of an agent's API key and records the creation. A zero
// expires means never; without scopes it may do what the agent may.
func (s *Store) CreateKey(ctx context.Context, name string, digest []byte, by desk.Agent, expires time.Time, scopes ...string) (view.Key, error) {
	k := view.Key{ID: desk.NewID[desk.KeyID](), Name: clean(name), Agent: view.AgentName{ID: by.ID, Name: by.Name}, Scopes: append([]string{}, scopes...)}
	if !expires.IsZero() {
		k.ExpiresAt = &expires
	}
	utc(k.ExpiresAt)
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.StmtxContext(ctx, s.q.identity.InsertKey).GetContext(ctx, &k.CreatedAt, k.ID, k.Name, digest, by.ID, nullTime(expires), pq.StringArray(k.Scopes))
		if err != nil {
			return wrap("create key", err)
		}
		return s.record(ctx, tx, desk.AgentSubject(by.ID), desk.AgentActor(by.ID), desk.KeyCreated{KeyID: k.ID, Name: k.Name, ExpiresAt: k.ExpiresAt, Scopes: k.Scopes})
	})
	utc(&k.CreatedAt)
	return k, err
}

// KeyAgent returns the agent whose rights an API key carries, and its scopes, and records its use
// to the minute. KindDenied if the key is unknown or expired, or the agent is
// disabled.
func (s *Store) KeyAgent(ctx context.Context, digest []byte) (desk.Agent, []string, error) {
	var row struct {
		signedIn
		Scopes pq.StringArray
	}
	if err := s.q.identity.KeyAgent.GetContext(ctx, &row, digest); err != nil {
		return desk.Agent{}, nil, unknownSecret("key", err)
	}
	if !row.Stale {
		return row.agent(), row.Scopes, nil
	}
	err := s.txAsync(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.identity.KeyUsed).ExecContext(ctx, digest)
		return wrap("record the key's use", err)
	})
	return row.agent(), row.Scopes, err
}

func unknownSecret(what string, err error) error {
	if kindOf(err) == desk.KindNotFound {
		return desk.Errorf(desk.KindDenied, "no such %s, or it has expired", what)
	}
	return wrap("read "+what, err)
}

// Keys lists an agent's API keys, oldest first; for an admin, those of all agents.
func (s *Store) Keys(ctx context.Context, as desk.Agent) ([]view.Key, error) {
	var rows []struct {
		view.Key
		ScopeList pq.StringArray
	}
	if err := s.q.identity.ListKeys.SelectContext(ctx, &rows, as.ID, as.Admin); err != nil {
		return nil, wrap("list keys", err)
	}
	keys := make([]view.Key, 0, len(rows))
	for _, row := range rows {
		k := row.Key
		k.Scopes = append([]string{}, row.ScopeList...)
		utc(&k.CreatedAt, k.ExpiresAt, k.LastUsedAt)
		keys = append(keys, k)
	}
	return keys, nil
}

// DeleteKey deletes one of the agent's keys, or any agent's for an admin, and records
// it. KindNotFound if there is none.
func (s *Store) DeleteKey(ctx context.Context, as desk.Agent, id desk.KeyID) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var gone []revokedKey
		if err := tx.StmtxContext(ctx, s.q.identity.DeleteKey).SelectContext(ctx, &gone, as.ID, as.Admin, id); err != nil {
			return wrap("delete key", err)
		}
		if len(gone) == 0 {
			return notFound("key", id)
		}
		by := desk.AgentActor(as.ID)
		if as.ID.IsZero() {
			by = desk.ActorSystem // the command line
		}
		return s.recordRevoked(ctx, tx, by, "", gone)
	})
}

// revokedKey is a deleted key.
type revokedKey struct {
	ID      desk.KeyID
	Name    string
	AgentID desk.AgentID
}

func (s *Store) recordRevoked(ctx context.Context, tx *sqlx.Tx, by desk.Actor, reason string, keys []revokedKey) error {
	for _, k := range keys {
		if err := s.record(ctx, tx, desk.AgentSubject(k.AgentID), by, desk.KeyRevoked{KeyID: k.ID, Name: k.Name, Reason: reason}); err != nil {
			return err
		}
	}
	return nil
}
