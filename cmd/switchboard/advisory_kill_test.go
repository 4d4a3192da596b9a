package main_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/advisory"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
	"switchboard/store"
)

var messageID = regexp.MustCompile(`(?mi)^Message-ID: (<[^>]+>)`)

// TestAdvisoryWhileNodesAreKilled: two nodes send an advisory and are killed in turn. Each contact gets one
// conversation and one mail; an attempt that was cut off may repeat that mail, but never sends another one.
func TestAdvisoryWhileNodesAreKilled(t *testing.T) {
	const contacts, kills = 60, 4
	sink, dsn := mailtest.NewSMTPSink(t), dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	text := fmt.Sprintf("addr = '127.0.0.1:0'\npublic_url = 'https://help.desk.example'\n[db]\nurl = %q\n[mail]\naddresses = ['support@desk.example']\n[smarthost]\naddr = %q\ntls = 'none'\n", dsn, sink.Addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := binary(t)
	nodes := []*node{newNode(t, bin, config), newNode(t, bin, config)}
	count := func(query string) (n int) {
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	within(t, 30*time.Second, "the inboxes of the policy", func() bool {
		var n int
		return db.QueryRowContext(t.Context(), "select count(*) from inboxes where key = 'frontline'").Scan(&n) == nil && n == 1
	})
	account := desk.NewID[desk.AccountID]()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into accounts (id, name) values ($1, 'Acme')`, account)
	for i := range contacts {
		id := desk.NewID[desk.ContactID]()
		exec(`insert into contacts (id, account_id, name) values ($1, $2, $3)`, id, account, fmt.Sprintf("Jo%d", i))
		exec(`insert into identities (channel, address, contact_id, trust, verified_at) values ('email', $1, $2, 'aligned', now())`, fmt.Sprintf("jo%d@acme.example", i), id)
	}
	st, err := store.Open(t.Context(), store.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	by := desk.Agent{Name: "Ana", Email: "ana@desk.example", Admin: true}
	if by.ID, err = st.SaveAgent(t.Context(), by, ""); err != nil {
		t.Fatal(err)
	}
	a := advisory.Advisory{ID: desk.NewID[desk.AdvisoryID](), Subject: "Maintenance", Text: "Hello {{contact.name}}.", Inbox: "frontline", Accounts: []desk.AccountID{account}}
	if err := st.CreateAdvisory(t.Context(), by, a); err != nil {
		t.Fatal(err)
	}
	if err := st.MoveAdvisory(t.Context(), by, a.ID, "send", advisory.Budget{Each: contacts, Day: contacts}); err != nil {
		t.Fatal(err)
	}
	for i := range kills {
		nodes[i%2].kill()
		nodes[i%2].start()
		before := count("select count(*) from advisory_recipients where state = 'sent'")
		within(t, 30*time.Second, "another mail", func() bool {
			n := count("select count(*) from advisory_recipients where state = 'sent'")
			return n > before || n == contacts
		})
	}
	within(t, time.Minute, "all mails", func() bool {
		exec("update deliveries set next_attempt_at = now() where state = 'unknown' and not settled") // it would be in a quarter of an hour
		return count("select count(*) from advisories where state = 'done'") == 1 && count("select count(*) from deliveries where state = 'sent'") == contacts
	})
	ids, copies := map[string]string{}, 0
	for _, m := range sink.Mails() {
		id := messageID.FindStringSubmatch(string(m.Content))[1]
		if known := ids[m.To[0]]; known != "" && known != id {
			t.Errorf("%s got %s and %s", m.To[0], known, id)
		} else if known != "" {
			copies++
		}
		ids[m.To[0]] = id
	}
	cut := count("select count(*) from delivery_attempts where state = 'unknown'")
	t.Logf("kills=%d contacts=%d cut_off=%d repeated=%d", kills, contacts, cut, copies)
	if n := count("select count(*) from conversations"); len(ids) != contacts || n != contacts || copies > cut {
		t.Errorf("%d of %d contacts got it, in %d conversations, %d copies, %d attempts cut off", len(ids), contacts, n, copies, cut)
	}
}
