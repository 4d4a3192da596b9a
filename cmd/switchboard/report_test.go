package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/desk/view"
	"switchboard/internal/dbtest"
)

// TestReportCommand calculates measures of the database as a table, CSV and JSON, and names
// the flag that is wrong.
func TestReportCommand(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n[mail]\naddresses = [\"help@desk.example\"]\n", dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	report := func(args ...string) (string, error) {
		return run(t, "", append([]string{"report", "--config", config}, args...)...)
	}
	if out, err := report("volume"); err != nil || strings.TrimSpace(out) != "KEY  NAME  N" {
		t.Errorf("without a policy and conversations: %q, %v", out, err)
	}
	var usage usageError
	if out, err := report("volume", "--clock", "business"); !errors.As(err, &usage) || !strings.Contains(err.Error(), "no policy yet") {
		t.Errorf("business time without a policy: %q, %v", out, err)
	}
	queueMail(t, dsn)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `insert into events (at, conversation_id, account_id, seq, kind, actor, data)
		select s.started_at, c.id, c.account_id, 1, 'conversation.opened', 'customer', '{}' from conversations c join stints s on s.conversation_id = c.id`); err != nil {
		t.Fatal(err)
	}
	if out, err := report("volume"); err != nil || strings.Join(strings.Fields(out), " ") != "KEY NAME N email email 1" {
		t.Errorf("table: %q, %v", out, err)
	}
	if out, err := report("volume", "--csv", "--by", "inbox", "--clock", "business"); err != nil || out != "key,name,n\r\nfrontline,Frontline,1\r\n" {
		t.Errorf("CSV: %q, %v", out, err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().In(berlin).AddDate(0, 0, -1).Format(time.DateOnly)
	out, err := report("volume", "--json", "--by", "day", "--tz", "Europe/Berlin", "--from", from)
	var r view.MeasureReport
	if json.Unmarshal([]byte(out), &r) != nil || err != nil || r.TZ != "Europe/Berlin" || len(r.Data) < 2 || r.Data[0].Name != from || r.Data[0].N+r.Data[1].N+r.Data[len(r.Data)-1].N < 1 {
		t.Errorf("JSON: %s, %v", out, err)
	}
	for want, args := range map[string][]string{
		`did you mean "volume"`:  {"volumes"},
		"--by: there is no":      {"volume", "--by", "team"},
		"--from: ":               {"volume", "--from", "yesterday"},
		"exclude each other":     {"volume", "--csv", "--json"},
		"expected one measure, ": {},
	} {
		if out, err := report(args...); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v", args, out, err)
		}
	}
}
