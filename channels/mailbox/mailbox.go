// Package mailbox pulls mail from IMAP folders (RFC 9051, RFC 3501) with IDLE
// (RFC 2177). It reads each folder forward by UID, commits what it read together
// with the position, and never marks, moves or deletes anything unless told to.
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

// TLS says how the connection is secured.
type TLS string

const (
	TLSImplicit TLS = "implicit" // from the first octet, port 993 (RFC 8314)
	TLSStart    TLS = "starttls" // after STARTTLS, port 143
	TLSNone     TLS = "none"     // in clear; for the own machine only
)

// AfterImport says what happens to a mail on the server once it is journaled.
type AfterImport string

const (
	Leave AfterImport = "leave" // nothing: the folder is opened read-only
	Flag  AfterImport = "flag"  // it is marked \Seen
	Move  AfterImport = "move"  // it goes to Config.MoveTo
)

// Config describes one account on one server. Zero values mean the default
// named with each.
type Config struct {
	Name     string // names the channel, and the Endpoint of its raw items
	Addr     string // host or host:port; the port follows from TLS if it is missing
	User     string
	Password string
	Tokens   Tokens   // instead of Password; may be nil
	TLS      TLS      // implicit
	Folders  []string // INBOX
	// Sent is the folder of what we sent ourselves; its mails are journaled as
	// outgoing ones, after what is in the others, and left alone. May be empty.
	Sent string
	// Origin reads what the account's provider found out of a mail's origin: an
	// Authentication-Results value, "" for nothing. May be nil.
	Origin func(content []byte) string

	// Poll is how often a folder is searched in any case, and how long an IDLE
	// lasts. It bounds how late a dead connection is noticed. 1 min, at most 9.
	Poll        time.Duration
	AfterImport AfterImport // leave
	MoveTo      string      // folder for Move

	MaxSize      int64         // octets; of a larger mail only the header is taken, into quarantine; 50 MiB
	StallTimeout time.Duration // silence while an answer is due; 30 s
	Retry        channels.Backoff
	TLSConfig    *tls.Config // nil means the system's roots and Addr's host name

	// Node holds the lease without which the mailbox is not read. Nil: nobody
	// else reads it.
	Node *Node
}

// Tokens gives OAuth 2.0 access tokens (RFC 6749) for logging in (RFC 7628).
type Tokens interface {
	// Token returns one that is not refused, which is what the server has just
	// turned down, or "". An error may be an *oauth.Error.
	Token(ctx context.Context, refused string) (string, error)
}

// Journal keeps raw items and positions.
type Journal interface {
	// Cursor returns the position of a channel's folder, the zero Cursor if it
	// was never read.
	Cursor(ctx context.Context, channel, folder string) (checkpoint.Cursor, error)
	// Commit writes a batch durably in one transaction. The receipts stand in the
	// order of its items. KindConflict means that the lease has changed hands.
	Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error)
	// Journaled returns the UIDs of a folder's generation that the journal has.
	Journaled(ctx context.Context, channel, folder string, validity uint32) ([]uint32, error)
}

const (
	mebibyte   = 1 << 20
	batchUIDs  = 50
	batchBytes = 8 * mebibyte
	maxPoll    = 9 * time.Minute
)

// Mailbox is the IMAP entrance; it implements channels.Channel.
type Mailbox struct {
	cfg     Config
	journal Journal
	log     *slog.Logger
	folders []*folder

	mu     sync.Mutex
	faults map[string]error // by folder; those that fail now
	hints  map[string]error // by folder; what hampers those that are read
}

// New checks the configuration and makes a Mailbox that does not connect yet.
// An error is KindInvalid.
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

func (c *Config) complete() error {
	if c.Name == "" || c.Addr == "" || c.User == "" {
		return errors.New("name, address and user are needed")
	}
	c.TLS = cmp.Or(c.TLS, TLSImplicit)
	port, known := map[TLS]string{TLSImplicit: "993", TLSStart: "143", TLSNone: "143"}[c.TLS]
	if !known {
		return fmt.Errorf("tls %q is none of implicit, starttls, none", c.TLS)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		c.Addr = net.JoinHostPort(strings.Trim(c.Addr, "[]"), port)
	}
	c.AfterImport = cmp.Or(c.AfterImport, Leave)
	if !slices.Contains([]AfterImport{Leave, Flag, Move}, c.AfterImport) {
		return fmt.Errorf("after import %q is none of leave, flag, move", c.AfterImport)
	}
	if c.AfterImport == Move && c.MoveTo == "" {
		return errors.New("the folder to move imported mail to is missing")
	}
	if len(c.Folders) == 0 {
		c.Folders = []string{"INBOX"}
	}
	if slices.Contains(c.Folders, c.Sent) {
		return fmt.Errorf("%s cannot be the folder of sent mail and of received mail", c.Sent)
	}
	if c.AfterImport == Move && (slices.Contains(c.Folders, c.MoveTo) || c.MoveTo == c.Sent) {
		return fmt.Errorf("imported mail would be moved to %s, which is read itself", c.MoveTo)
	}
	c.Poll = min(cmp.Or(c.Poll, time.Minute), maxPoll)
	c.MaxSize = cmp.Or(c.MaxSize, 50*mebibyte)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	return nil
}

// Every implements channels.Periodic.
func (m *Mailbox) Every() time.Duration { return m.cfg.Poll }

// Run reads every folder over a connection of its own until ctx is done, as long
// as this node holds the mailbox's lease. A
// folder that fails is tried again here, so that it does not stop the others;
// the Sink is told of it and otherwise not used: mail goes to the Journal,
// because the position must be committed with it.
func (m *Mailbox) Run(ctx context.Context, sink channels.Sink) error {
	if m.cfg.Node == nil {
		m.read(ctx, sink, 0)
		return nil
	}
	m.cfg.Node.while(ctx, m.cfg.Name, func() { channels.Standby(sink) },
		func(ctx context.Context, fence int64) { m.read(ctx, sink, fence) })
	return nil
}

// read reads every folder under one lease.
func (m *Mailbox) read(ctx context.Context, sink channels.Sink, fence int64) {
	m.mu.Lock()
	clear(m.faults)
	m.mu.Unlock()
	pile := newPile(func(p *channels.Progress) { channels.Progressing(sink, p) })
	var wg, behind sync.WaitGroup
	for _, f := range m.folders {
		f.fence, f.pile, f.through = fence, pile, func() {}
		if !f.outgoing {
			behind.Add(1)
			f.through = sync.OnceFunc(behind.Done)
		}
	}
	for _, f := range m.folders {
		wg.Go(func() {
			defer f.through()
			if f.outgoing { // answers come after what they answer
				behind.Wait()
			}
			m.keep(ctx, f, sink)
		})
	}
	wg.Wait()
}

func (m *Mailbox) keep(ctx context.Context, f *folder, sink channels.Sink) {
	backoff := m.cfg.Retry
	for {
		err := f.runOnce(ctx, func() {
			backoff.Reset()
			m.hint(f.name, f.hindered)
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

// report tells the supervisor how the whole mailbox is: it works when all of its
// folders do.
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

func (m *Mailbox) hint(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.hints, name); err != nil {
		m.hints[name] = err
	}
}

// runOnce turns a panic into an error that costs this folder only.
func (f *folder) runOnce(ctx context.Context, healthy func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f.log.Error("panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f.run(ctx, healthy)
}
