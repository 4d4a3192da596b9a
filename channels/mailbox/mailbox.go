// Package mailbox pulls mail from IMAP folders (RFC 9051, RFC 3501), using IDLE
// (RFC 2177). It reads each folder in the order of UIDs and commits the messages
// together with the position. It flags or moves messages only if configured to, and
// never deletes any.
package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/channels"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
)

// TLS is how the connection is encrypted.
type TLS string

const (
	TLSImplicit TLS = "implicit" // from the first octet, port 993 (RFC 8314)
	TLSStart    TLS = "starttls" // after STARTTLS, port 143
	TLSNone     TLS = "none"     // unencrypted; for the local machine only
)

// AfterImport is what happens to a message on the server once it is journaled.
type AfterImport string

const (
	Leave AfterImport = "leave" // nothing; the folder is opened read-only
	Flag  AfterImport = "flag"  // it is marked \Seen
	Move  AfterImport = "move"  // it is moved to Config.MoveTo
)

// Config describes one account on one server. A zero value means the default that the
// field's comment gives.
type Config struct {
	Name     string // name of the channel, and Endpoint of its raw items
	Addr     string // host or host:port; the default port depends on TLS
	User     string
	Password string
	Tokens   Tokens   // instead of Password; may be nil
	TLS      TLS      // implicit
	Folders  []string // INBOX
	// Sent is the folder of sent mail. Its messages are journaled as outgoing, after
	// those in the other folders, and left unchanged. May be empty.
	Sent string
	// Origin returns the Authentication-Results value that the account's provider
	// added to a message, or "". May be nil.
	Origin func(content []byte) string

	// Poll is the longest time between two searches of a folder, and the longest IDLE.
	// A dead connection is noticed after that time. Default 1 min, at most 9 min.
	Poll time.Duration
	// History says what happens to read messages that are older than the connection.
	History     History     // none
	AfterImport AfterImport // leave
	MoveTo      string      // folder for Move

	MaxSize      int64         // in octets; of larger messages only the header is imported, into quarantine; 50 MiB
	StallTimeout time.Duration // longest silence while a response is due; 30 s
	Retry        channels.Backoff
	TLSConfig    *tls.Config // nil means the system's root certificates and the host name of Addr

	// Node holds the lease on the mailbox, which is read only while it is held. If
	// Node is nil, no lease is used.
	Node *Node
}

// Tokens provides OAuth 2.0 access tokens (RFC 6749) for logging in (RFC 7628).
type Tokens interface {
	// Token returns an access token other than refused, which is the token that the
	// server has just rejected, or "". An error may be an *oauth.Error.
	Token(ctx context.Context, refused string) (string, error)
}

// Journal stores raw items and positions.
type Journal interface {
	// Cursor returns the position of a channel's folder, the zero Cursor if it
	// was never read.
	Cursor(ctx context.Context, channel, folder string) (checkpoint.Cursor, error)
	// Commit writes a batch durably in one transaction. The receipts are in
	// the order of its items. KindConflict means that the lease has changed hands.
	Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error)
	// Connected returns the state of a channel's folder when it was first connected,
	// which is now, with the given numbers, if it never was.
	Connected(ctx context.Context, channel, folder string, validity, uidNext uint32) (checkpoint.Connection, error)
	Contents
}

// Contents says which messages of a folder the journal has.
type Contents interface {
	// Journaled returns the UIDs of a folder under a UIDVALIDITY that are in the
	// journal with their content.
	Journaled(ctx context.Context, channel, folder string, validity uint32) ([]uint32, error)
	// Undelivered returns the UIDs of journaled messages that the server could not
	// deliver and that are due, and puts off their next attempt. Commit fills in the
	// content of such a message.
	Undelivered(ctx context.Context, channel, folder string, validity uint32) ([]uint32, error)
}

const (
	mebibyte   = 1 << 20
	batchUIDs  = 50
	batchBytes = 8 * mebibyte
	maxPoll    = 9 * time.Minute
)

// Mailbox is the IMAP channel.
type Mailbox struct {
	cfg     Config
	journal Journal
	log     *slog.Logger
	folders []*folder

	mu     sync.Mutex
	faults map[string]error // by folder, of those that fail at the moment
	hints  map[string]error // by folder, of those that are degraded
}

// New checks the configuration and returns a Mailbox that does not connect yet.
// Errors are KindInvalid.
func New(cfg Config, journal Journal, log *slog.Logger) (*Mailbox, error) {
	if err := cfg.complete(); err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "mailbox %s: %w", cfg.Name, err)
	}
	m := &Mailbox{cfg: cfg, journal: journal, log: log.With("channel", cfg.Name), faults: map[string]error{}, hints: map[string]error{}}
	for _, name := range cfg.Folders {
		m.folders = append(m.folders, newFolder(name, &m.cfg, journal, m.log))
	}
	if cfg.Sent != "" {
		sent := m.cfg
		sent.AfterImport = Leave
		f := newFolder(cfg.Sent, &sent, journal, m.log)
		f.outgoing = true
		m.folders = append(m.folders, f)
	}
	return m, nil
}

// complete fills in the defaults and checks the configuration. Errors are KindInvalid.
func (c *Config) complete() error {
	if c.Name == "" || c.Addr == "" || c.User == "" {
		return errors.New("name, address and user are required")
	}
	c.TLS = cmp.Or(c.TLS, TLSImplicit)
	port, known := map[TLS]string{TLSImplicit: "993", TLSStart: "143", TLSNone: "143"}[c.TLS]
	if !known {
		return fmt.Errorf("tls %q must be implicit, starttls or none", c.TLS)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		c.Addr = net.JoinHostPort(strings.Trim(c.Addr, "[]"), port)
	}
	c.AfterImport = cmp.Or(c.AfterImport, Leave)
	if !slices.Contains([]AfterImport{Leave, Flag, Move}, c.AfterImport) {
		return fmt.Errorf("after_import %q must be leave, flag or move", c.AfterImport)
	}
	c.History = cmp.Or(c.History, HistoryNone)
	if err := c.History.check(); err != nil {
		return err
	}
	if c.AfterImport == Move && c.MoveTo == "" {
		return errors.New("move_to is required if after_import is move")
	}
	if len(c.Folders) == 0 {
		c.Folders = []string{"INBOX"}
	}
	if slices.Contains(c.Folders, c.Sent) {
		return fmt.Errorf("%s cannot be both the folder of sent mail and one of received mail", c.Sent)
	}
	if c.AfterImport == Move && (slices.Contains(c.Folders, c.MoveTo) || c.MoveTo == c.Sent) {
		return fmt.Errorf("move_to is %s, which is one of the folders to read; name another folder", c.MoveTo)
	}
	c.Poll = min(cmp.Or(c.Poll, time.Minute), maxPoll)
	c.MaxSize = cmp.Or(c.MaxSize, 50*mebibyte)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	return nil
}

// Every implements channels.Periodic.
func (m *Mailbox) Every() time.Duration { return m.cfg.Poll }

// Run reads every folder over a connection of its own until ctx is done, while this
// node holds the mailbox's lease. A folder that fails is retried here, so that it
// does not stop the others. The Sink is only used to report the channel's state: mail
// goes to the Journal, because the position has to be committed with it.
func (m *Mailbox) Run(ctx context.Context, sink channels.Sink) error {
	if m.cfg.Node == nil {
		m.read(ctx, sink, 0)
		return nil
	}
	m.cfg.Node.while(ctx, m.cfg.Name, func() { channels.Standby(sink) },
		func(ctx context.Context, fence int64) { m.read(ctx, sink, fence) })
	return nil
}

// read reads every folder while one lease is held.
func (m *Mailbox) read(ctx context.Context, sink channels.Sink, fence int64) {
	m.mu.Lock()
	clear(m.faults)
	m.mu.Unlock()
	pile := newBacklog(func(p *channels.Progress) { channels.Progressing(sink, p) })
	var wg, behind sync.WaitGroup
	for _, f := range m.folders {
		f.fence, f.backlog, f.readToEnd = fence, pile, func() {}
		if !f.outgoing {
			behind.Add(1)
			f.readToEnd = sync.OnceFunc(behind.Done)
		}
	}
	for _, f := range m.folders {
		wg.Go(func() {
			defer f.readToEnd()
			if f.outgoing { // replies come after the messages that they reply to
				behind.Wait()
			}
			m.keep(ctx, f, sink)
		})
	}
	wg.Wait()
}

// keep reads a folder over one connection after another until ctx is done.
func (m *Mailbox) keep(ctx context.Context, f *folder, sink channels.Sink) {
	backoff := m.cfg.Retry
	for {
		err := f.runOnce(ctx, func() {
			backoff.Reset()
			m.hint(f.name, f.degraded)
			m.report(sink, f.name, nil)
		})
		if ctx.Err() != nil {
			return
		}
		m.report(sink, f.name, m.cfg.plain("reading "+f.name, err))
		if !backoff.Wait(ctx, err) {
			return
		}
	}
}

// report reports the state of the whole mailbox to the supervisor. The mailbox works
// if all of its folders do.
func (m *Mailbox) report(sink channels.Sink, name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.faults[name] = err
		channels.Failing(sink, err)
		return
	}
	delete(m.faults, name)
	if len(m.faults) > 0 {
		return
	}
	for _, hint := range m.hints {
		channels.Degraded(sink, hint)
		return
	}
	channels.Healthy(sink)
}

// hint records what degrades a folder; nil if nothing does.
func (m *Mailbox) hint(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.hints, name); err != nil {
		m.hints[name] = err
	}
}

// runOnce turns a panic into an error, so that it affects only this folder.
func (f *folder) runOnce(ctx context.Context, healthy func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f.log.Error("Panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f.run(ctx, healthy)
}
