package main_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

var soakLong = flag.Bool("soak", false, "run the full soak tests, as make soak-imap does")

// soakSize is the extent of a soak test.
type soakSize struct {
	backlog, cuts  int           // mails waiting in the INBOX, and how often the connection is cut while they are read
	kills          int           // of the gateway while it reads the backlog
	boxes, rounds  int           // mailboxes whose sessions are frozen, and how often each
	days, daily    int           // days without the gateway, and mails on each day
	poll, timeout  string        // of the mailboxes
	maxFreeze      time.Duration // maximum duration of a freeze
	cutMin, cutMax int64         // octets after which a connection is cut
	stepTimeout    time.Duration // for each step
	late           time.Duration // within which a mail must be journaled under all conditions
}

var (
	soakShort = soakSize{backlog: 150, cuts: 4, kills: 3, boxes: 2, rounds: 1, days: 3, daily: 3, poll: "500ms", timeout: "500ms", maxFreeze: 3 * time.Second,
		cutMin: 10_000, cutMax: 120_000, stepTimeout: 30 * time.Second, late: 30 * time.Second}
	// The default settings of a mailbox.
	soakFull = soakSize{backlog: 10_000, cuts: 300, kills: 10, boxes: 10, rounds: 2, days: 30, daily: 10, poll: "1m", timeout: "30s", maxFreeze: 100 * time.Second,
		cutMin: 70_000, cutMax: 400_000, stepTimeout: 12 * time.Minute, late: 2 * time.Minute}
)

// soak is a gateway process with a Dovecot server, and a record of the mail sent.
type soak struct {
	soakSize
	t     *testing.T
	box   *mailtest.Dovecot
	proxy *mailtest.Proxy // in front of the first account's server
	db    *sql.DB
	node  *node

	mu      sync.Mutex
	sent    map[string]bool // by SHA-256 of the content
	inbox   int             // mails put into the INBOX of the first account
	worst   time.Duration
	frozen  int      // sessions
	unaided int      // frozen sessions replaced before they were thawed
	readers []string // accounts whose sessions are frozen
}

// TestSoakIMAP: connections are cut in the middle of literals and the gateway is killed
// while it reads a backlog, sessions freeze silently, a folder gets a new UIDVALIDITY,
// and the gateway is down for days. Every mail must exist, complete, exactly once.
func TestSoakIMAP(t *testing.T) {
	t.Parallel()
	size := soakShort
	if *soakLong {
		size = soakFull
	}
	s := newSoak(t, size)
	began := time.Now()
	s.cutBacklog()
	var wg sync.WaitGroup
	s.node.start()
	s.kill()
	for _, account := range s.readers {
		wg.Go(func() { s.freeze(account) })
	}
	s.awaitInbox(0)
	s.log("backlog", began)
	wg.Wait()
	s.log("freezes", began)

	s.box.Renumber(4711)
	s.gap("", func() {})
	s.awaitInbox(4711)
	s.log("renumbered", began)

	s.offline()
	s.awaitInbox(4711)
	s.log("offline", began)
	s.verify()
}

func newSoak(t *testing.T, size soakSize) *soak {
	s := &soak{soakSize: size, t: t, box: mailtest.NewDovecot(t, mailtest.WithAccounts(size.boxes)), sent: map[string]bool{}}
	s.proxy = mailtest.NewProxy(t, s.box.Addr)
	dsn := dbtest.New(t)
	var err error
	if s.db, err = sql.Open("postgres", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	var config strings.Builder
	fmt.Fprintf(&config, "addr = '127.0.0.1:0'\n[db]\nurl = %q\n[mail]\nundo = '0s'\naddresses = ['support@desk.example']\n", dsn)
	mailbox := func(name, addr, user string) {
		fmt.Fprintf(&config, "[[mailbox]]\nname = %q\naddr = %q\nuser = %q\npassword = %q\ntls = 'none'\npoll = %q\ntimeout = %q\n",
			name, addr, user, s.box.Password, size.poll, size.timeout)
	}
	mailbox("inbox", s.proxy.Addr, s.box.User)
	for i := range size.boxes {
		account := mailtest.Account(i)
		s.readers = append(s.readers, account)
		mailbox(account, s.box.Addr, account)
	}
	dir := t.TempDir()
	s.node = &node{t: t, bin: binary(t), config: filepath.Join(dir, "switchboard.toml")}
	if err := os.WriteFile(s.node.config, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.node.cmd != nil {
			s.node.kill()
		}
		if t.Failed() {
			log := s.node.log.String()
			t.Logf("end of the log:\n%s", log[max(0, len(log)-5000):])
		}
	})
	return s
}

func (s *soak) log(step string, began time.Time) {
	s.t.Logf("%-10s at %s", step, time.Since(began).Round(time.Second))
}

// send puts a mail into an account ("" is the first one) and returns the SHA-256 of its
// content. Sizes vary, and every tenth mail has no Message-ID.
func (s *soak) send(account string) (sum string) {
	s.mu.Lock()
	n := len(s.sent)
	var mail strings.Builder
	fmt.Fprintf(&mail, "From: ann%d@customer%d.example\r\nTo: support@desk.example\r\nSubject: Mail %d\r\n", n%5, n%97, n)
	if n%10 != 0 {
		fmt.Fprintf(&mail, "Message-ID: <%d@customer.example>\r\n", n)
	}
	mail.WriteString("\r\n")
	for line := range 5 + n*37%400 {
		fmt.Fprintf(&mail, "Mail %d, line %d of its text.\r\n", n, line)
	}
	digest := sha256.Sum256([]byte(mail.String()))
	sum = hex.EncodeToString(digest[:])
	s.sent[sum] = true
	if account == "" {
		s.inbox++
	}
	s.mu.Unlock()
	if account == "" {
		s.box.Append([]byte(mail.String()))
	} else {
		s.box.Deliver(account, []byte(mail.String()))
	}
	return sum
}

// cutBacklog fills the INBOX and makes the proxy cut its connections.
func (s *soak) cutBacklog() {
	for range s.backlog {
		s.send("")
	}
	random := rand.New(rand.NewPCG(1, 2)) // called under the proxy's lock
	s.proxy.CutDownBy(func(cuts int) int64 {
		if cuts >= s.cuts {
			return -1
		}
		return s.cutMin + random.Int64N(s.cutMax-s.cutMin)
	})
}

// kill kills the gateway repeatedly while the backlog is being journaled and processed.
func (s *soak) kill() {
	for n := range s.kills {
		part := n * s.backlog / s.kills
		within(s.t, s.stepTimeout, "a part of the backlog", func() bool { return s.count("select count(*) from raws") > part })
		s.node.kill()
		s.node.start()
	}
}

// freeze stops a mailbox's idle session and then delivers a mail.
func (s *soak) freeze(account string) {
	s.gap(account, func() {}) // the mailbox has been read and is idle
	for range s.rounds {
		var thaw func()
		var melt *time.Timer
		s.gap(account, func() {
			thaw = s.box.FreezeSessions(account)
			// A session that was stopped while it held the folder's lock blocks all others.
			melt = time.AfterFunc(s.maxFreeze, thaw)
		})
		s.mu.Lock()
		s.frozen++
		if melt.Stop() {
			s.unaided++
		}
		s.mu.Unlock()
		thaw()
	}
}

// gap delivers a mail after an event, and measures how long it takes to be journaled.
func (s *soak) gap(account string, event func()) {
	event()
	began := time.Now()
	sum := s.send(account)
	within(s.t, s.stepTimeout, "a mail in "+account, func() bool {
		return s.count("select count(*) from raws where sha256(bytes) = decode($1, 'hex') and received_at > now() - interval '1 hour'", sum) > 0
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worst = max(s.worst, time.Since(began))
}

func (s *soak) count(query string, args ...any) (n int) {
	if err := s.db.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// awaitInbox waits until the INBOX has been read to its end, under the given
// UIDVALIDITY unless it is 0, and everything has been processed.
func (s *soak) awaitInbox(validity int) {
	within(s.t, s.stepTimeout, "the INBOX to be read", func() bool {
		return s.count("select count(*) from mailbox_cursors where channel = 'inbox' and $1::bigint in (0, uid_validity) and last_uid >= $2", validity, s.inbox) == 1 &&
			s.count("select count(*) from raws where state = 'pending'") == 0
	})
}

// offline kills the gateway, delivers the mail of several days, and starts it again.
func (s *soak) offline() {
	s.node.kill()
	s.box.Expunge(1, s.daily) // already journaled
	for range s.days {
		for range s.daily {
			s.send("")
		}
	}
	s.node.start()
	s.gap("", func() {})
}

// verify compares the mail sent with the database, and the database with the server.
func (s *soak) verify() {
	rows, err := s.db.QueryContext(s.t.Context(), `select encode(sha256(k.bytes), 'hex'), count(distinct r.message_id), bool_and(r.state = 'processed')
		from raws r join raws k on k.id = coalesce(r.same_as, r.id) group by 1`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	lost, damaged, dup := len(s.sent), 0, 0
	for rows.Next() {
		var sum string
		var messages int
		var processed bool
		if err := rows.Scan(&sum, &messages, &processed); err != nil {
			s.t.Fatal(err)
		}
		switch {
		case !s.sent[sum]:
			damaged++
		case processed && messages > 0:
			lost--
			dup += messages - 1
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	if n := s.count("select count(*) from raws where same_as is null"); n != len(s.sent) {
		s.t.Errorf("the content of %d mails is stored %d times", len(s.sent), n)
	}
	// On a busy machine the server may be slower than the short time limit of this test.
	var out []byte
	for range 5 {
		out, err = exec.Command(s.node.bin, "channel", "reconcile", "inbox", "--json", "--config", s.node.config).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "stopped responding") {
			break
		}
	}
	if err != nil {
		s.t.Errorf("reconcile: %v\n%s", err, out)
	}
	if want := fmt.Sprintf(`"server":%d,"journaled":%d,"waiting":0,"missing":0`, s.inbox-s.daily, s.inbox-s.daily); !strings.Contains(string(out), want) {
		s.t.Errorf("reconcile printed %s, want %s", out, want)
	}
	s.t.Logf("soak imap: sent=%d cuts=%d kills=%d freezes=%d noticed=%d messages=%d", len(s.sent), s.proxy.Cuts(), s.kills, s.frozen, s.unaided, s.count("select count(*) from messages"))
	s.t.Logf("lost=%d dup=%d damaged=%d max_gap=%s", lost, dup, damaged, s.worst.Round(100*time.Millisecond))
	if lost+dup+damaged != 0 || s.worst > s.late || s.proxy.Cuts() < s.cuts || s.frozen != s.boxes*s.rounds {
		s.t.Error("mail was lost, duplicated, damaged or late")
	}
}
