package store

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/deskmail"
)

type imapFlagQueries struct {
	Set        *sqlx.Stmt `query:"imap-set-flags"`
	ReadTo     *sqlx.Stmt `query:"imap-read-to"`
	AddDraft   *sqlx.Stmt `query:"imap-add-draft"`
	Count      *sqlx.Stmt `query:"imap-count-drafts"`
	FlagDraft  *sqlx.Stmt `query:"imap-flag-draft"`
	DropDrafts *sqlx.Stmt `query:"imap-drop-drafts"`
}

// flagBatch is how many conversations one transaction changes.
const flagBatch = 200

// SetMailFlags changes an agent's flags of messages of conversations, by their numbers, which the agent may read.
func (s *Store) SetMailFlags(ctx context.Context, as desk.Agent, of map[desk.ConversationID][]int64, c deskmail.Change) error {
	ids := slices.SortedFunc(maps.Keys(of), func(a, b desk.ConversationID) int { return bytes.Compare(a[:], b[:]) })
	for part := range slices.Chunk(ids, flagBatch) {
		err := s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
			set := tx.StmtxContext(ctx, s.q.imapFlag.Set)
			for _, id := range part {
				var named column
				for _, n := range of[id] {
					named.number(n)
				}
				if _, err := set.ExecContext(ctx, as.ID, id, &named, c.Seen, c.Answered, at.ModSeq); err != nil {
					return wrap("set flags", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readTo tells the agent's mail programs how far they have read a conversation. False: they have none.
func (s *Store) readTo(ctx context.Context, as desk.Agent, id desk.ConversationID, seq int64) (bool, error) {
	var known struct {
		Epoch  int64
		Rights string
	}
	if err := s.q.imap.User.GetContext(ctx, &known, as.ID); kindOf(err) == desk.KindNotFound {
		return false, nil
	} else if err != nil {
		return false, wrap("read a mail user", err)
	}
	return true, s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		if _, err := tx.StmtxContext(ctx, s.q.imapFlag.ReadTo).ExecContext(ctx, as.ID, id, seq, at.ModSeq); err != nil {
			return wrap("set flags", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.draft.ReadMark).ExecContext(ctx, as.ID, id, seq)
		return wrap("mark a conversation as read", err)
	})
}

// AddMailDraft keeps what a mail program puts into Drafts, and returns its UID.
func (s *Store) AddMailDraft(ctx context.Context, m *deskmail.Mailbox, text []byte, flags []string) (uid uint32, err error) {
	err = s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		var n int
		if err := tx.StmtxContext(ctx, s.q.imapFlag.Count).GetContext(ctx, &n, m.ID); err != nil {
			return wrap("count drafts", err)
		}
		if n >= deskmail.MaxDrafts {
			return desk.Errorf(desk.KindConflict, "Drafts has %d messages, which is all that it holds; delete some", n)
		}
		var row int64
		err := tx.StmtxContext(ctx, s.q.imapFlag.AddDraft).GetContext(ctx, &row, m.ID, text, flagColumn(flags), at.ModSeq)
		uid = uint32(row)
		return wrap("keep a draft", err)
	})
	return uid, err
}

func flagColumn(flags []string) *column {
	c := new(column)
	for _, f := range flags {
		c.text(f)
	}
	return c
}

// FlagMailDraft sets the flags of a draft.
func (s *Store) FlagMailDraft(ctx context.Context, m *deskmail.Mailbox, uid uint32, flags []string) error {
	return s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		_, err := tx.StmtxContext(ctx, s.q.imapFlag.FlagDraft).ExecContext(ctx, m.ID, int64(uid), flagColumn(flags), at.ModSeq)
		return wrap("flag a draft", err)
	})
}

// DropMailDrafts deletes drafts.
func (s *Store) DropMailDrafts(ctx context.Context, m *deskmail.Mailbox, uids []uint32) error {
	var which column
	for _, uid := range uids {
		which.number(int64(uid))
	}
	return s.imap(ctx, func(tx *sqlx.Tx, at imapState) error {
		_, err := tx.StmtxContext(ctx, s.q.imapFlag.DropDrafts).ExecContext(ctx, m.ID, &which, at.ModSeq)
		return wrap("delete drafts", err)
	})
}
