package smtpd

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"

	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
)

func TestImplicitTLS(t *testing.T) {
	server, trust := certified(t)
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) { cfg.TLS, cfg.ImplicitTLS = server, true })
	raw := dial(t, addr)
	conn := tls.Client(raw.Conn, trust)
	c := &client{t, conn, bufio.NewReader(conn)}
	c.want("220")
	if said := c.do("250", "EHLO client.example"); strings.Contains(said, "STARTTLS") {
		t.Errorf("STARTTLS is offered inside TLS: %q", said)
	}
	c.envelope()
	if got := c.content(mail("tls"), false); !strings.HasPrefix(got, "250") {
		t.Errorf("reply %q", got)
	}
	if raws := sink.Raws(); len(raws) != 1 || !strings.Contains(string(raws[0].Bytes), "with ESMTPS id") {
		t.Errorf("stored %d", len(raws))
	}

	// A client without TLS gets no reply and does not delay other clients.
	plain := dial(t, addr)
	fmt.Fprint(plain, "EHLO client.example\r\n")
	if said, _ := io.ReadAll(plain.r); strings.Contains(string(said), "250") {
		t.Errorf("an unencrypted reply: %q", said)
	}
}

// OpenSSL's client with implicit TLS, and with STARTTLS over SMTP and LMTP.
func TestOpenSSL(t *testing.T) {
	server, _ := certified(t)
	for _, test := range []struct {
		name, hello string
		args        []string
		change      func(*Config)
	}{
		{"implicit", "EHLO", nil, func(cfg *Config) { cfg.ImplicitTLS = true }},
		{"starttls", "EHLO", []string{"-starttls", "smtp"}, func(*Config) {}},
		{"lmtp", "LHLO", []string{"-starttls", "lmtp"}, func(cfg *Config) { cfg.LMTP = true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := channeltest.NewSink()
			addr := serve(t, sink, func(cfg *Config) { cfg.TLS = server; test.change(cfg) })
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-connect", addr, "-crlf", "-quiet"}, test.args...)...)
			// A line that begins with R or Q may be a command of s_client itself.
			cmd.Stdin = strings.NewReader(test.hello + " c.example\nMAIL FROM:<" + customer + ">\nrCPT TO:<" + support + ">\nDATA\n" + strings.ReplaceAll(mail("openssl"), "\r\n", "\n") + ".\nquit\n")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "OK: queued") {
				t.Errorf("%v\n%s", err, out)
			}
			if n := len(sink.Raws()); n != 1 {
				t.Errorf("%d raw items", n)
			}
		})
	}
}

func lmtp(t *testing.T, sink *channeltest.Sink, change func(*Config)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lmtp") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	serve(t, sink, func(cfg *Config) {
		cfg.Addr, cfg.LMTP = path, true
		if change != nil {
			change(cfg)
		}
	})
	return path
}

func TestLMTP(t *testing.T) {
	sink := channeltest.NewSink()
	path := lmtp(t, sink, nil)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{t, conn, bufio.NewReader(conn)}
	c.want("220")
	c.do("500", "EHLO client.example")
	c.do("250", "LHLO client.example")
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("250", "RCPT TO:<%s>", support)
	c.do("550 5.1.1", "RCPT TO:<who@else.example>")
	c.do("250", "RCPT TO:<billing@desk.example>")
	c.do("250", "RCPT TO:<%s>", support)
	c.do("354", "DATA")
	c.do("250 2.0.0 <"+support+">", "%s.", mail("lmtp"))
	c.want("250 2.0.0 <billing@desk.example>")
	c.want("250 2.0.0 <" + support + ">")

	// A failure is reported for each recipient, even if the connection is closed afterwards.
	sink.Fail(errors.New("disk"))
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("250", "RCPT TO:<%s>", support)
	c.do("250", "RCPT TO:<billing@desk.example>")
	c.do("354", "DATA")
	c.do("451 4.3.0 <"+support+">", "%s.", mail("failing"))
	c.want("451 4.3.0 <billing@desk.example>")
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("250", "RCPT TO:<%s>", support)
	c.do("250", "RCPT TO:<billing@desk.example>")
	c.do("354", "DATA")
	c.do("550 5.6.0 <"+support+">", "Subject: a\nb\r\n\r\n.")
	c.want("550 5.6.0 <billing@desk.example>")
	c.wantClosed()

	raws := sink.Raws()
	if len(raws) != 1 || len(raws[0].EnvelopeTo) != 2 || raws[0].RemoteAddr != "" || raws[0].Endpoint != endpoint {
		t.Fatalf("%d raw items: %+v", len(raws), raws)
	}
	if !strings.HasPrefix(string(raws[0].Bytes), "Received: from client.example (local)\r\n\tby mx.desk.example with LMTP id") {
		t.Errorf("trace %q", raws[0].Bytes[:100])
	}
}

func TestLMTPSource(t *testing.T) {
	sink := channeltest.NewSink()
	path := lmtp(t, sink, nil)
	mailtest.SMTPSource(t, "unix:"+path, "-L", "-m", "300", "-s", "8", "-r", "3", "-l", "3000", "-f", customer, "-t", support)
	for _, raw := range sink.Raws() {
		if len(raw.EnvelopeTo) != 3 {
			t.Fatalf("recipients %v", raw.EnvelopeTo)
		}
	}
	if got := len(sink.Raws()); got != 300 {
		t.Errorf("%d raw items of 300 accepted mails", got)
	}
}

func TestSocketFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil {
		t.Error("a socket in use was replaced")
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	again, err := listen(path) // as if the process was killed
	if err != nil {
		t.Fatalf("an abandoned socket was not replaced: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != socketMode {
		t.Errorf("mode %v, %v", info, err)
	}
	again.Close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket was not removed: %v", err)
	}
	other := filepath.Join(dir, "file")
	if err := os.WriteFile(other, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(other); err == nil {
		t.Error("a regular file was replaced by a socket")
	}
	if text, _ := os.ReadFile(other); string(text) != "precious" {
		t.Error("the file was removed")
	}
}

func TestProxyProtocol(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	header := func(version byte, transport proxyproto.AddressFamilyAndProtocol, from string) string {
		source := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))
		h := proxyproto.HeaderProxyFromAddrs(version, source, &net.TCPAddr{IP: source.IP, Port: 25})
		text, err := h.Format()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	local, err := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL}).Format()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, header string
		from         []netip.Prefix
		remote       string // "" when the connection must be closed
	}{
		{"version 1", header(1, proxyproto.TCPv4, "192.0.2.7:4000"), trusted, "192.0.2.7:4000"},
		{"version 2", header(2, proxyproto.TCPv4, "192.0.2.7:4000"), trusted, "192.0.2.7:4000"},
		{"version 2, IPv6", header(2, proxyproto.TCPv6, "[2001:db8::7]:4000"), trusted, "[2001:db8::7]:4000"},
		{"health check", string(local), trusted, "127.0.0.1"},
		{"proxy without a header", "EHLO client.example\r\n", trusted, ""},
		{"broken", "PROXY TCP4 nonsense\r\n", trusted, ""},
		{"header from another peer", header(1, proxyproto.TCPv4, "192.0.2.7:4000"), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "127.0.0.1"},
		{"no trusted proxies", header(1, proxyproto.TCPv4, "192.0.2.7:4000"), nil, "127.0.0.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := channeltest.NewSink()
			var seen Reception
			addr := serve(t, sink, func(cfg *Config) {
				cfg.ProxyFrom = test.from
				cfg.Check = func(_ context.Context, r Reception) (Verdict, error) {
					seen = r
					return Verdict{AuthResults: "mx; none"}, nil
				}
			})
			c := dial(t, addr)
			io.WriteString(c, test.header)
			if test.remote == "" {
				c.wantClosed()
				return
			}
			c.want("220")
			if test.from == nil || test.from[0] != trusted[0] {
				c.want("501") // an unknown command
			}
			c.do("250", "EHLO client.example")
			c.envelope()
			if got := c.content(mail("proxied"), false); !strings.HasPrefix(got, "250") {
				t.Fatalf("reply %q", got)
			}
			raws := sink.Raws()
			if len(raws) != 1 || !strings.HasPrefix(raws[0].RemoteAddr, test.remote) || raws[0].AuthResults != "mx; none" {
				t.Fatalf("raw %+v", raws)
			}
			if want := netip.MustParseAddrPort(raws[0].RemoteAddr).Addr(); seen.ClientIP != want {
				t.Errorf("the check saw %s, want %s", seen.ClientIP, want)
			}
		})
	}
}

// A proxy that sends nothing delays neither other connections nor the stop.
func TestMuteProxy(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) { cfg.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	for range 20 {
		dial(t, addr)
	}
	c := dial(t, addr)
	io.WriteString(c, "PROXY TCP4 192.0.2.7 192.0.2.8 4000 25\r\n")
	c.SetDeadline(time.Now().Add(headerDeadline))
	c.want("220")
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     error
		panics  bool
		want    string
		closing bool
	}{
		{"lets in", nil, false, "250 2.0.0 OK: queued\r\n", false},
		{"refuses", &Refusal{Text: "no\r\n250 yes"}, false, "550 5.7.1 no??250 yes\r\n", false},
		{"refuses temporarily", fmt.Errorf("filter: %w", &Refusal{Text: "later", Temporary: true}), false, "451 4.7.1 later\r\n", false},
		{"fails", errors.New("secret detail"), false, "451 4.3.0 Temporary failure, try again later\r\n", false},
		{"panics", nil, true, "451 4.3.0 Temporary failure, try again later\r\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := channeltest.NewSink()
			var seen Reception
			c := greeted(t, serve(t, sink, func(cfg *Config) {
				cfg.Check = func(_ context.Context, r Reception) (Verdict, error) {
					seen = r
					if test.panics {
						panic("nil map")
					}
					return Verdict{AuthResults: "mx.desk.example; spf=none"}, test.err
				}
			}))
			c.envelope()
			if got := c.content(mail("x"), false); got != test.want {
				t.Errorf("reply %q, want %q", got, test.want)
			}
			if seen.Helo != "client.example" || seen.From != customer || len(seen.To) != 1 || string(seen.Content) != mail("x") {
				t.Errorf("seen %+v", seen)
			}
			stored := 0
			if test.err == nil && !test.panics {
				stored = 1
			}
			if len(sink.Raws()) != stored {
				t.Errorf("%d raw items", len(sink.Raws()))
			}
			c.do("221", "QUIT")
		})
	}
}

func TestLocalSubmissionHasTheSameSourceKey(t *testing.T) {
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, nil))
	c.envelope()
	c.content(mail("once"), false)
	handed := LocalSubmission("mx.desk.example", customer, []string{support}, []byte("Delivered-To: x\r\n"+mail("once")))
	if first := sink.Raws()[0]; handed.SourceKey != first.SourceKey || handed.Endpoint != first.Endpoint || handed.Channel != first.Channel {
		t.Errorf("handed %+v, received %+v", handed, first)
	}
	if !strings.HasPrefix(string(handed.Bytes), "Received: from localhost (local)\r\n\tby mx.desk.example with local id "+handed.ID.String()) {
		t.Errorf("trace %q", handed.Bytes[:100])
	}
}
