package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/config"
)

// counter is a proxy in front of PostgreSQL that counts the statements clients run:
// Query and Execute messages of the frontend protocol (manual, 55.7).
type counter struct {
	statements atomic.Int64
}

// start listens on loopback and returns the DSN that leads through the proxy.
func (c *counter) start(t *testing.T, dsn string) string {
	t.Helper()
	place := regexp.MustCompile(`host='?([^' ]+)'? port=(\d+)`).FindStringSubmatch(dsn)
	if place == nil {
		t.Fatalf("no host and port in %q", dsn)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", fmt.Sprintf("%s/.s.PGSQL.%s", place[1], place[2]))
			if err != nil {
				t.Error(err)
				client.Close()
				return
			}
			go func() { io.Copy(client, server); client.Close() }()
			go func() { c.count(client, server); server.Close() }()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return strings.Replace(dsn, place[0], "host=127.0.0.1 port="+port, 1)
}

// count copies a client's messages: a startup message, and then each with its kind.
func (c *counter) count(client io.Reader, server io.Writer) {
	in := bufio.NewReader(client)
	for header := make([]byte, 4); ; header = make([]byte, 5) {
		if _, err := io.ReadFull(in, header); err != nil {
			return
		}
		if len(header) == 5 && (header[0] == 'Q' || header[0] == 'E') {
			c.statements.Add(1)
		}
		rest := int64(binary.BigEndian.Uint32(header[len(header)-4:])) - 4
		if _, err := io.Copy(server, io.MultiReader(bytes.NewReader(header), io.LimitReader(in, rest))); err != nil {
			return
		}
	}
}

// TestStatementsOfAChatLine: a visitor's line, from its frame to its echo, which the
// visitor's socket sends when the line is in its conversation, takes ten statements
// at most, when each line is alone: lines that arrive together share them.
func TestStatementsOfAChatLine(t *testing.T) {
	t.Parallel()
	var c counter
	r := start(t, func(cfg *config.Config) { cfg.DB.URL = c.start(t, cfg.DB.URL) })
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "Hi", "a@acme.example", "One."))
	r.only("from:jo@acme.example")         // everything is running
	const visitors, warm, lines = 8, 2, 25 // the rate limit of visitors
	open := make([]*visitor, visitors)
	for i := range open {
		open[i] = r.chat()
		open[i].send(frame{Type: "hello", Name: "Lee Novak"})
		open[i].await("welcome", func(f frame) bool { return f.Type == "welcome" })
	}
	write := func(rounds int) {
		for n := range rounds {
			for _, v := range open {
				id := fmt.Sprintf("c-%d-%d", rounds, n)
				v.send(frame{Type: "message", ID: id, Text: "Is anyone there?"})
				v.await("the line", func(f frame) bool { return f.Type == "message" && f.ID == id })
			}
		}
	}
	write(warm) // warm-up: opens conversations and prepares statements
	// What runs without any line, like looking for due deliveries, is subtracted: a slow
	// machine has more of it for each line.
	const idle = 2 * time.Second
	before := c.statements.Load()
	<-time.After(idle)
	background := float64(c.statements.Load()-before) / idle.Seconds()
	before, begin := c.statements.Load(), time.Now()
	write(lines)
	each := (float64(c.statements.Load()-before) - background*time.Since(begin).Seconds()) / (visitors * lines)
	t.Logf("%.1f statements for each line, and %.1f in a second without lines", each, background)
	if each > 10 || each < 3 {
		t.Errorf("%.1f statements for each line, want 10 at most", each)
	}
}
