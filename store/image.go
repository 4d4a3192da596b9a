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

// RemoteImage returns a cached remote image that is younger than age;
// KindNotFound if there is none.
func (s *Store) RemoteImage(ctx context.Context, url string, age time.Duration) (view.File, error) {
	var row struct {
		Type  string
		Bytes []byte
	}
	digest := sha256.Sum256([]byte(url))
	if err := s.q.image.Get.GetContext(ctx, &row, digest[:], age.Seconds()); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return view.File{}, desk.Errorf(desk.KindNotFound, "the image is not cached")
		}
		return view.File{}, wrap("read a remote image", err)
	}
	return view.File{Type: row.Type, Bytes: row.Bytes}, nil
}

// SaveRemoteImage caches a remote image, and removes the oldest ones when all
// together are larger than limit octets.
func (s *Store) SaveRemoteImage(ctx context.Context, url string, f view.File, limit int64) error {
	digest := sha256.Sum256([]byte(url))
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.image.Save).ExecContext(ctx, digest[:], f.Type, f.Bytes); err != nil {
			return wrap("cache a remote image", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.image.Trim).ExecContext(ctx, limit)
		return wrap("remove old remote images", err)
	})
}
