package gateway_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestHelpersAreWatched: what mail needs to go out and to come in stands among the
// entrances, with what is wrong and what to do, until it is mended.
func TestHelpersAreWatched(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	way := mailtest.NewProxy(t, sink.Addr)
	way.CutDown(0)
	r := start(t, func(cfg *config.Config) {
		cfg.AlarmAfter = 100 * time.Millisecond
		cfg.Smarthost = config.Smarthost{Addr: way.Addr, TLS: "none"}
		cfg.SMTP.Clamd.Addr, cfg.SMTP.Rspamd.URL = "/nowhere/clamd.ctl", mailtest.Rspamd(t)
		cfg.MetricsAddr = "127.0.0.1:0"
	})
	for name, want := range map[string]string{
		"smarthost": way.Addr + " closed the connection without a reply",
		"clamd":     "/nowhere/clamd.ctl does not exist",
	} {
		r.eventually(name+" raises the alarm", func() bool {
			c := r.channels()[name]
			return c.State == "failing" && c.Alarm && strings.Contains(c.LastError, want) && c.Advice != "" && time.Since(c.Since) < time.Minute
		})
	}
	r.eventually("rspamd is there", func() bool { return r.channels()["rspamd"].State == "running" })

	r.eventually("the metrics tell of it", func() bool {
		f := r.figures()
		return f[`switchboard_channel_state{name="smarthost",state="failing"}`] == 1 && f[`switchboard_channel_alarm{name="clamd"}`] == 1
	})

	way.CutDown(-1)
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "1@acme.example", "Hello."))
	c := r.only("from:jo@acme.example")
	r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "We look into it."}, nil)
	r.eventually("a mail that leaves ends the alarm", func() bool {
		c := r.channels()["smarthost"]
		return c.State == "running" && !c.Alarm && c.LastError == "" && c.Advice == "" && c.LastItem != nil
	})
}

// TestCertificateIsWatched: one that ends soon works, and says what is to be done.
func TestCertificateIsWatched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ends        time.Duration
		state, what string
	}{{24 * time.Hour, "running", "expires on"}, {-time.Minute, "failing", "expired on"}} {
		t.Run(c.state, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			ends := time.Now().Add(c.ends)
			cert, key := mailtest.CertificateWith(t, func(x *x509.Certificate) { x.NotAfter = ends })
			for file, content := range map[string][]byte{certFile: cert, keyFile: key} {
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := start(t, func(cfg *config.Config) {
				cfg.SMTP.TLSCert, cfg.SMTP.TLSKey, cfg.MetricsAddr = certFile, keyFile, "127.0.0.1:0"
			})
			r.eventually("it is said", func() bool {
				got := r.channels()["certificate"]
				return got.State == c.state && strings.Contains(got.LastError, c.what) && strings.Contains(got.Advice, "Renew it")
			})
			if got := r.figures()["switchboard_certificate_expiry_timestamp_seconds"]; int64(got) != ends.Unix() {
				t.Errorf("the metrics say %.0f, want %d", got, ends.Unix())
			}
		})
	}
}
