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
	"switchboard/lifecycle"
)

type agentQueries struct {
	Durable       *sqlx.Stmt `query:"act-durable"`
	Contact       *sqlx.Stmt `query:"act-contact"`
	Merges        *sqlx.Stmt `query:"act-merges"`
	Conversations *sqlx.Stmt `query:"act-conversations"`
	Stints        *sqlx.Stmt `query:"act-stints"`
	Head          *sqlx.Stmt `query:"act-head"`
	Answered      *sqlx.Stmt `query:"act-answered"`
	Earlier       *sqlx.Stmt `query:"act-earlier"`
	MessagesAfter *sqlx.Stmt `query:"act-messages-after"`
	Inboxes       *sqlx.Stmt `query:"act-inboxes"`
	Agent         *sqlx.Stmt `query:"act-agent"`
}

var (
	_ agent.Store  = (*Store)(nil)
	_ agent.Timers = (*Store)(nil)
)

// Act implements agent.Store.
func (s *Store) Act(ctx context.Context, ids []desk.ConversationID, fn func(agent.Tx) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		t, err := s.lockConversations(ctx, tx, ids...)
		if err != nil {
			return err
		}
		return fn(t)
	})
}

// Due implements agent.Timers.
func (s *Store) Due(ctx context.Context, limit int, fn func(agent.Tx, []desk.ConversationID) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var ids []desk.ConversationID
		if err := tx.StmtxContext(ctx, s.q.promise.Due).SelectContext(ctx, &ids, limit); err != nil {
			return wrap("read due timers", err)
		}
		if len(ids) == 0 {
			return nil
		}
		t, err := s.lockConversations(ctx, tx, ids...)
		if err != nil {
			return err
		}
		return fn(t, ids)
	})
}

// conversationRow is a conversation as the driver reads it.
type conversationRow struct {
	desk.Conversation
	Tags, Path, Participants                                           pq.StringArray
	LastInboundAt, LastReplyAt, WaitingSince, SnoozedUntil, ResolvedAt sql.NullTime
	DueAt, CheckAt                                                     sql.NullTime
	Service                                                            []byte
}

func (r *conversationRow) conversation() *desk.Conversation {
	c := r.Conversation
	c.Tags, c.Path, c.Participants = r.Tags, r.Path, r.Participants
	c.LastInboundAt, c.LastReplyAt, c.WaitingSince = r.LastInboundAt.Time, r.LastReplyAt.Time, r.WaitingSince.Time
	c.SnoozedUntil, c.ResolvedAt = r.SnoozedUntil.Time, r.ResolvedAt.Time
	c.DueAt, c.CheckAt, c.Service = r.DueAt.Time, r.CheckAt.Time, r.Service
	return &c
}

// final returns the conversation that id was merged into, as far as it is
// committed.
func (s *Store) final(ctx context.Context, tx *sqlx.Tx, id desk.ConversationID) (desk.ConversationID, error) {
	var rows []struct {
		ID         desk.ConversationID
		MergedInto desk.ConversationID
	}
	if err := tx.StmtxContext(ctx, s.q.agent.Merges).SelectContext(ctx, &rows, id); err != nil {
		return id, wrap("read merges", err)
	}
	into := make(map[desk.ConversationID]desk.ConversationID, len(rows))
	for _, r := range rows {
		into[r.ID] = r.MergedInto
	}
	final, ok := lifecycle.Follow(id, func(id desk.ConversationID) (desk.ConversationID, bool) {
		next, known := into[id]
		return next, known
	})
	if !ok {
		return id, notFound("conversation", id)
	}
	return final, nil
}

// lockFinal locks the conversation that id was merged into. If that is merged while this
// waits for the lock, it is locked, too, and the next one.
func (s *Store) lockFinal(ctx context.Context, tx *sqlx.Tx, id desk.ConversationID) (desk.ConversationID, *actTx, error) {
	for locked := (desk.ConversationID{}); ; {
		final, err := s.final(ctx, tx, id)
		if err != nil {
			return id, nil, err
		}
		t, err := s.lockConversations(ctx, tx, final)
		if err != nil || t.states[final].Conversation.MergedInto.IsZero() || final == locked {
			return final, t, err
		}
		locked = final
	}
}

// lockConversations is the first step of whatever changes conversations. They are
// locked in the order of their IDs, so that two operations cannot wait for each
// other.
func (s *Store) lockConversations(ctx context.Context, tx *sqlx.Tx, ids ...desk.ConversationID) (*actTx, error) {
	return s.lockStates(ctx, tx, s.usesOpening(), ids...)
}

// usesOpening reports whether the policy asks for the facts that conversations opened with.
func (s *Store) usesOpening() bool {
	rules := s.livePolicy().Rules
	return rules != nil && rules.UsesOpening()
}

// lockStates is lockConversations, with the facts that the conversations opened with or
// without.
func (s *Store) lockStates(ctx context.Context, tx *sqlx.Tx, facts bool, ids ...desk.ConversationID) (*actTx, error) {
	t, err := s.lockRows(ctx, tx, s.q.agent.Conversations, facts, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, ok := t.states[id]; !ok {
			return nil, notFound("conversation", id)
		}
	}
	return t, nil
}

// lockRows locks conversations with a statement that may leave some out, and reads their
// states.
func (s *Store) lockRows(ctx context.Context, tx *sqlx.Tx, stmt *sqlx.Stmt, facts bool, ids []desk.ConversationID) (*actTx, error) {
	t := &actTx{s: s, tx: tx, q: &s.q.agent, states: make(map[desk.ConversationID]lifecycle.State, len(ids))}
	for _, id := range ids {
		t.ids.uuid(id)
	}
	var rows []conversationRow
	if err := t.rows(ctx, "lock conversations", stmt, &rows, &t.ids); err != nil || len(rows) == 0 {
		return t, err
	}
	conversations := make(map[desk.ConversationID]*desk.Conversation, len(rows))
	for i := range rows {
		conversations[rows[i].ID] = rows[i].conversation()
		t.now = latest(t.now, rows[i].UpdatedAt)
	}
	return t, t.load(ctx, facts, conversations, ids)
}

// load reads the rest of the states of conversations whose rows are locked.
func (t *actTx) load(ctx context.Context, opening bool, conversations map[desk.ConversationID]*desk.Conversation, ids []desk.ConversationID) error {
	var rows []struct {
		Clock time.Time
		desk.Stint
	}
	if err := t.rows(ctx, "read stints", t.q.Stints, &rows, &t.ids); err != nil {
		return err
	}
	stints := make(map[desk.ConversationID]desk.Stint, len(rows))
	for _, running := range rows {
		t.now = latest(t.now, running.Clock, running.StartedAt)
		stints[running.ConversationID] = running.Stint
	}
	if opening {
		facts, err := t.s.facts(ctx, t.tx, ids)
		if err != nil {
			return err
		}
		for id, c := range conversations {
			c.Facts = facts[id]
		}
	}
	for id, c := range conversations {
		state, err := lifecycle.Load(*c, stints[id])
		if err != nil {
			return err
		}
		t.states[id] = state
	}
	return nil
}

// latest returns the latest time: what happens now is never before what has happened.
func latest(t time.Time, others ...time.Time) time.Time {
	for _, other := range others {
		if other.After(t) {
			t = other
		}
	}
	return t
}

// actTx implements agent.Tx.
type actTx struct {
	s      *Store
	tx     *sqlx.Tx
	q      *agentQueries
	ids    column
	states map[desk.ConversationID]lifecycle.State
	now    time.Time
}

func (t *actTx) get(ctx context.Context, op string, stmt *sqlx.Stmt, dest any, args ...any) error {
	return wrap(op, t.tx.StmtxContext(ctx, stmt).GetContext(ctx, dest, args...))
}

func (t *actTx) rows(ctx context.Context, op string, stmt *sqlx.Stmt, dest any, args ...any) error {
	return wrap(op, t.tx.StmtxContext(ctx, stmt).SelectContext(ctx, dest, args...))
}

// Now implements agent.Tx.
func (t *actTx) Now() time.Time { return t.now }

// State implements agent.Tx.
func (t *actTx) State(id desk.ConversationID) lifecycle.State { return t.states[id] }

// Head implements agent.Tx.
func (t *actTx) Head(ctx context.Context, id desk.ConversationID) (agent.Head, error) {
	var row struct {
		MessageID string
		Refs      pq.StringArray
		Subject   string
		Addresses []byte

		Unconfirmed bool
	}
	if err := t.get(ctx, "read the newest mail", t.q.Head, &row, id); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return agent.Head{}, nil
		}
		return agent.Head{}, err
	}
	var a addresses
	if err := json.Unmarshal(row.Addresses, &a); err != nil {
		return agent.Head{}, desk.Errorf(desk.KindInternal, "addresses of mail %s in the database: %w", row.MessageID, err)
	}
	sent, err := t.answered(ctx, id)
	return agent.Head{MessageID: row.MessageID, References: row.Refs, Subject: row.Subject, From: a.From, ReplyTo: a.ReplyTo, To: a.To, CC: a.CC, Unconfirmed: row.Unconfirmed,
		SentTo: sent.To, SentCC: sent.CC}, err
}

// Earlier implements agent.Tx.
func (t *actTx) Earlier(ctx context.Context, id desk.ConversationID) ([]agent.Earlier, error) {
	var rows []struct {
		Direction desk.Direction
		Addresses []byte
		At        time.Time
		Text      string
	}
	if err := t.rows(ctx, "read the mail to quote", t.q.Earlier, &rows, id); err != nil {
		return nil, err
	}
	out := make([]agent.Earlier, len(rows))
	for i, r := range rows {
		var a addresses
		if err := json.Unmarshal(r.Addresses, &a); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "addresses of a mail in the database: %w", err)
		}
		out[i] = agent.Earlier{Direction: r.Direction, From: a.From, To: a.To, CC: a.CC, At: r.At, Text: r.Text}
	}
	return out, nil
}

// answered returns the addresses of our newest mail if no mail to answer is newer.
func (t *actTx) answered(ctx context.Context, id desk.ConversationID) (a addresses, err error) {
	var text []byte
	err = t.get(ctx, "read our newest mail", t.q.Answered, &text, id)
	if desk.KindOf(err) == desk.KindNotFound && err != nil {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// MessagesAfter implements agent.Tx.
func (t *actTx) MessagesAfter(ctx context.Context, id desk.ConversationID, seq int64) (newer int, newest int64, err error) {
	var row struct {
		Newer  int
		Newest int64
	}
	err = t.get(ctx, "count newer messages", t.q.MessagesAfter, &row, id, seq)
	return row.Newer, row.Newest, err
}

// Inboxes implements agent.Tx.
func (t *actTx) Inboxes(ctx context.Context) (inboxes []desk.Inbox, err error) {
	err = t.rows(ctx, "read inboxes", t.q.Inboxes, &inboxes, &t.ids)
	return inboxes, err
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

// Save implements agent.Tx.
func (t *actTx) Save(ctx context.Context, c *desk.Changes) error { return t.s.write(ctx, t.tx, c) }

// apply lets an event change a locked conversation and adds the rows to c.
func (t *actTx) apply(id desk.ConversationID, e lifecycle.Event, c *desk.Changes) error {
	out, err := lifecycle.Apply(t.states[id], e, t.s.livePolicy(), t.now)
	if err != nil {
		return err
	}
	t.states[id] = out.State
	out.AddTo(c)
	return nil
}
