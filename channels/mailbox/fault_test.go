package mailbox

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
)

// The connection breaks thirty times, at any octet: within the greeting, a size or a
// literal.
func TestConnectionCutAtAnyOctet(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	proxy := mailtest.NewProxy(t, d.Addr)
	sent := map[string][]byte{}
	for i := range 60 {
		nonce := fmt.Sprintf("cut-%03d", i)
		sent[nonce] = letter(nonce, 2000+i*1000)
		d.Append(sent[nonce])
	}
	random := rand.New(rand.NewPCG(1, 2)) // called under the proxy's lock
	const cuts = 30
	connections := 0
	proxy.CutDownBy(func(sofar int) int64 {
		switch connections++; {
		case sofar >= cuts:
			return -1
		case connections%5 == 0:
			return random.Int64N(1500)
		}
		return random.Int64N(80_000)
	})
	sink := channeltest.NewSink()
	pull(t, config(d, func(c *Config) { c.Addr = proxy.Addr }), newMemory(sink))
	wantOnce(t, sink.Await(t, len(sent)), sent)
	t.Logf("cuts=%d", proxy.Cuts())
	if proxy.Cuts() < cuts {
		t.Errorf("only %d cuts happened before everything was read", proxy.Cuts())
	}
}

// The server keeps the connection open but stops responding, twenty times.
func TestUnresponsiveServer(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	proxy := mailtest.NewProxy(t, d.Addr)
	sink := channeltest.NewSink()
	group, _ := pull(t, config(d, func(c *Config) {
		c.Addr, c.Poll, c.StallTimeout = proxy.Addr, 50*time.Millisecond, 100*time.Millisecond
	}), newMemory(sink))
	sent := map[string][]byte{}
	for i := range 20 {
		nonce := fmt.Sprintf("mute-%d", i)
		sent[nonce] = letter(nonce, 500)
		awaitState(t, group, channels.StateRunning)
		proxy.Stall()
		status := awaitState(t, group, channels.StateFailing)
		if !strings.Contains(status.LastError, "stopped responding") {
			t.Errorf("error %q", status.LastError)
		}
		d.Append(sent[nonce])
		proxy.Resume()
		sink.Await(t, i+1)
	}
	wantOnce(t, sink.Raws(), sent)
}

func TestFrozenServer(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	sink := channeltest.NewSink()
	group, _ := pull(t, config(d, func(c *Config) {
		c.Poll, c.StallTimeout = 200*time.Millisecond, 300*time.Millisecond
	}), newMemory(sink))
	awaitState(t, group, channels.StateRunning)
	d.Freeze()
	awaitState(t, group, channels.StateFailing)
	d.Append(letter("thawed", 500))
	d.Thaw()
	sink.Await(t, 1)
	awaitState(t, group, channels.StateRunning)
}

func TestServerRestarts(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	sink := channeltest.NewSink()
	group, _ := pull(t, config(d, nil), newMemory(sink))
	d.Append(letter("before", 500))
	sink.Await(t, 1)
	d.Stop()
	status := awaitState(t, group, channels.StateFailing)
	if status.LastError == "" || status.LastSuccess.IsZero() {
		t.Errorf("status %+v", status)
	}
	d.Append(letter("while-down", 500))
	d.Start()
	sink.Await(t, 2)
}

func TestRenumberedFolderIsReadAgain(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	for i := range 3 {
		d.Append(letter(fmt.Sprintf("old-%d", i), 500))
	}
	sink := channeltest.NewSink()
	journal := newMemory(sink)
	pull(t, config(d, nil), journal)
	first := sink.Await(t, 3)
	d.Renumber(4711)
	d.Append(letter("new", 500))
	all := sink.Await(t, 7)
	for i, raw := range all[3:] {
		if want := fmt.Sprintf("INBOX/4711/%d", i+1); raw.SourceKey != want {
			t.Errorf("key %q, want %q", raw.SourceKey, want)
		}
	}
	contents := map[string]int{}
	for _, raw := range all {
		contents[string(raw.Bytes)]++
	}
	for _, raw := range first {
		if contents[string(raw.Bytes)] != 2 {
			t.Errorf("an old mail was read %d times, want 2, for the pipeline to link", contents[string(raw.Bytes)])
		}
	}
	if len(contents) != 4 {
		t.Errorf("%d different mails, want 4", len(contents))
	}
}

// A folder restored from a backup assigns old UIDs to new messages.
func TestRestoredFolderLosesNothing(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	d.Renumber(4711)
	d.Append(letter("one", 500))
	d.Append(letter("two", 500))
	sink := channeltest.NewSink()
	journal := newMemory(sink)
	_, stop := pull(t, config(d, nil), journal)
	sink.Await(t, 2)
	stop()
	d.Empty()
	d.Renumber(4711)
	d.Append(letter("three", 500))
	pull(t, config(d, nil), journal)
	raws := sink.Await(t, 3)
	if !strings.Contains(string(raws[2].Bytes), "three") || !strings.HasPrefix(raws[2].SourceKey, "INBOX/4711/1/") {
		t.Errorf("item %q with the key %q", raws[2].Bytes, raws[2].SourceKey)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	trusted := &tls.Config{RootCAs: d.Roots}
	for _, test := range []struct {
		name   string
		change func(*Config)
		state  channels.State
		advice string // a part of the advice
	}{
		{"folder", func(c *Config) { c.Folders = []string{"Nope"} }, channels.StateFailing, `no folder "Nope" that can be opened. Its folders are: INBOX.`},
		{"connection refused", func(c *Config) { c.Addr = closed.Addr().String() }, channels.StateFailing, "Check host and port"},
		{"unknown authority", func(c *Config) { c.TLS, c.Addr = TLSImplicit, d.TLSAddr }, channels.StateFailing, "install its authority's certificate"},
		{"unknown authority after STARTTLS", func(c *Config) { c.TLS = TLSStart }, channels.StateFailing, "install its authority's certificate"},
		{"certificate of another host", func(c *Config) {
			c.TLS, c.Addr = TLSImplicit, d.TLSAddr
			c.TLSConfig = &tls.Config{RootCAs: d.Roots, ServerName: "imap.other.example"}
		}, channels.StateFailing, "one of the certificate's names"},
		{"TLS on a plaintext port", func(c *Config) { c.TLS, c.TLSConfig = TLSImplicit, trusted }, channels.StateFailing, "Set tls to starttls"},
		{"implicit", func(c *Config) { c.TLS, c.Addr, c.TLSConfig = TLSImplicit, d.TLSAddr, trusted }, channels.StateRunning, ""},
		{"STARTTLS", func(c *Config) { c.TLS, c.TLSConfig = TLSStart, trusted }, channels.StateRunning, ""},
		// Last, because Dovecot then slows down all logins from this address.
		{"password", func(c *Config) { c.Password = "wrong" }, channels.StateUnauthorised, `user name and the password of "support"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			group, _ := pull(t, config(d, test.change), newMemory(channeltest.NewSink()))
			status := awaitState(t, group, test.state)
			if !strings.Contains(status.Advice, test.advice) || (test.advice == "") != (status.Advice == "") {
				t.Errorf("status %+v, want the advice %q", status, test.advice)
			}
			if strings.Contains(status.LastError+status.Advice, d.Password) {
				t.Error("the password is in the status")
			}
		})
	}
}

func TestAfterImport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		after     AfterImport
		inbox     []string // what the INBOX holds then
		elsewhere int
	}{
		{Leave, []string{"UNSEEN 3", "MESSAGES 3"}, 0},
		{Flag, []string{"UNSEEN 0", "MESSAGES 3"}, 0},
		{Move, []string{"UNSEEN 0", "MESSAGES 0"}, 3},
	} {
		t.Run(string(test.after), func(t *testing.T) {
			t.Parallel()
			d := mailtest.NewDovecot(t)
			d.AppendTo("Done", letter("first", 100))
			for i := range 3 {
				d.Append(letter(fmt.Sprintf("mail-%d", i), 500))
			}
			sink := channeltest.NewSink()
			group, _ := pull(t, config(d, func(c *Config) { c.AfterImport, c.MoveTo = test.after, "Done" }), newMemory(sink))
			sink.Await(t, 3)
			awaitState(t, group, channels.StateRunning)
			d.AwaitStatus("INBOX", test.inbox...)
			d.AwaitStatus("Done", fmt.Sprintf("MESSAGES %d", test.elsewhere+1))
			d.Append(letter("mail-3", 500))
			if raws := sink.Await(t, 4); len(raws) != 4 {
				t.Errorf("%d raw items, want 4", len(raws))
			}
		})
	}
}
