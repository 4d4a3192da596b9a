package doctor_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/doctor"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestRun: each fault is reported as what it is, with advice; what works is reported
// as OK.
func TestRun(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	cert, key := mailtest.Certificate(t) // valid for a day
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, b := range map[string][]byte{certFile: cert, keyFile: key} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example"}
	cfg.SMTP.DNS = mailtest.Zone(t)
	cfg.SMTP.Addr, cfg.SMTP.TLSCert, cfg.SMTP.TLSKey = box.Addr, certFile, keyFile // a port in use by another program
	cfg.Smarthost.Addr = "127.0.0.1:1"
	good := config.Mailbox{Name: "good", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none"}
	for _, change := range []func(*config.Mailbox){
		func(*config.Mailbox) {},
		func(m *config.Mailbox) { m.Name, m.Password = "password", "wrong" },
		func(m *config.Mailbox) { m.Name, m.Folders = "folder", []string{"Nowhere"} },
		func(m *config.Mailbox) { m.Name, m.Addr, m.TLS = "certificate", box.TLSAddr, "implicit" },
		func(m *config.Mailbox) { m.Name, m.TLS = "tls", "implicit" },
	} {
		m := good
		change(&m)
		cfg.Mailboxes = append(cfg.Mailboxes, m)
	}
	found := map[string]doctor.Finding{}
	for _, f := range doctor.Run(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))) {
		found[f.Check] = f
	}
	for check, want := range map[string]struct {
		verdict doctor.Verdict
		want    string // in the detail or the advice
	}{
		"database":               {doctor.OK, "PostgreSQL 1"},
		"clock":                  {doctor.OK, "in sync"},
		"addr":                   {doctor.OK, "free"},
		"smtp.addr":              {doctor.Fail, "in use by another program"},
		"dns DMARC desk.example": {doctor.Warn, "there is no DMARC record"},
		"smtp.tls_cert":          {doctor.Warn, "Renew"},
		"smarthost":              {doctor.Fail, "nothing listens on 127.0.0.1:1"},
		"mailbox good":           {doctor.OK, "INBOX: 0 messages"},
		"mailbox password":       {doctor.Fail, "Check the user name and the password"},
		"mailbox folder":         {doctor.Fail, "Its folders are: INBOX"},
		"mailbox certificate":    {doctor.Fail, "which this machine does not trust"},
		"mailbox tls":            {doctor.Fail, "Set tls to starttls"},
	} {
		f := found[check]
		if f.Verdict != want.verdict || !strings.Contains(f.Detail+" "+f.Advice, want.want) || f.Verdict != doctor.OK && f.Advice == "" {
			t.Errorf("%s: %+v, want %s and %q", check, f, want.verdict, want.want)
		}
	}
	cfg.DB.URL = "host=127.0.0.1 port=1 sslmode=disable connect_timeout=2"
	for _, f := range doctor.Run(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))) {
		if f.Check == "database" && (f.Verdict != doctor.Fail || !strings.Contains(f.Advice, "db.url")) {
			t.Errorf("unreachable database: %+v", f)
		}
	}
}
