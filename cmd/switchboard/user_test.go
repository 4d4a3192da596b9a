package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/dbtest"
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
