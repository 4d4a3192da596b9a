package doctor_test

import (
	"log/slog"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/doctor"
	"switchboard/internal/mailtest"
)

// TestSignatures: expired keys and certificates are reported.
func TestSignatures(t *testing.T) {
	t.Parallel()
	ca, g, keys := mailtest.NewAuthority(t, "Acme Mail CA"), mailtest.NewGPG(t), t.TempDir()
	g.Key("Bo Acme <bo@acme.example>", "never")
	g.Key("Old Jo <old@acme.example>", "20210101T000000", "--faked-system-time", "20200101T000000")
	g.Export(keys, "bo@acme.example")
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", "host=127.0.0.1 port=1 sslmode=disable connect_timeout=1"
	cfg.Mail.Addresses = []string{"support@desk.example"}
	cfg.Signatures = config.Signatures{SMIMEAuthorities: []string{ca.File, ca.Expired("Jo 2020", "jo@acme.example")}, OpenPGPKeys: []string{keys}}
	finding := func(check string) doctor.Finding {
		t.Helper()
		for _, f := range doctor.Run(t.Context(), cfg, slog.New(slog.DiscardHandler)) {
			if f.Check == check {
				return f
			}
		}
		t.Fatalf("no finding %s", check)
		return doctor.Finding{}
	}
	if f := finding("signatures.smime_authorities"); f.Verdict != doctor.Warn || !strings.Contains(f.Detail, "certificates: 2") || !strings.Contains(f.Detail, "CN=Jo 2020 (2021-01-01)") {
		t.Errorf("%+v", f)
	}
	if f := finding("signatures.openpgp_keys"); f.Verdict != doctor.OK || f.Detail != "keys: 1" {
		t.Errorf("%+v", f)
	}
	g.Export(keys, "old@acme.example")
	if f := finding("signatures.openpgp_keys"); f.Verdict != doctor.Warn || !strings.Contains(f.Detail, "keys: 2, of which expired") {
		t.Errorf("%+v", f)
	}
}
