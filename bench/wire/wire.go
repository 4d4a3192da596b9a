// Package wire counts what a program asks of PostgreSQL, by relaying its
// connections and reading the frontend messages that pass (PostgreSQL manual,
// "Frontend/Backend Protocol"). It needs no extension and no log of the server,
// and counts alike for every version of the program.
package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Count is the number of requests that were sent to the server.
type Count struct {
	Statements int64 // executed, simple and prepared ones, BEGIN and COMMIT included
	Trips      int64 // messages after which the client waits for the server
}

// Sub returns the difference of two counts.
func (c Count) Sub(d Count) Count {
	return Count{c.Statements - d.Statements, c.Trips - d.Trips}
}

// Relay passes connections on to a PostgreSQL server.
type Relay struct {
	listener   net.Listener
	network    string
	upstream   string
	statements atomic.Int64
	trips      atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// NewRelay listens on a free loopback port and passes what connects there on to
// the server at network and address ("unix", "/run/x/.s.PGSQL.5432"). Clients must
// connect with sslmode=disable.
func NewRelay(network, address string) (*Relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{listener: l, network: network, upstream: address, conns: map[net.Conn]bool{}}
	r.wg.Go(r.accept)
	return r, nil
}

// Addr is where the relay listens.
func (r *Relay) Addr() *net.TCPAddr { return r.listener.Addr().(*net.TCPAddr) }

// Count returns the requests so far.
func (r *Relay) Count() Count { return Count{r.statements.Load(), r.trips.Load()} }

// Close cuts every connection and waits until all are gone.
func (r *Relay) Close() error {
	err := r.listener.Close()
	r.mu.Lock()
	for conn := range r.conns {
		conn.Close()
	}
	r.conns = nil
	r.mu.Unlock()
	r.wg.Wait()
	return err
}

// accept relays connections until the listener is closed.
func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(r.network, r.upstream)
		if err != nil || !r.keep(client, server) {
			client.Close()
			if server != nil {
				server.Close()
			}
			continue
		}
		r.wg.Go(func() {
			defer r.drop(client, server)
			io.Copy(client, server) //nolint:errcheck // either side may hang up
		})
		r.wg.Go(func() {
			defer r.drop(client, server)
			r.forward(server, client) //nolint:errcheck // either side may hang up
		})
	}
}

// keep registers connections, which Close then closes. It returns false if the relay is
// closed.
func (r *Relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conns == nil {
		return false
	}
	for _, c := range conns {
		r.conns[c] = true
	}
	return true
}

// drop closes connections and forgets them.
func (r *Relay) drop(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(r.conns, c)
	}
}

var errLength = errors.New("a message is shorter than its own length field")

// forward copies the client's messages and counts them. The first has no type.
func (r *Relay) forward(server io.Writer, client io.Reader) error {
	in := bufio.NewReaderSize(client, 64<<10)
	out := bufio.NewWriterSize(server, 64<<10)
	for header := 4; ; header = 5 {
		head, err := in.Peek(header)
		if err != nil {
			return err
		}
		length := int64(binary.BigEndian.Uint32(head[header-4:])) + int64(header) - 4
		if length < int64(header) {
			return errLength
		}
		if header == 5 {
			r.count(head[0])
		}
		if _, err := io.CopyN(out, in, length); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// count counts a message of the frontend protocol by its type.
func (r *Relay) count(kind byte) {
	switch kind {
	case 'Q': // Query
		r.statements.Add(1)
		r.trips.Add(1)
	case 'E': // Execute
		r.statements.Add(1)
	case 'S': // Sync
		r.trips.Add(1)
	}
}
