package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/lifecycle"
)

type chatQueries struct {
	Resume    *sqlx.Stmt `query:"chat-resume"`
	Begin     *sqlx.Stmt `query:"chat-begin"`
	Newest    *sqlx.Stmt `query:"chat-newest"`
	History   *sqlx.Stmt `query:"chat-history"`
	Marks     *sqlx.Stmt `query:"chat-marks"`
	Session   *sqlx.Stmt `query:"chat-session"`
	Received  *sqlx.Stmt `query:"chat-received"`
	Left      *sqlx.Stmt `query:"chat-left"`
	LeftAt    *sqlx.Stmt `query:"chat-left-at"`
	Delivered *sqlx.Stmt `query:"chat-delivered"`
}

// Visitors stores the visitors' chat sessions; it implements livechat.Sessions.
type Visitors struct{ s *Store }

// Visitors returns the store's chat sessions.
func (s *Store) Visitors() Visitors { return Visitors{s} }

// Open implements livechat.Sessions. The secret itself is never stored.
func (v Visitors) Open(ctx context.Context, widget, secret string, hello chat.Visitor) (chat.Session, error) {
	name, email := clean(hello.Name), clean(hello.Email)
	var session chat.Session
	err := v.s.tx(ctx, func(tx *sqlx.Tx) error {
		if secret != "" {
			found, err := v.resume(ctx, tx, widget, secret, name, email, &session)
			if found || err != nil {
				return err
			}
		}
		session = chat.Session{ID: desk.NewID[desk.SessionID](), Secret: newSecret(), Opened: 1, Visitor: chat.Visitor{Name: name, Email: email}}
		_, err := tx.StmtxContext(ctx, v.s.q.chat.Begin).ExecContext(ctx, session.ID, digest(session.Secret), widget, name, email)
		return wrap("begin a chat session", err)
	})
	return session, err
}

func (v Visitors) resume(ctx context.Context, tx *sqlx.Tx, widget, secret, name, email string, into *chat.Session) (bool, error) {
	var row struct {
		ID             desk.SessionID
		Name, Email    string
		ConversationID desk.ConversationID
		Opened         int64
	}
	err := tx.StmtxContext(ctx, v.s.q.chat.Resume).GetContext(ctx, &row, widget, digest(secret), name, email)
	if err != nil {
		if kindOf(err) == desk.KindNotFound {
			return false, nil
		}
		return false, wrap("resume a chat session", err)
	}
	*into = chat.Session{ID: row.ID, Secret: secret, Resumed: true, Conversation: row.ConversationID, Opened: row.Opened, Visitor: chat.Visitor{Name: row.Name, Email: row.Email}}
	err = tx.StmtxContext(ctx, v.s.q.chat.Newest).GetContext(ctx, &into.Seq, row.ID)
	return true, wrap("read a chat session", err)
}

// newSecret returns 256 random bits as text.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest returns the stored form of a secret. One round is enough for random bits.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// History implements livechat.Sessions.
func (v Visitors) History(ctx context.Context, id desk.SessionID, after chat.Position, limit int) ([]chat.Line, error) {
	var rows []struct {
		ConversationID desk.ConversationID
		Seq            int64
		ID             string
		FromVisitor    bool
		Agent          string
		Text           string
		At             time.Time
	}
	if err := v.s.q.chat.History.SelectContext(ctx, &rows, id, after.Conversation, after.Seq, limit); err != nil {
		return nil, wrap("read a chat session's lines", err)
	}
	lines := make([]chat.Line, len(rows))
	for i, r := range rows {
		lines[i] = chat.Line{Conversation: r.ConversationID, Seq: r.Seq, ID: r.ID, From: chat.FromAgent, Name: r.Agent, Text: r.Text, At: r.At}
		if r.FromVisitor {
			lines[i].From = chat.FromVisitor
		}
	}
	return lines, nil
}

// Marks implements livechat.Sessions.
func (v Visitors) Marks(ctx context.Context, ids []desk.SessionID) ([]chat.Mark, error) {
	var column column
	for _, id := range ids {
		column.uuid(id)
	}
	var marks []chat.Mark
	err := v.s.q.chat.Marks.SelectContext(ctx, &marks, &column)
	return marks, wrap("read positions of chat sessions", err)
}

// Received implements livechat.Sessions: the deliveries up to seq become
// delivered, each with an event. The session's row is locked last, as everywhere,
// because a transaction that holds a conversation may go on to lock its sessions.
func (v Visitors) Received(ctx context.Context, id desk.SessionID, seq int64) error {
	q := &v.s.q.chat
	return v.s.tx(ctx, func(tx *sqlx.Tx) error {
		var session struct {
			ConversationID desk.ConversationID
			ReceivedSeq    int64
		}
		if err := tx.StmtxContext(ctx, q.Session).GetContext(ctx, &session, id); err != nil {
			return wrap("read a chat session", err)
		}
		if !session.ConversationID.IsZero() {
			if err := v.delivered(ctx, tx, id, session.ConversationID, seq); err != nil {
				return err
			}
		}
		_, err := tx.StmtxContext(ctx, q.Received).ExecContext(ctx, id, seq)
		return wrap("record a visitor's position", err)
	})
}

// Left records that the visitor has closed the chat, unless it was opened again since
// the opening of that number.
func (v Visitors) Left(ctx context.Context, id desk.SessionID, opened int64) error {
	_, err := v.s.q.chat.Left.ExecContext(ctx, id, opened)
	return wrap("record that a visitor left", err)
}

// leftAt returns when the visitor of a session closed the chat; nil if it is open.
func (s *Store) leftAt(ctx context.Context, session string) (at *time.Time, err error) {
	id, err := desk.ParseID[desk.SessionID](session)
	if err != nil || id.IsZero() {
		return nil, nil // the conversation has no session to answer to
	}
	err = s.q.chat.LeftAt.GetContext(ctx, &at, id)
	if kindOf(err) == desk.KindNotFound {
		return nil, nil
	}
	if at != nil {
		utc(at)
	}
	return at, wrap("read whether a visitor left", err)
}

func (v Visitors) delivered(ctx context.Context, tx *sqlx.Tx, session desk.SessionID, id desk.ConversationID, seq int64) error {
	t, err := v.s.lockConversations(ctx, tx, id)
	if err != nil {
		return err
	}
	var rows []desk.DeliveryChanged
	if err := t.rows(ctx, "read unconfirmed deliveries", v.s.q.chat.Delivered, &rows, id, session.String(), seq); err != nil {
		return err
	}
	var c desk.Changes
	for _, data := range rows {
		data.State, data.Source = desk.DeliveryDelivered, desk.SourceClient
		c.Results = append(c.Results, desk.DeliveryResult{Delivery: data.DeliveryID, Source: data.Source, At: t.now, Result: desk.Result{State: data.State}})
		if err := t.apply(id, lifecycle.Delivery{Data: data, By: desk.ActorCustomer}, &c); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return t.Save(ctx, &c)
}
