package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/autoreply"
	"switchboard/internal/imf"
	"switchboard/internal/responder"
)

type automaticQueries struct {
	Next     *sqlx.Stmt `query:"automatic-next"`
	Later    *sqlx.Stmt `query:"automatic-later"`
	Timezone *sqlx.Stmt `query:"automatic-timezone"`
	Lock     *sqlx.Stmt `query:"automatic-lock"`
	Used     *sqlx.Stmt `query:"automatic-used"`
	Sent     *sqlx.Stmt `query:"automatic-sent"`
	Stop     *sqlx.Stmt `query:"automatic-stop"`
	Stopped  *sqlx.Stmt `query:"automatic-stopped"`
	Customer *sqlx.Stmt `query:"automatic-customer"`
	Ask      *sqlx.Stmt `query:"automatic-ask"`
}

var _ responder.Store = (*Store)(nil)

// AnswerNext implements responder.Store. What fails is tried again later, so that it does
// not hold up the others.
func (s *Store) AnswerNext(ctx context.Context, fn func(responder.Tx, desk.AutomaticDue) error) (found bool, err error) {
	var row struct {
		ID uuid.UUID
		desk.AutomaticDue
		Facts []byte
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		switch err := tx.StmtxContext(ctx, s.q.automatic.Next).GetContext(ctx, &row); {
		case err == sql.ErrNoRows:
			return nil
		case err != nil:
			return wrap("claim an automatic mail", err)
		}
		found = true
		due := row.AutomaticDue
		if err := json.Unmarshal(row.Facts, &due.Facts); err != nil {
			return wrap("read an automatic mail", err)
		}
		t, err := s.lockConversations(ctx, tx, due.ConversationID)
		if err != nil {
			return err
		}
		return fn(&answerTx{actTx: t, q: &s.q.automatic}, due)
	})
	if err != nil && found && desk.KindOf(err) != desk.KindTemporary && ctx.Err() == nil {
		if _, later := s.q.automatic.Later.ExecContext(ctx, row.ID); later != nil {
			s.log.WarnContext(ctx, "PostponeFailed", "error", later)
		}
	}
	return found, err
}

// answerTx implements responder.Tx.
type answerTx struct {
	*actTx
	q *automaticQueries
}

// Timezone implements responder.Tx.
func (t *answerTx) Timezone(ctx context.Context, id desk.AccountID) (zone string, err error) {
	return zone, t.get(ctx, "read the time zone of an account", t.q.Timezone, &zone, id)
}

// Used implements responder.Tx.
func (t *answerTx) Used(ctx context.Context, q responder.Question) (autoreply.Used, autoreply.Traffic, error) {
	if _, err := t.tx.StmtxContext(ctx, t.q.Lock).ExecContext(ctx); err != nil {
		return autoreply.Used{}, autoreply.Traffic{}, wrap("wait for other automatic mail", err)
	}
	var row struct {
		autoreply.Used
		autoreply.Traffic
		Stopped sql.NullTime
	}
	err := t.get(ctx, "count automatic mail", t.q.Used, &row, q.Kind, q.Address, q.Organization, q.Fingerprint, q.Conversation, q.Interval.Seconds(),
		autoreply.BreakerWindow.Seconds(), autoreply.BreakerNormal.Seconds(), q.Contact, autoreply.Burst.Seconds(),
		imf.NormalizeAddr(q.Address))
	row.Used.Stopped = row.Stopped.Time
	return row.Used, row.Traffic, err
}

// Customer implements responder.Tx.
func (t *answerTx) Customer(ctx context.Context, id desk.ConversationID) (desk.AutomaticFacts, error) {
	var row struct {
		Channel  desk.Channel
		Address  string
		Auto     desk.AutoSubmitted
		Trust    desk.Trust
		Via, Own bool
	}
	switch err := t.tx.StmtxContext(ctx, t.q.Customer).GetContext(ctx, &row, id, desk.ProblemUnverified, desk.ProblemAttributed); {
	case err == sql.ErrNoRows:
		return desk.AutomaticFacts{}, nil // nothing is from them
	case err != nil:
		return desk.AutomaticFacts{}, wrap("read a customer", err)
	}
	return desk.AutomaticFacts{Channel: row.Channel, Address: row.Address, Auto: row.Auto, Trust: row.Trust, Via: row.Via,
		Own: row.Own || t.s.livePolicy().Own != nil && t.s.livePolicy().Own(row.Address)}, nil
}

// Ask implements responder.Tx.
func (t *answerTx) Ask(ctx context.Context, s *desk.Survey) error {
	_, err := t.tx.StmtxContext(ctx, t.q.Ask).ExecContext(ctx, s.ID, s.ConversationID, s.MessageID, s.ContactID, s.InboxID, s.AssigneeID, s.Address, s.Kind, s.Scale,
		s.SentAt, s.ExpiresAt)
	return wrap("record a survey", err)
}

// Sent implements responder.Tx.
func (t *answerTx) Sent(ctx context.Context, m responder.Sent) error {
	_, err := t.tx.StmtxContext(ctx, t.q.Sent).ExecContext(ctx, m.Message, m.Conversation, m.Kind, m.Address, m.Organization, m.Fingerprint, m.Verified)
	return wrap("record an automatic mail", err)
}

// Stop implements responder.Tx.
func (t *answerTx) Stop(ctx context.Context, until time.Time, reason string) error {
	_, err := t.tx.StmtxContext(ctx, t.q.Stop).ExecContext(ctx, until, reason)
	return wrap("stop automatic mail", err)
}

// AutomaticStopped returns until when the circuit breaker has stopped automatic mail to
// customers, and why; the zero time: it has not.
func (s *Store) AutomaticStopped(ctx context.Context) (until time.Time, reason string, err error) {
	var row struct {
		Until  time.Time
		Reason string
	}
	if err := s.q.automatic.Stopped.GetContext(ctx, &row); err != nil && err != sql.ErrNoRows {
		return until, "", wrap("read the circuit breaker", err)
	}
	return row.Until.UTC(), row.Reason, nil
}
