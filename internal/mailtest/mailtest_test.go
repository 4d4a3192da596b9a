package mailtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dialogue sends lines and returns everything the server sent until it closed.
func dialogue(t *testing.T, addr string, lines ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	var said strings.Builder
	r := bufio.NewReader(conn)
	for _, line := range lines {
		if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
			t.Fatal(err)
		}
	}
	// A cut may arrive as a reset if the client's data had not been read.
	if _, err := r.WriteTo(&said); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("%v after %q", err, said.String())
	}
	return said.String()
}

func TestDovecotDeliversAndRenumbers(t *testing.T) {
	d := NewDovecot(t)
	d.Append([]byte("Subject: one\n\nbody\n"))
	d.AwaitStatus("INBOX", "MESSAGES 1", "UNSEEN 1")
	d.Renumber(4711)
	d.AwaitStatus("INBOX", "MESSAGES 1", "UIDVALIDITY 4711")
	d.Empty()
	d.AwaitStatus("INBOX", "MESSAGES 0")
}

func TestDovecotFreezes(t *testing.T) {
	d := NewDovecot(t)
	conn, err := net.Dial("tcp", d.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	d.Freeze()
	fmt.Fprintf(conn, "a NOOP\r\n")
	conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if line, err := r.ReadString('\n'); err == nil {
		t.Fatalf("a frozen server said %q", line)
	}
	d.Thaw()
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatalf("a thawed server sent nothing: %v", err)
	}
}

func TestSinkKeepsWhatSourceSends(t *testing.T) {
	sink := NewSMTPSink(t)
	SMTPSource(t, sink.Addr, "-m", "20", "-s", "4", "-f", "a@x.example", "-t", "b@y.example", "-S", "hello")
	mails := sink.Await(20)
	if len(mails) != 20 {
		t.Fatalf("%d mails, want 20", len(mails))
	}
	for _, m := range mails {
		if m.From != "a@x.example" || len(m.To) != 1 || m.To[0] != "b@y.example" || !bytes.Contains(m.Content, []byte("Subject: hello\n")) {
			t.Errorf("mail %+v with content %q", m, m.Content)
		}
		if bytes.HasPrefix(m.Content, []byte("Received:")) || bytes.HasPrefix(m.Content, []byte("\t")) {
			t.Errorf("the sink's Received field is left in %q", m.Content)
		}
	}
}

func TestSinkRefusesRecipients(t *testing.T) {
	sink := NewSMTPSink(t, "-r", "RCPT")
	said := dialogue(t, sink.Addr, "EHLO x", "MAIL FROM:<a@x.example>", "RCPT TO:<b@y.example>", "QUIT")
	if !strings.Contains(said, "450 4.3.0") {
		t.Errorf("no 450 in %q", said)
	}
}

func TestProxyCutsAtTheOctet(t *testing.T) {
	sink := NewSMTPSink(t)
	proxy := NewProxy(t, sink.Addr)
	proxy.CutDown(7)
	if said := dialogue(t, proxy.Addr, "QUIT"); said != "220 smt" {
		t.Errorf("got %q before the cut", said)
	}
	if proxy.Cuts() != 1 {
		t.Errorf("%d cuts, want 1", proxy.Cuts())
	}
	proxy.CutDown(-1)
	if said := dialogue(t, proxy.Addr, "QUIT"); !strings.Contains(said, "221") {
		t.Errorf("got %q without a cut", said)
	}
}
