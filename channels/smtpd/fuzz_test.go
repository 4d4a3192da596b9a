package smtpd

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"switchboard/channels/channeltest"
)

// FuzzSession throws octets at the server in each state of a session. Whatever
// arrives, it replies or disconnects in time, journals only what it replied 250 to, and
// still serves the next client.
func FuzzSession(f *testing.F) {
	sink := channeltest.NewSink()
	addr := serve(f, sink, func(cfg *Config) {
		cfg.MaxSize, cfg.StallTimeout, cfg.CommandTimeout = 10_000, 2*time.Second, 2*time.Second
	})
	states := []string{
		"",
		"EHLO a\r\n",
		"EHLO a\r\nMAIL FROM:<a@b.example>\r\n",
		"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\n",
		"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\nDATA\r\n",
		"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\nBDAT 5\r\nhello",
		"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\nBDAT 500 LAST\r\n",
	}
	for i := range states {
		f.Add(byte(i), []byte("Subject: x\r\n\r\nhi\r\n.\r\n"))
		f.Add(byte(i), []byte("BDAT 3 LAST\r\nabc"))
		f.Add(byte(i), []byte("RSET\r\nMAIL FROM:<>\r\nBDAT 99999999999999999999\r\nSTARTTLS\r\nAUTH PLAIN\r\n"))
	}
	f.Fuzz(func(t *testing.T, state byte, input []byte) {
		before := len(sink.Raws())
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(time.Minute))
		var said bytes.Buffer
		read := make(chan error, 1)
		go func() {
			_, err := io.Copy(&said, conn)
			read <- err
		}()
		io.WriteString(conn, states[int(state)%len(states)])
		conn.Write(input)
		conn.(*net.TCPConn).CloseWrite()
		if err := <-read; err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("after %q: %v", said.String(), err)
		}
		acked := strings.Count(said.String(), "250 2.0.0 OK: queued")
		if stored := len(sink.Raws()) - before; stored > acked+1 || stored < 0 {
			t.Errorf("stored %d, acknowledged %d", stored, acked)
		}
	})
}
