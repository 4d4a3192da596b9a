package main_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestMailboxTakenOver runs two nodes on one database and one mailbox, and repeatedly
// kills the one that reads the mailbox while mail arrives. The other node must take over
// within 15 s, and every mail must be journaled exactly once.
func TestMailboxTakenOver(t *testing.T) {
	const limit = 15 * time.Second
	box := mailtest.NewDovecot(t)
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir := t.TempDir()
	bin := binary(t)
	config := filepath.Join(dir, "switchboard.toml")
	text := fmt.Sprintf("addr = '127.0.0.1:0'\n[db]\nurl = %q\n[mail]\nundo = '0s'\naddresses = ['support@desk.example']\n"+
		"[[mailbox]]\nname = 'support'\naddr = %q\nuser = %q\npassword = %q\ntls = 'none'\n", dsn, box.Addr, box.User, box.Password)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	nodes := []*node{newNode(t, bin, config), newNode(t, bin, config)}
	sent := 0
	deliver := func() {
		sent++
		box.Append(fmt.Appendf(nil, "From: ann@acme.example\r\nTo: support@desk.example\r\nSubject: mail %d\r\nMessage-ID: <%d@acme.example>\r\n\r\nHello %d.\r\n", sent, sent, sent))
	}
	journaled := func(want int) bool {
		var n int
		if err := db.QueryRowContext(t.Context(), "select count(*) from raws where channel = 'email'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n >= want
	}
	for range 50 {
		deliver()
	}
	within(t, 30*time.Second, "the first mails", func() bool { return journaled(50) })
	if n := strings.Count(box.Log(), "Login: user=<support>"); n != 1 {
		t.Errorf("%d nodes logged in, want only the one that holds the lease", n)
	}
	var worst time.Duration
	for range 3 {
		owner := reader(t, db, nodes)
		deliver() // the node may be reading this one
		owner.kill()
		killed := time.Now()
		for range 5 {
			deliver()
		}
		within(t, limit, "the other node to take over", func() bool { return journaled(sent) })
		worst = max(worst, time.Since(killed))
		owner.start()
	}
	var rows, messages int
	err = db.QueryRowContext(t.Context(), "select count(*), count(distinct bytes) from raws where channel = 'email'").Scan(&rows, &messages)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("kills=3 sent=%d lost=%d dup=%d takeover_p100=%s", sent, sent-messages, rows-messages, worst.Round(time.Millisecond))
	if rows != sent || messages != sent {
		t.Errorf("%d journal items for %d mails, want %d", rows, messages, sent)
	}
}

func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", limit, what)
		}
	}
}

// reader returns the node that holds the mailbox's lease.
func reader(t *testing.T, db *sql.DB, nodes []*node) (owner *node) {
	t.Helper()
	within(t, 15*time.Second, "a node to hold the lease", func() bool {
		var name string
		if err := db.QueryRowContext(t.Context(), "select owner from mailbox_leases where lease_until > now()").Scan(&name); err != nil {
			return false
		}
		for _, n := range nodes {
			if strings.Contains(name, fmt.Sprintf("-%d-", n.cmd.Process.Pid)) {
				owner = n
			}
		}
		return owner != nil
	})
	return owner
}

// node is a running gateway process.
type node struct {
	t           *testing.T
	bin, config string
	env         []string // in addition to the test's environment
	cmd         *exec.Cmd
	log         bytes.Buffer
}

func newNode(t *testing.T, bin, config string, env ...string) *node {
	n := &node{t: t, bin: bin, config: config, env: env}
	n.start()
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("log of a node:\n%s", n.log.String())
		}
	})
	return n
}

func (n *node) start() {
	n.t.Helper()
	n.cmd = exec.Command(n.bin, "serve", "--config", n.config)
	n.cmd.Stderr = &n.log
	n.cmd.Env = append(os.Environ(), n.env...)
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) kill() {
	n.cmd.Process.Kill() //nolint:errcheck // it may have ended
	n.cmd.Wait()         //nolint:errcheck // it was killed
}
