package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// zombie starts a server on the stopped cluster c and kills it. Until the test ends, it
// is a zombie, and its lock files remain.
func zombie(t *testing.T, c *Cluster) (pid int) {
	t.Helper()
	server := c.command(t.Context(), "postgres", "-D", c.place.data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+c.place.run)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Wait() }) //nolint:errcheck // it was killed
	until(t, "the server", func() bool { lines := c.place.pidFile(); return len(lines) > 7 && strings.HasPrefix(lines[7], "ready") })
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	pid = server.Process.Pid
	until(t, "the zombie", func() bool { mine, known := serves(pid, c.place.data); return known && !mine })
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the server is not a zombie: %v", err)
	}
	return pid
}

// TestZombie: a killed server that its parent has not collected does not prevent the
// next start, whichever of its files remain.
func TestZombie(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c := start(t, Config{Dir: dir})
	exec1(t, c, "create table kept (n int); insert into kept values (1) returning n")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		remove string // below the cluster's folder
		tables int
	}{
		{"both lock files remain", "", 1},
		{"the lock file of the socket remains", "data/postmaster.pid", 1},
		{"the lock file of the data remains", "run" + socketName + ".lock", 1},
		{"the data is gone", "data", 0},
	} {
		pid := zombie(t, c)
		for _, file := range []string{filepath.Join(c.place.data, "postmaster.pid"), c.place.run + socketName + ".lock"} {
			if got := lockHolder(file); got != pid {
				t.Fatalf("%s has process %d, want %d", file, got, pid)
			}
		}
		if dsn := Running(dir, "switchboard"); dsn != "" {
			t.Errorf("%s: a zombie is reported as running: %s", tc.name, dsn)
		}
		if tc.remove != "" {
			if err := os.RemoveAll(filepath.Join(c.place.home, tc.remove)); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if c, err = Start(t.Context(), Config{Dir: dir}); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if n := exec1(t, c, "select count(*) from pg_tables where tablename = 'kept'"); n != tc.tables {
			t.Errorf("%s: %d tables, want %d", tc.name, n, tc.tables)
		}
		if got := lockHolder(c.place.run + socketName + ".lock"); got != c.proc.Pid {
			t.Errorf("%s: the socket belongs to process %d, want %d", tc.name, got, c.proc.Pid)
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStaleServerOnSocket: a server whose postmaster.pid was deleted is found by the lock
// file of its socket and stopped, not left running beside the next one.
func TestStaleServerOnSocket(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	c, gone := startOrphan(t, dir)
	if err := os.Remove(filepath.Join(c.place.data, "postmaster.pid")); err != nil {
		t.Fatal(err)
	}
	exec1(t, start(t, Config{Dir: dir}), "select 1")
	if err := <-gone; err != nil {
		t.Errorf("the orphan ended with %v, want a normal stop", err)
	}
}
