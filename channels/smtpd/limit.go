package smtpd

import (
	"fmt"
	"net"
	"time"
)

// limitedListener wraps accepted connections as wires and enforces the connection
// limits.
type limitedListener struct {
	net.Listener
	server *Server
}

// Accept refuses connections over the limits with a 421 (RFC 5321 section 3.8), after
// which legitimate senders retry.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		w, reason := l.server.admit(conn)
		if w != nil {
			return w, nil
		}
		l.server.cfg.Log.Info("ConnectionRefused", "remote", conn.RemoteAddr().String(), "reason", reason)
		if !l.server.cfg.ImplicitTLS {
			conn.SetDeadline(time.Now().Add(refusalDeadline))
			fmt.Fprintf(conn, "421 4.7.0 %s %s\r\n", l.server.cfg.Domain, reason)
		}
		conn.Close()
	}
}

// admit registers a connection, or returns the reason why it is refused.
func (s *Server) admit(conn net.Conn) (*wire, string) {
	ip, loopback := peer(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return nil, "shutting down, try again later"
	case len(s.wires) >= s.cfg.MaxConns:
		return nil, "too many connections, try again later"
	case !loopback && s.perIP[ip] >= s.cfg.MaxConnsPerIP:
		return nil, "too many connections from your address, try again later"
	}
	w := newWire(conn, &s.cfg)
	w.onClose = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.wires, w)
		if s.perIP[ip]--; s.perIP[ip] <= 0 {
			delete(s.perIP, ip)
		}
	}
	s.wires[w] = struct{}{}
	s.perIP[ip]++
	return w, ""
}

// peer returns the remote address without its port, and whether it is local. An IPv6
// address is reduced to its /64, the smallest network that a provider assigns to one
// customer. The peers of a Unix socket are local.
func peer(conn net.Conn) (string, bool) {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return conn.RemoteAddr().String(), true
	}
	if v4 := addr.IP.To4(); v4 != nil {
		return v4.String(), v4.IsLoopback()
	}
	return addr.IP.Mask(net.CIDRMask(64, 128)).String(), addr.IP.IsLoopback()
}
