package gateway_test

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/lib/pq" // the driver

	"switchboard/config"
	"switchboard/desk/view"
	"switchboard/internal/mailtest"
	"switchboard/internal/reconcile"
	"switchboard/store"
)

func (r *running) channels() map[string]view.Channel {
	r.t.Helper()
	var page struct{ Data []view.Channel }
	if status := r.call("GET", "/channels", nil, &page); status != http.StatusOK {
		r.t.Fatalf("channels: status %d", status)
	}
	out := map[string]view.Channel{}
	for _, c := range page.Data {
		out[c.Name] = c
	}
	return out
}

// TestAlarm: a channel that keeps failing raises an alarm until it works again.
func TestAlarm(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	proxy := mailtest.NewProxy(t, box.Addr)
	r := start(t, func(cfg *config.Config) {
		cfg.AlarmAfter = 300 * time.Millisecond
		good := config.Mailbox{Name: "support", Addr: proxy.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}
		bad := good
		bad.Name, bad.Addr, bad.Folders = "billing", box.Addr, []string{"Bills"}
		cfg.Mailboxes = []config.Mailbox{good, bad}
	})
	r.eventually("one mailbox to run and the other to raise the alarm", func() bool {
		c := r.channels()
		return c["imap support"].State == "running" && c["imap billing"].State == "failing" && c["imap billing"].Alarm
	})
	c := r.channels()
	if c["imap support"].Alarm || c["imap support"].LastSuccess == nil || c["smtp"].State != "running" || c["chat"].Alarm {
		t.Errorf("channels %+v", c)
	}
	if !strings.Contains(c["imap billing"].Advice, "Its folders are: INBOX") || c["imap billing"].LastError == "" {
		t.Errorf("no advice: %+v", c["imap billing"])
	}
	if status := r.call("POST", "/channels/imap%20billing/reconcile", nil, nil); status != http.StatusConflict {
		t.Errorf("reconciling an unreadable mailbox: status %d", status)
	}
	proxy.CutDown(0)
	proxy.CutAll()
	r.eventually("the alarm", func() bool { c := r.channels()["imap support"]; return c.State == "failing" && c.Alarm })
	proxy.CutDown(-1)
	r.eventually("the end of the alarm", func() bool { c := r.channels()["imap support"]; return c.State == "running" && !c.Alarm })
}

// TestReconcile: mail that is missing in the journal is fetched and processed, and the
// counts are shown.
func TestReconcile(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	var cfg config.Config
	r := start(t, func(c *config.Config) {
		c.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}}
		cfg = *c
	})
	for i := range 5 {
		box.Append([]byte(letter("jo@acme.example", "support@desk.example", fmt.Sprint("Mail ", i), fmt.Sprintf("%d@acme.example", i), "Hello.")))
	}
	r.eventually("five conversations", func() bool { return len(r.find("from:jo@acme.example")) == 5 })
	db, err := sql.Open("postgres", cfg.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// As if one mail had been skipped.
	if _, err := db.Exec(`update raws set source_key = 'INBOX/1/999' where source_key like '%/3'`); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	st, err := store.Open(t.Context(), store.Options{DSN: cfg.DB.URL, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	got, err := reconcile.New(cfg.Mailboxes, st, log).Named(t.Context(), "support")
	if err != nil {
		t.Fatal(err)
	}
	want := []view.ReconciledFolder{{Folder: "INBOX", Server: 5, Journaled: 4, Missing: 1, Fetched: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	r.eventually("the fetched copy to be recognized as the same mail", func() bool {
		var n int
		if err := db.QueryRow(`select count(*) from raws where source_key like '%/3' and state = 'processed' and message_id is not null`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 1
	})
	if n := len(r.find("from:jo@acme.example")); n != 5 {
		t.Errorf("%d conversations, want 5", n)
	}
	var again view.Reconciled
	if status := r.call("POST", "/channels/imap%20support/reconcile", nil, &again); status != http.StatusOK || len(again.Folders) != 1 || again.Folders[0].Missing != 0 {
		t.Errorf("reconciled again: status %d, %+v", status, again)
	}
	want[0] = again.Folders[0]
	if r.channels()["imap support"].LastItem == nil {
		t.Error("the channel has no last_item")
	}
	cfg.Mailboxes[0].Folders = []string{"Bills"}
	if _, err := reconcile.New(cfg.Mailboxes, st, log).Named(t.Context(), "support"); err == nil || !strings.Contains(err.Error(), "Its folders are: INBOX") {
		t.Errorf("an unknown folder: %v, want the existing folders", err)
	}
	shown := r.channels()["imap support"].Reconciled
	if shown == nil || cmp.Diff(want, shown.Folders) != "" {
		t.Errorf("shown %+v", shown)
	}
}
