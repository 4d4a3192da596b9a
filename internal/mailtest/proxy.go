package mailtest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy forwards TCP connections to a server and breaks them on request. Its methods
// affect open and future connections.
type Proxy struct {
	Addr string

	target string
	mu     sync.Mutex
	conns  map[net.Conn]bool
	down   func(cuts int) int64 // octets from the server before the cut; -1: no cut
	up     func() int64         // octets from the client before the cut; -1: no cut
	stall  chan struct{}
	cuts   int
}

// NewProxy starts a proxy for the server at target.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, conns: map[net.Conn]bool{}}
	p.CutDown(-1)
	p.CutUp(-1)
	t.Cleanup(func() {
		l.Close()
		p.Resume()
		p.CutAll()
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

// CutDown cuts each new connection after n octets from the server; -1 for no limit.
func (p *Proxy) CutDown(n int64) { p.CutDownBy(func(int) int64 { return n }) }

// CutDownBy is CutDown with a separate limit for each new connection. n is called with
// the number of cuts so far and must not call the proxy.
func (p *Proxy) CutDownBy(n func(cuts int) int64) { p.set(func() { p.down = n }) }

// CutUp cuts each new connection after n octets from the client; -1 for no limit.
func (p *Proxy) CutUp(n int64) { p.set(func() { p.up = func() int64 { return n } }) }

// Stall holds back everything in both directions until Resume.
func (p *Proxy) Stall() {
	p.set(func() {
		if p.stall == nil {
			p.stall = make(chan struct{})
		}
	})
}

// Resume ends Stall.
func (p *Proxy) Resume() {
	p.set(func() {
		if p.stall != nil {
			close(p.stall)
			p.stall = nil
		}
	})
}

// CutAll cuts every open connection.
func (p *Proxy) CutAll() {
	p.set(func() {
		for conn := range p.conns {
			conn.Close()
		}
	})
}

// Cuts returns how many connections were cut by CutDown and CutUp.
func (p *Proxy) Cuts() (n int) {
	p.set(func() { n = p.cuts })
	return n
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		client.Close()
		return
	}
	var down, up int64
	p.set(func() {
		p.conns[client], p.conns[server] = true, true
		down, up = p.down(p.cuts), p.up()
	})
	var wg sync.WaitGroup
	wg.Go(func() { p.copy(client, server, down) })
	wg.Go(func() { p.copy(server, client, up) })
	wg.Wait()
	client.Close()
	server.Close()
	p.set(func() {
		delete(p.conns, client)
		delete(p.conns, server)
	})
}

// copy forwards one direction. It forwards an end of stream; an error or the limit
// breaks both directions.
func (p *Proxy) copy(to, from net.Conn, limit int64) {
	buf := make([]byte, 32<<10)
	for limit != 0 {
		space := buf
		if limit > 0 && limit < int64(len(buf)) {
			space = buf[:limit]
		}
		n, err := from.Read(space)
		p.mu.Lock()
		stall := p.stall
		p.mu.Unlock()
		if stall != nil {
			<-stall
		}
		_, writeErr := to.Write(space[:n])
		if err == io.EOF && writeErr == nil {
			to.(*net.TCPConn).CloseWrite()
			return
		}
		if err != nil || writeErr != nil {
			break
		}
		if limit > 0 {
			limit -= int64(n)
		}
	}
	if limit == 0 {
		p.set(func() { p.cuts++ })
	}
	to.Close()
	from.Close()
}
