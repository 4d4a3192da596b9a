package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/deskmail"
)

type imapQueries struct {
	Ahead            *sqlx.Stmt `query:"imap-ahead"`
	Lock             *sqlx.Stmt `query:"imap-lock"`
	Events           *sqlx.Stmt `query:"imap-events"`
	Position         *sqlx.Stmt `query:"imap-position"`
	Reset            *sqlx.Stmt `query:"imap-reset"`
	Folders          *sqlx.Stmt `query:"imap-folders"`
	Expunge          *sqlx.Stmt `query:"imap-expunge"`
	Flag             *sqlx.Stmt `query:"imap-flag"`
	Add              *sqlx.Stmt `query:"imap-add"`
	Newest           *sqlx.Stmt `query:"imap-newest"`
	ChangedFolders   *sqlx.Stmt `query:"imap-changed-folders"`
	ChangedUsers     *sqlx.Stmt `query:"imap-changed-users"`
	User             *sqlx.Stmt `query:"imap-user"`
	SaveUser         *sqlx.Stmt `query:"imap-save-user"`
	OwnFolders       *sqlx.Stmt `query:"imap-own-folders"`
	OwnConversations *sqlx.Stmt `query:"imap-own-conversations"`
	PastAnswers      *sqlx.Stmt `query:"imap-past-answers"`
	Mailboxes        *sqlx.Stmt `query:"imap-mailboxes"`
}

// imapBatch is how many events are numbered in one transaction.
const imapBatch = 20_000

// NumberMail gives numbers to what mail programs see and did not exist, or was somewhere else, when it was
// called last. What was committed before the call has its numbers afterwards.
func (s *Store) NumberMail(ctx context.Context) error {
	for limit := imapBatch; ; {
		var ahead bool
		if err := s.q.imap.Ahead.GetContext(ctx, &ahead); err != nil {
			return wrap("look for messages without numbers", err)
		}
		if !ahead {
			return nil
		}
		n, moved, err := s.numberEvents(ctx, limit)
		if err != nil || n < limit {
			return err
		}
		if !moved { // a long transaction holds the position back: read beyond all that it holds
			limit *= 4
		}
	}
}

// numberEvents numbers what the next events are about. It returns how many there were, and whether the
// position was moved.
func (s *Store) numberEvents(ctx context.Context, limit int) (n int, moved bool, err error) {
	err = s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		var events []struct {
			ConversationID desk.ConversationID
			XID            string
			ID             int64
			Final          bool
		}
		if err := tx.StmtxContext(ctx, s.q.imap.Events).SelectContext(ctx, &events, at.XID, at.Event, limit); err != nil {
			return wrap("read events", err)
		}
		n = len(events)
		var ids []desk.ConversationID
		xid, event := at.XID, at.Event
		final := true
		for _, e := range events {
			if final = final && e.Final; final {
				xid, event, moved = e.XID, e.ID, true
			}
			if !e.ConversationID.IsZero() {
				ids = append(ids, e.ConversationID)
			}
		}
		if err := s.number(ctx, tx, at.ModSeq, ids); err != nil || !moved {
			return err
		}
		_, err := tx.StmtxContext(ctx, s.q.imap.Position).ExecContext(ctx, xid, event)
		return wrap("keep the position", err)
	})
	return n, moved, err
}

// imapState is the row whose lock orders all changes.
type imapState struct {
	ModSeq int64
	XID    string
	Event  int64
}

// imap runs fn in a transaction that has the next modification sequence.
func (s *Store) imap(ctx context.Context, fn func(*sqlx.Tx, imapState) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var at imapState
		if err := tx.StmtxContext(ctx, s.q.imap.Lock).GetContext(ctx, &at); err != nil {
			return wrap("lock the numbers of messages", err)
		}
		return fn(tx, at)
	})
}

// number brings the folders of conversations up to date.
func (s *Store) number(ctx context.Context, tx *sqlx.Tx, modseq int64, ids []desk.ConversationID) error {
	if _, err := tx.StmtxContext(ctx, s.q.imap.Folders).ExecContext(ctx); err != nil {
		return wrap("make folders", err)
	}
	slices.SortFunc(ids, func(a, b desk.ConversationID) int { return cmp.Compare(a.String(), b.String()) })
	ids = slices.Compact(ids)
	for part := range slices.Chunk(ids, 1000) {
		var touched column
		for _, id := range part {
			touched.uuid(id)
		}
		for _, stmt := range []*sqlx.Stmt{s.q.imap.Expunge, s.q.imap.Flag, s.q.imap.Add} {
			if _, err := tx.StmtxContext(ctx, stmt).ExecContext(ctx, &touched, modseq); err != nil {
				return wrap("number messages", err)
			}
		}
	}
	return nil
}

// MailChanged returns which folders and whose flags have changed since a modification sequence, and
// the newest one.
func (s *Store) MailChanged(ctx context.Context, since uint64) (folders []int64, users []desk.AgentID, newest uint64, err error) {
	// The newest is read first: what changes in between is reported twice.
	if err = s.q.imap.Newest.GetContext(ctx, &newest); err != nil || newest == since {
		return nil, nil, newest, wrap("read the newest change", err)
	}
	if err = s.q.imap.ChangedFolders.SelectContext(ctx, &folders, int64(since)); err != nil {
		return nil, nil, 0, wrap("read changed folders", err)
	}
	err = s.q.imap.ChangedUsers.SelectContext(ctx, &users, int64(since))
	return folders, users, newest, wrap("read changed flags", err)
}

// rights is what decides which messages an agent sees, and how.
func rights(a *desk.Agent) string {
	text, err := json.Marshal([]any{a.Admin, a.Tiers, a.InboxesOnly, a.Sees, a.Masked()})
	if err != nil {
		panic(err) // a programming error
	}
	return string(text)
}

// MailUser returns an agent as the database has them now, who signs in by IMAP: their folders exist
// afterwards. KindDenied if they are disabled.
func (s *Store) MailUser(ctx context.Context, id desk.AgentID) (deskmail.User, error) {
	var row agentRow
	if err := s.q.identity.ByID.GetContext(ctx, &row, id); err != nil {
		return deskmail.User{}, missing("agent", err)
	}
	u := deskmail.User{Agent: row.agent()}
	if row.Disabled {
		return u, desk.Errorf(desk.KindDenied, "this agent is not allowed to work at the desk")
	}
	now := rights(&u.Agent)
	var known struct {
		Epoch  int64
		Rights string
	}
	err := s.q.imap.User.GetContext(ctx, &known, id)
	if err != nil && kindOf(err) != desk.KindNotFound {
		return u, wrap("read a mail user", err)
	}
	if u.Epoch = known.Epoch; err == nil && known.Rights == now {
		return u, nil
	}
	first := err != nil
	err = s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		if _, err := tx.StmtxContext(ctx, s.q.imap.SaveUser).ExecContext(ctx, id, now, at.ModSeq); err != nil {
			return wrap("keep a mail user", err)
		}
		if first {
			if err := s.firstMail(ctx, tx, id, at.ModSeq); err != nil {
				return err
			}
		}
		return wrap("read a mail user", tx.StmtxContext(ctx, s.q.imap.User).GetContext(ctx, &known, id))
	})
	u.Epoch = known.Epoch
	return u, err
}

// firstMail makes the folders of an agent, with what belongs in them.
func (s *Store) firstMail(ctx context.Context, tx *sqlx.Tx, id desk.AgentID, modseq int64) error {
	if _, err := tx.StmtxContext(ctx, s.q.imap.OwnFolders).ExecContext(ctx, id); err != nil {
		return wrap("make folders", err)
	}
	if _, err := tx.StmtxContext(ctx, s.q.imap.PastAnswers).ExecContext(ctx, id, modseq); err != nil {
		return wrap("find past answers", err)
	}
	var ids []desk.ConversationID
	if err := tx.StmtxContext(ctx, s.q.imap.OwnConversations).SelectContext(ctx, &ids, id); err != nil {
		return wrap("find an agent's conversations", err)
	}
	return s.number(ctx, tx, modseq, ids)
}

// Mailboxes lists the folders of an agent.
func (s *Store) Mailboxes(ctx context.Context, as desk.Agent) ([]deskmail.Mailbox, error) {
	limits, _ := viewer(as)
	var rows []struct {
		deskmail.Mailbox
		UIDNext int64
		ModSeq  int64
	}
	if err := s.q.imap.Mailboxes.SelectContext(ctx, &rows, limits, as.ID); err != nil {
		return nil, wrap("list folders", err)
	}
	out := make([]deskmail.Mailbox, len(rows))
	for i, r := range rows {
		out[i] = r.Mailbox
		out[i].UIDNext, out[i].ModSeq = uint32(r.UIDNext), uint64(r.ModSeq)
	}
	return out, nil
}
