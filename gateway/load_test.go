package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "switchboard.toml")
	write(t, file, `
addr = "127.0.0.1:9000"
[mail]
addresses = ["support@example.com"]
[[mailbox]]
name = "support"
addr = "imap.example.com"
user = "support"
folders = ["INBOX", "Billing"]
poll = "2m"
`)
	password := filepath.Join(dir, "password")
	write(t, password, "secret\n")
	cfg, err := Load(file, []string{"SWITCHBOARD_SMARTHOST__ADDR=mx.example.com:587", "SWITCHBOARD_SMARTHOST__PASSWORD_FILE=" + password, "HOME=/"},
		map[string]any{"addr": "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "127.0.0.1:0" || cfg.Smarthost.Addr != "mx.example.com:587" || cfg.Smarthost.Password != "secret" || cfg.Smarthost.TLS != "starttls" {
		t.Errorf("flags, environment and defaults: %+v", cfg)
	}
	if len(cfg.Mailboxes) != 1 || cfg.Mailboxes[0].Poll != 2*time.Minute || len(cfg.Mailboxes[0].Folders) != 2 {
		t.Errorf("mailboxes: %+v", cfg.Mailboxes)
	}
}

// TestLoadTellsEverything: whoever mends a configuration sees all of it at once.
func TestLoadTellsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.toml")
	write(t, file, `
adr = "127.0.0.1:9000"
log_level = "loud"
[mail]
addresses = ["not an address"]
[smarthost]
addr = "mx"
[[mailbox]]
name = "a"
user = "u"
colour = "blue"
`)
	_, err := Load(file, []string{"SWITCHBOARD_DB__MAX_CONNS=many"}, nil)
	var invalid *ConfigError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want a ConfigError", err)
	}
	for _, key := range []string{"adr", "log_level", "mail.addresses[0]", "smarthost.addr", "mailbox[0].addr", "colour", "max_conns"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("nothing is said of %s:\n%v", key, err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
