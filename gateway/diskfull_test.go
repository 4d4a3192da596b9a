package gateway_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestDiskFull: while the database's disk is full, SMTP answers 452 and the cursor of a
// mailbox does not advance. Afterwards everything continues by itself, and every mail
// exists exactly once.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	var dsn string
	r := start(t, func(c *config.Config) {
		c.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}}
		dsn = c.DB.URL
	})
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(q string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	full := func(table string) string {
		return fmt.Sprintf("create trigger full_disk before insert on %s for each statement execute function full_disk()", table)
	}
	exec(`create function full_disk() returns trigger language plpgsql as
		$$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`)
	mail := func(n int) string {
		return strings.ReplaceAll(letter("jo@acme.example", "support@desk.example", fmt.Sprint("Mail ", n), fmt.Sprintf("%d@acme.example", n), "Hello."), "\n", "\r\n")
	}
	deliver := func(n int) error {
		return smtp.SendMail(r.smtp, nil, "jo@acme.example", []string{"support@desk.example"}, []byte(mail(n)))
	}

	// Mail that cannot be processed stays pending.
	exec(full("messages"))
	if err := deliver(1); err != nil {
		t.Fatal(err)
	}
	r.eventually("a failed attempt", func() bool {
		var problem string
		err := db.QueryRowContext(t.Context(), "select problem from raws where state = 'pending' and problem <> ''").Scan(&problem)
		return err == nil && strings.Contains(problem, "ran out of disk space")
	})
	// Mail that cannot be stored is not acknowledged.
	exec(full("raws"))
	var refused *textproto.Error
	if err := deliver(2); !errors.As(err, &refused) || refused.Code != 452 {
		t.Errorf("SMTP answered %v, want 452", err)
	}
	for n := 3; n < 6; n++ {
		box.Append([]byte(mail(n)))
	}
	r.eventually("the mailbox to fail", func() bool { return r.channels()["imap support"].State == "failing" })
	var read int
	if err := db.QueryRowContext(t.Context(), "select coalesce(max(last_uid), 0) from mailbox_cursors").Scan(&read); err != nil || read != 0 {
		t.Errorf("the mailbox cursor is at %d (%v)", read, err)
	}

	exec("drop trigger full_disk on raws; drop trigger full_disk on messages")
	if err := deliver(2); err != nil {
		t.Errorf("after the disk has space again: %v", err)
	}
	r.eventually("all five mails", func() bool { return len(r.find("from:jo@acme.example")) == 5 })
	for n := 1; n < 6; n++ {
		r.only(fmt.Sprintf("Mail %d", n))
	}
}
