package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// session is a logged-in connection with one folder open. It is used by one goroutine
// at a time and never has two commands outstanding: the library's read loop blocks
// while a literal of the other command is unread.
type session struct {
	cfg    *Config
	guard  *guard
	client *imapclient.Client
	news   chan struct{} // receives when the number of messages changed
	opened uint32        // messages in the folder when it was opened
	stop   func() bool
	late   late
}

// connect dials, sets up TLS and logs in. The session ends with ctx: closing the
// connection unblocks every command.
func connect(ctx context.Context, cfg *Config) (*session, error) {
	if cfg.Tokens == nil {
		return dial(ctx, cfg, "")
	}
	token, err := cfg.Tokens.Token(ctx, "")
	if err != nil {
		return nil, cfg.fault("access token", err)
	}
	s, err := dial(ctx, cfg, token)
	if !errors.Is(err, errTokenRefused) {
		return s, err
	}
	// The token may have been revoked before it expired. Retry with another one on a
	// new connection, because not every server allows a second attempt on the old one.
	if token, err = cfg.Tokens.Token(ctx, token); err != nil {
		return nil, cfg.fault("access token", err)
	}
	return dial(ctx, cfg, token)
}

// dial is connect with a given token, or with the password if token is "".
func dial(ctx context.Context, cfg *Config, token string) (*session, error) {
	dialer := net.Dialer{
		Timeout: cfg.StallTimeout,
		// A peer that disappeared is noticed within a minute.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 10 * time.Second, Count: 4},
	}
	conn, err := dialer.DialContext(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, cfg.fault("connect", err)
	}
	s := &session{cfg: cfg, news: make(chan struct{}, 1)}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.secure(ctx, conn); err != nil {
		s.stop()
		conn.Close()
		return nil, err
	}
	if err := s.login(token); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	s.stop()
	s.client.Close()
}

// greeted waits for the greeting. If a server sends BYE and closes the connection, the
// library may report either; when asked again, it reports the BYE.
func (s *session) greeted() error {
	err := s.client.WaitGreeting()
	for range 30 {
		if _, answered := errors.AsType[*imap.Error](err); answered || err == nil {
			break
		}
		err = s.client.WaitGreeting()
	}
	return err
}

// secure sets up TLS and the IMAP client on conn and waits for the greeting.
func (s *session) secure(ctx context.Context, conn net.Conn) error {
	config := s.cfg.tlsConfig()
	options := &imapclient.Options{TLSConfig: config, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Fetch: s.add,
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				select {
				case s.news <- struct{}{}:
				default: // one notice is enough
				}
			}
		},
	}}
	if s.cfg.TLS == TLSImplicit {
		secured := tls.Client(conn, config)
		ctx, cancel := context.WithTimeout(ctx, s.cfg.StallTimeout)
		defer cancel()
		if err := secured.HandshakeContext(ctx); err != nil {
			return s.cfg.fault("TLS", err)
		}
		conn = secured
	}
	s.guard = &guard{Conn: conn}
	s.expect(0)
	var err error
	if s.cfg.TLS == TLSStart {
		if s.client, err = imapclient.NewStartTLS(s.guard, options); err != nil {
			return s.cfg.fault("STARTTLS", s.guard.greeting(err))
		}
	} else {
		s.client = imapclient.New(s.guard, options)
	}
	if err := s.greeted(); err != nil {
		s.client.Close()
		return s.cfg.fault("greeting", s.guard.greeting(err))
	}
	return nil
}

func (s *session) expect(size int64) { s.guard.expect(s.cfg.StallTimeout, size) }

// open selects a folder, read-only (EXAMINE) if nothing is going to be changed.
func (s *session) open(folder string) (*imap.SelectData, error) {
	s.expect(0)
	data, err := s.client.Select(folder, &imap.SelectOptions{ReadOnly: s.cfg.AfterImport == Leave}).Wait()
	if err != nil {
		if _, refused := errors.AsType[*imap.Error](err); refused {
			return nil, s.unknownFolder(folder, err)
		}
		return nil, s.cfg.fault("open "+folder, s.guard.explain(err))
	}
	if s.cfg.AfterImport == Move && !s.client.Caps().Has(imap.CapMove) && !s.client.Caps().Has(imap.CapUIDPlus) {
		return nil, s.cfg.fault("open "+folder, errNoMove)
	}
	s.opened = data.NumMessages
	return data, nil
}

// messages returns the number of messages in the folder. The library knows it only
// some time after it has returned the response to SELECT.
func (s *session) messages() uint32 {
	if m := s.client.Mailbox(); m != nil {
		return m.NumMessages
	}
	return s.opened
}

// folders lists the account's folders for use in an advice. It may be empty.
func (s *session) folders() string {
	s.expect(mebibyte)
	list, err := s.client.List("", "*", nil).Collect()
	if err != nil {
		return ""
	}
	names := make([]string, 0, len(list))
	for _, l := range list {
		names = append(names, l.Mailbox)
	}
	slices.Sort(names)
	return strings.Join(names[:min(len(names), 40)], ", ")
}

// search returns up to limit UIDs above last in ascending order, and their total
// number.
func (s *session) search(last uint32, limit int) (uids []imap.UID, total int, err error) {
	var above imap.UIDSet
	above.AddRange(imap.UID(last+1), 0)
	options := &imap.SearchOptions{ReturnAll: s.client.Caps().Has(imap.CapESearch)}
	s.expect(12 * int64(s.messages()))
	data, err := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{above}}, options).Wait()
	if err != nil {
		return nil, 0, s.protocolError("search", err)
	}
	s.guard.quiet()
	found, _ := data.All.(imap.UIDSet)
	slices.SortFunc(found, func(a, b imap.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	for _, r := range found {
		// "n:*" always holds the last message, even below n (RFC 9051 section 6.4.9).
		first := max(r.Start, imap.UID(last)+1)
		if r.Stop < first {
			continue
		}
		total += int(r.Stop-first) + 1
		for uid := int64(first); uid <= int64(r.Stop) && len(uids) < limit; uid++ {
			uids = append(uids, imap.UID(uid))
		}
	}
	return uids, total, nil
}

// wait returns when the folder should be searched again: when the server reports a
// change, or after Poll.
func (s *session) wait(ctx context.Context) error {
	idle := s.client.Caps().Has(imap.CapIdle)
	var command *imapclient.IdleCommand
	if idle {
		var err error
		s.expect(0)
		if command, err = s.client.Idle(); err != nil {
			return s.protocolError("IDLE", err)
		}
		s.guard.quiet()
	}
	timer := time.NewTimer(s.cfg.Poll)
	defer timer.Stop()
	select {
	case <-s.news:
	case <-timer.C:
	case <-s.client.Closed():
	case <-ctx.Done():
		return ctx.Err()
	}
	if !idle {
		return nil
	}
	s.expect(0)
	defer s.guard.quiet()
	if err := errors.Join(command.Close(), command.Wait()); err != nil {
		return s.protocolError("IDLE", err)
	}
	return nil
}

// protocolError returns the fault of a step within a session, with the guard's reason
// if there is one.
func (s *session) protocolError(op string, err error) error {
	return s.cfg.fault(op, s.guard.explain(err))
}
