package noticemail

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/agentmail"
	"switchboard/outbound/render"
)

// memory is a Queue and a Submitter.
type memory struct {
	due      []Notice
	result   desk.Result
	sent     []string
	failures []string
	again    []time.Time
}

func (m *memory) ClaimNotices(context.Context, time.Duration, int) ([]Notice, error) {
	return m.due, nil
}

func (m *memory) NoticeMailed(_ context.Context, _ Notice, failure string, again time.Time) error {
	m.failures, m.again = append(m.failures, failure), append(m.again, again)
	return nil
}

func (m *memory) SubmitAutomatic(_ context.Context, _, to string, data []byte) desk.Result {
	m.sent = append(m.sent, to+"\n"+string(data))
	return m.result
}

func notice() Notice {
	return Notice{ID: desk.NewID[desk.NoticeID](), To: desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana", Email: "ana@desk.example", Tiers: []desk.Tier{1}},
		Kind: desk.NoticeEscalation, Text: "First reply due in 12 min.", At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Attempts: 1,
		Conversation: desk.NewID[desk.ConversationID](), Number: 43, Subject: "Refund\r\nBcc: x@evil.example", Tier: 1}
}

var options = Options{From: "support@desk.example", Domain: "desk.example", PublicURL: "https://desk.example", Log: slog.New(slog.DiscardHandler),
	Own: func(a string) bool { return a == "support@desk.example" }, Render: render.Message}

func TestCompose(t *testing.T) {
	n := notice()
	data, err := render.Message(Compose(&n, &options), "")
	if err != nil {
		t.Fatal(err)
	}
	mail := string(data)
	for _, part := range []string{"Auto-Submitted: auto-generated\r\n", "X-Auto-Response-Suppress: All\r\n", "To: \"Ana\" <ana@desk.example>\r\n", "Subject: Notice: #43 Refund Bcc: x@evil.example\r\n",
		"First reply due in 12 min.", "https://desk.example/#/c/" + n.Conversation.String(), "Message-ID: <notice." + n.ID.String() + "." + n.To.ID.String() + "@desk.example>\r\n"} {
		if !strings.Contains(strings.ReplaceAll(mail, "=\r\n", ""), part) {
			t.Errorf("%q is not in\n%s", part, mail)
		}
	}
	if again, err := render.Message(Compose(&n, &options), ""); err != nil || string(again) != mail {
		t.Error("another attempt sends other bytes", err)
	}
	n.Restricted, n.Text = true, "Refund is late."
	if m := Compose(&n, &options); strings.Contains(m.Subject+m.TextBody, "Refund") {
		t.Errorf("a restricted conversation is named: %s\n%s", m.Subject, m.TextBody)
	}
}

// TestComposeWithoutConversation: a notice about the desk itself.
func TestComposeWithoutConversation(t *testing.T) {
	n := notice()
	n.Conversation, n.Number, n.Subject, n.Text = desk.ConversationID{}, 0, "", "The webhook hooks.example was disabled: gone."
	m := Compose(&n, &options)
	if m.Subject != "Notice: "+n.Text || !strings.Contains(m.TextBody, "https://desk.example/#/webhooks\n") || strings.Contains(m.TextBody, "#0") {
		t.Errorf("%s\n%s", m.Subject, m.TextBody)
	}
}

func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*Notice)
		result  desk.Result
		sent    bool
		failure string
		again   bool
	}{
		"accepted":       {sent: true, result: desk.Result{State: desk.DeliverySent, Code: 250}},
		"later":          {sent: true, result: desk.Result{State: desk.DeliveryDelayed, Detail: "greylisted"}, failure: "greylisted", again: true},
		"too often":      {change: func(n *Notice) { n.Attempts = agentmail.Attempts }, sent: true, result: desk.Result{State: desk.DeliveryDelayed, Code: 451, Detail: "greylisted"}, failure: "451 greylisted"},
		"refused":        {sent: true, result: desk.Result{State: desk.DeliveryFailed, Code: 550, Detail: "no such user"}, failure: "550 no such user"},
		"unknown":        {sent: true, result: desk.Result{State: desk.DeliveryUnknown, Detail: "connection lost"}, failure: "connection lost"},
		"disabled":       {change: func(n *Notice) { n.To.Disabled = true }, failure: "the agent can no longer sign in"},
		"not for them":   {change: func(n *Notice) { n.Restricted, n.Tier = true, 3 }, failure: "the agent may not read the conversation"},
		"no admin":       {change: func(n *Notice) { n.Conversation = desk.ConversationID{} }, failure: "the agent is no longer an admin"},
		"our own":        {change: func(n *Notice) { n.To.Email = "support@desk.example" }, failure: "the agent's address is one of the desk's own"},
		"not an address": {change: func(n *Notice) { n.To.Email = "ana" }, failure: "the agent's address is not a valid email address"},
	} {
		n := notice()
		if c.change != nil {
			c.change(&n)
		}
		m := &memory{due: []Notice{n}, result: c.result}
		if more, err := New(m, m, options).Send(t.Context()); err != nil || !more {
			t.Errorf("%s: %v %v", name, more, err)
		}
		if len(m.sent) == 1 != c.sent || len(m.failures) != 1 || m.failures[0] != c.failure || m.again[0].IsZero() == c.again {
			t.Errorf("%s: sent %d, %q, again %v", name, len(m.sent), m.failures, m.again)
		}
	}
}
