package store_test

import (
	"bytes"
	"database/sql"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

// TestSecretsAreEncrypted: what is stored cannot be read without the key. Secrets of
// before, and those of a former key, are encrypted again when they are next used.
func TestSecretsAreEncrypted(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	secret := func(keys ...string) ([]byte, error) {
		t.Helper()
		opt := store.Options{DSN: dsn}
		if len(keys) > 0 {
			ring, err := credential.NewKeyring(strings.Join(keys, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			opt.Secrets = ring
		} else {
			opt.Secrets = (*credential.Keyring)(nil)
		}
		st, err := store.Open(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		return st.Secret(t.Context(), "reply-token-1", []byte("fresh"))
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stored := func() (value []byte) {
		t.Helper()
		if err := db.QueryRow("select value from secrets where name = 'reply-token-1'").Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	if got, err := secret(); err != nil || string(got) != "fresh" || string(stored()) != "fresh" {
		t.Fatalf("without a key: %q (%v)", got, err)
	}
	first, second := credential.NewSecretKey(), credential.NewSecretKey()
	if got, err := secret(first); err != nil || string(got) != "fresh" || bytes.Contains(stored(), []byte("fresh")) {
		t.Errorf("with a key: %q (%v), stored %q", got, err, stored())
	}
	before := stored()
	if got, err := secret(second, first); err != nil || string(got) != "fresh" || bytes.Equal(stored(), before) {
		t.Errorf("with a new key: %q (%v)", got, err)
	}
	if got, err := secret(second); err != nil || string(got) != "fresh" {
		t.Errorf("without the former key: %q (%v)", got, err)
	}
	for _, keys := range [][]string{{first}, nil} {
		if _, err := secret(keys...); desk.KindOf(err) != desk.KindDenied || !strings.Contains(err.Error(), "secret_key_file") {
			t.Errorf("with %d wrong keys: %v", len(keys), err)
		}
	}
}
