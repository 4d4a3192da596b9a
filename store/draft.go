package store

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type draftQueries struct {
	List     *sqlx.Stmt `query:"draft-list"`
	Save     *sqlx.Stmt `query:"draft-save"`
	Delete   *sqlx.Stmt `query:"draft-delete"`
	ReadMark *sqlx.Stmt `query:"draft-read-mark"`
}

// chosen is the JSON of a draft's recipients.
type chosen struct {
	To []string `json:"to"`
	CC []string `json:"cc"`
}

// Drafts lists an agent's drafts, newest first.
func (s *Store) Drafts(ctx context.Context, as desk.Agent, limit int) ([]view.Draft, error) {
	admin, tiers := viewer(as)
	var rows []struct {
		view.Draft
		Recipients []byte
	}
	if err := s.q.draft.List.SelectContext(ctx, &rows, admin, tiers, as.ID, limit); err != nil {
		return nil, wrap("list drafts", err)
	}
	out := make([]view.Draft, len(rows))
	for i, r := range rows {
		if r.Recipients != nil {
			var c chosen
			if err := json.Unmarshal(r.Recipients, &c); err != nil {
				return nil, desk.Errorf(desk.KindInternal, "recipients of a draft in the database: %w", err)
			}
			r.To, r.CC = list(c.To), list(c.CC)
		}
		utc(&r.UpdatedAt)
		out[i] = r.Draft
	}
	return out, nil
}

// SaveDraft stores a draft in place of the earlier one and returns it with its time.
func (s *Store) SaveDraft(ctx context.Context, as desk.Agent, d view.Draft) (view.Draft, error) {
	var recipients []byte
	if d.To != nil || d.CC != nil {
		var err error
		if recipients, err = json.Marshal(chosen{list(d.To), list(d.CC)}); err != nil {
			return d, err
		}
	}
	err := s.q.draft.Save.GetContext(ctx, &d.UpdatedAt, as.ID, d.ConversationID, d.Kind, d.Text, nullJSON(recipients), d.Seen)
	utc(&d.UpdatedAt)
	return d, wrap("save a draft", err)
}

// DeleteDraft deletes a draft if it exists.
func (s *Store) DeleteDraft(ctx context.Context, as desk.Agent, id desk.ConversationID, kind view.DraftKind) error {
	_, err := s.q.draft.Delete.ExecContext(ctx, as.ID, id, kind)
	return wrap("delete a draft", err)
}

// MarkRead sets how far an agent has read a conversation.
func (s *Store) MarkRead(ctx context.Context, as desk.Agent, id desk.ConversationID, seq int64) error {
	_, err := s.q.draft.ReadMark.ExecContext(ctx, as.ID, id, seq)
	return wrap("mark a conversation as read", err)
}

// nullJSON returns a document as the text that a jsonb parameter takes; NULL for nil.
func nullJSON(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}
