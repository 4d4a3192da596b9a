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

// TestProbes: the smarthost and the content filters are listed among the channels, with
// error and advice until the problem is resolved.
func TestProbes(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	proxy := mailtest.NewProxy(t, sink.Addr)
	proxy.CutDown(0)
	r := start(t, func(cfg *config.Config) {
		cfg.AlarmAfter = 100 * time.Millisecond
		cfg.Smarthost = config.Smarthost{Addr: proxy.Addr, TLS: "none"}
		cfg.SMTP.Clamd.Addr, cfg.SMTP.Rspamd.URL = "/nowhere/clamd.ctl", mailtest.Rspamd(t)
		cfg.MetricsAddr = "127.0.0.1:0"
	})
	for name, want := range map[string]string{
		"smarthost": proxy.Addr + " closed the connection without a reply",
		"clamd":     "/nowhere/clamd.ctl does not exist",
	} {
		r.eventually(name+" to raise the alarm", func() bool {
			c := r.channels()[name]
			return c.State == "failing" && c.Alarm && strings.Contains(c.LastError, want) && c.Advice != "" && time.Since(c.Since) < time.Minute
		})
	}
	r.eventually("rspamd to be running", func() bool { return r.channels()["rspamd"].State == "running" })

	r.eventually("the metrics of the probes", func() bool {
		f := r.samples()
		return f[`switchboard_channel_state{name="smarthost",state="failing"}`] == 1 && f[`switchboard_channel_alarm{name="clamd"}`] == 1
	})

	proxy.CutDown(-1)
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "One", "1@acme.example", "Hello."))
	c := r.only("from:jo@acme.example")
	r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "We look into it."}, nil)
	r.eventually("the alarm to end when a mail is sent", func() bool {
		c := r.channels()["smarthost"]
		return c.State == "running" && !c.Alarm && c.LastError == "" && c.Advice == "" && c.LastItem != nil
	})
}

// TestCertificateProbe: a certificate that expires soon works, but is listed with advice;
// an expired one is a failure.
func TestCertificateProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expires     time.Duration
		state, what string
	}{{24 * time.Hour, "running", "expires on"}, {-time.Minute, "failing", "expired on"}} {
		t.Run(c.state, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			expiry := time.Now().Add(c.expires)
			cert, key := mailtest.CertificateWith(t, func(x *x509.Certificate) { x.NotAfter = expiry })
			for file, content := range map[string][]byte{certFile: cert, keyFile: key} {
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := start(t, func(cfg *config.Config) {
				cfg.SMTP.TLSCert, cfg.SMTP.TLSKey, cfg.MetricsAddr = certFile, keyFile, "127.0.0.1:0"
			})
			r.eventually("the state of the certificate", func() bool {
				got := r.channels()["certificate"]
				return got.State == c.state && strings.Contains(got.LastError, c.what) && strings.Contains(got.Advice, "Renew it")
			})
			if got := r.samples()["switchboard_certificate_expiry_timestamp_seconds"]; int64(got) != expiry.Unix() {
				t.Errorf("expiry in the metrics: %.0f, want %d", got, expiry.Unix())
			}
		})
	}
}
