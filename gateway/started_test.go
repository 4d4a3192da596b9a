package gateway_test

import (
	"net/http"
	"net/smtp"
	"testing"

	"switchboard/api"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/normalize"
)

// TestStartedConversation: the mail of an agent who starts a conversation reaches the
// customer with its file, and the customer's answer joins the conversation.
func TestStartedConversation(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) { cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"} })
	file := r.upload("offer.pdf", []byte("%PDF-1.4 offer"))
	var out api.Started
	if status := r.call("POST", "/conversations", map[string]any{"to": []string{"Kim Lee <kim@new.example>"}, "subject": "Your offer", "text": "Here it **is**.", "inbox": "frontline",
		"attachments": []string{file.ID.String()}, "undo_s": 0}, &out); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	c := out.Conversation
	got := sink.Await(1)[0]
	mail := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: got.Content})
	if mail.To[0] != (desk.Address{Name: "Kim Lee", Email: "kim@new.example"}) || mail.Subject != "Your offer" || mail.From[0].Email != out.Message.From[0].Email || len(mail.Attachments) != 1 || mail.Attachments[0].Name != "offer.pdf" {
		t.Errorf("sent %+v", mail)
	}
	answer := letter("Kim Lee <kim@new.example>", mail.From[0].Email, "Re: Your offer", "a1@new.example", "Too much.", "In-Reply-To: <"+mail.MessageID+">", "References: <"+mail.MessageID+">")
	if err := smtp.SendMail(r.smtp, nil, "kim@new.example", []string{mail.From[0].Email}, []byte(answer)); err != nil {
		t.Fatal(err)
	}
	r.eventually("the answer", func() bool { return len(r.messages(c.ID.String())) == 2 })
	if all := r.find("from:kim@new.example"); len(all) != 1 || all[0].ID != c.ID.String() || all[0].Status != "open" || all[0].Assignee == nil {
		t.Errorf("conversations %+v", all)
	}
}
