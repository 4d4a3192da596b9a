package smtpd

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/pires/go-proxyproto"
)

// socketMode allows the socket's owner and group to connect.
const socketMode = 0o660

// listen opens a port, or a Unix socket if addr is a path.
func listen(addr string) (net.Listener, error) {
	if !filepath.IsAbs(addr) {
		return net.Listen("tcp", addr)
	}
	l, err := net.Listen("unix", addr)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(addr) {
		if err := os.Remove(addr); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		l, err = net.Listen("unix", addr)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(addr, socketMode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// abandoned reports whether the socket was left behind by a process that was killed.
func abandoned(path string) bool {
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// headerDeadline is how long a proxy may take to send its PROXY header.
const headerDeadline = 5 * time.Second

// proxied is a listener with proxies among its peers. Their headers are read outside
// of Accept, so that a slow proxy does not delay other connections.
type proxied struct {
	net.Listener
	cfg   *Config
	slots chan struct{}
	ready chan net.Conn
	ended chan struct{}
	end   sync.Once
	err   error
}

// behindProxies starts to accept connections from l.
func behindProxies(l net.Listener, cfg *Config) *proxied {
	p := &proxied{Listener: l, cfg: cfg, slots: make(chan struct{}, cfg.MaxConns), ready: make(chan net.Conn), ended: make(chan struct{})}
	go p.run()
	return p
}

// Accept implements net.Listener.
func (p *proxied) Accept() (net.Conn, error) {
	select {
	case conn := <-p.ready:
		return conn, nil
	case <-p.ended:
		return nil, p.err
	}
}

// run accepts connections. At most MaxConns proxies may be sending their header.
func (p *proxied) run() {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			p.end.Do(func() { p.err = err; close(p.ended) })
			return
		}
		if !p.trusts(conn) {
			p.hand(conn)
			continue
		}
		select {
		case p.slots <- struct{}{}:
			go func() {
				defer func() { <-p.slots }()
				p.read(conn)
			}()
		default:
			conn.Close()
		}
	}
}

// hand passes a connection to Accept.
func (p *proxied) hand(conn net.Conn) {
	select {
	case p.ready <- conn:
	case <-p.ended:
		conn.Close()
	}
}

// read reads the PROXY header. A proxy that sends none is misconfigured: clients could
// then send the header themselves.
func (p *proxied) read(conn net.Conn) {
	c := proxyproto.NewConn(conn, proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(headerDeadline))
	if c.ProxyHeader() == nil {
		p.cfg.Log.Warn("ProxyHeaderMissing", "remote", conn.RemoteAddr().String())
		conn.Close()
		return
	}
	p.hand(c)
}

// trusts reports whether the peer is one of the configured proxies.
func (p *proxied) trusts(conn net.Conn) bool {
	ip := clientIP(conn)
	for _, prefix := range p.cfg.ProxyFrom {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// clientIP returns the peer's address, or the zero value on a Unix socket.
func clientIP(conn net.Conn) netip.Addr {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return addr.AddrPort().Addr().Unmap().WithZone("")
}
