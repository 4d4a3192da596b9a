package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/smtp"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/diskspace"
	"switchboard/internal/mailtest"
)

// TestDiskFloor: below the floor no channel accepts anything, but agents read and answer.
// Afterwards everything continues by itself.
func TestDiskFloor(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	data := t.TempDir()
	free, err := diskspace.Free(data)
	if err != nil {
		t.Fatal(err)
	}
	// Other programs may use or free this much in the meantime.
	margin := min(free/8, 8<<30)
	r := start(t, func(c *config.Config) {
		c.DB.URL, c.Data, c.MinFreeSpace = "", data, free-margin
		c.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}}
	})
	mail := func(n int) []byte {
		return []byte(strings.ReplaceAll(letter("jo@acme.example", "support@desk.example", fmt.Sprint("Mail ", n), fmt.Sprintf("%d@acme.example", n), "Hello."), "\n", "\r\n"))
	}
	deliver := func(n int) error {
		return smtp.SendMail(r.smtp, nil, "jo@acme.example", []string{"support@desk.example"}, mail(n))
	}
	form := func() int {
		resp, err := http.PostForm("http://"+r.host+"/f/contact", url.Values{"email": {"jo@acme.example"}, "subject": {"Form"}, "message": {"Hello?"}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if err := deliver(1); err != nil {
		t.Fatal(err)
	}
	c := r.only("Mail 1")
	visitor := r.chat()
	visitor.send(frame{Type: "hello", Name: "Lee", Email: "lee@acme.example"})
	visitor.await("welcome", func(f frame) bool { return f.Type == "welcome" })

	removeFiller := fill(t, data, 2*margin)
	r.eventually("the alarm of the disk", func() bool { return r.channels()["disk"].State == "failing" })
	var refused *textproto.Error
	if err := deliver(2); !errors.As(err, &refused) || refused.Code != 452 {
		t.Errorf("SMTP answered %v, want 452", err)
	}
	if status := form(); status != http.StatusServiceUnavailable {
		t.Errorf("the form answered %d, want 503", status)
	}
	visitor.send(frame{Type: "message", ID: "c-1", Text: "Anyone?"})
	visitor.await("not-now", func(f frame) bool { return f.Code == "not-now" && f.ID == "c-1" })
	box.Append(mail(3))
	r.eventually("the mailbox to pause", func() bool {
		c := r.channels()["imap support"]
		return c.State == "failing" && strings.Contains(c.LastError, "almost full")
	})
	// A comparison with the server would fetch the mail that is missing.
	if status := r.call("POST", "/channels/imap%20support/reconcile", nil, nil); status == http.StatusOK {
		t.Error("the mailbox was compared and read")
	}
	if list := r.find("from:jo@acme.example"); len(list) != 1 {
		t.Errorf("%d conversations, want the one from before", len(list))
	}
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "We are here.", "expected_seq": c.LastSeq}, nil); status != http.StatusCreated {
		t.Errorf("an agent's reply: status %d", status)
	}
	if n := len(r.messages(c.ID)); n != 2 {
		t.Errorf("the conversation has %d messages, want the mail and the reply", n)
	}

	removeFiller()
	r.eventually("the disk to recover", func() bool { return r.channels()["disk"].State == "running" })
	if err := deliver(2); err != nil {
		t.Errorf("after there is space again: %v", err)
	}
	if status := form(); status >= 400 {
		t.Errorf("the form answered %d afterwards", status)
	}
	visitor.send(frame{Type: "message", ID: "c-1", Text: "Anyone?"})
	visitor.await("ack", func(f frame) bool { return f.Type == "ack" && f.ID == "c-1" })
	r.only("Mail 2")
	r.only("Mail 3") // from the mailbox
}

// fill occupies space on the disk of a private database.
func fill(t *testing.T, data string, size int64) (remove func()) {
	t.Helper()
	// Without fallocate, this test would have to write gigabytes.
	folder := filepath.Join(data, "postgres")
	if elsewhere, err := os.ReadFile(filepath.Join(folder, "location")); err == nil {
		folder = strings.TrimSpace(string(elsewhere))
	}
	f, err := os.CreateTemp(folder, "filler-")
	if err != nil {
		t.Fatal(err)
	}
	remove = func() { os.Remove(f.Name()) }
	t.Cleanup(remove)
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, size); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return remove
}
