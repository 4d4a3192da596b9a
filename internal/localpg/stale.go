package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopStale stops a server that outlived the process that started it, and removes the
// lock files that a killed one left behind. This process holds the folder's lock, so any
// other server on this data is an orphan.
//
// PostgreSQL considers a lock file stale only if no process has the id in it. That is not
// enough: a killed server is a zombie until its new parent collects it, which the first
// process of a container may never do, and in containers, where ids are low, another
// process may have the same id soon. Without postmaster.pid, PostgreSQL still finds a
// shared memory segment of this data folder that is in use (PGSharedMemoryCreate), so
// surviving children of the killed server are not overlooked.
func (p *place) stopStale(ctx context.Context, log *slog.Logger) error {
	for _, file := range []string{filepath.Join(p.data, "postmaster.pid"), p.run + socketName + ".lock"} {
		pid := lockHolder(file)
		if pid <= 1 {
			continue // no file; PostgreSQL itself reports a broken one
		}
		mine, known := serves(pid, p.data)
		if !known {
			continue
		}
		if mine {
			if err := p.stopServer(ctx, log, pid); err != nil {
				return err
			}
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot remove the lock file of a former database server: %w", err)
		}
	}
	return nil
}

// lockHolder returns the process id in a lock file of PostgreSQL; 0 if the file is missing or broken.
func lockHolder(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return pid
}

// stopServer stops the orphaned server and waits for its end.
func (p *place) stopServer(ctx context.Context, log *slog.Logger, pid int) error {
	log.Info("StaleDatabaseStopping", "dir", p.home, "pid", pid)
	begin, signal := time.Now(), syscall.SIGINT
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var sent time.Time
	for mine := true; mine; mine, _ = serves(pid, p.data) {
		if time.Since(begin) > time.Minute {
			signal = syscall.SIGQUIT
		}
		if time.Since(sent) > 5*time.Second {
			sent = time.Now()
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("a former database server (process %d) is still running in %s and cannot be stopped: %w: stop it manually", pid, p.home, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a former database server (process %d) is still running in %s and does not stop: %w", pid, p.home, ctx.Err())
		case <-tick.C:
		}
	}
	log.Info("StaleDatabaseStopped", "dir", p.home, "pid", pid, "waited", time.Since(begin).Round(time.Millisecond).String())
	return nil
}

// serves reports whether process pid is a PostgreSQL server on the data folder, and
// whether that could be determined. A zombie does not count: it has no command line
// (proc_pid_cmdline(5)), and ps prints its name only.
func serves(pid int, data string) (mine, known bool) {
	var line string
	if runtime.GOOS == "linux" {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if errors.Is(err, os.ErrNotExist) {
			_, err := os.Stat("/proc/self")
			return false, err == nil
		}
		if err != nil {
			return false, false
		}
		line = string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
	} else {
		out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return false, false
		}
		line = string(out)
	}
	return strings.Contains(line, "postgres -D "+data+" "), true
}
