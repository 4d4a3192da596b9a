package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/lib/pq"

	"switchboard/bench/proc"
	"switchboard/internal/localpg"
)

// served is the gateway as a process of its own with a private, durable database.
type served struct {
	r    *run
	pid  int
	http string
	smtp string
	dsn  string
	db   *sql.DB
	// start and the CPU times at that moment: when it began to serve.
	start        time.Time
	own0, below0 time.Duration
}

// patience is how long the gateway may take for what it was given.
const patience = 4 * time.Minute

// serve starts the program; more is added to its configuration.
func (r *run) serve(more string) *served {
	dir := r.folder()
	s := &served{r: r, smtp: r.freePort()}
	config := filepath.Join(dir, "bench.toml")
	text := fmt.Sprintf("addr = '127.0.0.1:0'\ndata = '%s/data'\n[mail]\naddresses = ['support@acme.example']\n[smtp]\naddr = '%s'\n%s", dir, s.smtp, more)
	r.must(os.WriteFile(config, []byte(text), 0o600))
	cmd := exec.Command(r.program, "serve", "--config", config)
	stderr, err := cmd.StderrPipe()
	r.must(err)
	r.must(cmd.Start())
	ended := make(chan error, 1)
	r.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if err := <-ended; err != nil {
			fmt.Fprintln(os.Stderr, "bench: the gateway ended with", err)
		}
	})
	ready := make(chan string, 1)
	go func() {
		defer func() { close(ready); ended <- cmd.Wait() }()
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var entry struct{ Level, Msg, HTTP, Error string }
			if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Level == "ERROR" || entry.Level == "WARN" {
				fmt.Fprintln(os.Stderr, "bench: the gateway says:", lines.Text())
			}
			if entry.Msg == "Serving" {
				ready <- entry.HTTP
			}
		}
	}()
	if s.http = <-ready; s.http == "" {
		r.Fatalf("%s does not serve; was it built? (make build)", r.program)
	}
	s.pid = cmd.Process.Pid
	s.start = time.Now()
	s.own0, s.below0, err = proc.CPU(s.pid)
	r.must(err)
	s.dsn = localpg.Running(filepath.Join(dir, "data", "postgres"), "switchboard")
	s.db, err = sql.Open("postgres", s.dsn)
	r.must(err)
	r.Cleanup(func() { s.db.Close() })
	return s
}

// used is the CPU time since the start, of the program and of its database.
func (s *served) used() (program, database time.Duration) {
	own, below, err := proc.CPU(s.pid)
	s.r.must(err)
	return own - s.own0, below - s.below0
}

// each measures the CPU time from now on, of the program and its database, for
// each of the n things that were done until it is asked.
func (s *served) each() func(n int) time.Duration {
	program0, database0 := s.used()
	return func(n int) time.Duration {
		program, database := s.used()
		return (program - program0 + database - database0) / time.Duration(max(n, 1))
	}
}

// await asks the database until the answer is true.
func (s *served) await(what, query string, args ...any) {
	stmt, err := s.db.Prepare(query)
	s.r.must(err)
	defer stmt.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		var done bool
		s.r.must(stmt.QueryRow(args...).Scan(&done))
		if done {
			return
		}
		if time.Now().After(end) {
			s.r.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// rested waits until nothing received is left to do.
func (s *served) rested() {
	s.await("the pipeline to rest", "select not exists (select from raws where state = 'pending')")
}

// folder is removed when the part is done. The database's user must get in.
func (r *run) folder() string {
	dir, err := os.MkdirTemp("", "bench")
	r.must(err)
	r.must(os.Chmod(dir, 0o755))
	r.Cleanup(func() { r.must(os.RemoveAll(dir)) })
	return dir
}

func (r *run) freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	defer l.Close()
	return l.Addr().String()
}
