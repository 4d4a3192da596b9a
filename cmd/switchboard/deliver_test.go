package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// deliverTo runs the command as a mail server does, and returns its exit code and output.
func deliverTo(t *testing.T, bin, mail string, args ...string) (code int, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append([]string{"deliver"}, args...)...)
	cmd.Stdin = strings.NewReader(mail)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	dir, dsn := t.TempDir(), dbtest.New(t)
	bin := binary(t)
	config := func(name, more string) string {
		path := filepath.Join(dir, name+".toml")
		if err := os.WriteFile(path, []byte("[mail]\naddresses = ['support@desk.example']\ndomain = 'mx.desk.example'\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	db := fmt.Sprintf("[db]\nurl = %q\n", dsn)
	good := config("good", "[smtp]\nmax_size = 100000\ntrusted_relays = ['lmtp']\nrelay_names = ['relay.example']\n"+db)
	const mail = "From ann@acme.example Sat Nov 21 10:00:00 2026\nAuthentication-Results: relay.example; dmarc=pass header.from=acme.example\nFrom: ann@acme.example\nSubject: Lamp\nMessage-ID: <1@acme.example>\n\nIt is\nbroken.\n"
	for _, c := range []struct {
		name, mail string
		args       []string
		code       int
		output     string
	}{
		{"accepted", mail, []string{"--config", good, "-f", "ann@acme.example", "support+lamp@desk.example"}, 0, ""},
		{"duplicate", mail, []string{"--config", good, "-f", "ann@acme.example", "support+lamp@desk.example"}, 0, ""},
		{"null path", mail + "2\n", []string{"--config", good, "-f", "MAILER-DAEMON", "<support@desk.example>"}, 0, ""},
		{"unknown recipient", mail, []string{"--config", good, "support@desk.example", "who@desk.example"}, 67, "who@desk.example is not an address of this site"},
		{"empty", "", []string{"--config", good, "support@desk.example"}, 65, "empty"},
		{"too large", mail + strings.Repeat("x\n", 60_000), []string{"--config", good, "support@desk.example"}, 65, "smtp.max_size"},
		{"mail loop", strings.Repeat("Received: from a by b\n", 51) + mail, []string{"--config", good, "support@desk.example"}, 65, "loop"},
		{"no recipient", mail, []string{"--config", good}, 64, "expected at least one recipient"},
		{"unknown flag", mail, []string{"--colour", "support@desk.example"}, 64, "usage"},
		{"invalid configuration", mail, []string{"--config", config("invalid", "colour = 'blue'\n"), "support@desk.example"}, 75, "colour"},
		{"no configuration", mail, []string{"--config", filepath.Join(dir, "none.toml"), "support@desk.example"}, 75, "none.toml"},
		{"no database", mail, []string{"--config", config("down", "[db]\nurl = 'host=/nowhere user=x dbname=x'\n"), "support@desk.example"}, 75, ""},
		{"no gateway", mail, []string{"--config", config("stopped", ""), "--data", filepath.Join(dir, "data"), "support@desk.example"}, 75, "no gateway is running on"},
		{"no filter", mail, []string{"--config", config("filter", db+"[smtp.clamd]\naddr = '/nowhere/s'\non_failure = 'defer'\n"), "support@desk.example"}, 75, "filter unavailable"},
		{"virus", mail + mailtest.VirusMark, []string{"--config", config("clamd", db+fmt.Sprintf("[smtp.clamd]\naddr = %q\n", mailtest.Clamd(t))), "support@desk.example"}, 65, "Virus found"},
	} {
		if code, output := deliverTo(t, bin, c.mail, c.args...); code != c.code || !strings.Contains(output, c.output) {
			t.Errorf("%s: exit %d, %q; want %d and %q", c.name, code, output, c.code, c.output)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("deliver created a data folder")
	}

	// Terminated while reading the mail, it must not report success.
	cmd := exec.Command(bin, "deliver", "--config", good, "support@desk.example")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, mail)
	cmd.Process.Signal(syscall.SIGTERM)
	in.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("a terminated delivery exited with 0")
	}

	conn, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.Query(`select envelope_from, array_to_string(envelope_to, ','), auth_results, bytes from raws order by arrival`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var from, to, auth string
		var content []byte
		if err := rows.Scan(&from, &to, &auth, &content); err != nil {
			t.Fatal(err)
		}
		got = append(got, from+" "+to+" "+auth)
		if bytes.Contains(bytes.ReplaceAll(content, []byte("\r\n"), nil), []byte("\n")) || !bytes.HasPrefix(content, []byte("Received: from localhost")) || bytes.Contains(content, []byte("From ann@")) {
			t.Errorf("content %q", content)
		}
	}
	want := []string{"ann@acme.example support+lamp@desk.example relay.example; dmarc=pass header.from=acme.example",
		" support@desk.example relay.example; dmarc=pass header.from=acme.example"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the journal has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
