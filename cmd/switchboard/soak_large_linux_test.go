package main_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/bench/proc"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// largeKinds are mails whose size is in different places: a file, several files, or
// the text itself.
var largeKinds = []func(size int) []byte{
	func(size int) []byte { return withFiles(1, size) },
	func(size int) []byte { return withFiles(6, size/6) },
	func(size int) []byte {
		return bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog, again and again.\r\n"), size/63)
	},
}

// withFiles returns the body of a multipart mail: n files that take size octets each in
// their transfer encoding.
func withFiles(n, size int) []byte {
	var b bytes.Buffer
	file := make([]byte, size/78*57) // 76 characters and CRLF for 57 octets
	for i := range n {
		random := rand.NewChaCha8([32]byte{byte(i)})
		random.Read(file)
		fmt.Fprintf(&b, "--part\r\nContent-Type: application/octet-stream; name=\"%d.bin\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n", i)
		for line := range chunksOf(file, 57) {
			b.WriteString(base64.StdEncoding.EncodeToString(line) + "\r\n")
		}
	}
	b.WriteString("--part--\r\n")
	return b.Bytes()
}

// chunksOf yields b in pieces of n octets.
func chunksOf(b []byte, n int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) > 0; b = b[min(n, len(b)):] {
			if !yield(b[:min(n, len(b))]) {
				return
			}
		}
	}
}

// TestSoakLarge: large mails that arrive at the same time are all accepted and
// processed within a fixed amount of memory, and do not hold up small mail.
// make soak-large uses 20 mails.
func TestSoakLarge(t *testing.T) {
	t.Parallel()
	const limit, size = 512 << 20, 30 << 20
	mails := 4
	if *soakLong {
		mails = 20
	}
	dir, dsn, addr := t.TempDir(), dbtest.New(t), mailtest.FreeAddr(t)
	bin, config := binary(t), filepath.Join(dir, "switchboard.toml")
	text := fmt.Sprintf("addr = '127.0.0.1:0'\nlog_level = 'error'\n[mail]\naddresses = ['support@desk.example']\n[smtp]\naddr = %q\n[db]\nurl = %q\n", addr, dsn)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, bin, config)
	within(t, time.Minute, "the program to listen", func() bool { return sendMail(addr, "first", nil) == nil })

	bodies := make([][]byte, len(largeKinds))
	for i, kind := range largeKinds {
		bodies[i] = kind(size)
	}
	begin := time.Now()
	var wg, small sync.WaitGroup
	var deferred atomic.Int64
	done := make(chan struct{})
	for i := range mails {
		wg.Go(func() {
			for deadline := time.Now().Add(4 * time.Minute); ; <-time.After(time.Second) {
				err := sendMail(addr, fmt.Sprintf("large-%d", i), bodies[i%len(bodies)])
				if err == nil {
					return
				}
				if deferred.Add(1); !strings.HasPrefix(err.Error(), "45") || time.Now().After(deadline) {
					t.Errorf("mail %d: %v", i, err)
					return
				}
			}
		})
	}
	var slowest time.Duration
	smalls := 0
	small.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
			start := time.Now()
			if err := sendMail(addr, fmt.Sprintf("small-%d", smalls), []byte("Hello.\r\n")); err != nil {
				t.Errorf("a small mail: %v", err)
			}
			smalls++
			slowest = max(slowest, time.Since(start))
		}
	})
	wg.Wait()
	close(done)
	small.Wait()
	accepted := time.Since(begin)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	within(t, 5*time.Minute, "all mails to be processed", func() bool {
		var processed int
		err := db.QueryRowContext(t.Context(), "select count(*) from raws where state = 'processed'").Scan(&processed)
		return err == nil && processed == mails+smalls+1
	})
	_, peak, err := proc.Memory(n.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("large=%d accepted in %s, processed in %s, deferred=%d, small=%d slowest %s, peak RSS %d MiB", mails, accepted.Round(time.Millisecond),
		time.Since(begin).Round(time.Millisecond), deferred.Load(), smalls, slowest.Round(time.Millisecond), peak>>20)
	if peak > limit {
		t.Errorf("peak RSS %d MiB, want at most %d MiB", peak>>20, limit>>20)
	}
}

// sendMail sends one mail; a nil body is an empty one.
func sendMail(addr, id string, body []byte) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail("ann@acme.example"); err != nil {
		return err
	}
	if err := c.Rcpt("support@desk.example"); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	head := fmt.Sprintf("From: ann@acme.example\r\nTo: support@desk.example\r\nSubject: %s\r\nMessage-ID: <%s@acme.example>\r\n", id, id)
	if bytes.HasPrefix(body, []byte("--part")) {
		head += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=part\r\n"
	}
	if _, err := io.WriteString(w, head+"\r\n"); err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}
