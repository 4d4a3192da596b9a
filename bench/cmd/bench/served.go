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
	"regexp"
	"sync"
	"syscall"
	"time"

	_ "github.com/lib/pq"

	"switchboard/bench/proc"
	"switchboard/bench/wire"
	"switchboard/internal/localpg"
)

// served is the gateway as a separate process with a private, durable database.
type served struct {
	r      *run
	pid    int
	http   string
	smtp   string
	config string // its file
	db     *sql.DB
	stop   func() // ends it before the part does; may be called twice
	// start and the CPU times at that moment: when it began to serve.
	start        time.Time
	own0, below0 time.Duration
}

// patience is the time limit for anything the gateway has to do.
const patience = 4 * time.Minute

// serve starts the program with additional configuration.
func (r *run) serve(more string) *served {
	dir := r.folder()
	s := r.start(dir, "", more)
	s.connect(localpg.Running(filepath.Join(dir, "data", "postgres"), "switchboard"))
	return s
}

var socketOf = regexp.MustCompile(`host='?([^' ]+)'? port=(\d+) user=(\S+)`)

// serveCounted starts the program with a relay in front of its database. The relay
// counts statements, which takes time.
func (r *run) serveCounted(more string) (*served, *wire.Relay) {
	cluster, err := localpg.Start(r.Context(), localpg.Config{Dir: filepath.Join(r.folder(), "postgres")})
	r.must(err)
	r.Cleanup(func() { r.must(cluster.Stop()) })
	at := socketOf.FindStringSubmatch(cluster.DSN("switchboard"))
	if at == nil {
		r.Fatalf("the cluster's DSN has an unexpected format")
	}
	relay, err := wire.NewRelay("unix", filepath.Join(at[1], ".s.PGSQL."+at[2]))
	r.must(err)
	r.Cleanup(func() { relay.Close() })
	s := r.start(r.folder(), fmt.Sprintf("[db]\nurl = 'host=127.0.0.1 port=%d user=%s dbname=switchboard sslmode=disable'\n", relay.Addr().Port, at[3]), more)
	s.connect(cluster.DSN("switchboard"))
	return s, relay
}

// start runs the program, with its files in dir, until the part ends.
func (r *run) start(dir, database, more string) *served {
	s := &served{r: r, smtp: r.freePort(), config: filepath.Join(dir, "bench.toml")}
	top := ""
	if r.policy != "" {
		top = fmt.Sprintf("policy = '%s'\n", r.policy)
	}
	text := fmt.Sprintf("addr = '127.0.0.1:0'\ndata = '%s/data'\n%s[mail]\naddresses = ['support@acme.example']\n[smtp]\naddr = '%s'\n%s%s", dir, top, s.smtp, database, more)
	r.must(os.WriteFile(s.config, []byte(text), 0o600))
	cmd := exec.Command(r.program, "serve", "--config", s.config)
	stderr, err := cmd.StderrPipe()
	r.must(err)
	r.must(cmd.Start())
	ended := make(chan error, 1)
	s.stop = sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have exited
		if err := <-ended; err != nil {
			fmt.Fprintln(os.Stderr, "bench: the gateway ended with", err)
		}
	})
	r.Cleanup(s.stop)
	ready := make(chan string, 1)
	go func() {
		defer func() { close(ready); ended <- cmd.Wait() }()
		serving := false
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var entry struct{ Level, HTTP string }
			if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Level == "ERROR" || entry.Level == "WARN" {
				fmt.Fprintln(os.Stderr, "bench: the gateway logged:", lines.Text())
			}
			if entry.HTTP != "" && !serving {
				serving = true
				ready <- entry.HTTP
			}
		}
	}()
	if s.http = <-ready; s.http == "" {
		r.Fatalf("%s does not serve; was it built? (make build)", r.program)
	}
	s.pid, s.start = cmd.Process.Pid, time.Now()
	s.own0, s.below0, err = proc.CPU(s.pid)
	r.must(err)
	return s
}

// connect opens the program's database, to read from it.
func (s *served) connect(dsn string) {
	db, err := sql.Open("postgres", dsn)
	s.r.must(err)
	s.r.Cleanup(func() { db.Close() })
	s.db = db
}

// used is the CPU time since the start, of the program and of its private database.
func (s *served) used() (program, database time.Duration) {
	own, below, err := proc.CPU(s.pid)
	s.r.must(err)
	return own - s.own0, below - s.below0
}

// each starts a measurement of the program's and database's CPU time. The returned
// function divides the time used so far by n.
func (s *served) each() func(n int) time.Duration {
	program0, database0 := s.used()
	return func(n int) time.Duration {
		program, database := s.used()
		return (program - program0 + database - database0) / time.Duration(max(n, 1))
	}
}

// await polls the database until the query returns true.
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

// awaitIdle waits until everything received has been processed.
func (s *served) awaitIdle() {
	s.await("the pipeline to be idle", "select not exists (select from raws where state = 'pending')")
}

// folder creates a folder that is removed when the part ends. The database's user must
// be able to enter it.
func (r *run) folder() string {
	dir, err := os.MkdirTemp("", "bench")
	r.must(err)
	r.must(os.Chmod(dir, 0o755))
	r.Cleanup(func() { r.must(os.RemoveAll(dir)) })
	return dir
}

// freePort returns a loopback address that is currently unused.
func (r *run) freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	defer l.Close()
	return l.Addr().String()
}
