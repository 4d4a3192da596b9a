package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

// run executes a command line in this process and returns its output.
func run(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(new(bytes.Buffer))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// TestUserAdd: changing one property of an agent leaves the others unchanged.
func TestUserAdd(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n", dbtest.New(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		stdin, args string
		want        string // the output of user list afterwards, with single spaces
		refused     bool
	}{
		{"correct horse\n", "ana@example.com --tiers 1,2 --admin", "", true}, // no name
		{"", "ana@example.com --name Ana", "", true},                         // no password
		{"correct horse\n", "ana@example.com --name Ana --tiers 1,2 --admin", "ana@example.com Ana 1,2 true", false},
		{"another horse\n", "ana@example.com", "ana@example.com Ana 1,2 true", false},
		{"", "ANA@example.com --name Anna", "ana@example.com Anna 1,2 true", false},
		{"\n", "ana@example.com --admin=false --tiers 3", "ana@example.com Anna 3 false", false},
		{"short\n", "ana@example.com --tiers 1", "ana@example.com Anna 3 false", true},
		{"", "ana@example.com --tiers 2,7", "ana@example.com Anna 3 false", true},
		{"", "ana@example.com --tiers -1", "ana@example.com Anna 3 false", true},
		{"", "ana@example.com --disabled", "", false},
		{"", "ana@example.com --tiers 1", "", false}, // does not enable sign-in
		{"", "ana@example.com --disabled=false", "ana@example.com Anna 1 false", false},
	} {
		_, err := run(t, step.stdin, append([]string{"user", "add", "--config", config}, strings.Fields(step.args)...)...)
		var usage usageError
		if errors.As(err, &usage) != step.refused || err != nil && !step.refused {
			t.Fatalf("step %d: %v", i, err)
		}
		out, err := run(t, "", "user", "list", "--config", config)
		_, rows, _ := strings.Cut(out, "\n")
		if got := strings.Join(strings.Fields(rows), " "); err != nil || got != step.want {
			t.Fatalf("step %d: %q, %v; want %q", i, got, err, step.want)
		}
	}
}

// TestUserPassword: a new password ends sessions and keys, and says so; an unknown tier
// is refused with those that exist.
func TestUserPassword(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n", dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	user := func(stdin string, args ...string) (string, error) {
		t.Helper()
		var both bytes.Buffer
		root := rootCommand()
		root.SetArgs(append(append([]string{"user"}, args...), "--config", config))
		root.SetIn(strings.NewReader(stdin))
		root.SetOut(&both)
		root.SetErr(&both)
		err := root.ExecuteContext(t.Context())
		return both.String(), err
	}
	_, err := user("correct horse\n", "add", "ana@example.com", "--name", "Ana", "--tiers", "9")
	if err == nil || !strings.Contains(err.Error(), "there is no tier 9; the policy has 0 (") {
		t.Errorf("tier 9: %v", err)
	}
	if _, err = user("correct horse\n", "add", "ana@example.com", "--name", "Ana"); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for i, args := range [][]string{{"password", "Ana@example.com"}, {"add", "ana@example.com"}} {
		ana, err := st.KnownAgent(t.Context(), "ana@example.com")
		if err == nil {
			_, err = st.CreateKey(t.Context(), "k", credential.Digest(credential.NewKey()), ana, time.Time{})
		}
		if err == nil {
			err = st.CreateSession(t.Context(), credential.Digest(credential.NewSession()), ana.ID, time.Hour)
		}
		if err != nil {
			t.Fatal(err)
		}
		password := fmt.Sprintf("new horse %d", i)
		out, err := user(password+"\n", args...)
		if err != nil || !strings.Contains(out, "1 sessions and 1 API keys") || strings.Contains(out, password) {
			t.Errorf("%v: %q, %v", args, out, err)
		}
		if _, hash, err := st.AgentByEmail(t.Context(), "ana@example.com"); err != nil || !credential.VerifyPassword(hash, password) {
			t.Errorf("%v: the password was not set: %v", args, err)
		}
	}
	for _, args := range [][]string{{"password", "nobody@example.com"}, {"password", "ana@example.com"}} {
		var usage usageError
		if _, err := user("", args...); !errors.As(err, &usage) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestUnknownSubcommand(t *testing.T) {
	t.Parallel()
	for _, group := range []string{"raw", "channel", "user", "policy"} {
		var usage usageError
		if _, err := run(t, "", group, "lst"); !errors.As(err, &usage) || !strings.Contains(err.Error(), `unknown command "lst" of switchboard `+group) {
			t.Errorf("%s lst: %v", group, err)
		}
		if out, err := run(t, "", group); err != nil || !strings.Contains(out, "Available Commands") {
			t.Errorf("%s: %q, %v", group, out, err)
		}
	}
}

// TestNoDatabase: a command without configuration does not create a database.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"raw list", "user list", "channel list", "user add ana@example.com --name Ana", "channel reconcile support"} {
		var usage usageError
		if _, err := run(t, "correct horse\n", strings.Fields(args)...); !errors.As(err, &usage) || !strings.Contains(err.Error(), "--config") {
			t.Errorf("%s: %v", args, err)
		}
		if _, err := os.Stat("data"); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("%s created a data folder: %v", args, err)
		}
	}
}
