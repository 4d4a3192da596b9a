package gateway_test

import (
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// TestAllChannels receives messages of one customer on all four channels and replies to
// each: Dovecot serves the mailbox, Postfix's smtp-sink is the smarthost.
func TestAllChannels(t *testing.T) {
	t.Parallel()
	box, sink := mailtest.NewDovecot(t), mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) {
		cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}}
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	})

	r.post("jo@acme.example", "billing@desk.example",
		letter("Jo Marsh <jo@acme.example>", "billing@desk.example", "Invoice 7 is wrong", "jo1@acme.example", "The VAT number is the old one."))
	box.Append([]byte(letter("Sam Reyes <sam@acme.example>", "support@desk.example", "Webhook signatures fail", "sam1@acme.example", "The api webhook fails since noon.")))
	resp, err := http.PostForm("http://"+r.host+"/f/contact", url.Values{"email": {"kim@acme.example"}, "name": {"Kim Tanaka"},
		"subject": {"Opening hours"}, "message": {"Are you open on Saturday?"}})
	if err != nil || resp.StatusCode >= 400 {
		t.Fatalf("form: %v %v", resp, err)
	}
	lee := r.chat()
	lee.send(frame{Type: "hello", Name: "Lee Novak", Email: "lee@acme.example"})
	session := lee.await("welcome", func(f frame) bool { return f.Type == "welcome" }).Session
	lee.send(frame{Type: "message", ID: "c-1", Text: "Is anyone there?"})
	lee.await("ack", func(f frame) bool { return f.Type == "ack" && f.ID == "c-1" })

	conversations := map[string]conversation{}
	for who, inbox := range map[string]string{"jo": "billing", "sam": "integrations", "kim": "frontline", "lee": "frontline"} {
		c := r.only("from:" + who + "@acme.example")
		conversations[who] = c
		if c.Inbox.Key != inbox || len(c.Path) == 0 {
			t.Errorf("%s is in %q by %v, want %q and a path", who, c.Inbox.Key, c.Path, inbox)
		}
		if c.Account.ID != conversations["jo"].Account.ID && conversations["jo"].ID != "" || c.Account.Name != "acme.example" {
			t.Errorf("%s belongs to account %+v, want acme.example for all", who, c.Account)
		}
	}
	if list := r.find("account:acme.example"); len(list) != 4 {
		t.Errorf("the account has %d conversations, want 4", len(list))
	}

	for who, c := range conversations {
		if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "Hello " + who + ", we will look into it.", "expected_seq": c.LastSeq}, nil); status != http.StatusCreated {
			t.Fatalf("reply to %s: status %d", who, status)
		}
	}
	if f := lee.await("the reply", func(f frame) bool { return f.Type == "message" && f.From == "agent" }); !strings.Contains(f.Text, "Hello lee") {
		t.Errorf("the visitor got %+v", f)
	}
	answered := answers(t, sink.Await(3))
	jo := answered["jo@acme.example"]
	if jo == nil || jo.Header.Get("In-Reply-To") != "<jo1@acme.example>" || !strings.Contains(jo.Header.Get("References"), "<jo1@acme.example>") {
		t.Fatalf("the reply to jo has no threading headers: %v", jo)
	}
	if from := jo.Header.Get("From"); !strings.Contains(from, "billing@desk.example") {
		t.Errorf("the reply is from %q, want the address that jo wrote to", from)
	}
	if answered["kim@acme.example"] == nil {
		t.Error("the sender of the form got no reply by mail")
	}

	customersAnswer(r, conversations, answered)
	resumeChat(r, session)
}

// answers parses the mail that the sink received, by recipient.
func answers(t *testing.T, sunk []mailtest.SinkMail) map[string]*mail.Message {
	t.Helper()
	out := map[string]*mail.Message{}
	for _, s := range sunk {
		m, err := mail.ReadMessage(strings.NewReader(string(s.Content)))
		if err != nil {
			t.Fatal(err)
		}
		out[s.To[0]] = m
	}
	return out
}

// customersAnswer lets the customers answer: with a reply token but without headers, and
// with References but without a token. Both answers must join their conversations; mail
// from a stranger who guessed the references must not.
func customersAnswer(r *running, conversations map[string]conversation, answered map[string]*mail.Message) {
	r.t.Helper()
	jo, sam := answered["jo@acme.example"], answered["sam@acme.example"]
	replyTo, err := mail.ParseAddress(jo.Header.Get("Reply-To"))
	if err != nil {
		r.t.Fatalf("Reply-To: %v", err)
	}
	r.post("jo@acme.example", replyTo.Address, letter("jo@acme.example", replyTo.Address, "unrelated subject", "jo2@acme.example", "By token."))
	id := sam.Header.Get("Message-Id")
	r.post("sam@acme.example", "support@desk.example", letter("sam@acme.example", "support@desk.example", "Re: Webhook", "sam2@acme.example", "By References.",
		"In-Reply-To: "+id, "References: <sam1@acme.example> "+id))
	r.post("eve@stranger.example", "support@desk.example", letter("eve@stranger.example", "support@desk.example", "Re: Webhook", "eve1@stranger.example", "Let me in.",
		"In-Reply-To: "+id, "References: <sam1@acme.example> "+id))
	for who, method := range map[string][]string{"jo": {"reply-token"}, "sam": {"references", "in-reply-to"}} {
		var got []message
		r.eventually(who+"'s answer joins", func() bool { got = r.messages(conversations[who].ID); return len(got) == 3 })
		if m := got[2]; m.Direction != "inbound" || !slices.Contains(method, m.Thread.Method) {
			r.t.Errorf("%s's answer joined by %+v, want %v", who, m.Thread, method)
		}
	}
	if c := r.only("from:eve@stranger.example"); c.ID == conversations["sam"].ID || c.Account.ID == conversations["sam"].Account.ID {
		r.t.Errorf("the stranger is in %+v", c)
	}
	if got := r.messages(conversations["sam"].ID); len(got) != 3 {
		r.t.Errorf("Sam's conversation has %d messages after the stranger wrote, want 3", len(got))
	}
}

// resumeChat reconnects to the chat with the session's secret and expects the history.
func resumeChat(r *running, session string) {
	r.t.Helper()
	again := r.chat()
	again.send(frame{Type: "hello", Session: session})
	again.await("the visitor's own message", func(f frame) bool { return f.Type == "message" && f.From == "visitor" && f.Text == "Is anyone there?" })
	again.await("the reply", func(f frame) bool { return f.Type == "message" && f.From == "agent" })
}

// TestStaleReply: a reply written before a newer message arrived is refused.
func TestStaleReply(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "Hi", "a@acme.example", "One."))
	c := r.only("from:jo@acme.example")
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "Re: Hi", "b@acme.example", "Two.", "References: <a@acme.example>"))
	r.eventually("the second mail", func() bool { return len(r.messages(c.ID)) == 2 })
	body := map[string]any{"text": "Answer to one", "expected_seq": c.LastSeq}
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", body, nil); status != http.StatusConflict {
		t.Errorf("status %d, want 409", status)
	}
	now := r.only("from:jo@acme.example")
	body["expected_seq"] = now.LastSeq
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", body, nil); status != http.StatusCreated {
		t.Errorf("status %d, want 201", status)
	}
}

// TestDuplicate: the same mail received on two channels becomes one message.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	r := start(t, func(cfg *config.Config) {
		cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second}}
	})
	text := letter("jo@acme.example", "support@desk.example", "Once", "once@acme.example", "Only once.")
	r.post("jo@acme.example", "support@desk.example", text)
	box.Append([]byte("Received: from relay.example by mx.example; Sat, 21 Nov 2026 10:00:01 +0000\n" + text))
	c := r.only("from:jo@acme.example")
	r.eventually("the second copy is linked", func() bool {
		var page struct{ Data []struct{ Kind string } }
		r.call("GET", "/conversations/"+c.ID+"/events", nil, &page)
		return slices.ContainsFunc(page.Data, func(e struct{ Kind string }) bool { return e.Kind == "message.duplicate" })
	})
	if got := r.messages(c.ID); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
}
