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

// certify writes a new certificate to dir and returns its files and serial number.
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

// servedSerial returns the serial number of the certificate that STARTTLS presents.
func (r *running) servedSerial() string {
	r.t.Helper()
	c, err := smtp.Dial(r.smtp)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil { // the certificate is the result
		r.t.Fatal(err)
	}
	state, _ := c.TLSConnectionState()
	return state.PeerCertificates[0].SerialNumber.String()
}

// TestSMTPTLS: mail is received with STARTTLS and with implicit TLS, and a renewed
// certificate is used without a restart.
func TestSMTPTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, first := certify(t, dir)
	r := start(t, func(cfg *config.Config) {
		cfg.SMTP.TLSAddr, cfg.SMTP.TLSCert, cfg.SMTP.TLSKey = "127.0.0.1:0", cert, key
	})
	if got := r.servedSerial(); got != first {
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
		t.Fatal("both certificates have the same serial number")
	}
	r.eventually("the renewed certificate", func() bool { return r.servedSerial() == second })
	// An incomplete renewal keeps the previous pair.
	if err := os.WriteFile(key, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.servedSerial(); got != second {
		t.Errorf("serial %s, want %s", got, second)
	}
	_, _, third := certify(t, dir)
	r.eventually("the next certificate", func() bool { return r.servedSerial() == third })
}

// transact sends one mail on a connection.
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

// dialogue sends the first string of each step and expects a reply that begins with the
// second; it returns the last reply.
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

// TestLMTP: mail is received on a Unix socket, as Postfix and Exim deliver it.
func TestLMTP(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "lmtp") // the path of a socket must be short
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

// TestProxyProtocol: the PROXY protocol is accepted from configured proxies only.
func TestProxyProtocol(t *testing.T) {
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
	// From any other client, the PROXY line is an unknown command.
	r := start(t, func(cfg *config.Config) { cfg.SMTP.ProxyFrom = []string{"192.0.2.0/24"} })
	conn, err := net.Dial("tcp", r.smtp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialogue(t, conn, [2]string{"", "220"}, [2]string{"PROXY TCP4 192.0.2.7 192.0.2.8 4000 25", "501"})
}

// TestCatchAll: mail to any address of a catch-all domain is accepted, mail to other
// domains is refused, and replies are sent from a support address.
func TestCatchAll(t *testing.T) {
	t.Parallel()
	r := start(t, func(cfg *config.Config) { cfg.Mail.CatchAll = []string{"Shop.example"} })
	for i, to := range []string{"anything@shop.example", "ANYTHING.else+tag@SHOP.example"} {
		r.post("jo@acme.example", to, letter("jo@acme.example", to, fmt.Sprintf("Catch%d", i), fmt.Sprintf("%d@acme.example", i), "Hello."))
		c := r.only(fmt.Sprintf("Catch%d", i))
		var full struct{ Reply struct{ From string } }
		if r.call("GET", "/conversations/"+c.ID, nil, &full); full.Reply.From != "support@desk.example" {
			t.Errorf("replies to mail for %s are sent from %q", to, full.Reply.From)
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
