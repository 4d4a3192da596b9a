package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type imageQueries struct {
	Get  *sqlx.Stmt `query:"image-get"`
	Save *sqlx.Stmt `query:"image-save"`
	Trim *sqlx.Stmt `query:"image-trim"`
}

// RemoteImage returns a picture from the net that was kept for less than age;
// KindNotFound when there is none.
func (s *Store) RemoteImage(ctx context.Context, url string, age time.Duration) (view.File, error) {
	var row struct {
		Type  string
		Bytes []byte
	}
	digest := sha256.Sum256([]byte(url))
	if err := s.q.image.Get.GetContext(ctx, &row, digest[:], age.Seconds()); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return view.File{}, desk.Errorf(desk.KindNotFound, "the picture is not kept")
		}
		return view.File{}, wrap("read a picture", err)
	}
	return view.File{Type: row.Type, Bytes: row.Bytes}, nil
}

// SaveRemoteImage keeps a picture from the net, and forgets the oldest when all
// together have more than limit octets.
func (s *Store) SaveRemoteImage(ctx context.Context, url string, f view.File, limit int64) error {
	digest := sha256.Sum256([]byte(url))
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.image.Save).ExecContext(ctx, digest[:], f.Type, f.Bytes); err != nil {
			return wrap("keep a picture", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.image.Trim).ExecContext(ctx, limit)
		return wrap("forget pictures", err)
	})
}
