package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchboard/bench/proc"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestSoakSMTP: while clients that send one octet per second occupy the server, mail
// from others is still accepted. make soak-smtp uses 2,000 such clients and 20,000 mails.
func TestSoakSMTP(t *testing.T) {
	t.Parallel()
	const limit = 512 << 20
	mails, slow := 500, 100
	if *soakLong {
		mails, slow = 20_000, 2_000
	}
	dir, dsn, addr := t.TempDir(), dbtest.New(t), mailtest.FreeAddr(t)
	bin, config := binary(t), filepath.Join(dir, "switchboard.toml")
	text := fmt.Sprintf("addr = '127.0.0.1:0'\nlog_level = 'error'\n[mail]\naddresses = ['support@desk.example']\n[smtp]\naddr = %q\n[db]\nurl = %q\n", addr, dsn)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(bin, "serve", "--config", config)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("the program ended with %v\n%.2000s", err, stderr.String())
		}
	}()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var open, cut atomic.Int64
	for i := range slow {
		wg.Go(func() {
			for ctx.Err() == nil {
				loris(ctx, addr, i, &open)
				cut.Add(1)
			}
		})
	}
	defer wg.Wait()
	defer cancel()
	for deadline := time.Now().Add(time.Minute); open.Load() < int64(slow); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d slow connections are open", open.Load(), slow)
		}
	}
	begin := time.Now()
	mailtest.SMTPSource(t, addr, "-m", fmt.Sprint(mails), "-s", "16", "-l", "4000", "-f", "ann@acme.example", "-t", "support@desk.example")
	took, still := time.Since(begin), open.Load()
	_, peak, err := proc.Memory(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var landed, truncated int
	if err := db.QueryRow(`select count(*), count(*) filter (where size < 4000) from raws where endpoint = 'smtp'`).Scan(&landed, &truncated); err != nil {
		t.Fatal(err)
	}
	t.Logf("good=%d/%d truncated=%d in %s (%.0f/s), slow=%d (reconnected %d times), peak RSS %d MiB",
		landed, mails, truncated, took.Round(time.Millisecond), float64(mails)/took.Seconds(), still, cut.Load(), peak>>20)
	if landed != mails || truncated != 0 || peak > limit || still < int64(slow*9/10) {
		t.Errorf("want all %d, none truncated, at most %d MiB, and the slow connections still open", mails, limit>>20)
	}
}

// loris occupies one connection until the server closes it: silently, or by sending a
// command, a message or a chunk at one octet per second.
func loris(ctx context.Context, addr string, kind int, open *atomic.Int64) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	open.Add(1)
	defer open.Add(-1)
	ended := make(chan struct{})
	go func() { io.Copy(io.Discard, conn); close(ended) }()
	const envelope = "EHLO c.example\r\nMAIL FROM:<a@slow.example>\r\nRCPT TO:<support@desk.example>\r\n"
	if kind %= 4; kind > 1 {
		io.WriteString(conn, envelope+map[int]string{2: "DATA\r\n", 3: "BDAT 1000000 LAST\r\n"}[kind])
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		if kind > 0 {
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}
}
