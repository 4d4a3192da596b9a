package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

type uploadQueries struct {
	Add     *sqlx.Stmt `query:"upload-add"`
	Find    *sqlx.Stmt `query:"upload-find"`
	Content *sqlx.Stmt `query:"upload-content"`
	Delete  *sqlx.Stmt `query:"upload-delete"`
	Keep    *sqlx.Stmt `query:"upload-keep"`
	Parts   *sqlx.Stmt `query:"upload-parts"`
	Sweep   *sqlx.Stmt `query:"upload-sweep"`
}

const (
	uploadSweep    = 20      // files that one transaction removes at most
	uploadsOfAgent = 1 << 30 // octets that an agent's files may have together
)

// AddUpload stores a file for the agent's next replies.
func (s *Store) AddUpload(ctx context.Context, as desk.Agent, p desk.Part) (view.Upload, error) {
	u := view.Upload{ID: desk.NewID[desk.UploadID](), Name: clean(p.Name), Type: clean(p.Type), Size: p.Size, Picture: p.Picture}
	data := p.Data
	if data == nil {
		data = []byte{} // an empty file
	}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.StmtxContext(ctx, s.q.upload.Add).GetContext(ctx, &u.CreatedAt, u.ID, as.ID, u.Name, u.Type, u.Picture, p.BlobID, u.Size, data, uploadsOfAgent)
		if errors.Is(err, sql.ErrNoRows) {
			return desk.Errorf(desk.KindInvalid, "file: your uploads of the last two days and of your drafts have more than %d MB together; delete those that you do not need", uploadsOfAgent>>20)
		}
		return wrap("store an upload", err)
	})
	utc(&u.CreatedAt)
	return u, err
}

// Upload returns a file that the agent has uploaded.
func (s *Store) Upload(ctx context.Context, as desk.Agent, id desk.UploadID) (u view.Upload, err error) {
	if err := s.q.upload.Find.GetContext(ctx, &u, id, as.ID); err != nil {
		return u, missing("upload", err)
	}
	utc(&u.CreatedAt)
	return u, nil
}

// UploadContent returns the content of a file that the agent has uploaded.
func (s *Store) UploadContent(ctx context.Context, as desk.Agent, id desk.UploadID) (f view.File, err error) {
	if err := s.q.upload.Content.GetContext(ctx, &f, id, as.ID); err != nil {
		return f, missing("upload", err)
	}
	return f, nil
}

// DeleteUpload removes a file that the agent has uploaded. Replies that were sent with it
// keep theirs.
func (s *Store) DeleteUpload(ctx context.Context, as desk.Agent, id desk.UploadID) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.StmtxContext(ctx, s.q.upload.Delete).ExecContext(ctx, id, as.ID)
		if err != nil {
			return wrap("remove an upload", err)
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return wrap("count removed uploads", err)
		}
		return desk.Errorf(desk.KindNotFound, "no such upload")
	})
}

// SweepUploads removes old files and returns whether there may be more.
func (s *Store) SweepUploads(ctx context.Context) (more bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.StmtxContext(ctx, s.q.upload.Sweep).ExecContext(ctx, uploadSweep)
		if err != nil {
			return wrap("remove old uploads", err)
		}
		n, err := result.RowsAffected()
		more = n == uploadSweep
		return wrap("count removed uploads", err)
	})
	return more, err
}

// Uploads implements agent.Tx.
func (t *actTx) Uploads(ctx context.Context, by desk.AgentID, ids []desk.UploadID) ([]agent.Upload, error) {
	var wanted column
	for _, id := range ids {
		wanted.uuid(id)
	}
	if _, err := t.tx.StmtxContext(ctx, t.s.q.upload.Keep).ExecContext(ctx, &wanted, by); err != nil {
		return nil, wrap("keep uploaded files", err)
	}
	var files []agent.Upload
	err := t.rows(ctx, "read uploaded files", t.s.q.upload.Parts, &files, &wanted, by)
	return files, err
}
