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

// A server that dies is started again, each time after a longer pause; a quiet
// time forgives what was before.
const (
	restarts   = 5 // of one that never came up
	pause      = 100 * time.Millisecond
	pauseLimit = 5 * time.Second
	calm       = time.Minute
)

// serve runs the server until it is stopped. One that was up once is started again
// for as long as its data is there: what keeps it from running, a full disk for
// one, may end at any time. It keeps its thread to itself: on Linux the server is
// told to end when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
func (c *Cluster) serve(first chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	// Before it was up once, only the remains of a killed server are worth another
	// try: its last children may still hold the shared memory.
	failures, started := 0, false
	report := sync.OnceFunc(func() { started = true; first <- nil })
	for {
		begin := time.Now()
		err := c.serveOnce(report)
		if !started {
			first <- err
			return
		}
		if time.Since(begin) > calm {
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
		if broken != nil || major == 0 || !up && (!remains || failures > restarts) {
			c.err = c.failure(err)
			return
		}
		c.log.Error("the database ended and is started again", "error", c.failure(err), "attempt", failures)
		wait(c.halt, min(time.Duration(failures)*pause, pauseLimit))
	}
}

// serveOnce runs one server process to its end.
func (c *Cluster) serveOnce(started func()) error {
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
			c.note(text)
		}
		if err != nil {
			return
		}
	}
}

// note logs one message. What a statement did wrong is its sender's to report,
// so only what concerns the server itself is loud. What a client is told while the
// server goes down or comes up is no reason why it did.
func (c *Cluster) note(text string) {
	level, message, found := strings.Cut(text, ":")
	message = strings.TrimSpace(message)
	switch {
	case found && level == "PANIC":
		c.log.Error("database", "message", message)
	case found && level == "WARNING":
		c.log.Warn("database", "message", message)
	default:
		c.log.Debug("database", "message", text)
	}
	refusal := strings.HasPrefix(message, "the database system is ") || strings.HasPrefix(message, "terminating connection")
	if level == "PANIC" || level == "FATAL" && !refusal || strings.HasPrefix(text, "postgres: ") {
		c.mu.Lock()
		c.fatal = message
		c.mu.Unlock()
	}
}

// failure explains why the server ended.
func (c *Cluster) failure(err error) error {
	c.mu.Lock()
	fatal := c.fatal
	c.mu.Unlock()
	if fatal == "" {
		return fmt.Errorf("the database in %s ended: %w", c.place.home, err)
	}
	return fmt.Errorf("the database in %s cannot run: %s", c.place.home, fatal)
}

// awaitReady waits until the server has written "ready" into its postmaster.pid.
// Recovery after a crash may take its time, so only ctx and the server's
// end break it off.
func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	patience := time.After(5 * time.Second)
	for !c.ready() {
		select {
		case <-c.done:
			return c.err
		case <-ctx.Done():
			return fmt.Errorf("the database in %s did not come up in time: %w", c.place.home, ctx.Err())
		case <-patience:
			c.log.Info("the database is recovering, which may take a while", "dir", c.place.home)
		case <-tick.C:
		}
	}
	c.mu.Lock()
	c.up = true
	c.mu.Unlock()
	return nil
}

// ready reads the status line (the eighth) of the server's lock file.
func (c *Cluster) ready() bool {
	c.mu.Lock()
	pid := c.proc.Pid
	c.mu.Unlock()
	lines := c.place.pidFile()
	return len(lines) > 7 && lines[0] == strconv.Itoa(pid) && strings.HasPrefix(lines[7], "ready")
}

// pidFile holds the lines of postmaster.pid: the process, the data folder, the
// start time, the port, the socket's folder, the address, the shared memory key
// and the status.
func (p *place) pidFile() []string {
	text, err := os.ReadFile(filepath.Join(p.data, "postmaster.pid"))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(text), "\n")
}
