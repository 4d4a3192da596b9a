package main_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/bench/proc"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestSoakIdle: with many idle mailboxes on one node, its memory stays bounded, and new
// mail in any of them is journaled at once.
func TestSoakIdle(t *testing.T) {
	t.Parallel()
	const limit = 300 // MiB
	boxes, timeout := 40, time.Minute
	if *soakLong {
		boxes, timeout = 1000, 5*time.Minute
	}
	box := mailtest.NewDovecot(t, mailtest.WithAccounts(boxes))
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var config strings.Builder
	fmt.Fprintf(&config, "addr = '127.0.0.1:0'\nlog_level = 'warn'\n[db]\nurl = %q\n[mail]\naddresses = ['support@desk.example']\n", dsn)
	for i := range boxes {
		fmt.Fprintf(&config, "[[mailbox]]\nname = %q\naddr = %q\nuser = %q\npassword = %q\ntls = 'implicit'\n",
			mailtest.Account(i), box.TLSAddr, mailtest.Account(i), box.Password)
	}
	dir := t.TempDir()
	bin, file := binary(t), filepath.Join(dir, "switchboard.toml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, bin, file, "SSL_CERT_FILE="+box.RootFile)
	count := func(query string, args ...any) (got int) {
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	began := time.Now()
	within(t, timeout, "every mailbox to be read", func() bool {
		return count("select count(*) from channel_status where channel like 'imap %' and state = 'running'") == boxes
	})
	t.Logf("all read after %s", time.Since(began).Round(100*time.Millisecond))

	const mails = 20
	began = time.Now()
	for i := range mails {
		box.Deliver(mailtest.Account(i*boxes/mails), fmt.Appendf(nil, "From: ann@acme.example\r\nSubject: mail %d\r\nMessage-ID: <%d@acme.example>\r\n\r\nHello %d.\r\n", i, i, i))
	}
	within(t, timeout, "the mails", func() bool {
		return count("select count(*) from raws where state = 'processed'") == mails
	})
	took := time.Since(began)
	rss, peak, err := proc.Memory(n.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("mailboxes=%d rss_mib=%d peak_mib=%d mails=%d all_journaled_s=%.1f", boxes, rss>>20, peak>>20, mails, took.Seconds())
	if peak>>20 > limit {
		t.Errorf("the process used %d MiB, the limit is %d", peak>>20, limit)
	}
}
