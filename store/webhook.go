package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/webhook"
)

type webhookQueries struct {
	List          *sqlx.Stmt `query:"webhook-list"`
	Insert        *sqlx.Stmt `query:"webhook-insert"`
	Edit          *sqlx.Stmt `query:"webhook-edit"`
	Delete        *sqlx.Stmt `query:"webhook-delete"`
	Lock          *sqlx.Stmt `query:"webhook-lock"`
	Rotate        *sqlx.Stmt `query:"webhook-rotate"`
	Behind        *sqlx.Stmt `query:"webhook-behind"`
	Take          *sqlx.Stmt `query:"webhook-take"`
	Advance       *sqlx.Stmt `query:"webhook-advance"`
	Conversations *sqlx.Stmt `query:"webhook-conversations"`
	Add           *sqlx.Stmt `query:"webhook-add"`
	Active        *sqlx.Stmt `query:"webhook-active"`
	Claim         *sqlx.Stmt `query:"webhook-claim"`
	Attempted     *sqlx.Stmt `query:"webhook-attempted"`
	Succeeded     *sqlx.Stmt `query:"webhook-succeeded"`
	Failing       *sqlx.Stmt `query:"webhook-failing"`
	Disable       *sqlx.Stmt `query:"webhook-disable"`
	GiveUp        *sqlx.Stmt `query:"webhook-give-up"`
	Deliveries    *sqlx.Stmt `query:"webhook-deliveries"`
	Replay        *sqlx.Stmt `query:"webhook-replay"`
	ReplaySome    *sqlx.Stmt `query:"webhook-replay-some"`
	Sweep         *sqlx.Stmt `query:"webhook-sweep"`
	Rebase        *sqlx.Stmt `query:"webhook-rebase"`
}

// webhookRow is a webhook as the driver reads it.
type webhookRow struct {
	webhook.Webhook
	Types, Inboxes pq.StringArray
}

func (r *webhookRow) webhook() webhook.Webhook {
	w := r.Webhook
	w.Types, w.Inboxes = r.Types, r.Inboxes
	return w
}

// webhookSecret names a webhook's secrets for the Sealer.
func webhookSecret(id desk.WebhookID) string { return "webhook/" + id.String() }

// Webhooks lists all webhooks in the order of their creation.
func (s *Store) Webhooks(ctx context.Context) ([]view.Webhook, error) {
	return s.webhooks(ctx, desk.WebhookID{})
}

// Webhook returns one webhook.
func (s *Store) Webhook(ctx context.Context, id desk.WebhookID) (view.Webhook, error) {
	list, err := s.webhooks(ctx, id)
	if err == nil && len(list) == 0 {
		err = notFound("webhook", id)
	}
	if err != nil {
		return view.Webhook{}, err
	}
	return list[0], nil
}

func (s *Store) webhooks(ctx context.Context, id desk.WebhookID) ([]view.Webhook, error) {
	var rows []struct {
		view.Webhook
		Types, Inboxes pq.StringArray
	}
	if err := s.q.webhook.List.SelectContext(ctx, &rows, id); err != nil {
		return nil, wrap("list webhooks", err)
	}
	list := make([]view.Webhook, len(rows))
	for i := range rows {
		w := rows[i].Webhook
		w.Types, w.Inboxes = append([]string{}, rows[i].Types...), append([]string{}, rows[i].Inboxes...)
		utc(w.FailingSince, w.LastSuccessAt, w.PausedUntil, w.FormerSecretUntil, &w.CreatedAt, &w.UpdatedAt)
		switch {
		case w.Enabled && w.FailingSince != nil:
			w.State = view.WebhookFailing
		case w.Enabled:
			w.State = view.WebhookWorking
		case w.Problem != "":
			w.State = view.WebhookDead
		default:
			w.State = view.WebhookDisabled
		}
		list[i] = w
	}
	return list, nil
}

// maxWebhooks bounds the webhooks: each reads the whole event log.
const maxWebhooks = 50

// CreateWebhook stores a webhook with its secret. It is told of what happens from now on.
func (s *Store) CreateWebhook(ctx context.Context, by desk.Actor, w webhook.Webhook, secret string) error {
	list, err := s.Webhooks(ctx)
	if err != nil {
		return err
	}
	if len(list) >= maxWebhooks {
		return desk.Errorf(desk.KindConflict, "there are %d webhooks already: remove one that is not needed", len(list))
	}
	sealed, err := s.seal(webhookSecret(w.ID), []byte(secret))
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		at, err := s.logHead(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.webhook.Insert).ExecContext(ctx, w.ID, clean(w.URL), clean(w.Description), textArray(w.Types), textArray(w.Inboxes),
			w.Restricted, w.Enabled, sealed, at.Xid, at.ID); err != nil {
			return wrap("create a webhook", err)
		}
		return s.record(ctx, tx, desk.WebhookSubject(w.ID), by, desk.WebhookChanged{URL: w.URL, What: "created"})
	})
}

// textArray is a parameter for a text[] column that is never null.
func textArray(list []string) pq.StringArray { return append(pq.StringArray{}, list...) }

// logHead returns the position of the newest event that can be read.
func (s *Store) logHead(ctx context.Context, tx *sqlx.Tx) (position, error) {
	at := position{Xid: "0"}
	err := tx.StmtxContext(ctx, s.q.event.Head).GetContext(ctx, &at)
	if err != nil && kindOf(err) == desk.KindNotFound {
		err = nil
	}
	return at, wrap("read the newest event", err)
}

// EditWebhook lets change edit a webhook, and returns the names of the changed fields. One
// that is enabled again is told of what happens from now on; with catchUp, also of what
// has happened since it was disabled.
func (s *Store) EditWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, catchUp bool, change func(*webhook.Webhook) (fields []string, err error)) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var row webhookRow
		if err := tx.StmtxContext(ctx, s.q.webhook.Lock).GetContext(ctx, &row, id); err != nil {
			return webhookError(id, "read a webhook", err)
		}
		w := row.webhook()
		fields, err := change(&w)
		if err != nil || len(fields) == 0 {
			return err
		}
		at, err := s.logHead(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.webhook.Edit).ExecContext(ctx, id, clean(w.URL), clean(w.Description), textArray(w.Types), textArray(w.Inboxes),
			w.Restricted, w.Enabled, at.Xid, at.ID, catchUp); err != nil {
			return wrap("change a webhook", err)
		}
		if row.Enabled && !w.Enabled {
			if err := s.giveUpWebhook(ctx, tx, id, "the webhook was disabled"); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, desk.WebhookSubject(id), by, desk.WebhookChanged{URL: w.URL, What: "changed", Fields: fields})
	})
}

func webhookError(id desk.WebhookID, op string, err error) error {
	if kindOf(err) == desk.KindNotFound {
		return notFound("webhook", id)
	}
	return wrap(op, err)
}

// DeleteWebhook removes a webhook and its deliveries.
func (s *Store) DeleteWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var row webhookRow
		if err := tx.StmtxContext(ctx, s.q.webhook.Lock).GetContext(ctx, &row, id); err != nil {
			return webhookError(id, "read a webhook", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.webhook.Delete).ExecContext(ctx, id); err != nil {
			return wrap("remove a webhook", err)
		}
		return s.record(ctx, tx, desk.WebhookSubject(id), by, desk.WebhookChanged{URL: row.URL, What: "removed"})
	})
}

// RotateWebhook gives a webhook another secret. The former one signs, too, for a while.
func (s *Store) RotateWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, secret string, grace time.Duration) error {
	sealed, err := s.seal(webhookSecret(id), []byte(secret))
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var row webhookRow
		if err := tx.StmtxContext(ctx, s.q.webhook.Lock).GetContext(ctx, &row, id); err != nil {
			return webhookError(id, "read a webhook", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.webhook.Rotate).ExecContext(ctx, id, sealed, grace.Seconds()); err != nil {
			return wrap("change the secret of a webhook", err)
		}
		return s.record(ctx, tx, desk.WebhookSubject(id), by, desk.WebhookChanged{URL: row.URL, What: "rotated"})
	})
}
