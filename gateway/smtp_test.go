package gateway_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// certify puts a fresh certificate into dir and returns the files and its serial.
func certify(t *testing.T, dir string) (cert, key, serial string) {
	t.Helper()
	certPEM, keyPEM := mailtest.Certificate(t)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, text := range map[string][]byte{cert: certPEM, key: keyPEM} {
		if err := os.WriteFile(file+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	block, _ := pem.Decode(certPEM)
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, parsed.SerialNumber.String()
}

// served is the serial of the certificate that STARTTLS shows.
func (r *running) served() string {
	r.t.Helper()
	c, err := smtp.Dial(r.smtp)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil { // what is served is what is asked
		r.t.Fatal(err)
	}
	state, _ := c.TLSConnectionState()
	return state.PeerCertificates[0].SerialNumber.String()
}

// TestReceiveEncrypted: mail comes in by STARTTLS and by TLS from the first octet,
// and a renewed certificate is served without a restart.
func TestReceiveEncrypted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, first := certify(t, dir)
	r := start(t, func(cfg *config.Config) {
		cfg.SMTP.TLSAddr, cfg.SMTP.TLSCert, cfg.SMTP.TLSKey = "127.0.0.1:0", cert, key
	})
	if got := r.served(); got != first {
		t.Errorf("serial %s, want %s", got, first)
	}
	text := letter("jo@acme.example", "support@desk.example", "Encrypted", "1@acme.example", "Hello.")
	conn, err := tls.Dial("tcp", r.smtps, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	r.transact(c, "jo@acme.example", "support@desk.example", text)
	r.only("Encrypted")

	_, _, second := certify(t, dir)
	if first == second {
		t.Fatal("both certificates have one serial")
	}
	r.eventually("the renewed certificate", func() bool { return r.served() == second })
	// Half a renewal leaves the pair that fits.
	if err := os.WriteFile(key, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.served(); got != second {
		t.Errorf("serial %s, want %s", got, second)
	}
	_, _, third := certify(t, dir)
	r.eventually("the next certificate", func() bool { return r.served() == third })
}

// transact sends one mail over a connection.
func (r *running) transact(c *smtp.Client, from, to, text string) {
	r.t.Helper()
	defer c.Close()
	if err := c.Mail(from); err != nil {
		r.t.Fatal(err)
	}
	if err := c.Rcpt(to); err != nil {
		r.t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		r.t.Fatal(err)
	}
	fmt.Fprint(w, strings.ReplaceAll(text, "\n", "\r\n"))
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// dialogue sends lines and wants the answers' beginnings; it returns the last one.
func dialogue(t *testing.T, conn net.Conn, steps ...[2]string) string {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	in, last := bufio.NewReader(conn), ""
	for _, step := range steps {
		if step[0] != "" {
			fmt.Fprintf(conn, "%s\r\n", strings.ReplaceAll(step[0], "\n", "\r\n"))
		}
		for last = "xxx-"; len(last) > 3 && last[3] == '-'; {
			var err error
			if last, err = in.ReadString('\n'); err != nil {
				t.Fatalf("after %.40q: %v", step[0], err)
			}
		}
		if !strings.HasPrefix(last, step[1]) {
			t.Fatalf("%.60q was answered %q, want %s", step[0], last, step[1])
		}
	}
	return last
}

// TestReceiveLMTP: Postfix and Exim deliver to a socket of this machine.
func TestReceiveLMTP(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "lmtp") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	r := start(t, func(cfg *config.Config) { cfg.SMTP.LMTP = socket })
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialogue(t, conn, [2]string{"", "220"}, [2]string{"LHLO relay.example", "250"}, [2]string{"MAIL FROM:<jo@acme.example>", "250"},
		[2]string{"RCPT TO:<support+lamp@desk.example>", "250"}, [2]string{"RCPT TO:<nobody@desk.example>", "550 5.1.1"}, [2]string{"DATA", "354"},
		[2]string{letter("jo@acme.example", "support@desk.example", "By socket", "1@acme.example", "Hello.") + ".", "250 2.0.0 <support+lamp@desk.example>"})
	r.only("By socket")
}

// TestReceiveProxy: the PROXY protocol is read from the proxies of the
// configuration, and from nobody else.
func TestReceiveProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, line, answer string }{
		{"127.0.0.0/8", "PROXY TCP4 192.0.2.7 192.0.2.8 4000 25", "220"},
		{"192.0.2.0/24", "", "220"},
	} {
		r := start(t, func(cfg *config.Config) { cfg.SMTP.ProxyFrom = []string{c.from}; cfg.SMTP.DNS = "127.0.0.1:1" })
		conn, err := net.Dial("tcp", r.smtp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		last := dialogue(t, conn, [2]string{c.line, c.answer}, [2]string{"EHLO client.example", "250"}, [2]string{"MAIL FROM:<jo@acme.example>", "250"},
			[2]string{"RCPT TO:<support@desk.example>", "250"}, [2]string{"DATA", "354"},
			[2]string{letter("jo@acme.example", "support@desk.example", "By proxy", "1@acme.example", "Hello.") + ".", "250"})
		got := r.messages(r.only("By proxy").ID)[0].Authentication
		if proxied := c.line != ""; proxied != (got != nil && strings.Contains(got.Results, "smtp.remote-ip=192.0.2.7")) {
			t.Errorf("from %s: %q, %+v", c.from, last, got)
		}
	}
	// Who is no proxy and speaks as one says a command that nobody knows.
	r := start(t, func(cfg *config.Config) { cfg.SMTP.ProxyFrom = []string{"192.0.2.0/24"} })
	conn, err := net.Dial("tcp", r.smtp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialogue(t, conn, [2]string{"", "220"}, [2]string{"PROXY TCP4 192.0.2.7 192.0.2.8 4000 25", "501"})
}

// TestReceiveCatchAll: whatever is written to a domain of ours arrives, and nothing
// of other domains; answers come from a support address.
func TestReceiveCatchAll(t *testing.T) {
	t.Parallel()
	r := start(t, func(cfg *config.Config) { cfg.Mail.CatchAll = []string{"Shop.example"} })
	for i, to := range []string{"anything@shop.example", "ANYTHING.else+tag@SHOP.example"} {
		r.post("jo@acme.example", to, letter("jo@acme.example", to, fmt.Sprintf("Catch%d", i), fmt.Sprintf("%d@acme.example", i), "Hello."))
		c := r.only(fmt.Sprintf("Catch%d", i))
		var full struct{ Reply struct{ From string } }
		if r.call("GET", "/conversations/"+c.ID, nil, &full); full.Reply.From != "support@desk.example" {
			t.Errorf("%s is answered from %q", to, full.Reply.From)
		}
	}
	for _, to := range []string{"x@sub.shop.example", "x@shop.example.evil.example", "@shop.example", "x@other.example", "nobody@desk.example", `"x@shop.example"@other.example`} {
		conn, err := net.Dial("tcp", r.smtp)
		if err != nil {
			t.Fatal(err)
		}
		dialogue(t, conn, [2]string{"", "220"}, [2]string{"EHLO c", "250"}, [2]string{"MAIL FROM:<jo@acme.example>", "250"}, [2]string{"RCPT TO:<" + to + ">", "5"})
		conn.Close()
	}
}
