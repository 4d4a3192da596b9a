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
		cells := strings.Fields(rows)
		if got := strings.Join(cells[:min(4, len(cells))], " "); err != nil || got != step.want {
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

// TestUserSet: changes what is given only, and refuses names that the policy does not
// have with the nearest valid one.
func TestUserSet(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n", dbtest.New(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "correct horse\n", "user", "add", "--config", config, "ana@example.com", "--name", "Ana", "--skills", "api", "--leads", "billing"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string // the row of the agent afterwards, or the error
	}{
		{[]string{"--inboxes", "billing,integrations", "--capacity", "12"}, "ana@example.com Ana 1 false offline billing,integrations api 12 billing"},
		{[]string{"--inboxes", "", "--leads", "", "--tiers", "2,1"}, "ana@example.com Ana 1,2 false offline - api 12 -"},
		{[]string{"--skills", "webhook,api", "--capacity", "0"}, "ana@example.com Ana 1,2 false offline - api,webhook - -"},
		{[]string{"--timezone", "Europe/Berlin", "--hours", "mon-thu 09:00-12:30,13:00-17:00", "--hours", "fri 09:00-15:00"}, "ana@example.com Ana 1,2 false offline - api,webhook - -"},
		{[]string{"--skills", "webhok"}, `--skills: there is no skill "webhok"; did you mean "webhook"?`},
		{[]string{"--inboxes", "biling"}, `--inboxes: there is no inbox "biling"; did you mean "billing"?`},
		{[]string{"--leads", "frontlin"}, `--leads: there is no inbox "frontlin"; did you mean "frontline"?`},
		{[]string{"--tiers", "9"}, "--tiers: there is no tier 9; the policy has 0 (Self-service), 1 (Frontline), 2 (Specialists), 3 (Engineering)"},
		{[]string{"--capacity", "-3"}, "--capacity: must be a number from 0 to 10000; 0 means the capacity of the inbox"},
		{[]string{"--inboxes-only", "--admin"}, "--inboxes-only: does not limit admins, who see everything; take away the admin rights first"},
		{[]string{"--timezone", "Berlin"}, `--timezone: "Berlin" is not a valid IANA time zone such as Europe/Berlin`},
		{[]string{"--timezone", ""}, "--hours: need a time zone, such as Europe/Berlin"},
		{[]string{"--hours", "mon-fri"}, `--hours: "mon-fri" is not a group of days with hours, such as "mon-fri 09:00-17:00"`},
		{[]string{"--hours", "mon 9-17"}, `--hours: "9-17" is not a valid time range such as 09:00-17:30`},
		{[]string{"--hours", "always", "--timezone", ""}, "ana@example.com Ana 1,2 false offline - api,webhook - -"},
	} {
		_, err := run(t, "", append([]string{"user", "set", "--config", config, "ana@example.com"}, step.args...)...)
		var usage usageError
		if errors.As(err, &usage) {
			if err.Error() != step.want {
				t.Errorf("%q: %v, want %s", step.args, err, step.want)
			}
			continue
		}
		out, listed := run(t, "", "user", "list", "--config", config)
		_, row, _ := strings.Cut(out, "\n")
		if got := strings.Join(strings.Fields(row), " "); err != nil || listed != nil || got != step.want {
			t.Errorf("%q: %q, %v, want %q", step.args, got, err, step.want)
		}
	}
	if _, err := run(t, "", "user", "set", "--config", config, "nobody@example.com", "--capacity", "1"); err == nil || !strings.Contains(err.Error(), "there is no agent nobody@example.com") {
		t.Errorf("%v", err)
	}
}
