package smtpd

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/channels/channeltest"
)

// If the connection breaks at any octet, either the whole message is stored or nothing.
func TestCutAtEveryOctet(t *testing.T) {
	body := mail("cut")
	for len(body) < 2048 {
		body += fmt.Sprintf("This is line %d of a longer mail.\r\n", len(body))
	}
	server, trust := certified(t)
	for _, encrypted := range []bool{false, true} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("tls=%t,chunked=%t", encrypted, chunked), func(t *testing.T) {
				t.Parallel()
				sink := channeltest.NewSink()
				s := newServer(t, func(cfg *Config) { cfg.TLS = server })
				addr, err := s.Listen()
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- s.Run(ctx, sink) }()

				stream := body + ".\r\n"
				if chunked {
					stream = body
				}
				acked := cutEverywhere(t, stream, func() *client {
					c := (*client)(nil)
					if encrypted {
						c = secured(t, addr.String(), trust)
					} else {
						c = greeted(t, addr.String())
					}
					c.envelope()
					if chunked {
						fmt.Fprintf(c, "BDAT %d LAST\r\n", len(body))
					} else {
						c.do("354", "DATA")
					}
					return c
				})
				cancel()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				torn := 0
				for _, raw := range sink.Raws() {
					if !strings.HasSuffix(string(raw.Bytes), "\r\n"+body) {
						torn++
					}
				}
				t.Logf("offsets=%d acked=%d stored=%d stored_torn=%d", len(stream), acked, len(sink.Raws()), torn)
				if torn > 0 || acked != 1 || len(sink.Raws()) != 1 {
					t.Errorf("acknowledged %d, stored %d, truncated %d; want the whole mail once", acked, len(sink.Raws()), torn)
				}
			})
		}
	}
}

// cutEverywhere sends the first n octets of stream for every n and then disconnects:
// alternately by closing (FIN, close_notify) and by a reset, and always by closing when
// nothing is missing. It returns the number of 250 replies.
func cutEverywhere(t *testing.T, stream string, begin func() *client) int {
	var acked, next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n <= len(stream); n = int(next.Add(1)) - 1 {
				c := begin()
				io.WriteString(c, stream[:n])
				transport := c.Conn
				if encrypted, ok := transport.(*tls.Conn); ok {
					if n%2 == 0 || n == len(stream) {
						encrypted.CloseWrite()
					}
					transport = encrypted.NetConn()
				}
				if n%2 == 0 || n == len(stream) {
					transport.(*net.TCPConn).CloseWrite()
					if said, _ := io.ReadAll(c.r); strings.Contains(string(said), "250") {
						acked.Add(1)
					}
				} else {
					transport.(*net.TCPConn).SetLinger(0)
				}
				transport.Close()
			}
		})
	}
	wg.Wait()
	return int(acked.Load())
}
