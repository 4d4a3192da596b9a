package localpg

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A server that ends is restarted, after a pause that grows with the number of failures.
const (
	maxFirstStarts = 5 // attempts to start a server that was never ready
	restartPause   = 100 * time.Millisecond
	maxPause       = 5 * time.Second
	stableAfter    = time.Minute // after which earlier failures no longer count
)

// serve runs the server until it is stopped. A server that has been ready is restarted
// for as long as its data exists, because what keeps it from running, such as a full
// disk, may be resolved at any time. The goroutine is locked to its thread: on Linux
// the server is signalled when the thread that started it ends (prctl(2),
// PR_SET_PDEATHSIG).
func (c *Cluster) serve(first chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	// Before it has been ready, only one failure is retried: the last children of a
	// killed server may still hold the shared memory.
	failures, started := 0, false
	report := sync.OnceFunc(func() { started = true; first <- nil })
	for {
		begin := time.Now()
		err := c.serveOnce(report)
		if !started {
			first <- err
			return
		}
		if time.Since(begin) > stableAfter {
			failures = 0
		}
		c.mu.Lock()
		stopping, up, remains := c.stopping, c.up, strings.Contains(c.fatal, "shared memory block")
		c.mu.Unlock()
		if stopping {
			return
		}
		failures++
		major, broken := c.place.version()
		if broken != nil || major == 0 || !up && (!remains || failures > maxFirstStarts) {
			c.err = c.failure(err)
			return
		}
		c.log.Error("DatabaseRestarting", "error", c.failure(err), "attempt", failures)
		wait(c.halt, min(time.Duration(failures)*restartPause, maxPause))
	}
}

// serveOnce runs one server process to its end.
func (c *Cluster) serveOnce(started func()) error {
	c.useReserve()
	args := []string{"-D", c.place.data}
	for name, value := range c.settings() {
		args = append(args, "-c", name+"="+value)
	}
	cmd := c.command(context.Background(), "postgres", args...)
	endWithParent(cmd.SysProcAttr)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.stopping {
		c.mu.Unlock()
		return nil
	}
	c.fatal = ""
	err = cmd.Start()
	if err == nil {
		c.proc = cmd.Process
	}
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	started()
	c.relay(stderr)
	return cmd.Wait()
}

// relay turns the server's messages into log lines until the server is gone.
func (c *Cluster) relay(stderr io.Reader) {
	lines := bufio.NewReaderSize(stderr, 64<<10)
	for {
		text, err := lines.ReadString('\n')
		if text = strings.TrimSpace(text); text != "" {
			c.logMessage(text)
		}
		if err != nil {
			return
		}
	}
}

// logMessage logs one message of the server. Errors of statements are reported by their
// senders, so only messages about the server itself are logged above debug level.
// Messages to clients during startup and shutdown are not the reason for either.
func (c *Cluster) logMessage(text string) {
	level, message, found := strings.Cut(text, ":")
	message = strings.TrimSpace(message)
	switch {
	case found && level == "PANIC":
		c.log.Error("DatabaseMessage", "message", message)
	case found && level == "WARNING":
		c.log.Warn("DatabaseMessage", "message", message)
	default:
		c.log.Debug("DatabaseMessage", "message", text)
	}
	toClient := strings.HasPrefix(message, "the database system is ") || strings.HasPrefix(message, "terminating connection")
	if level == "PANIC" || level == "FATAL" && !toClient || strings.HasPrefix(text, "postgres: ") {
		c.mu.Lock()
		c.fatal = message
		c.mu.Unlock()
	}
}

// failure returns the reason why the server ended.
func (c *Cluster) failure(err error) error {
	c.mu.Lock()
	fatal := c.fatal
	c.mu.Unlock()
	if fatal == "" {
		return fmt.Errorf("the database in %s ended: %w", c.place.home, err)
	}
	return fmt.Errorf("the database in %s cannot run: %s", c.place.home, fatal)
}

// awaitReady waits until the server has written "ready" to its postmaster.pid. Recovery
// after a crash may take long, so only ctx and the end of the server limit the wait.
func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	slow := time.After(5 * time.Second)
	for !c.ready() {
		select {
		case <-c.done:
			return c.err
		case <-ctx.Done():
			return fmt.Errorf("the database in %s did not start in time: %w", c.place.home, ctx.Err())
		case <-slow:
			c.log.Info("DatabaseRecovering", "dir", c.place.home)
		case <-tick.C:
		}
	}
	c.mu.Lock()
	c.up = true
	c.mu.Unlock()
	return nil
}

// ready checks the status line (the eighth) of the server's lock file.
func (c *Cluster) ready() bool {
	c.mu.Lock()
	pid := c.proc.Pid
	c.mu.Unlock()
	lines := c.place.pidFile()
	return len(lines) > 7 && lines[0] == strconv.Itoa(pid) && strings.HasPrefix(lines[7], "ready")
}

// pidFile returns the lines of postmaster.pid: process id, data folder, start time, port,
// socket folder, listen address, shared memory key and status.
func (p *place) pidFile() []string {
	text, err := os.ReadFile(filepath.Join(p.data, "postmaster.pid"))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(text), "\n")
}
