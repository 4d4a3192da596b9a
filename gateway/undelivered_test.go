package gateway_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"switchboard/config"
)

// peer is a mail server of customers that answers each recipient as told.
type peer struct {
	addr string

	mu      sync.Mutex
	refuse  map[string]error         // by recipient: the answer to the message
	waits   map[string]chan struct{} // by recipient: until it is closed there is no answer
	offered []offered
}

// offered is a message that was sent to the peer, and whether it accepted it.
type offered struct {
	From, To, Content string
	Accepted          bool
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: l.Addr().String(), refuse: map[string]error{}, waits: map[string]chan struct{}{}}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) { return &peerSession{peer: p, conn: c.Conn()}, nil }))
	server.Domain = "peer.example"
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return p
}

// answers sets the answer to messages for a recipient; nil accepts them.
func (p *peer) answers(to string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse[to] = err
}

// got returns what was offered for a recipient.
func (p *peer) got(to string) (all, accepted []offered) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.offered {
		if o.To == to {
			all = append(all, o)
		}
		if o.To == to && o.Accepted {
			accepted = append(accepted, o)
		}
	}
	return all, accepted
}

type peerSession struct {
	*peer
	conn     net.Conn
	from, to string
}

// errCut makes the peer take a message and close the connection without a reply.
var errCut = errors.New("cut")

func (s *peerSession) Reset()        {}
func (s *peerSession) Logout() error { return nil }

func (s *peerSession) Mail(from string, _ *gosmtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *peerSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *peerSession) Data(body io.Reader) error {
	data, err := io.ReadAll(body)
	s.mu.Lock()
	err = errors.Join(err, s.refuse[s.to])
	cut := errors.Is(err, errCut)
	s.offered = append(s.offered, offered{s.from, s.to, string(data), err == nil || cut})
	wait := s.waits[s.to]
	s.mu.Unlock()
	if wait != nil {
		<-wait
	}
	if cut {
		s.conn.Close()
	}
	var refusal *gosmtp.SMTPError
	if errors.As(err, &refusal) {
		return refusal
	}
	return err
}

var full = &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}

// desksMail is a gateway that sends to a peer, and its database.
type desksMail struct {
	*running
	peer *peer
	db   *sql.DB
}

func startMail(t *testing.T, change ...func(*config.Config)) *desksMail {
	t.Helper()
	d := &desksMail{peer: startPeer(t)}
	var dsn string
	d.running = start(t, func(cfg *config.Config) {
		dsn = cfg.DB.URL
		cfg.Smarthost = config.Smarthost{Addr: d.peer.addr, TLS: "none"}
		cfg.Mail.DelayWarning = time.Millisecond
		for _, f := range change {
			f(cfg)
		}
	})
	var err error
	if d.db, err = sql.Open("postgres", dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	return d
}

// ask opens a conversation with a mail from an address.
func (d *desksMail) ask(from string) conversation {
	d.t.Helper()
	d.post(from, "support@desk.example", letter(from, "support@desk.example", "From "+from, "q."+from, "Hello?"))
	return d.only("from:" + from)
}

// reply answers, and returns the delivery.
func (d *desksMail) reply(c conversation, text string) (id string) {
	d.t.Helper()
	var sent struct{ Deliveries []struct{ ID string } }
	if status := d.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": text}, &sent); status != http.StatusCreated {
		d.t.Fatalf("reply: %d", status)
	}
	return sent.Deliveries[0].ID
}

// queued is a delivery as the outbox has it.
type queued struct {
	ID, State, Recipient, Detail string
	OnHold                       bool `json:"on_hold"`
	Code                         int
}

func (d *desksMail) until(id, state string) (q queued) {
	d.t.Helper()
	d.eventually("the delivery to be "+state, func() bool {
		d.call("GET", "/outbox/"+id, nil, &q)
		return q.State == state
	})
	return q
}

func (d *desksMail) operate(id, action string, body map[string]any) (status int, q queued) {
	d.t.Helper()
	status = d.call("POST", "/outbox/"+id+"/"+action, body, &q)
	return status, q
}

// due makes the next attempt of a delivery due now.
func (d *desksMail) due(id string) {
	d.t.Helper()
	var uuid string
	if err := d.db.QueryRow(`update deliveries set next_attempt_at = now() where 'dl_' || replace(id::text, '-', '') = $1 returning id`, id).Scan(&uuid); err != nil {
		d.t.Fatal(err)
	}
}

// TestUndelivered: mail that is put off, redirected, held and refused, on the wire.
func TestUndelivered(t *testing.T) {
	t.Parallel()
	d := startMail(t)

	// A delay is told to the assignee, with the server's answer.
	d.peer.answers("jo@acme.example", full)
	c := d.ask("jo@acme.example")
	id := d.reply(c, "The lamp is on its way.")
	d.until(id, "delayed")
	var notices struct {
		Data []struct {
			Kind, Text   string
			Conversation struct{ ID string }
		}
	}
	d.eventually("the notice of the delay", func() bool {
		d.call("GET", "/notices", nil, &notices)
		return len(notices.Data) == 1
	})
	if n := notices.Data[0]; n.Kind != "delayed" || n.Conversation.ID != c.ID || !strings.Contains(n.Text, "jo@acme.example: 452 4.2.2") || !strings.Contains(n.Text, "mailbox full") {
		t.Errorf("notice %+v", n)
	}
	var events struct {
		Data []struct {
			Kind string
			Data struct {
				Late   bool
				Detail string
			}
		}
	}
	d.call("GET", "/conversations/"+c.ID+"/events?limit=200", nil, &events)
	late := 0
	for _, e := range events.Data {
		if e.Kind == "delivery.changed" && e.Data.Late && strings.Contains(e.Data.Detail, "mailbox full") {
			late++
		}
	}
	if late != 1 {
		t.Errorf("%d events that say that the message is late, want 1", late)
	}

	// The new recipient gets the same bytes, and the former one nothing more.
	d.peer.answers("jo@acme.example", nil)
	status, next := d.operate(id, "redirect", map[string]any{"to": "new@acme.example", "reason": "moved"})
	if status != http.StatusOK || next.Recipient != "new@acme.example" || next.ID == id {
		t.Fatalf("redirect: %d %+v", status, next)
	}
	d.until(next.ID, "sent")
	d.due(id)
	former, accepted := d.peer.got("jo@acme.example")
	_, moved := d.peer.got("new@acme.example")
	if len(former) != 1 || len(accepted) != 0 || len(moved) != 1 || moved[0].Content != former[0].Content {
		t.Errorf("offered to the former recipient: %+v\nto the new one: %+v", former, moved)
	}

	// What is held is not sent, even when it is due, until it is released.
	d.peer.answers("kim@acme.example", full)
	held := d.reply(d.ask("kim@acme.example"), "Held.")
	d.until(held, "delayed")
	if status, q := d.operate(held, "hold", map[string]any{}); status != http.StatusOK || !q.OnHold {
		t.Fatalf("hold: %d %+v", status, q)
	}
	d.peer.answers("kim@acme.example", nil)
	d.due(held)
	d.until(d.reply(d.ask("lee@acme.example"), "Not held."), "sent") // the loop has claimed what was due
	if all, _ := d.peer.got("kim@acme.example"); len(all) != 1 {
		t.Errorf("%d attempts of a delivery on hold, want 1 before", len(all))
	}
	if status, _ := d.operate(held, "release", map[string]any{}); status != http.StatusOK {
		t.Fatalf("release: %d", status)
	}
	d.until(held, "sent")
	if _, accepted := d.peer.got("kim@acme.example"); len(accepted) != 1 {
		t.Errorf("%d copies, want 1", len(accepted))
	}
	if all, _ := d.peer.got("jo@acme.example"); len(all) != 1 {
		t.Errorf("the former recipient was tried again: %+v", all)
	}
}

// TestUnreachable: a report that comes back stops replies to the address, and a mail from
// it starts them again.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	d := startMail(t)
	c := d.ask("sam@acme.example")
	id := d.reply(c, "Hello Sam.")
	d.until(id, "sent")
	sent, _ := d.peer.got("sam@acme.example")
	report := fmt.Sprintf("From: MAILER-DAEMON@relay.example\nTo: support@desk.example\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn1@relay.example>\nDate: Sat, 21 Nov 2026 11:00:00 +0000\n"+
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: text/plain\n\nIt failed.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\nOriginal-Envelope-Id: %s\n\n"+
		"Final-Recipient: rfc822; sam@acme.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--r--\n", id)
	d.post("", sent[0].From, report)
	d.until(id, "failed")
	var refused struct {
		Detail      string
		Unreachable []struct{ Address, Reason string }
	}
	if status := d.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "Again."}, &refused); status != http.StatusUnprocessableEntity ||
		len(refused.Unreachable) != 1 || refused.Unreachable[0].Address != "sam@acme.example" || refused.Unreachable[0].Reason != "no-mailbox" || !strings.Contains(refused.Detail, "no such user") {
		t.Errorf("reply to an address that was reported: %d %+v", status, refused)
	}
	d.post("sam@acme.example", "support@desk.example", letter("sam@acme.example", "support@desk.example", "Here again", "back@acme.example", "I am here."))
	d.only("Here again")
	again := d.reply(c, "Welcome back.")
	d.until(again, "sent")
	if _, accepted := d.peer.got("sam@acme.example"); len(accepted) != 2 {
		t.Errorf("%d messages, want 2", len(accepted))
	}
}

// TestOperationsRaceAttempts: an operation at the moment of an attempt is refused or wins;
// nothing is sent twice, nor after it was stopped.
func TestOperationsRaceAttempts(t *testing.T) {
	t.Parallel()
	d := startMail(t)
	const races = 50
	actions := []string{"redirect", "cancel", "hold", "retry"}
	cs := make([]conversation, 10)
	for i := range cs {
		cs[i] = d.ask(fmt.Sprintf("c%d@acme.example", i))
	}
	wake := d.ask("wake@example.net")
	var all sync.WaitGroup
	won := make([]int, len(actions))
	var mu sync.Mutex
	for worker := range cs {
		all.Go(func() {
			for i := worker; i < races; i += len(cs) {
				action := actions[i%len(actions)]
				to, other := fmt.Sprintf("r%d@acme.example", i), fmt.Sprintf("n%d@acme.example", i)
				d.peer.answers(to, full)
				var sent struct{ Deliveries []struct{ ID string } }
				if status := d.call("POST", "/conversations/"+cs[worker].ID+"/replies", map[string]any{"text": "Race.", "to": []string{to}, "cc": []string{}}, &sent); status != http.StatusCreated {
					t.Errorf("reply: %d", status)
					return
				}
				body := map[string]any{}
				if action == "redirect" {
					body = map[string]any{"to": other, "reason": "race"}
				}
				id := sent.Deliveries[0].ID
				d.until(id, "delayed")
				d.peer.answers(to, nil)
				d.due(id)
				var waking sync.WaitGroup
				waking.Go(func() { d.reply(wake, "Wake up.") }) // which claims all that is due
				status, next := d.operate(id, action, body)
				waking.Wait()
				if status != http.StatusOK && status != http.StatusConflict {
					t.Errorf("%s: %d", action, status)
					return
				}
				ok := status == http.StatusOK
				if ok {
					mu.Lock()
					won[i%len(actions)]++
					mu.Unlock()
				}
				want, wantOther := 1, 0
				switch {
				case ok && action == "redirect":
					want, wantOther = 0, 1
					d.until(next.ID, "sent")
				case ok && action == "hold":
					want = 0
					d.due(id)
				case ok && action == "cancel":
					want = 0
				default:
					d.until(id, "sent")
				}
				_, here := d.peer.got(to)
				_, there := d.peer.got(other)
				if len(here) != want || len(there) != wantOther {
					t.Errorf("race %d, %s (%d): %d copies and %d to the other address, want %d and %d", i, action, status, len(here), len(there), want, wantOther)
				}
			}
		})
	}
	all.Wait()
	// Whatever was still due has been claimed when the next message has arrived.
	d.until(d.reply(d.ask("last@acme.example"), "The last one."), "sent")
	copies := map[string]int{}
	d.peer.mu.Lock()
	for _, o := range d.peer.offered {
		if o.Accepted && (o.To[0] == 'r' || o.To[0] == 'n') {
			copies[o.To[1:]]++
		}
	}
	d.peer.mu.Unlock()
	for key, n := range copies {
		if n > 1 {
			t.Errorf("%d copies of message %s", n, key)
		}
	}
	t.Logf("operations that came before the attempt: %v of %v", won, actions)
}
