package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// attempts returns the trail of a message's only delivery: "unknown attempt", "sent copy".
func (d *desksMail) attempts(message string) (list []string) {
	d.t.Helper()
	var trail struct {
		Data []struct {
			Attempts []struct{ State, Source string }
		}
	}
	if status := d.call("GET", "/messages/"+message+"/trail", nil, &trail); status != http.StatusOK || len(trail.Data) != 1 {
		d.t.Fatalf("trail: %d %+v", status, trail)
	}
	for _, a := range trail.Data[0].Attempts {
		list = append(list, a.State+" "+a.Source)
	}
	return list
}

// statusReport is a delivery status (RFC 3464) about a delivery.
func statusReport(id, recipient, action, status string) string {
	return fmt.Sprintf("From: MAILER-DAEMON@relay.example\nTo: support@desk.example\nSubject: Delivery Status Notification\nMessage-ID: <%s.%s@relay.example>\nDate: Sat, 21 Nov 2026 11:00:00 +0000\n"+
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: text/plain\n\nAbout your message.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\nOriginal-Envelope-Id: %s\n\n"+
		"Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n\n--r--\n", action, id, id, recipient, action, status)
}

// TestUnknownIsResolved: the server takes a message and does not say so. A copy in the
// Sent folder, a copy that comes back, or a report says what became of it, before or after
// the connection has broken, and nothing is sent again.
func TestUnknownIsResolved(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	box.AppendTo("Sent", []byte(letter("support@desk.example", "mum@home.example", "Dinner", "3@mua.example", "At eight?")))
	d := startMail(t, func(cfg *config.Config) {
		cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Sent: "Sent", Poll: time.Second}}
	})
	processed := func() (n int) {
		if err := d.db.QueryRow("select count(*) from raws where state = 'processed'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, x := range []struct {
		name  string
		early bool // the evidence comes while the attempt is running
		show  func(id, to, content, path string)
		state string
		trail []string
	}{
		{"a copy in the Sent folder", false, func(_, _, content, _ string) { box.AppendTo("Sent", []byte(content)) }, "sent", []string{"unknown attempt", "sent copy"}},
		{"a copy in the Sent folder, early", true, func(_, _, content, _ string) { box.AppendTo("Sent", []byte(content)) }, "sent", []string{"sent copy", "sent attempt"}},
		{"a copy to ourselves", false, func(_, _, content, _ string) {
			d.post("support@desk.example", "support@desk.example", strings.ReplaceAll(content, "\r\n", "\n"))
		}, "sent", []string{"unknown attempt", "sent copy"}},
		{"a report of success", false, func(id, to, _, path string) { d.post("", path, statusReport(id, to, "delivered", "2.0.0")) }, "delivered", []string{"unknown attempt", "delivered dsn"}},
		{"a report of success, early", true, func(id, to, _, path string) { d.post("", path, statusReport(id, to, "delivered", "2.0.0")) }, "delivered", []string{"delivered dsn", "delivered attempt"}},
		{"a report of a delay", false, func(id, to, _, path string) { d.post("", path, statusReport(id, to, "delayed", "4.4.1")) }, "sent", []string{"unknown attempt", "sent dsn"}},
		{"a report of a failure", false, func(id, to, _, path string) { d.post("", path, statusReport(id, to, "failed", "5.1.1")) }, "failed", []string{"unknown attempt", "failed dsn"}},
		{"a report of a failure, early", true, func(id, to, _, path string) { d.post("", path, statusReport(id, to, "failed", "5.1.1")) }, "failed", []string{"failed dsn", "failed attempt"}},
	} {
		to := fmt.Sprintf("jo%d@acme.example", i)
		answer := make(chan struct{})
		d.peer.answers(to, errCut)
		if x.early {
			d.peer.mu.Lock()
			d.peer.waits[to] = answer
			d.peer.mu.Unlock()
		}
		c := d.ask(to)
		id := d.reply(c, "The lamp is on its way.")
		var taken []offered
		d.eventually("the message to arrive", func() bool { taken, _ = d.peer.got(to); return len(taken) == 1 })
		if !x.early {
			d.until(id, "unknown")
		}
		before := processed()
		x.show(id, to, taken[0].Content, taken[0].From)
		d.eventually("the evidence to be processed", func() bool { return processed() > before })
		close(answer)
		d.until(id, x.state)
		messages := d.messages(c.ID)
		sent := slices.IndexFunc(messages, func(m message) bool { return m.Direction == "outbound" })
		if got := d.attempts(messages[sent].ID); !slices.Equal(got, x.trail) {
			t.Errorf("%s: the trail is %q, want %q", x.name, got, x.trail)
		}
		var settled bool
		if err := d.db.QueryRow("select settled from deliveries where recipient = $1", to).Scan(&settled); err != nil || !settled {
			t.Errorf("%s: settled is %t, %v", x.name, settled, err)
		}
		d.due(id)
		if status := d.only("from:" + to).Status; (status == "open") != (x.state == "failed") {
			t.Errorf("%s: the conversation is %s", x.name, status)
		}
	}

	// One copy does not say to which of two recipients it was sent.
	d.peer.answers("one@acme.example", errCut)
	d.peer.answers("two@acme.example", errCut)
	c := d.ask("one@acme.example")
	var two struct{ Deliveries []struct{ ID string } }
	if status := d.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "To both.", "to": []string{"one@acme.example"}, "cc": []string{"two@acme.example"}}, &two); status != http.StatusCreated || len(two.Deliveries) != 2 {
		t.Fatalf("reply: %d %+v", status, two)
	}
	for _, delivery := range two.Deliveries {
		d.until(delivery.ID, "unknown")
	}
	before := processed()
	taken, _ := d.peer.got("one@acme.example")
	box.AppendTo("Sent", []byte(taken[0].Content))
	d.eventually("the copy to be processed", func() bool { return processed() > before })
	for _, delivery := range two.Deliveries {
		d.until(delivery.ID, "unknown")
	}

	// What is due has been claimed when another message has arrived.
	d.until(d.reply(d.ask("last@acme.example"), "The last one."), "sent")
	d.peer.mu.Lock()
	defer d.peer.mu.Unlock()
	copies := map[string]int{}
	for _, o := range d.peer.offered {
		if copies[o.To]++; copies[o.To] > 1 {
			t.Errorf("%s got %d copies", o.To, copies[o.To])
		}
	}
}
