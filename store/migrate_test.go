package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct{ change, want string }{
		{"select 1", ""},
		{"update schema_migrations set checksum = 'another'", "made by a development version whose 0001_init.sql was another"},
		{"alter table schema_migrations drop column checksum", "made by a development version whose 0001_init.sql was another"},
		{"insert into schema_migrations (version, name, checksum) values (9999, 'from the future', '')", "the database has schema version 9999"},
		{"drop schema public cascade; create schema public", ""},
	} {
		if _, err := db.Exec(c.change); err != nil {
			t.Fatal(err)
		}
		err := store.Migrate(t.Context(), db)
		if c.want == "" && err != nil || c.want != "" && (desk.KindOf(err) != desk.KindConflict || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.change, err, c.want)
		}
	}
}
