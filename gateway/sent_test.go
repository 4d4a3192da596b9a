package gateway_test

import (
	"database/sql"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestSentFolder: replies written in a mail client join their conversations, the
// gateway's own replies are not duplicated, and private mail is ignored.
func TestSentFolder(t *testing.T) {
	t.Parallel()
	box, sink := mailtest.NewDovecot(t), mailtest.NewSMTPSink(t)
	// A backlog: the reply is in Sent before anything is read.
	box.Append([]byte(letter("jo@acme.example", "support@desk.example", "Lamp", "1@acme.example", "It is broken.")))
	box.AppendTo("Sent", []byte(letter("Ana Ruiz <ana@desk.example>", "jo@acme.example", "Re: Lamp", "2@mua.example", "Which one?", "References: <1@acme.example>")))
	box.AppendTo("Sent", []byte(letter("support@desk.example", "mum@home.example", "Dinner", "3@mua.example", "At eight?")))
	var dsn string
	r := start(t, func(cfg *config.Config) {
		cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none",
			Sent: "Sent", Poll: time.Second, AfterImport: "flag"}}
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
		dsn = cfg.DB.URL
	})
	c := r.only("from:jo@acme.example")
	r.eventually("the reply", func() bool { return len(r.messages(c.ID)) == 2 })
	got := r.messages(c.ID)[1]
	if got.Direction != "outbound" || got.MessageID != "2@mua.example" || len(got.Deliveries) != 0 {
		t.Errorf("message %+v", got)
	}
	if c = r.only("from:jo@acme.example"); c.Status != "pending" || c.Assignee == nil || c.Assignee.Name != "Ana Ruiz" {
		t.Errorf("conversation %+v", c)
	}
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "And another thing."}, nil); status != 201 {
		t.Fatalf("reply: status %d", status)
	}
	// Some mail servers store sent mail in Sent themselves.
	box.AppendTo("Sent", sink.Await(1)[0].Content)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r.eventually("all of Sent to be processed", func() bool {
		var n int
		if err := db.QueryRow(`select count(*) from raws where outgoing and state = 'processed'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 3
	})
	if n := len(r.messages(c.ID)); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
	if all := r.find(""); len(all) != 1 {
		t.Errorf("%d conversations, want 1: %+v", len(all), all)
	}
	box.AwaitStatus("Sent", "MESSAGES 3", "UNSEEN 3")
}
