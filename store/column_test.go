package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard/internal/dbtest"
)

// TestColumn sends each kind of column there and back through a prepared
// statement, as the batches do.
func TestColumn(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: dbtest.New(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id := uuid.MustParse("0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456000, time.UTC)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	type row struct {
		Text  string
		ID    *string
		Bytes []byte
		N     int64
		Yes   bool
		At    *time.Time
	}
	want := []row{
		{"", nil, []byte{}, 0, false, nil},
		{`a "quoted\ {list}, NULL`, new(string), all, -1, true, &at},
		{"注文 🙂\n", nil, bytes.Repeat(all, 1000), 1 << 40, false, nil},
	}
	*want[1].ID = id.String()
	var text, ids, data, n, yes, when column
	data.grow(oidBytea, 3, 10) // too little is no harm
	for _, r := range want {
		text.text(r.Text)
		data.bytes(r.Bytes)
		n.number(r.N)
		yes.boolean(r.Yes)
		if r.ID == nil {
			ids.uuid([16]byte{})
			when.instant(time.Time{})
			continue
		}
		ids.uuid(id)
		when.instant(at)
	}
	stmt, err := s.db.PreparexContext(t.Context(), `select * from unnest($1::text[], $2::uuid[], $3::bytea[], $4::bigint[], $5::boolean[], $6::timestamptz[])
		as t (text, id, bytes, n, yes, at)`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for range 2 { // a retry sends the same columns again
		if diff := cmp.Diff(want, selected[row](t, stmt, &text, &ids, &data, &n, &yes, &when)); diff != "" {
			t.Errorf("what came back differs (-want +got):\n%s", diff)
		}
	}
	var none column
	if got := selected[row](t, stmt, &none, &none, &none, &none, &none, &none); len(got) != 0 {
		t.Errorf("empty columns give %v", got)
	}
	var dirty column
	dirty.text("a\x00b\xffc")
	var stored string
	if err := s.db.GetContext(t.Context(), &stored, "select ($1::text[])[1]", &dirty); err != nil || stored != "ab\uFFFDc" {
		t.Errorf("a text that no text column holds comes back as %q, %v", stored, err)
	}
}

func selected[T any](t *testing.T, stmt *sqlx.Stmt, args ...any) (rows []T) {
	t.Helper()
	if err := stmt.SelectContext(t.Context(), &rows, args...); err != nil {
		t.Fatal(err)
	}
	return rows
}
