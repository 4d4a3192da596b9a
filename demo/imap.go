package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// mailbox is an IMAP server with one user. Mail is also stored in files and restored
// in the same order at the next start, so that every message keeps its UID.
type mailbox struct {
	dir      string
	listener net.Listener
	server   *imapserver.Server
	user     *imapmemserver.User
	mu       sync.Mutex // the order of files is the order of UIDs
	kept     int
}

// newMailbox starts the IMAP server with the mail stored in dir.
func newMailbox(addr, dir string, log *slog.Logger) (*mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the demo's IMAP server cannot listen on %s: %w; stop the other program, or choose another address with --imap", addr, err)
	}
	m := &mailbox{dir: dir, listener: listener, user: imapmemserver.NewUser(imapUser, imapPassword)}
	if err := m.load(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	mem := imapmemserver.New()
	mem.AddUser(m.user)
	m.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{mem.NewSession(), m}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}},
		InsecureAuth: true, // loopback only
		Logger:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	})
	go m.server.Serve(listener) //nolint:errcheck // it ends with Close
	return m, nil
}

// Addr is where the server listens.
func (m *mailbox) Addr() string { return m.listener.Addr().String() }

// Close stops the server.
func (m *mailbox) Close() { m.server.Close() } //nolint:errcheck // the process ends

// load creates INBOX and restores the stored mail.
func (m *mailbox) load() error {
	if err := m.user.Create("INBOX", nil); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(m.dir, "*.eml"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	m.kept = len(files)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err == nil {
			_, err = m.user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{})
		}
		if err != nil {
			return fmt.Errorf("restore the demo's mailbox: %w", err)
		}
	}
	return nil
}

// Append stores a message on disk and then adds it to INBOX.
func (m *mailbox) Append(raw []byte) error {
	_, err := m.append("INBOX", raw, &imap.AppendOptions{})
	return err
}

// append adds a message to a folder; messages in INBOX are stored on disk first.
func (m *mailbox) append(folder string, raw []byte, options *imap.AppendOptions) (*imap.AppendData, error) {
	if strings.EqualFold(folder, "INBOX") {
		m.mu.Lock()
		defer m.mu.Unlock()
		if err := m.keep(raw); err != nil {
			return nil, err
		}
	}
	return m.user.Append(folder, literal{bytes.NewReader(raw)}, options)
}

// keep stores a message on disk; the caller holds m.mu.
func (m *mailbox) keep(raw []byte) error {
	f, err := os.CreateTemp(m.dir, "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	m.kept++
	return os.Rename(f.Name(), filepath.Join(m.dir, fmt.Sprintf("%06d.eml", m.kept)))
}

// imapSession also stores appended messages on disk.
type imapSession struct {
	imapserver.Session
	box *mailbox
}

// Append implements imapserver.Session.
func (s *imapSession) Append(folder string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return s.box.append(folder, raw, options)
}

// literal makes a byte slice an IMAP literal.
type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
