package webform_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/gateway"
	"switchboard/internal/dbtest"
)

// Forms through the complete gateway: a conversation with its file, one for a repeated
// form, and a quarantined one that can be replayed.
func TestThroughTheGateway(t *testing.T) {
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example"}
	cfg.Forms = []config.Form{{Key: "plain", Title: "Contact"}}
	gate, err := gateway.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	s := &site{t: t, url: "http://" + gate.HTTPAddr().String()}
	submit := func(contentType, body string) {
		t.Helper()
		for late := time.Now().Add(time.Minute); ; {
			resp, answer := s.send("plain", contentType, body, map[string]string{"Accept": "application/json", "X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
			if resp.StatusCode == http.StatusCreated {
				return
			}
			if resp.StatusCode != http.StatusServiceUnavailable || time.Now().After(late) { // 503: the channel is not running yet
				t.Fatalf("%s %s", resp.Status, answer)
			}
		}
	}
	contentType, body := multipartBody(t, good("_key", "once", "order", "A-17"), upload{"attachment", "cart.txt", "text/plain", "one\ntwo\n"})
	submit(contentType, body)
	submit(contentType, body)
	submit("application/x-www-form-urlencoded", good("_gotcha", "x").Encode())

	as := desk.Agent{ID: desk.NewID[desk.AgentID](), Admin: true}
	open := func(n int) []view.Conversation {
		t.Helper()
		for late := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
			list, err := gate.Store().Conversations(t.Context(), as, nil, view.SortNewest, view.Position{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) >= n || time.Now().After(late) {
				if len(list) != n {
					t.Fatalf("%d conversations, want %d", len(list), n)
				}
				return list
			}
		}
	}
	c := open(1)[0]
	if c.Subject != "Cart" || c.Channel != desk.ChannelForm || c.Reply.Channel != desk.ChannelEmail || c.Reply.To != "jo@acme.example" {
		t.Errorf("%+v", c)
	}
	messages, err := gate.Store().Messages(t.Context(), as, c.ID, 0, 10)
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v; want one for the repeated form", len(messages), err)
	}
	m := messages[0]
	if !strings.Contains(m.Text, "It is empty") || !strings.Contains(m.Text, "A-17") || len(m.Attachments) != 1 || m.Attachments[0].Name != "cart.txt" {
		t.Errorf("%+v", m)
	}
	file, err := gate.Store().Attachment(t.Context(), as, m.ID, m.Attachments[0].PartID)
	if err != nil || string(file.Bytes) != "one\ntwo\n" {
		t.Errorf("%q, %v", file.Bytes, err)
	}

	spam, _, err := gate.Store().Raws(t.Context(), desk.RawQuarantined, 0, 10)
	if err != nil || len(spam) != 1 || !strings.HasPrefix(spam[0].Problem, "spam") || spam[0].RemoteAddr != "198.51.100.7:0" {
		t.Fatalf("%+v, %v", spam, err)
	}
	page, err := http.Get(s.url + "/f/plain")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if b, err := io.ReadAll(page.Body); err != nil || page.StatusCode != http.StatusOK || !strings.Contains(string(b), "<h1>Contact</h1>") {
		t.Errorf("%s %v", page.Status, err)
	}
	if ids, err := gate.Store().Replay(t.Context(), desk.RawID{}); err != nil || len(ids) != 0 {
		t.Fatalf("replaying all failed items replayed %v, %v", ids, err)
	}
	if ids, err := gate.Store().Replay(t.Context(), spam[0].ID); err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	for late := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
		left, _, err := gate.Store().Raws(t.Context(), desk.RawPending, 0, 10)
		if err != nil || time.Now().After(late) {
			t.Fatalf("%d still pending, %v", len(left), err)
		}
		if len(left) == 0 {
			return
		}
	}
}
