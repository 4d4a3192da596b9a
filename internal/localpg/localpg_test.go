package localpg

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary act as the process that owns a cluster and is killed:
// with LOCALPG_CHILD=folder it starts a cluster, inserts a row, and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LOCALPG_CHILD"); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	c, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	db, err := sql.Open("postgres", c.DSN("switchboard"))
	if err == nil {
		_, err = db.Exec("create table if not exists kept (n serial); insert into kept default values")
	}
	fmt.Println("ready", c.proc.Pid, err)
	// This process is ended by a signal only.
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// spawn starts the child and returns it with its server's process id.
func spawn(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOCALPG_CHILD="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	f := strings.Fields(line)
	if err != nil || len(f) != 3 || f[0] != "ready" || f[2] != "<nil>" {
		t.Fatalf("child printed %q, %v", line, err)
	}
	pid, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	return cmd, pid
}

func start(t *testing.T, cfg Config) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// refused starts a cluster that must not start; the error must be a single line that
// contains all the given parts.
func refused(t *testing.T, cfg Config, parts ...string) {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err == nil {
		t.Error("the cluster started, want an error", c.Stop())
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("not a single line: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not contain %q", err, part)
		}
	}
}

func exec1(t *testing.T, c *Cluster, query string) (n int) {
	t.Helper()
	db, err := sql.Open("postgres", c.DSN("switchboard"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// until waits for a condition that another process causes.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

func TestDataPersists(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "new", "nested")
	begin := time.Now()
	c := start(t, Config{Dir: dir})
	t.Logf("created in %v", time.Since(begin).Round(time.Millisecond))
	exec1(t, c, "create table kept (n int); insert into kept values (7) returning n")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if c.Err() != nil {
		t.Errorf("a normal stop is not an error: %v", c.Err())
	}
	begin = time.Now()
	c = start(t, Config{Dir: dir})
	t.Logf("restarted in %v", time.Since(begin).Round(time.Millisecond))
	if n := exec1(t, c, "select n from kept"); n != 7 {
		t.Errorf("n = %d", n)
	}
	if n := exec1(t, c, "select count(*) from pg_settings where (name, setting) in (('fsync','on'), ('full_page_writes','on'), ('synchronous_commit','on'), ('listen_addresses',''), ('server_encoding','UTF8'))"); n != 5 {
		t.Errorf("%d of 5 settings have the expected value", n)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Dir: folder(t)})
	for _, dir := range []string{c.place.data, c.place.run} {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v; want 0700", dir, info.Mode(), err)
		}
	}
}

func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for round := 1; round <= 3; round++ {
		cmd, pid := spawn(t, dir)
		refused(t, Config{Dir: dir}, dir, "in use by process "+strconv.Itoa(cmd.Process.Pid), "stop that process first")
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if round == 2 {
			until(t, "the end of the server", func() bool {
				mine, known := serves(pid, filepath.Join(dir, "data"))
				return known && !mine
			})
		}
	}
	if n := exec1(t, start(t, Config{Dir: dir}), "select count(*) from kept"); n != 3 {
		t.Errorf("%d of 3 committed rows exist", n)
	}
}

// startOrphan runs a server that does not belong to a Cluster, on the data of one that was
// stopped. gone receives how it ended.
func startOrphan(t *testing.T, dir string) (c *Cluster, gone <-chan error) {
	t.Helper()
	c = start(t, Config{Dir: dir})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	orphan := c.command(t.Context(), "postgres", "-D", c.place.data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+c.place.run)
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()
	until(t, "the orphan", func() bool { lines := c.place.pidFile(); return len(lines) > 7 && strings.HasPrefix(lines[7], "ready") })
	return c, ended
}

func TestStaleServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	_, gone := startOrphan(t, dir)
	exec1(t, start(t, Config{Dir: dir}), "select 1")
	if err := <-gone; err != nil {
		t.Errorf("the orphan ended with %v, want a normal stop", err)
	}
}

func TestReusedProcessID(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := start(t, Config{Dir: dir})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	// Another process of the server's user has the process id of the killed server.
	other := exec.Command("cat")
	other.SysProcAttr = c.command(t.Context(), "postgres").SysProcAttr
	other.Dir = "/"
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	note := fmt.Appendf(nil, "%d\n%s\n1700000000\n5432\n%s\n\n 1 1\nready\n", other.Process.Pid, c.place.data, c.place.run)
	for _, file := range []string{filepath.Join(c.place.data, "postmaster.pid"), c.place.run + socketName + ".lock"} {
		if err := os.WriteFile(file, note, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if dsn := Running(dir, "switchboard"); dsn != "" {
		t.Errorf("another process is reported as the server: %s", dsn)
	}
	exec1(t, start(t, Config{Dir: dir}), "select 1")
	stdin.Close()
	if err := other.Wait(); err != nil {
		t.Errorf("the other process was ended: %v", err)
	}
}

// TestRestart: when something keeps the server from running for a long time, as a full
// disk does, it is restarted once that is resolved.
func TestRestart(t *testing.T) {
	t.Parallel()
	var log restartCounter
	c := start(t, Config{Dir: folder(t), Log: slog.New(slog.NewTextHandler(&log, nil))})
	c.mu.Lock()
	first := c.proc.Pid
	c.mu.Unlock()
	needed := filepath.Join(c.place.data, "global", "pg_control")
	if err := os.Rename(needed, needed+".away"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "several restarts", func() bool { return log.n.Load() > maxFirstStarts+1 })
	if err := os.Rename(needed+".away", needed); err != nil {
		t.Fatal(err)
	}
	until(t, "the next server", func() bool {
		lines := c.place.pidFile()
		return len(lines) > 7 && lines[0] != strconv.Itoa(first) && strings.HasPrefix(lines[7], "ready")
	})
	exec1(t, c, "select 1")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
}

// restartCounter is a log that counts restarts of the server.
type restartCounter struct{ n atomic.Int64 }

func (l *restartCounter) Write(line []byte) (int, error) {
	l.n.Add(int64(bytes.Count(line, []byte("DatabaseRestarting"))))
	return len(line), nil
}

func TestStartCancelled(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if c, err := Start(ctx, Config{Dir: dir}); err == nil {
		t.Fatal("initdb finished within the timeout", c.Stop())
	}
	exec1(t, start(t, Config{Dir: dir}), "select 1")
}
