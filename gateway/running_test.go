package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/gateway"
	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
)

// running is a running gateway, used through HTTP, SMTP and WebSocket.
type running struct {
	t     *testing.T
	base  string
	key   string
	smtp  string
	smtps string // "" if off
	host  string
	at    *gateway.Gateway
}

// start runs a gateway on a fresh database until the test ends.
func start(t *testing.T, change func(*config.Config)) *running {
	t.Helper()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example", "billing@desk.example", "security@desk.example"}
	cfg.Mail.Undo = 0 // no test waits for mail to leave
	cfg.SMTP.Addr = "127.0.0.1:0"
	cfg.Widgets = []config.Widget{{Key: "wk_test", Name: "Test", Origins: []string{"*"}}}
	cfg.Forms = []config.Form{{Key: "contact", Title: "Contact"}}
	if change != nil {
		change(&cfg)
	}
	var stopLog stopRecorder
	log := slog.New(&stopLog)
	g, err := gateway.New(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, at: g, host: g.HTTPAddr().String(), smtp: g.SMTPAddr().String(), key: credential.NewKey()}
	if addr := g.SMTPSAddr(); addr != nil {
		r.smtps = addr.String()
	}
	r.base = "http://" + r.host + "/api/v1"
	ana := desk.Agent{Name: "Ana Ruiz", Email: "ana@desk.example", Tiers: []desk.Tier{0, 1, 2, 3}, Admin: true}
	if ana.ID, err = g.Store().SaveAgent(t.Context(), ana, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Store().CreateKey(t.Context(), "test", credential.Digest(r.key), ana, time.Time{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stopLog.stopping.Store(true)
		stop()
		if err := <-done; err != nil {
			t.Errorf("the gateway ended with: %v", err)
		}
		if text := stopLog.last.Load(); text != nil {
			t.Errorf("a normal stop logged a warning: %s", *text)
		}
	})
	return r
}

// stopRecorder is a log handler that keeps the last warning logged during the stop,
// except alarms.
type stopRecorder struct {
	stopping atomic.Bool
	last     atomic.Pointer[string]
}

func (h *stopRecorder) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (h *stopRecorder) WithAttrs([]slog.Attr) slog.Handler           { return h }
func (h *stopRecorder) WithGroup(string) slog.Handler                { return h }

func (h *stopRecorder) Handle(_ context.Context, r slog.Record) error {
	// The last report may raise an alarm that is due.
	if h.stopping.Load() && r.Message != "AlarmRaised" {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
		h.last.Store(&text)
	}
	return nil
}

// conversation and message are the fields of the API's resources that the tests use.
type conversation struct {
	ID       string
	Number   int64
	Subject  string
	Channel  string
	Status   string
	Tier     int
	Inbox    struct{ Key, Name string }
	Account  struct{ ID, Name string }
	Contact  struct{ ID, Name, Address string }
	Assignee *struct{ ID, Name string }
	Path     []string
	LastSeq  int64 `json:"last_seq"`
	Reply    struct{ Channel, To, From string }
}

type message struct {
	ID             string
	Seq            int64
	Direction      string
	Text           string
	ReplyText      string   `json:"reply_text"`
	MessageID      string   `json:"message_id"`
	InReplyTo      []string `json:"in_reply_to"`
	References     []string
	Deliveries     []struct{ State, Recipient, Detail string }
	Thread         struct{ Method, Evidence string }
	Attachments    []struct{ Name, Type, URL string }
	Display        string
	Problems       []struct{ Code, Detail string }
	Authentication *struct{ By, SPF, DKIM, DMARC, Domain, Policy, Trust, Reason, Spam, Virus, Results string }
	Signature      *struct{ Kind, Status, Reason, Email, Name, Key, Issuer, Footer string }
}

// call makes a request, decodes the response into out, and returns the status.
func (r *running) call(method, path string, body, out any) int {
	r.t.Helper()
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, reader)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			r.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return resp.StatusCode
}

// find returns the conversations that match a query.
func (r *running) find(q string) []conversation {
	r.t.Helper()
	var page struct{ Data []conversation }
	if status := r.call("GET", "/conversations?limit=200&q="+url.QueryEscape(q), nil, &page); status != http.StatusOK {
		r.t.Fatalf("q=%s: status %d", q, status)
	}
	return page.Data
}

func (r *running) messages(id string) []message {
	r.t.Helper()
	var page struct{ Data []message }
	if status := r.call("GET", "/conversations/"+id+"/messages?limit=200", nil, &page); status != http.StatusOK {
		r.t.Fatalf("messages of %s: status %d", id, status)
	}
	return page.Data
}

// eventually polls ok for up to one minute.
func (r *running) eventually(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			r.t.Fatalf("timed out waiting for %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// only waits for the single conversation that matches a query.
func (r *running) only(q string) conversation {
	r.t.Helper()
	var list []conversation
	r.eventually("one conversation for "+q, func() bool { list = r.find(q); return len(list) > 0 })
	if len(list) > 1 {
		r.t.Fatalf("%s: %d conversations, want 1", q, len(list))
	}
	return list[0]
}

// post sends a mail to the gateway's SMTP server.
func (r *running) post(from, to, mail string) {
	r.t.Helper()
	if err := smtp.SendMail(r.smtp, nil, from, []string{to}, []byte(strings.ReplaceAll(mail, "\n", "\r\n"))); err != nil {
		r.t.Fatalf("SMTP from %s to %s: %v", from, to, err)
	}
}

// letter returns a plain text mail; extra are additional header lines.
func letter(from, to, subject, id, text string, extra ...string) string {
	return fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nDate: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <%s>\n%s\n%s\n",
		from, to, subject, id, strings.Join(append(extra, ""), "\n"), text)
}

// visitor is a website visitor in a chat.
type visitor struct {
	t    *testing.T
	conn *websocket.Conn
}

type frame struct {
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Session string `json:"session,omitempty"`
	Code    string `json:"code,omitempty"`
	Text    string `json:"text,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	From    string `json:"from,omitempty"`
	After   int64  `json:"after,omitempty"`
	Seq     int64  `json:"seq,omitempty"`
}

func (r *running) chat() *visitor {
	r.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(r.t.Context(), "ws://"+r.host+"/chat?widget=wk_test", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return &visitor{r.t, conn}
}

func (v *visitor) send(f frame) {
	v.t.Helper()
	if err := v.conn.WriteJSON(f); err != nil {
		v.t.Fatal(err)
	}
}

// await reads frames until one satisfies ok.
func (v *visitor) await(what string, ok func(frame) bool) frame {
	v.t.Helper()
	if err := v.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		v.t.Fatal(err)
	}
	for {
		var f frame
		if err := v.conn.ReadJSON(&f); err != nil {
			v.t.Fatalf("waiting for %s: %v", what, err)
		}
		if ok(f) {
			return f
		}
	}
}
