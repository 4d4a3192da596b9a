package store

import (
	"context"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/webhook"
	"switchboard/internal/webhook/dispatch"
)

var _ dispatch.Queue = (*Store)(nil)

const (
	webhookBatch    = 500 // events that are looked at in one transaction
	webhookParallel = 8   // attempts to one receiver at the same time
	// webhookKeep is for how long messages can be looked at and sent again.
	webhookKeep  = 30 * 24 * time.Hour
	webhookSweep = 1000
)

// ExpandWebhooks implements dispatch.Queue: it turns events into deliveries. The position
// of a webhook in the log and its deliveries change together, so that no event is
// forgotten, and none that was sent is created again.
func (s *Store) ExpandWebhooks(ctx context.Context) (more bool, err error) {
	var behind []desk.WebhookID
	if err := s.q.webhook.Behind.SelectContext(ctx, &behind); err != nil {
		return false, wrap("look for events for webhooks", err)
	}
	for _, id := range behind {
		err := s.tx(ctx, func(tx *sqlx.Tx) error {
			full, err := s.expandWebhook(ctx, tx, id)
			more = more || full
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return more, nil
}

// expandWebhook looks at the next events of the log for one webhook.
func (s *Store) expandWebhook(ctx context.Context, tx *sqlx.Tx, id desk.WebhookID) (full bool, err error) {
	var row struct {
		webhookRow
		Xid     string
		EventID int64
	}
	if err := tx.StmtxContext(ctx, s.q.webhook.Take).GetContext(ctx, &row, id); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return false, nil // another node is at it
		}
		return false, wrap("take a webhook", err)
	}
	var rows []struct {
		eventRow
		Ours      bool
		NewestXid string
		NewestID  int64
	}
	if err := tx.StmtxContext(ctx, s.q.event.After).SelectContext(ctx, &rows, row.Xid, row.EventID, webhookBatch); err != nil {
		return false, wrap("read events", err)
	}
	if rows[0].ID == 0 {
		return false, nil
	}
	var events []desk.Event
	var ids column
	for i := range rows {
		e := rows[i].event()
		if !e.ConversationID.IsZero() && webhook.Reported(&e) {
			events = append(events, e)
			ids.uuid(e.ConversationID)
		}
	}
	if len(events) > 0 {
		if err := s.addDeliveries(ctx, tx, row.webhook(), events, &ids); err != nil {
			return false, err
		}
	}
	last := rows[len(rows)-1].position
	_, err = tx.StmtxContext(ctx, s.q.webhook.Advance).ExecContext(ctx, id, last.Xid, last.ID)
	return len(rows) == webhookBatch, wrap("move a webhook on", err)
}

// addDeliveries stores what a webhook is told of events.
func (s *Store) addDeliveries(ctx context.Context, tx *sqlx.Tx, w webhook.Webhook, events []desk.Event, ids *column) error {
	var list []webhook.Conversation
	if err := tx.StmtxContext(ctx, s.q.webhook.Conversations).SelectContext(ctx, &list, ids); err != nil {
		return wrap("read the conversations of events", err)
	}
	known := make(map[desk.ConversationID]*webhook.Conversation, len(list))
	for i := range list {
		known[list[i].ID] = &list[i]
	}
	for i := range events {
		c := known[events[i].ConversationID]
		if c == nil {
			continue // removed
		}
		if m, ok := webhook.Select(&w, &events[i], c); ok {
			if err := s.addDelivery(ctx, tx, w.ID, desk.NewID[desk.WebhookSendID](), &m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) addDelivery(ctx context.Context, tx *sqlx.Tx, id desk.WebhookID, send desk.WebhookSendID, m *webhook.Message) error {
	_, err := tx.StmtxContext(ctx, s.q.webhook.Add).ExecContext(ctx, send, id, m.ID, m.Type, m.Conversation, m.Seq, string(m.Body))
	return wrap("queue a message for a webhook", err)
}

// ActiveWebhooks implements dispatch.Queue.
func (s *Store) ActiveWebhooks(ctx context.Context) (map[desk.WebhookID]int, error) {
	var rows []struct {
		ID   desk.WebhookID
		Most int
	}
	if err := s.q.webhook.Active.SelectContext(ctx, &rows, webhookParallel); err != nil {
		return nil, wrap("look for due webhooks", err)
	}
	active := make(map[desk.WebhookID]int, len(rows))
	for _, r := range rows {
		active[r.ID] = r.Most
	}
	return active, nil
}

// ClaimWebhook implements dispatch.Queue.
func (s *Store) ClaimWebhook(ctx context.Context, id desk.WebhookID, limit int, lease time.Duration) ([]webhook.Delivery, error) {
	var rows []struct {
		SendID                    desk.WebhookSendID
		MessageID, Type, Body     string
		Conversation              desk.ConversationID
		Seq                       int64
		Attempts                  int
		Since                     time.Time
		NowRestricted, Restricted bool
		ID                        desk.WebhookID
		URL                       string
		Secret, FormerSecret      []byte
		FormerUntil               *time.Time
	}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		return wrap("claim messages of a webhook", tx.StmtxContext(ctx, s.q.webhook.Claim).SelectContext(ctx, &rows, id, limit, lease.Seconds()))
	})
	if err != nil {
		return nil, err
	}
	list := make([]webhook.Delivery, len(rows))
	for i, r := range rows {
		list[i] = webhook.Delivery{Message: webhook.Message{ID: r.MessageID, Type: r.Type, Conversation: r.Conversation, Seq: r.Seq, Body: []byte(r.Body)},
			SendID: r.SendID, Webhook: webhook.Webhook{ID: r.ID, URL: r.URL, Restricted: r.Restricted, Enabled: true}, Attempts: r.Attempts, Since: r.Since, Restricted: r.NowRestricted}
		secrets := &list[i].Secrets
		if secrets.Current, err = s.openWebhookSecret(id, r.Secret); err != nil {
			return nil, err
		}
		if r.FormerUntil != nil {
			secrets.Until = *r.FormerUntil
			if secrets.Former, err = s.openWebhookSecret(id, r.FormerSecret); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// openWebhookSecret decrypts a secret.
func (s *Store) openWebhookSecret(id desk.WebhookID, sealed []byte) (string, error) {
	if s.secrets == nil {
		return string(sealed), nil
	}
	plain, _, err := s.secrets.Open(webhookSecret(id), sealed)
	return string(plain), err
}

// WebhookAttempted implements dispatch.Queue.
func (s *Store) WebhookAttempted(ctx context.Context, d *webhook.Delivery, a webhook.Attempt, v webhook.Verdict) (disabled string, err error) {
	id := d.Webhook.ID
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.webhook.Attempted).ExecContext(ctx, d.SendID, d.Attempts, v.State, a.Status, a.Latency.Milliseconds(), clean(a.Response), clean(a.Error), v.Again.Seconds()); err != nil {
			return wrap("record an attempt", err)
		}
		switch {
		case a.Withheld:
			return nil
		case a.Error == "":
			_, err := tx.StmtxContext(ctx, s.q.webhook.Succeeded).ExecContext(ctx, id)
			return wrap("record a success", err)
		case v.Gone:
			disabled = "the receiver answered 410: it wants no more messages"
			return s.disableWebhook(ctx, tx, id, disabled)
		}
		var dead []bool
		if err := tx.StmtxContext(ctx, s.q.webhook.Failing).SelectContext(ctx, &dead, id, v.Pause.Seconds(), webhook.Window.Seconds()); err != nil {
			return wrap("record a failure", err)
		}
		if len(dead) == 1 && dead[0] {
			disabled = "every attempt of a day has failed; the last one: " + a.Error
			return s.disableWebhook(ctx, tx, id, disabled)
		}
		return nil
	})
	return disabled, err
}

// disableWebhook ends the use of a webhook until an admin enables it again.
func (s *Store) disableWebhook(ctx context.Context, tx *sqlx.Tx, id desk.WebhookID, reason string) error {
	var urls []string
	if err := tx.StmtxContext(ctx, s.q.webhook.Disable).SelectContext(ctx, &urls, id, clean(reason)); err != nil {
		return wrap("disable a webhook", err)
	}
	if len(urls) == 0 {
		return nil // it is disabled already
	}
	if err := s.giveUpWebhook(ctx, tx, id, "the webhook was disabled: "+reason); err != nil {
		return err
	}
	if err := s.tellAdmins(ctx, tx, desk.NoticeWebhook, "The webhook "+host(urls[0])+" was disabled: "+reason+"."); err != nil {
		return err
	}
	return s.record(ctx, tx, desk.WebhookSubject(id), desk.ActorSystem, desk.WebhookChanged{URL: urls[0], What: "disabled", Reason: reason})
}

// host names a receiver without the path of its URL, which may contain a secret.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// giveUpWebhook ends the attempts of what is pending.
func (s *Store) giveUpWebhook(ctx context.Context, tx *sqlx.Tx, id desk.WebhookID, reason string) error {
	_, err := tx.StmtxContext(ctx, s.q.webhook.GiveUp).ExecContext(ctx, id, clean(reason))
	return wrap("give up messages of a webhook", err)
}

// WebhookDeliveries lists the messages of a webhook, newest first, after a position; in
// one state, or in all.
func (s *Store) WebhookDeliveries(ctx context.Context, id desk.WebhookID, state string, after view.WebhookPosition, limit int) ([]view.WebhookDelivery, error) {
	var list []view.WebhookDelivery
	if err := s.q.webhook.Deliveries.SelectContext(ctx, &list, id, state, nullTime(after.At), after.ID, limit); err != nil {
		return nil, wrap("list the messages of a webhook", err)
	}
	for i := range list {
		utc(&list[i].CreatedAt, list[i].LastAttemptAt, list[i].NextAttemptAt)
	}
	return list, nil
}

// TestWebhook queues a message to try a webhook with.
func (s *Store) TestWebhook(ctx context.Context, id desk.WebhookID) (send desk.WebhookSendID, err error) {
	send = desk.NewID[desk.WebhookSendID]()
	err = s.usingWebhook(ctx, id, func(tx *sqlx.Tx, w *webhook.Webhook) error {
		m := webhook.Test(w, send, time.Now())
		return s.addDelivery(ctx, tx, id, send, &m)
	})
	return send, err
}

// ReplayWebhook sends messages again, and returns how many.
func (s *Store) ReplayWebhook(ctx context.Context, by desk.Actor, id desk.WebhookID, r view.WebhookReplay) (n int64, err error) {
	err = s.usingWebhook(ctx, id, func(tx *sqlx.Tx, w *webhook.Webhook) error {
		stmt, args := s.q.webhook.Replay, []any{id, r.Since, r.Until, r.FailedOnly}
		if len(r.IDs) > 0 {
			var ids column
			for _, one := range r.IDs {
				ids.uuid(one)
			}
			stmt, args = s.q.webhook.ReplaySome, []any{id, &ids, r.FailedOnly}
		}
		result, err := tx.StmtxContext(ctx, stmt).ExecContext(ctx, args...)
		if err != nil {
			return wrap("replay messages of a webhook", err)
		}
		if n, err = result.RowsAffected(); err != nil || n == 0 {
			return wrap("count replayed messages", err)
		}
		return s.record(ctx, tx, desk.WebhookSubject(id), by, desk.WebhookChanged{URL: w.URL, What: "replayed"})
	})
	return n, err
}

// usingWebhook does something with a webhook that is enabled.
func (s *Store) usingWebhook(ctx context.Context, id desk.WebhookID, fn func(*sqlx.Tx, *webhook.Webhook) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var row webhookRow
		if err := tx.StmtxContext(ctx, s.q.webhook.Lock).GetContext(ctx, &row, id); err != nil {
			return webhookError(id, "read a webhook", err)
		}
		if !row.Enabled {
			return desk.Errorf(desk.KindConflict, "the webhook is disabled: enable it first")
		}
		w := row.webhook()
		return fn(tx, &w)
	})
}

// SweepWebhooks removes old messages, and returns whether there may be more.
func (s *Store) SweepWebhooks(ctx context.Context) (more bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.StmtxContext(ctx, s.q.webhook.Sweep).ExecContext(ctx, webhookKeep.Seconds(), webhookSweep)
		if err != nil {
			return wrap("remove old messages of webhooks", err)
		}
		n, err := result.RowsAffected()
		more = n == webhookSweep
		return wrap("count removed messages of webhooks", err)
	})
	return more, err
}
