package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestSignatureFiles: an unusable key file is a problem of the configuration,
// reported under its key.
func TestSignatureFiles(t *testing.T) {
	t.Parallel()
	cfg := Defaults()
	cfg.Mail.Addresses = []string{"support@desk.example"}
	cfg.Signatures = Signatures{SMIMEAuthorities: []string{"/nowhere/ca.pem"}, OpenPGPKeys: []string{"files_test.go"}}
	var invalid *Error
	if err := cfg.Validate(); !errors.As(err, &invalid) || len(invalid.Problems) != 2 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []Problem{{Key: "signatures.smime_authorities", Reason: "/nowhere/ca.pem"}, {Key: "signatures.openpgp_keys", Reason: "no OpenPGP key"}} {
		if got := invalid.Problems[i]; got.Key != want.Key || !strings.Contains(got.Reason, want.Reason) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestPolicyFile: errors of the policy are reported with their lines, together with
// the other problems.
func TestPolicyFile(t *testing.T) {
	t.Parallel()
	cfg := Defaults()
	cfg.Policy = filepath.Join(t.TempDir(), "policy.yaml")
	write(t, cfg.Policy, `version: 1
tiers:
  - {tier: 1, name: Front}
inboxes:
  orders: {name: Orders, tier: 1}
routing:
  - name: rest
    set: {inbox: ordres}
`)
	err := cfg.Validate()
	if err == nil || !strings.Contains(err.Error(), "policy: "+cfg.Policy+":8:") || !strings.Contains(err.Error(), "mail.addresses") {
		t.Errorf("%v", err)
	}
	cfg.Policy = filepath.Join(t.TempDir(), "nowhere.yaml")
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v", err)
	}
}
