package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/internal/dbtest"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, file := filepath.Join(dir, "switchboard.toml"), filepath.Join(dir, "accounts.csv")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config, fmt.Sprintf("[db]\nurl = %q\n", dbtest.New(t)))
	account := func(args ...string) (string, error) {
		t.Helper()
		out, err := run(t, "", append([]string{"account", args[0], "--config", config}, args[1:]...)...)
		return strings.Join(strings.Fields(out), " "), err
	}
	id, err := account("add", "Acme", "--domains", "acme.example", "--plan", "gold", "--attribute", "arr=90000", "--attribute", "number:string=0042")
	if err != nil || !strings.HasPrefix(id, "ac_") {
		t.Fatal(id, err)
	}
	for _, ref := range []string{id, "acme.example", "ACME"} {
		if out, err := account("set", ref, "--tags", "vip", "--attribute", "number="); err != nil || out != id {
			t.Errorf("%s: %s, %v", ref, out, err)
		}
	}
	for _, args := range [][]string{{"set", "nobody"}, {"set", id, "--domains", "gmail.com"}, {"set", id, "--owner", "nobody@desk.example"},
		{"set", id, "--attribute", "arr:number=many"}, {"set", id, "--attribute", "arr"}, {"add", "Copy", "--domains", "acme.example"}, {"import", file}} {
		var usage usageError
		if _, err := account(args...); !errors.As(err, &usage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	write(file, "name,domains,plan,attributes.arr\nAcme,acme.example,platinum,90000\nGlobex,globex.example,gold,1\nHooli,gmail.com,,\n")
	const want = "line 2 updated Acme attributes.plan line 3 created Globex line 4 error Hooli column domains: gmail.com offers mailboxes to the public: its users are customers of their own 1 "
	for _, args := range [][]string{{"import", "--dry-run", file}, {"import", file}} {
		if out, err := account(args...); err == nil || err.Error() != "1 of 3 lines have errors" || !strings.HasPrefix(out, want) {
			t.Errorf("%q: %s, %v", args, out, err)
		}
	}
	out, err := account("list")
	if err != nil || !strings.Contains(out, "Acme platinum acme.example vip - - 0 ac_") || !strings.HasSuffix(out, "Globex gold globex.example - - - 0") {
		t.Errorf("%s, %v", out, err)
	}
}
