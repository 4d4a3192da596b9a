package livechat_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"switchboard/channels/livechat"
	"switchboard/live"
)

const idleSockets = 2000

// BenchmarkIdleSockets opens sockets that have sent nothing since their hello, and
// reports the memory of the process for each of them. The clients are plain TCP
// connections in the same process; what those cost alone is subtracted.
func BenchmarkIdleSockets(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(idleMemory(b), "KiB/socket")
		b.ReportMetric(0, "ns/op")
	}
}

// idleMemory returns KiB of heap and stacks for each of idleSockets.
func idleMemory(t testing.TB) float64 {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	var accepted []net.Conn
	base := inUse()
	clients := dialAll(t, plain.Addr().String(), func(net.Conn) {
		conn, err := plain.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, conn)
	})
	// One end is the client's. The other end is the server's own and counts.
	connections := (inUse() - base) / 2
	for _, c := range append(clients, accepted...) {
		c.Close()
	}

	server := livechat.New(livechat.Config{Widgets: map[string]livechat.Widget{"shop": {Key: "shop"}}}, newSessions(), live.New(), slog.New(slog.DiscardHandler))
	web := httptest.NewServer(server)
	defer web.Close()
	stop := serving(t, web.URL, server)
	defer stop()
	address := strings.TrimPrefix(web.URL, "http://")
	base = inUse()
	clients = dialAll(t, address, func(conn net.Conn) { sayHello(t, conn, address) })
	used := inUse() - base - connections
	for _, c := range clients {
		c.Close()
	}
	return float64(used) / idleSockets / 1024
}

func inUse() int64 {
	for range 4 { // each collection shrinks a stack by half at most
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func dialAll(t testing.TB, address string, each func(net.Conn)) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, 0, idleSockets)
	for range idleSockets {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		each(conn)
		conns = append(conns, conn)
	}
	return conns
}

// sayHello opens a WebSocket with a hello and reads the welcome.
func sayHello(t testing.TB, conn net.Conn, address string) {
	t.Helper()
	fmt.Fprintf(conn, "GET /chat?widget=shop HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address)
	r := bufio.NewReader(conn)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v %v", resp, err)
	}
	hello := `{"type":"hello"}`
	conn.Write(append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...)) // RFC 6455 §5.2, the zero mask
	if _, err := r.Peek(len(`..{"type":"welcome"`)); err != nil {
		t.Fatalf("welcome: %v", err)
	}
}
