package gateway_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/gateway"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestDoctor: each fault is told apart, with what to do; what is sound is said to be.
func TestDoctor(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	cert, key := mailtest.Certificate(t) // valid for a day
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, b := range map[string][]byte{certFile: cert, keyFile: key} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := gateway.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example"}
	cfg.SMTP.DNS = mailtest.Zone(t)
	cfg.SMTP.Addr, cfg.SMTP.TLSCert, cfg.SMTP.TLSKey = box.Addr, certFile, keyFile // a port that another program has
	cfg.Smarthost.Addr = "127.0.0.1:1"
	good := gateway.Mailbox{Name: "good", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none"}
	for _, change := range []func(*gateway.Mailbox){
		func(*gateway.Mailbox) {},
		func(m *gateway.Mailbox) { m.Name, m.Password = "password", "wrong" },
		func(m *gateway.Mailbox) { m.Name, m.Folders = "folder", []string{"Nowhere"} },
		func(m *gateway.Mailbox) { m.Name, m.Addr, m.TLS = "certificate", box.TLSAddr, "implicit" },
		func(m *gateway.Mailbox) { m.Name, m.TLS = "tls", "implicit" },
	} {
		m := good
		change(&m)
		cfg.Mailboxes = append(cfg.Mailboxes, m)
	}
	found := map[string]gateway.Finding{}
	for _, f := range gateway.Examine(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))) {
		found[f.Check] = f
	}
	for check, want := range map[string]struct {
		verdict gateway.Verdict
		words   string // in the detail or the advice
	}{
		"database":               {gateway.Sound, "PostgreSQL 1"},
		"clock":                  {gateway.Sound, "in step"},
		"addr":                   {gateway.Sound, "free"},
		"smtp.addr":              {gateway.Fail, "in use by another program"},
		"dns DMARC desk.example": {gateway.Warn, "there is no DMARC record"},
		"smtp.tls_cert":          {gateway.Warn, "Renew"},
		"smarthost":              {gateway.Fail, "nothing listens on 127.0.0.1:1"},
		"mailbox good":           {gateway.Sound, "INBOX: 0 mails"},
		"mailbox password":       {gateway.Fail, "Check the user name and the password"},
		"mailbox folder":         {gateway.Fail, "It has: INBOX"},
		"mailbox certificate":    {gateway.Fail, "which this machine does not trust"},
		"mailbox tls":            {gateway.Fail, "Set tls to starttls"},
	} {
		f := found[check]
		if f.Verdict != want.verdict || !strings.Contains(f.Detail+" "+f.Advice, want.words) || f.Verdict != gateway.Sound && f.Advice == "" {
			t.Errorf("%s: %+v, want %s and %q", check, f, want.verdict, want.words)
		}
	}
	cfg.DB.URL = "host=127.0.0.1 port=1 sslmode=disable connect_timeout=2"
	for _, f := range gateway.Examine(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))) {
		if f.Check == "database" && (f.Verdict != gateway.Fail || !strings.Contains(f.Advice, "db.url")) {
			t.Errorf("a database that is away: %+v", f)
		}
	}
}
