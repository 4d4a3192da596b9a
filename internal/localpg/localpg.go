// Package localpg runs a private PostgreSQL cluster for a process without a configured
// database. It runs initdb once, listens on a Unix socket in a folder that only its
// owner can enter and on no TCP port, and stops the server when the process ends, even
// if it is killed. Every error is a single line that says what to do.
package localpg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lib/pq"

	"switchboard/internal/localpg/pgbin"
)

// superuser is the cluster's only role; access is controlled by the socket's folder.
const superuser = "switchboard"

// Config is the location and the configuration of a cluster.
type Config struct {
	// Dir is the cluster's folder, created if missing. If root starts the cluster below
	// a folder that no other user can enter, the data is kept elsewhere and
	// Dir/location contains its path. Empty if Ephemeral.
	Dir string
	// Log receives the server's warnings; nil discards them.
	Log *slog.Logger
	// Database is created if it does not exist; default "switchboard".
	Database string
	// Bin is the folder of initdb and postgres; default $SWITCHBOARD_PG_BIN, or else
	// the usual folders.
	Bin string
	// Settings are server parameters (postgresql.conf) that override the defaults.
	Settings map[string]string
	// Ephemeral creates the cluster in a temporary folder, which is removed when the
	// cluster stops or the process ends. Nothing is flushed to disk.
	Ephemeral bool
}

// Cluster is a running server. It is safe for concurrent use.
type Cluster struct {
	cfg   Config
	log   *slog.Logger
	place *place
	bin   pgbin.Binaries

	mu       sync.Mutex
	stopping bool
	proc     *os.Process
	up       bool   // has been ready at least once
	fatal    string // the server's last fatal message

	guard *guard

	halt chan struct{} // closed to stop the cluster
	done chan struct{} // closed when the server has ended permanently
	err  error         // set before done is closed

	stopOnce sync.Once
	stopErr  error
}

// Start creates the cluster if necessary and starts it. It returns when the server
// accepts connections and the database exists. ctx bounds only the start: the server
// runs until Stop, or until the process ends.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Database == "" {
		cfg.Database = "switchboard"
	}
	place, err := openPlace(cfg)
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, log: cfg.Log, place: place, halt: make(chan struct{}), done: make(chan struct{})}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// start finds the programs, creates the cluster or stops a stale server, and starts
// the server.
func (c *Cluster) start(ctx context.Context) error {
	major, err := c.place.version()
	if err != nil {
		return err
	}
	if err := c.place.openRun(); err != nil {
		return err
	}
	if c.guard, err = newGuard(c.place, c.cfg.Ephemeral); err != nil {
		return err
	}
	if c.bin, err = pgbin.Find(ctx, c.cfg.Bin, major); err != nil {
		return err
	}
	if c.place.owner != nil {
		if err := c.place.owner.makeAccessible(&c.bin); err != nil {
			return err
		}
	}
	// Also if the data was deleted: the socket's lock file may remain.
	if err := c.place.stopStale(ctx, c.log); err != nil {
		return err
	}
	if major == 0 {
		if err := c.create(ctx); err != nil {
			return err
		}
	}
	first := make(chan error, 1)
	go c.serve(first)
	if err := <-first; err != nil {
		return err
	}
	if err := c.awaitReady(ctx); err != nil {
		return err
	}
	return c.ensureDatabase(ctx)
}

// create runs initdb in a temporary folder beside the final one, so that an interrupted
// attempt leaves nothing that looks like a cluster.
func (c *Cluster) create(ctx context.Context) error {
	fresh := c.place.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("database folder %s: %w: check its owner", c.place.home, err)
	}
	if err := c.place.mkdir(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-instructions"}
	if c.cfg.Ephemeral {
		args = append(args, "--no-sync")
	}
	// The C library's C.UTF-8 locale sorts by code point and folds the case of all
	// letters. PostgreSQL 17 has it built in. Where neither exists, the C locale works,
	// but folds the case of ASCII letters only.
	locales := [][]string{{"--locale=C.UTF-8"}, {"--no-locale"}}
	if c.bin.Major >= 17 {
		locales = [][]string{{"--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	var out []byte
	var err error
	for _, locale := range locales {
		cmd := c.command(ctx, "initdb", append(args, locale...)...)
		if out, err = output(cmd); err == nil {
			return os.Rename(fresh, c.place.data)
		}
		if !strings.Contains(string(out), "invalid locale") {
			break
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("cannot create the database in %s: %s (%w)", c.place.home, pgbin.ErrorLine(string(out)), err)
}

// output runs a program and returns its output; like the server, it ends with this process.
func output(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	endWithParent(cmd.SysProcAttr)
	return cmd.CombinedOutput()
}

// command prepares one of the cluster's programs. It runs as the cluster's owner, in a
// folder that the owner may enter, in a process group of its own so that it does not
// receive the terminal's signals, and without PG* variables, which are meant for clients.
func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin.Dir, name), args...)
	cmd.Dir = c.place.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o := c.place.owner; o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") || strings.HasPrefix(v, "LANG")
	})
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	return cmd
}

// settings returns the server parameters. Durability settings keep PostgreSQL's
// defaults, unless the cluster is ephemeral.
func (c *Cluster) settings() map[string]string {
	s := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": `"` + c.place.run + `"`,
		"unix_socket_permissions": "0700",
		"port":                    port,
		"max_connections":         "200",
		"shared_buffers":          "128MB",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "",
		"logging_collector":       "off",
		"log_destination":         "stderr",
		// The statements are short: compiling them takes longer than running them.
		"jit": "off",
		// Except on rotating disks, random reads cost hardly more than sequential ones.
		// Statements may be planned while tables are still empty; with the default,
		// the plan would be a sequential scan, and stay one when they have grown.
		"random_page_cost": "1.1",
	}
	if c.cfg.Ephemeral {
		maps.Copy(s, map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
			"max_wal_size": "4GB", "autovacuum": "off",
		})
	}
	maps.Copy(s, c.cfg.Settings)
	return s
}

// DSN returns the lib/pq connection string (keywords) of a database of the cluster.
func (c *Cluster) DSN(database string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable",
		quote(c.place.run), port, superuser, quote(database))
}

func quote(v string) string {
	if v != "" && !strings.ContainsAny(v, ` '\`) {
		return v
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
}

// ensureDatabase creates the configured database if it does not exist.
func (c *Cluster) ensureDatabase(ctx context.Context) error {
	db, err := sql.Open("postgres", c.DSN("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	var have bool
	err = db.QueryRowContext(ctx, "select exists (select from pg_database where datname = $1)", c.cfg.Database).Scan(&have)
	if err == nil && !have {
		_, err = db.ExecContext(ctx, "create database "+pq.QuoteIdentifier(c.cfg.Database))
	}
	if err != nil {
		return fmt.Errorf("the database in %s does not answer: %w", c.place.home, err)
	}
	return nil
}

// Done is closed when the server has ended permanently: after Stop, or because its data
// is gone. Err then returns the reason.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Err returns nil while the server is running and after Stop.
func (c *Cluster) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Stop shuts the server down and waits for it to end. Open transactions are rolled
// back; everything committed is on disk. It may be called more than once.
func (c *Cluster) Stop() error {
	c.stopOnce.Do(func() { c.stopErr = c.stop() })
	return c.stopErr
}

func (c *Cluster) stop() error {
	c.mu.Lock()
	c.stopping = true
	proc := c.proc
	close(c.halt)
	c.mu.Unlock()
	if proc != nil {
		if err := c.shutDown(proc); err != nil {
			return err
		}
	}
	c.guard.dismiss()
	c.place.release(c.cfg.Ephemeral)
	return nil
}

// shutDown ends the server process, with stronger signals if it does not react.
func (c *Cluster) shutDown(proc *os.Process) error {
	// PostgreSQL's shutdown modes: SIGINT is fast, SIGQUIT immediate (recovery at
	// the next start). An ephemeral cluster has nothing to save.
	steps := []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, 60 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}, {syscall.SIGKILL, 10 * time.Second}}
	if c.cfg.Ephemeral {
		steps = steps[1:]
	}
	for _, step := range steps {
		if err := proc.Signal(step.sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.log.Warn("DatabaseSignalFailed", "signal", step.sig, "error", err)
		}
		if wait(c.done, step.wait) {
			return nil
		}
	}
	return fmt.Errorf("the database in %s does not stop: end process %d manually", c.place.home, proc.Pid)
}

// wait reports whether done was closed within d.
func wait(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
