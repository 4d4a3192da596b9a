package imapd

import (
	"net"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/internal/deskmail/condstore"
)

// limited returns the listener, whose connections are counted and know CONDSTORE.
func (s *Server) limited() net.Listener { return &listener{s.listener, s} }

type listener struct {
	net.Listener
	server *Server
}

// Accept refuses connections above the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := l.server
		s.mu.Lock()
		full := s.conns >= s.cfg.MaxConns
		if !full {
			s.conns++
		}
		s.mu.Unlock()
		if !full {
			w := &counted{Conn: condstore.New(c), server: s}
			return w, nil
		}
		c.Close()
	}
}

// counted is a connection that is counted until it is closed.
type counted struct {
	*condstore.Conn
	server *Server
	once   sync.Once
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() {
		c.server.mu.Lock()
		c.server.conns--
		c.server.mu.Unlock()
	})
	return c.Conn.Close()
}

// open begins a session.
func (s *Server) open(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	wire, ok := c.NetConn().(*counted)
	if !ok || s.ctx.Err() != nil {
		return nil, nil, &imap.Error{Type: imap.StatusResponseTypeBye, Text: "The server is stopping; connect again"}
	}
	n := &session{server: s, conn: c, wire: wire.Conn, woken: make(chan struct{}, 1)}
	s.mu.Lock()
	s.sessions[n] = struct{}{}
	s.mu.Unlock()
	return n, nil, nil
}
