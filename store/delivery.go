package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/outbound"
)

type deliveryQueries struct {
	Claim         *sqlx.Stmt `query:"delivery-claim"`
	Begin         *sqlx.Stmt `query:"delivery-begin"`
	Claimed       *sqlx.Stmt `query:"delivery-claimed"`
	Reported      *sqlx.Stmt `query:"delivery-reported"`
	Gone          *sqlx.Stmt `query:"delivery-gone"`
	Release       *sqlx.Stmt `query:"delivery-release"`
	Messages      *sqlx.Stmt `query:"delivery-messages"`
	ByPerson      *sqlx.Stmt `query:"delivery-by-person"`
	Next          *sqlx.Stmt `query:"delivery-next"`
	Rendering     *sqlx.Stmt `query:"rendering-get"`
	SaveRendering *sqlx.Stmt `query:"rendering-save"`
	Blob          *sqlx.Stmt `query:"blob-get"`
}

// Outbox is the durable queue of deliveries; it implements outbound.Queue.
type Outbox struct {
	s      *Store
	limits outbound.Limits
}

// Outbox returns the store's queue of deliveries.
func (s *Store) Outbox() Outbox { return Outbox{s: s} }

// Limited returns the queue with limits for destinations.
func (o Outbox) Limited(l outbound.Limits) Outbox { return Outbox{o.s, l} }

var _ outbound.Queue = Outbox{}

// deliveryRow is a claimed delivery as the driver reads it.
type deliveryRow struct {
	desk.Delivery
	Warned    sql.NullTime
	Abandoned bool
	Failing   bool
	Unknowns  int
}

// Claim implements outbound.Queue. The claim is durable before anything is sent.
func (o Outbox) Claim(ctx context.Context, ch desk.Channel, n int, lease time.Duration) ([]outbound.Job, error) {
	var jobs []outbound.Job
	err := o.s.tx(ctx, func(tx *sqlx.Tx) error {
		var rows []deliveryRow
		err := tx.StmtxContext(ctx, o.s.q.delivery.Claim).SelectContext(ctx, &rows, ch, n, lease.Seconds(), o.s.owner, o.most(), o.limits.Pace().Seconds(), o.named(),
			o.limits.Warn.Seconds(), outbound.GiveUp.Seconds())
		if err != nil || len(rows) == 0 {
			return wrap("claim deliveries", err)
		}
		slices.SortFunc(rows, func(a, b deliveryRow) int { return strings.Compare(a.ID.String(), b.ID.String()) })
		messages, err := o.messages(ctx, tx, rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.Delivery.WarnedAt = r.Warned.Time
			jobs = append(jobs, outbound.Job{Message: messages[r.MessageID], Delivery: r.Delivery, Abandoned: r.Abandoned, Failing: r.Failing, Unknowns: r.Unknowns})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// outgoingRow is a message as the driver reads it.
type outgoingRow struct {
	desk.Message
	InReplyTo   pq.StringArray
	Refs        pq.StringArray
	Addresses   []byte
	Attachments []byte
}

func (r *outgoingRow) message() (desk.Message, error) {
	m := r.Message
	m.InReplyTo, m.References = r.InReplyTo, r.Refs
	var a addresses
	if err := json.Unmarshal(r.Addresses, &a); err != nil {
		return m, desk.Errorf(desk.KindInternal, "addresses of message %s in the database: %w", m.ID, err)
	}
	m.Sender, m.From, m.ReplyTo, m.To, m.CC, m.BCC = a.Sender, a.From, a.ReplyTo, a.To, a.CC, a.BCC
	if err := json.Unmarshal(r.Attachments, &m.Attachments); err != nil {
		return m, desk.Errorf(desk.KindInternal, "attachments of message %s in the database: %w", m.ID, err)
	}
	return m, nil
}

func (o Outbox) messages(ctx context.Context, tx *sqlx.Tx, rows []deliveryRow) (map[desk.MessageID]desk.Message, error) {
	var ids column
	for _, r := range rows {
		ids.uuid(r.MessageID)
	}
	var found []outgoingRow
	if err := tx.StmtxContext(ctx, o.s.q.delivery.Messages).SelectContext(ctx, &found, &ids); err != nil {
		return nil, wrap("read messages", err)
	}
	messages := make(map[desk.MessageID]desk.Message, len(found))
	for i := range found {
		m, err := found[i].message()
		if err != nil {
			return nil, err
		}
		messages[m.ID] = m
	}
	return messages, nil
}

// reported replaces the result of an attempt by what was reported about the delivery while
// the attempt was running, if anything was, and returns the time of the next attempt.
func (t *actTx) reported(ctx context.Context, d desk.Delivery, r *desk.Result, next time.Time) (time.Time, error) {
	var report struct {
		Source       desk.AttemptSource
		State        desk.DeliveryState
		EnhancedCode string
		Detail       string
	}
	err := t.tx.StmtxContext(ctx, t.s.q.delivery.Reported).GetContext(ctx, &report, d.ID, d.Attempts, r.State == desk.DeliveryDelayed)
	if errors.Is(err, sql.ErrNoRows) {
		return next, nil
	}
	r.State, r.EnhancedCode, r.Late = report.State, report.EnhancedCode, false
	r.Detail = report.Detail + " (the attempt itself: " + r.Detail + ")"
	return time.Time{}, wrap("read reports about a delivery", err)
}

// NextDue implements outbound.Queue.
func (o Outbox) NextDue(ctx context.Context, ch desk.Channel) (time.Time, bool, error) {
	var seconds sql.NullFloat64
	if err := o.s.q.delivery.Next.GetContext(ctx, &seconds, ch); err != nil || !seconds.Valid {
		return time.Time{}, false, wrap("next delivery", err)
	}
	return time.Now().Add(time.Duration(seconds.Float64 * float64(time.Second))), true, nil
}

// Rendering returns a mail's bytes as they went out; false when none were made yet.
func (s *Store) Rendering(ctx context.Context, id desk.MessageID) ([]byte, bool, error) {
	var b []byte
	err := s.q.delivery.Rendering.GetContext(ctx, &b, id)
	if err != nil && kindOf(err) == desk.KindNotFound {
		return nil, false, nil
	}
	return b, err == nil, wrap("read rendering", err)
}

// Blob returns an attachment's content by its SHA-256; KindNotFound when it is gone.
func (s *Store) Blob(ctx context.Context, id string) (b []byte, err error) {
	err = s.q.delivery.Blob.GetContext(ctx, &b, clean(id))
	return b, wrap("read blob", err)
}
