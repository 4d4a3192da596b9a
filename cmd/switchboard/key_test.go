package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
)

// TestKey: a key that is created by the command is an agent's, with the scopes that it was given, until it is
// revoked.
func TestKey(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n", dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "correct horse\n", "user", "add", "ana@example.com", "--name", "Ana", "--config", config); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][]string{{"create", "ana@example.com"}, {"create", "nobody@example.com", "x"}, {"create", "ana@example.com", "x", "--scopes", "report:read"}, {"create", "ana@example.com", "x", "--days", "-1"}, {"revoke", "ana"}, {"revoke", "ky_01jdh00000000000000000000"}} {
		_, err := run(t, "", append(append([]string{"key"}, wrong...), "--config", config)...)
		var usage usageError
		if err == nil || wrong[0] == "revoke" && !errors.As(err, &usage) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	secret, err := run(t, "", "key", "create", "ana@example.com", "Nightly export", "--scopes", "reports:read,articles:read", "--days", "90", "--config", config)
	if err != nil {
		t.Fatal(err)
	}
	secret = secret[strings.Index(secret, credential.KeyPrefix):]
	out, err := run(t, "", "key", "list", "--config", config)
	if err != nil || !strings.Contains(out, "Nightly export") || !strings.Contains(out, "articles:read,reports:read") || strings.Contains(out, strings.TrimSpace(secret)) {
		t.Fatalf("%s, %v", out, err)
	}
	_, rows, _ := strings.Cut(out, "\n")
	if _, err := run(t, "", "key", "revoke", strings.Fields(rows)[0], "--config", config); err != nil {
		t.Fatal(err)
	}
	if out, err = run(t, "", "key", "list", "--config", config); err != nil || strings.Contains(out, "Nightly") {
		t.Errorf("after it was revoked: %s, %v", out, err)
	}
}
