package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/agent"
	"switchboard/desk"
)

type agentQueries struct {
	Conversation  *sqlx.Stmt `query:"act-conversation"`
	Now           *sqlx.Stmt `query:"act-now"`
	Head          *sqlx.Stmt `query:"act-head"`
	MessagesAfter *sqlx.Stmt `query:"act-messages-after"`
	Inboxes       *sqlx.Stmt `query:"act-inboxes"`
	Agent         *sqlx.Stmt `query:"act-agent"`
	Event         *sqlx.Stmt `query:"act-event"`
	Message       *sqlx.Stmt `query:"act-message"`
	Ref           *sqlx.Stmt `query:"act-ref"`
	Deliveries    *sqlx.Stmt `query:"act-deliveries"`
	Save          *sqlx.Stmt `query:"act-save"`
	EndStint      *sqlx.Stmt `query:"act-end-stint"`
	BeginStint    *sqlx.Stmt `query:"act-begin-stint"`
	Overdue       *sqlx.Stmt `query:"act-overdue"`
}

var _ agent.Store = (*Store)(nil)

// Act implements agent.Store.
func (s *Store) Act(ctx context.Context, id desk.ConversationID, fn func(agent.Tx) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		t, err := s.lockConversation(ctx, tx, id)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Overdue implements agent.Sleepers.
func (s *Store) Overdue(ctx context.Context, limit int) (ids []desk.ConversationID, err error) {
	err = s.q.agent.Overdue.SelectContext(ctx, &ids, limit)
	return ids, wrap("read overdue snoozes", err)
}

// conversationRow is a conversation as the driver reads it.
type conversationRow struct {
	desk.Conversation
	Tags, Path, Participants                                           pq.StringArray
	LastInboundAt, LastReplyAt, WaitingSince, SnoozedUntil, ResolvedAt sql.NullTime
}

func (r *conversationRow) conversation() *desk.Conversation {
	c := r.Conversation
	c.Tags, c.Path, c.Participants = r.Tags, r.Path, r.Participants
	c.LastInboundAt, c.LastReplyAt, c.WaitingSince = r.LastInboundAt.Time, r.LastReplyAt.Time, r.WaitingSince.Time
	c.SnoozedUntil, c.ResolvedAt = r.SnoozedUntil.Time, r.ResolvedAt.Time
	return &c
}

// lockConversation is the first step of whatever changes a conversation.
func (s *Store) lockConversation(ctx context.Context, tx *sqlx.Tx, id desk.ConversationID) (*actTx, error) {
	t := &actTx{tx: tx, q: &s.q.agent}
	var row conversationRow
	if err := t.get(ctx, "lock conversation", t.q.Conversation, &row, id); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return nil, notFound("conversation", id)
		}
		return nil, err
	}
	t.c = *row.conversation()
	return t, t.get(ctx, "now", t.q.Now, &t.now, id)
}

// actTx implements agent.Tx.
type actTx struct {
	tx  *sqlx.Tx
	q   *agentQueries
	c   desk.Conversation
	now time.Time
}

func (t *actTx) get(ctx context.Context, op string, stmt *sqlx.Stmt, dest any, args ...any) error {
	return wrap(op, t.tx.StmtxContext(ctx, stmt).GetContext(ctx, dest, args...))
}

func (t *actTx) exec(ctx context.Context, op string, stmt *sqlx.Stmt, args ...any) error {
	_, err := t.tx.StmtxContext(ctx, stmt).ExecContext(ctx, args...)
	return wrap(op, err)
}

// Now implements agent.Tx.
func (t *actTx) Now() time.Time { return t.now }

// Conversation implements agent.Tx.
func (t *actTx) Conversation() desk.Conversation { return t.c }

// Head implements agent.Tx.
func (t *actTx) Head(ctx context.Context) (agent.Head, error) {
	var row struct {
		MessageID string
		Refs      pq.StringArray
		Subject   string
		Addresses []byte
	}
	if err := t.get(ctx, "read the newest mail", t.q.Head, &row, t.c.ID); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return agent.Head{}, nil
		}
		return agent.Head{}, err
	}
	var a addresses
	if err := json.Unmarshal(row.Addresses, &a); err != nil {
		return agent.Head{}, desk.Errorf(desk.KindInternal, "addresses of mail %s in the database: %w", row.MessageID, err)
	}
	return agent.Head{MessageID: row.MessageID, References: row.Refs, Subject: row.Subject, From: a.From, ReplyTo: a.ReplyTo, To: a.To, CC: a.CC}, nil
}

// MessagesAfter implements agent.Tx.
func (t *actTx) MessagesAfter(ctx context.Context, seq int64) (newer int, newest int64, err error) {
	var row struct {
		Newer  int
		Newest int64
	}
	err = t.get(ctx, "count newer messages", t.q.MessagesAfter, &row, t.c.ID, seq)
	return row.Newer, row.Newest, err
}

// Inboxes implements agent.Tx.
func (t *actTx) Inboxes(ctx context.Context) ([]desk.Inbox, error) {
	var inboxes []desk.Inbox
	err := t.tx.StmtxContext(ctx, t.q.Inboxes).SelectContext(ctx, &inboxes, t.c.InboxID)
	return inboxes, wrap("read inboxes", err)
}

// Agent implements agent.Tx.
func (t *actTx) Agent(ctx context.Context, id desk.AgentID) (desk.Agent, error) {
	var row agentRow
	if err := t.get(ctx, "read agent", t.q.Agent, &row, id); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return desk.Agent{}, notFound("agent", id)
		}
		return desk.Agent{}, err
	}
	return row.agent(), nil
}

// SaveEvent implements agent.Tx.
func (t *actTx) SaveEvent(ctx context.Context, kind desk.EventKind, by desk.Actor, data any) (seq int64, err error) {
	err = t.get(ctx, "save event", t.q.Event, &seq, t.c.ID, t.now, kind, by, jsonText(data))
	return seq, err
}

// SaveMessage implements agent.Tx.
func (t *actTx) SaveMessage(ctx context.Context, m desk.Message) error {
	a := addresses{Sender: m.Sender, From: m.From, ReplyTo: m.ReplyTo, To: m.To, CC: m.CC, BCC: m.BCC}
	err := t.exec(ctx, "save message", t.q.Message, m.ID, t.c.ID, t.c.AccountID, m.Seq, m.Direction, m.Channel, clean(m.MessageID),
		array(m.InReplyTo), array(m.References), jsonText(a), clean(firstAddress(m.From)), clean(m.Subject), m.SentAt, m.ReceivedAt,
		clean(m.Preview), clean(m.TextBody), clean(m.HTMLBody), clean(m.NewText), jsonText(emptyNotNull(m.Attachments)),
		m.AutoSubmitted, m.AuthorID, m.ThreadMethod, m.ThreadEvidence)
	if err != nil || m.Channel != desk.ChannelEmail {
		return err
	}
	return t.exec(ctx, "save reference", t.q.Ref, clean(m.MessageID), t.c.ID, t.c.AccountID)
}

// SaveDeliveries implements agent.Tx.
func (t *actTx) SaveDeliveries(ctx context.Context, ds []desk.Delivery) error {
	var id, message, conversation, channel, recipient, returnPath, envelope, state, next, created, updated column
	for _, d := range ds {
		id.uuid(d.ID)
		message.uuid(d.MessageID)
		conversation.uuid(d.ConversationID)
		channel.text(string(d.Channel))
		recipient.text(d.Recipient)
		returnPath.text(d.ReturnPath)
		envelope.text(d.EnvelopeID)
		state.text(string(d.State))
		next.instant(d.NextAttemptAt)
		created.instant(d.CreatedAt)
		updated.instant(d.UpdatedAt)
	}
	return t.exec(ctx, "save deliveries", t.q.Deliveries, &id, &message, &conversation, &channel, &recipient, &returnPath, &envelope,
		&state, &next, &created, &updated)
}

// SaveConversation implements agent.Tx.
func (t *actTx) SaveConversation(ctx context.Context, c desk.Conversation) error {
	return t.exec(ctx, "save conversation", t.q.Save, t.c.ID, c.Status, c.InboxID, c.Tier, c.AssigneeID, array(c.Path),
		array(c.Participants), clean(c.Preview), nullTime(c.LastReplyAt), nullTime(c.WaitingSince), nullTime(c.SnoozedUntil),
		nullTime(c.ResolvedAt))
}

// NextStint implements agent.Tx.
func (t *actTx) NextStint(ctx context.Context, s desk.Stint) error {
	if err := t.exec(ctx, "end stint", t.q.EndStint, t.c.ID, t.now); err != nil {
		return err
	}
	return t.exec(ctx, "begin stint", t.q.BeginStint, s.ID, t.c.ID, s.InboxID, s.Tier, s.AssigneeID, s.WaitingOn, t.now, s.Reason)
}

// array is a text[] parameter, never null.
func array(items []string) pq.StringArray {
	out := make(pq.StringArray, len(items))
	for i, item := range items {
		out[i] = clean(item)
	}
	return out
}
