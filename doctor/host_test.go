package doctor

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

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestHost: each fault of sockets, certificates, filters, addresses and the public URL
// is reported as what it is.
func TestHost(t *testing.T) {
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
	tls := func(cert, key string) func(*config.Config) {
		return func(c *config.Config) { c.SMTP.TLSCert, c.SMTP.TLSKey = cert, key }
	}
	lmtp := func(path string) func(*config.Config) { return func(c *config.Config) { c.SMTP.LMTP = path } }
	public := func(url string) func(*config.Config) { return func(c *config.Config) { c.PublicURL = url } }
	for _, c := range []struct {
		name    string
		change  func(*config.Config)
		check   string
		verdict Verdict
		want    string
	}{
		{"certificate", tls(good, goodKey), "smtp.tls_cert", OK, "localhost until"},
		{"certificate expires soon", tls(soon, soonKey), "smtp.tls_cert", Warn, "Renew it"},
		{"certificate expired", tls(ended, endedKey), "smtp.tls_cert", Fail, "expired on"},
		{"certificate not valid yet", tls(future, futureKey), "smtp.tls_cert", Fail, "clock"},
		{"key of another certificate", tls(good, soonKey), "smtp.tls_cert", Fail, "soon.key does not belong to the certificate in"},
		{"no such file", tls(filepath.Join(dir, "none.pem"), goodKey), "smtp.tls_cert", Fail, filepath.Join(dir, "none.pem") + " does not exist"},
		{"key instead of certificate", tls(goodKey, goodKey), "smtp.tls_cert", Fail, "good.key contains no usable certificate"},
		{"certificate instead of key", tls(good, good), "smtp.tls_cert", Fail, "good.pem contains no usable private key"},
		{"socket", lmtp(filepath.Join(dir, "lmtp.sock")), "smtp.lmtp", OK, "can be created"},
		{"socket in a missing folder", lmtp("/nowhere/lmtp.sock"), "smtp.lmtp", Fail, "the folder of the socket /nowhere/lmtp.sock does not exist"},
		{"socket in use", lmtp(taken.Addr().String()), "smtp.lmtp", Fail, "in use by another program"},
		{"file at the path of the socket", lmtp(good), "smtp.lmtp", Fail, "in use by another program"},
		{"socket with a long path", lmtp(filepath.Join(dir, strings.Repeat("x", 120))), "smtp.lmtp", Fail, "too long"},
		{"clamd", func(c *config.Config) { c.SMTP.Clamd.Addr = clamd }, "clamd", OK, "answers"},
		{"clamd down", func(c *config.Config) { c.SMTP.Clamd.Addr = "/nowhere/clamd.ctl" }, "clamd", Fail, "/nowhere/clamd.ctl does not exist; incoming mail is accepted unchecked"},
		{"not clamd", func(c *config.Config) { c.SMTP.Clamd.Addr = chatty.Addr().String() }, "clamd", Fail, "is not clamd"},
		{"rspamd", func(c *config.Config) { c.SMTP.Rspamd.URL = rspamd }, "rspamd", OK, "answers"},
		{"rspamd down", func(c *config.Config) {
			c.SMTP.Rspamd.URL, c.SMTP.Rspamd.OnFailure = "http://127.0.0.1:1", config.FilterDefer
		}, "rspamd", Fail, "incoming mail is deferred"},
		{"not rspamd", func(c *config.Config) { c.SMTP.Rspamd.URL = other.URL }, "rspamd", Fail, "is not rspamd"},
		{"mailbox that is not a support address", func(c *config.Config) { c.Mailboxes = []config.Mailbox{{Name: "bills", User: "bills@desk.example"}} }, "mail.addresses", Warn, "bills@desk.example, is not a support address"},
		{"addresses", func(*config.Config) {}, "mail.addresses", OK, "support@desk.example"},
		{"duplicate address", func(c *config.Config) { c.Mail.Addresses = append(c.Mail.Addresses, "Support@desk.example") }, "mail.addresses", Warn, "twice"},
		{"catch-all of a public provider", func(c *config.Config) { c.Mail.CatchAll = []string{"gmail.com"} }, "mail.catch_all", Fail, "Remove gmail.com"},
		{"host name of a public provider", func(c *config.Config) { c.Mail.Addresses = []string{"desk@gmail.com"} }, "mail.domain", Warn, "Set mail.domain"},
		{"public URL", public(sibling.URL), "public_url", OK, "leads to a gateway"},
		{"public URL of another server", public(other.URL), "public_url", Fail, "the server there is not a gateway: status 404"},
		{"public URL without TLS", public("http://help.desk.example"), "public_url", Warn, "https://"},
		{"no public URL", func(c *config.Config) { c.Forms = []config.Form{{Key: "contact"}} }, "public_url", Warn, "not set"},
		{"public URL down", public("https://127.0.0.1:1"), "public_url", Warn, "from this machine nothing listens on 127.0.0.1:1"},
		{"invalid URL", public("help.desk.example"), "public_url", Fail, "https://help.example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Defaults()
			cfg.Mail.Addresses = []string{"support@desk.example"}
			c.change(&cfg)
			x := checker{cfg: &cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
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
				if f.Verdict != c.verdict || !strings.Contains(f.Detail+" "+f.Advice, c.want) || f.Verdict != OK && f.Advice == "" {
					t.Errorf("%+v, want %s and %q", f, c.verdict, c.want)
				}
				return
			}
			t.Errorf("no finding %s in %+v", c.check, x.found)
		})
	}
}
