package gateway

import (
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/mailtest"
)

// TestDoctorOfTheMachine: sockets, certificates, filters, addresses and the public
// address, each fault told apart.
func TestDoctorOfTheMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair := func(name string, change func(*x509.Certificate)) (certFile, keyFile string) {
		cert, key := mailtest.CertificateWith(t, change)
		for suffix, content := range map[string][]byte{".pem": cert, ".key": key} {
			if err := os.WriteFile(filepath.Join(dir, name+suffix), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	}
	good, goodKey := pair("good", func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(1, 0, 0) })
	soon, soonKey := pair("soon", nil)
	ended, endedKey := pair("ended", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	future, futureKey := pair("future", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })
	taken, err := net.Listen("unix", filepath.Join(dir, "taken.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	sibling := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Request-Id", "1") }))
	t.Cleanup(sibling.Close)
	chatty, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { chatty.Close() })
	go func() {
		for conn, err := chatty.Accept(); err == nil; conn, err = chatty.Accept() {
			_, _ = io.WriteString(conn, "220 mx.example ESMTP\r\n")
			conn.Close()
		}
	}()
	clamd, rspamd := mailtest.Clamd(t), mailtest.Rspamd(t)
	tls := func(cert, key string) func(*Config) {
		return func(c *Config) { c.SMTP.TLSCert, c.SMTP.TLSKey = cert, key }
	}
	lmtp := func(path string) func(*Config) { return func(c *Config) { c.SMTP.LMTP = path } }
	public := func(url string) func(*Config) { return func(c *Config) { c.PublicURL = url } }
	for _, c := range []struct {
		name    string
		change  func(*Config)
		check   string
		verdict Verdict
		words   string
	}{
		{"certificate", tls(good, goodKey), "smtp.tls_cert", Sound, "localhost until"},
		{"certificate ends soon", tls(soon, soonKey), "smtp.tls_cert", Warn, "Renew it"},
		{"certificate ended", tls(ended, endedKey), "smtp.tls_cert", Fail, "ended on"},
		{"certificate of tomorrow", tls(future, futureKey), "smtp.tls_cert", Fail, "clock"},
		{"another key", tls(good, soonKey), "smtp.tls_cert", Fail, "soon.key does not belong to the certificate in"},
		{"no such file", tls(filepath.Join(dir, "none.pem"), goodKey), "smtp.tls_cert", Fail, "there is no " + filepath.Join(dir, "none.pem")},
		{"the key twice", tls(goodKey, goodKey), "smtp.tls_cert", Fail, "good.key holds no certificate"},
		{"the certificate twice", tls(good, good), "smtp.tls_cert", Fail, "good.pem holds no private key"},
		{"socket", lmtp(filepath.Join(dir, "lmtp.sock")), "smtp.lmtp", Sound, "can be made"},
		{"socket in no folder", lmtp("/nowhere/lmtp.sock"), "smtp.lmtp", Fail, "the folder of the socket /nowhere/lmtp.sock is not there"},
		{"socket in use", lmtp(taken.Addr().String()), "smtp.lmtp", Fail, "in use by another program"},
		{"a file in its place", lmtp(good), "smtp.lmtp", Fail, "in use by another program"},
		{"socket with a long path", lmtp(filepath.Join(dir, strings.Repeat("x", 120))), "smtp.lmtp", Fail, "too long"},
		{"clamd", func(c *Config) { c.SMTP.Clamd.Addr = clamd }, "clamd", Sound, "answers"},
		{"clamd away", func(c *Config) { c.SMTP.Clamd.Addr = "/nowhere/clamd.ctl" }, "clamd", Fail, "there is no /nowhere/clamd.ctl; mail comes in unexamined"},
		{"no clamd", func(c *Config) { c.SMTP.Clamd.Addr = chatty.Addr().String() }, "clamd", Fail, "something else than clamd answers"},
		{"rspamd", func(c *Config) { c.SMTP.Rspamd.URL = rspamd }, "rspamd", Sound, "answers"},
		{"rspamd away", func(c *Config) { c.SMTP.Rspamd.URL, c.SMTP.Rspamd.OnFailure = "http://127.0.0.1:1", deferMail }, "rspamd", Fail, "senders of mail are told to come again"},
		{"no rspamd", func(c *Config) { c.SMTP.Rspamd.URL = other.URL }, "rspamd", Fail, "something else than rspamd answers"},
		{"a mailbox of nobody", func(c *Config) { c.Mailboxes = []Mailbox{{Name: "bills", User: "bills@desk.example"}} }, "mail.addresses", Warn, "bills@desk.example, which is none of them"},
		{"addresses", func(*Config) {}, "mail.addresses", Sound, "support@desk.example"},
		{"an address twice", func(c *Config) { c.Mail.Addresses = append(c.Mail.Addresses, "Support@desk.example") }, "mail.addresses", Warn, "twice"},
		{"everybody's domain", func(c *Config) { c.Mail.CatchAll = []string{"gmail.com"} }, "mail.catch_all", Fail, "Take gmail.com out"},
		{"a name of others", func(c *Config) { c.Mail.Addresses = []string{"desk@gmail.com"} }, "mail.domain", Warn, "Set mail.domain"},
		{"public address", public(sibling.URL), "public_url", Sound, "leads to a gateway"},
		{"public address of another", public(other.URL), "public_url", Fail, "something else than a gateway answers: status 404"},
		{"public address in clear", public("http://help.desk.example"), "public_url", Warn, "https://"},
		{"no public address", func(c *Config) { c.Forms = []Form{{Key: "contact"}} }, "public_url", Warn, "it is not set"},
		{"public address away", public("https://127.0.0.1:1"), "public_url", Warn, "from this machine nothing listens on 127.0.0.1:1"},
		{"no URL", public("help.desk.example"), "public_url", Fail, "https://help.example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := Defaults()
			cfg.Mail.Addresses = []string{"support@desk.example"}
			c.change(&cfg)
			x := examiner{cfg: &cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
			running := strings.HasPrefix(c.check, "public")
			x.public(t.Context(), running)
			x.socket(cfg.SMTP.LMTP, false)
			x.certificate()
			x.filters(t.Context())
			x.addresses()
			for _, f := range x.found {
				if f.Check != c.check {
					continue
				}
				if f.Verdict != c.verdict || !strings.Contains(f.Detail+" "+f.Advice, c.words) || f.Verdict != Sound && f.Advice == "" {
					t.Errorf("%+v, want %s and %q", f, c.verdict, c.words)
				}
				return
			}
			t.Errorf("%s is not among %+v", c.check, x.found)
		})
	}
}
