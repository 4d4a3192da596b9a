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

// stopStale stops a server that outlived the process that started it. This process
// holds the folder's lock, so any other server on this data is an orphan.
func (p *place) stopStale(ctx context.Context, log *slog.Logger) error {
	lines := p.pidFile()
	if lines == nil {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return nil // PostgreSQL itself reports a broken lock file
	}
	mine, known := serves(pid, p.data)
	if !known {
		return nil
	}
	if !mine {
		// The process id was reused, as happens in containers, where ids are low;
		// PostgreSQL could mistake that process for a server. Or the server has just
		// ended and removed its file.
		if err := os.Remove(filepath.Join(p.data, "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	log.Info("StaleDatabaseStopping", "dir", p.home, "pid", pid)
	begin, signal := time.Now(), syscall.SIGINT
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var sent time.Time
	for ; mine; mine, _ = serves(pid, p.data) {
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
	return nil
}

// serves reports whether process pid is a PostgreSQL server on the data folder, and
// whether that could be determined. A zombie does not count.
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
