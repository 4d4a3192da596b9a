package store

import (
	"context"
	"database/sql"
	"encoding/json"
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
	Messages      *sqlx.Stmt `query:"delivery-messages"`
	Complete      *sqlx.Stmt `query:"delivery-complete"`
	Attempt       *sqlx.Stmt `query:"delivery-attempt"`
	ByPerson      *sqlx.Stmt `query:"delivery-by-person"`
	Next          *sqlx.Stmt `query:"delivery-next"`
	Rendering     *sqlx.Stmt `query:"rendering-get"`
	SaveRendering *sqlx.Stmt `query:"rendering-save"`
	Blob          *sqlx.Stmt `query:"blob-get"`
}

// Outbox is the durable queue of deliveries; it implements outbound.Queue.
type Outbox struct{ s *Store }

// Outbox returns the store's queue of deliveries.
func (s *Store) Outbox() Outbox { return Outbox{s} }

var _ outbound.Queue = Outbox{}

// deliveryRow is a claimed delivery as the driver reads it.
type deliveryRow struct {
	desk.Delivery
	Abandoned bool
	Unknowns  int
}

// Claim implements outbound.Queue. The claim is durable before anything is sent.
func (o Outbox) Claim(ctx context.Context, ch desk.Channel, n int, lease time.Duration) ([]outbound.Job, error) {
	var jobs []outbound.Job
	err := o.s.tx(ctx, func(tx *sqlx.Tx) error {
		var rows []deliveryRow
		err := tx.StmtxContext(ctx, o.s.q.delivery.Claim).SelectContext(ctx, &rows, ch, n, lease.Seconds())
		if err != nil || len(rows) == 0 {
			return wrap("claim deliveries", err)
		}
		slices.SortFunc(rows, func(a, b deliveryRow) int { return strings.Compare(a.ID.String(), b.ID.String()) })
		messages, err := o.messages(ctx, tx, rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			jobs = append(jobs, outbound.Job{Message: messages[r.MessageID], Delivery: r.Delivery, Abandoned: r.Abandoned, Unknowns: r.Unknowns})
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

// deliveryData goes with delivery.changed.
type deliveryData struct {
	DeliveryID   desk.DeliveryID    `json:"delivery_id"`
	MessageID    desk.MessageID     `json:"message_id"`
	Recipient    string             `json:"recipient"`
	State        desk.DeliveryState `json:"state"`
	Attempts     int                `json:"attempts"`
	Code         int                `json:"code,omitempty"`
	EnhancedCode string             `json:"enhanced_code,omitempty"`
	Detail       string             `json:"detail,omitempty"`
	NextAttempt  *time.Time         `json:"next_attempt_at"` // null: nothing more is tried
}

// Complete implements outbound.Queue: the outcome, the attempt and the event in
// one transaction. What was given up is work for the desk again.
func (o Outbox) Complete(ctx context.Context, d desk.Delivery, r desk.Result, next time.Time) error {
	q := &o.s.q.delivery
	return o.s.tx(ctx, func(tx *sqlx.Tx) error {
		t, err := o.s.lockConversation(ctx, tx, d.ConversationID)
		if err != nil {
			return err
		}
		detail := clean(r.Detail)
		res, err := tx.StmtxContext(ctx, q.Complete).ExecContext(ctx, d.ID, d.Fence, r.State, r.Code, clean(r.EnhancedCode), detail, nullTime(next), t.now)
		if err != nil {
			return wrap("complete delivery", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return desk.Errorf(desk.KindConflict, "delivery %s was taken over by another claim", d.ID)
		}
		if err := t.exec(ctx, "record attempt", q.Attempt, d.ID, d.Attempts, t.now, r.State, r.Code, clean(r.EnhancedCode), detail); err != nil {
			return err
		}
		data := deliveryData{DeliveryID: d.ID, MessageID: d.MessageID, Recipient: d.Recipient, State: r.State, Attempts: d.Attempts,
			Code: r.Code, EnhancedCode: r.EnhancedCode, Detail: r.Detail}
		if !next.IsZero() {
			data.NextAttempt = &next
		}
		if _, err := t.SaveEvent(ctx, desk.EventDeliveryChanged, desk.ActorSystem, data); err != nil {
			return err
		}
		if next.IsZero() && (r.State == desk.DeliveryFailed || r.State == desk.DeliveryUnknown) {
			return o.reopen(ctx, t, d)
		}
		return nil
	})
}

// reopen puts a conversation before the desk again when a person's answer did
// not reach the customer, or nobody knows whether it did.
func (o Outbox) reopen(ctx context.Context, t *actTx, d desk.Delivery) error {
	var person bool
	if err := t.get(ctx, "read author", o.s.q.delivery.ByPerson, &person, d.MessageID); err != nil {
		return err
	}
	c := t.c
	if !person || c.Status == desk.StatusOpen || !c.MergedInto.IsZero() {
		return nil
	}
	const reason = "delivery failed"
	from := c.Status
	c.Status, c.SnoozedUntil, c.ResolvedAt = desk.StatusOpen, time.Time{}, time.Time{}
	if c.WaitingSince.IsZero() {
		c.WaitingSince = t.now
	}
	data := map[string]any{"from": from, "to": c.Status, "reason": "our answer to " + d.Recipient + " was not delivered"}
	if _, err := t.SaveEvent(ctx, desk.EventStatusChanged, desk.ActorSystem, data); err != nil {
		return err
	}
	if err := t.SaveConversation(ctx, c); err != nil {
		return err
	}
	return t.NextStint(ctx, desk.Stint{ID: desk.NewID[desk.StintID](), InboxID: c.InboxID, Tier: c.Tier, AssigneeID: c.AssigneeID,
		WaitingOn: desk.WaitingUs, Reason: reason})
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

// SaveRendering keeps a mail's bytes and returns the ones that stay: the first
// that were ever saved for it.
func (s *Store) SaveRendering(ctx context.Context, id desk.MessageID, bytes []byte) (kept []byte, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.delivery.SaveRendering).ExecContext(ctx, id, bytes); err != nil {
			return wrap("save rendering", err)
		}
		// A statement of its own: only a new snapshot shows what another sender
		// of the same mail has just committed.
		return wrap("read rendering", tx.StmtxContext(ctx, s.q.delivery.Rendering).GetContext(ctx, &kept, id))
	})
	return kept, err
}

// Blob returns an attachment's content by its SHA-256; KindNotFound when it is gone.
func (s *Store) Blob(ctx context.Context, id string) (b []byte, err error) {
	err = s.q.delivery.Blob.GetContext(ctx, &b, clean(id))
	return b, wrap("read blob", err)
}
