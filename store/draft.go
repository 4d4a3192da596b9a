package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type draftQueries struct {
	List     *sqlx.Stmt `query:"draft-list"`
	Save     *sqlx.Stmt `query:"draft-save"`
	Create   *sqlx.Stmt `query:"draft-create"`
	Replace  *sqlx.Stmt `query:"draft-replace"`
	Delete   *sqlx.Stmt `query:"draft-delete"`
	ReadMark *sqlx.Stmt `query:"draft-read-mark"`
}

// chosen is the JSON of a draft's recipients.
type chosen struct {
	To []string `json:"to"`
	CC []string `json:"cc"`

	BCC []string `json:"bcc,omitempty"`
}

// draftRow is what is stored of a draft as JSON.
type draftRow struct {
	view.Draft
	Recipients, Files []byte
}

// draft returns the draft with its recipients and files.
func (r *draftRow) draft() (view.Draft, error) {
	d := r.Draft
	if r.Recipients != nil {
		var c chosen
		if err := json.Unmarshal(r.Recipients, &c); err != nil {
			return d, desk.Errorf(desk.KindInternal, "recipients of a draft in the database: %w", err)
		}
		d.To, d.CC, d.BCC = list(c.To), list(c.CC), list(c.BCC)
	}
	d.Attachments = []view.Upload{}
	if err := json.Unmarshal(r.Files, &d.Attachments); err != nil {
		return d, desk.Errorf(desk.KindInternal, "files of a draft in the database: %w", err)
	}
	for i := range d.Attachments {
		utc(&d.Attachments[i].CreatedAt)
	}
	utc(&d.UpdatedAt)
	return d, nil
}

// Drafts lists an agent's drafts, newest first.
func (s *Store) Drafts(ctx context.Context, as desk.Agent, limit int) ([]view.Draft, error) {
	limits, tiers := viewer(as)
	var rows []draftRow
	if err := s.q.draft.List.SelectContext(ctx, &rows, limits, tiers, as.ID, limit); err != nil {
		return nil, wrap("list drafts", err)
	}
	out := make([]view.Draft, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].draft(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SaveDraft stores a draft and returns it with its time. If the stored version is not
// the one that it continues, nothing changes and the error has KindConflict.
func (s *Store) SaveDraft(ctx context.Context, as desk.Agent, d view.Draft, base view.DraftBase) (view.Draft, error) {
	var recipients []byte
	if d.To != nil || d.CC != nil || d.BCC != nil {
		var err error
		if recipients, err = json.Marshal(chosen{list(d.To), list(d.CC), d.BCC}); err != nil {
			return d, err
		}
	}
	var files column
	for _, f := range d.Attachments {
		files.uuid(f.ID)
	}
	save, args := s.q.draft.Save, []any{as.ID, d.ConversationID, d.Kind, d.Text, nullJSON(recipients), d.Seen, &files}
	switch {
	case base.Any:
	case base.At.IsZero():
		save = s.q.draft.Create
	default:
		save, args = s.q.draft.Replace, append(args, base.At)
	}
	row := draftRow{Draft: d}
	err := save.GetContext(ctx, &row, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errOtherDraft
	}
	if err != nil {
		return d, wrap("save a draft", err)
	}
	return row.draft()
}

// DeleteDraft deletes a draft if it exists. If it is not the version of base, it stays
// and the error has KindConflict.
func (s *Store) DeleteDraft(ctx context.Context, as desk.Agent, id desk.ConversationID, kind view.DraftKind, base view.DraftBase) error {
	var gone bool
	err := s.q.draft.Delete.GetContext(ctx, &gone, as.ID, id, kind, sql.NullTime{Time: base.At, Valid: !base.Any})
	if err == nil && !gone {
		return errOtherDraft
	}
	return wrap("delete a draft", err)
}

var errOtherDraft = desk.Errorf(desk.KindConflict, "the draft was changed elsewhere; read it again before you save it")

// MarkRead sets how far an agent has read a conversation.
func (s *Store) MarkRead(ctx context.Context, as desk.Agent, id desk.ConversationID, seq int64) error {
	if told, err := s.readTo(ctx, as, id, seq); told || err != nil {
		return err
	}
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
