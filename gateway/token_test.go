package gateway_test

import (
	"bytes"
	"database/sql"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestMailboxWithTokens: the token server accepts each refresh token once, and a
// restarted gateway uses the latest one. A new token in the configuration replaces the
// stored one.
func TestMailboxWithTokens(t *testing.T) {
	t.Parallel()
	tokens := mailtest.NewTokenServer(t)
	box := mailtest.NewDovecot(t, mailtest.WithTokens(tokens))
	dsn := dbtest.New(t)
	refresh := tokens.Grant(box.User)
	pulled := func(who string) func(*testing.T) {
		return func(t *testing.T) {
			r := start(t, func(cfg *config.Config) {
				cfg.DB.URL = dsn
				cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, TLS: "none", Poll: time.Second,
					OAuth: config.OAuth{Auth: "oauth2", TokenURL: tokens.TokenURL, ClientID: tokens.ClientID, ClientSecret: tokens.ClientSecret, RefreshToken: refresh}}}
			})
			box.Append([]byte(letter(who+"@acme.example", "support@desk.example", "Hello", who+"@acme.example", "Hello.")))
			r.only("from:" + who + "@acme.example")
		}
	}
	t.Run("granted", pulled("one"))
	tokens.Expire()
	t.Run("after a restart", pulled("two"))
	if n := len(tokens.Requests()); n < 2 {
		t.Errorf("%d tokens were requested, want at least 2", n)
	}

	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sealed []byte
	if err := db.QueryRow(`select sealed from oauth_tokens where name = 'imap support'`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("access-")) || bytes.Contains(sealed, []byte("refresh-")) {
		t.Errorf("the database contains unencrypted tokens: %q", sealed)
	}

	tokens.Revoke()
	refresh = tokens.Grant(box.User)
	t.Run("granted again", pulled("three"))
}
