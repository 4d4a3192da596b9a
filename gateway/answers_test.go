package gateway_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

const answersPolicy = `version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes:
  frontline: {tier: 1, automatic: {acknowledge: true, articles: true, unverified: true}}
  silent: {tier: 1, automatic: {unverified: true}}
slas: [{name: first, calendar: always, first_response: 4h}]
routing:
  - {name: chat, when: 'channel == "chat"', set: {inbox: frontline, answer: resetting-your-password}}
  - {name: password, when: 'message.subject contains "password"', set: {inbox: silent, answer: resetting-your-password}}
  - {name: gone, when: 'message.subject contains "gone"', set: {inbox: frontline, answer: not-written-yet}}
  - {name: default, set: {inbox: frontline}}
`

// TestAnswerWithArticle: a route answers with an article, in the customer's language and with
// the way to a person; what is answered once, or by a program, is not answered. If the article
// is not there, the message is acknowledged, with links to articles that fit.
func TestAnswerWithArticle(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	dns := mailtest.DNS(t, acmeDNS)
	r := start(t, func(cfg *config.Config) {
		cfg.Policy = filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(cfg.Policy, []byte(answersPolicy), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg.PublicURL = "https://help.desk.example"
		cfg.SMTP.ProxyFrom, cfg.SMTP.DNS, cfg.Mail.Domain = []string{"127.0.0.0/8"}, dns, "mx.desk.example"
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	})
	r.write(map[string]any{"title": "Resetting your password", "text": "Open **Settings** & choose *Reset*. {number}", "tags": []string{"Login"}})
	r.write(map[string]any{"title": "Passwort zurücksetzen", "slug": "resetting-your-password", "language": "de", "text": "Öffnen Sie die **Einstellungen**."})
	r.write(map[string]any{"title": "Repairing a <lamp>", "text": "Plug it in.", "tags": []string{"lamps"}})
	if code := r.call("POST", "/articles", map[string]any{"title": "Lamp drafts", "public": true}, nil); code != http.StatusCreated {
		t.Fatal(code)
	}
	post := func(from, subject, id, text string) {
		r.via("192.0.2.7", letter(from, "support@desk.example", subject, id, text))
	}
	has := func(mail string, parts ...string) {
		t.Helper()
		mail = strings.ReplaceAll(mail, "=\n", "")
		for _, part := range parts {
			if !strings.Contains(mail, part) {
				t.Errorf("%q is not in\n%s", part, mail)
			}
		}
	}
	post("kim@acme.example", "My password", "1@acme.example", "Ich habe leider mein Kennwort vergessen und kann mich nicht mehr anmelden. Was soll ich jetzt machen?")
	answer := sink.Await(1)[0]
	has(string(answer.Content), "Subject: Eine Antwort auf Ihre Nachricht [#1]", "Auto-Submitted: auto-replied", "In-Reply-To: <1@acme.example>", "**Einstellungen**", "<strong>Einstellungen</strong>",
		"https://help.desk.example/help/de/resetting-your-password?from=3Dmail", "Sie hat die Nummer #1.", "Antworten Sie auf diese Nachricht, dann hilft Ihnen ein Mensch weiter.")
	if answer.From != "" || strings.Contains(string(answer.Content), "Kennwort") {
		t.Errorf("from %q:\n%s", answer.From, answer.Content)
	}
	c := r.only("from:kim@acme.example")
	r.eventually("the entry of the history", func() bool { return len(r.history(c.ID, "message.sent")) == 1 })
	if data := r.history(c.ID, "message.sent"); data[0]["automatic"] != "article" {
		t.Errorf("the history says %v", data)
	}
	if data := r.history(c.ID, "conversation.opened"); !strings.Contains(strings.Join(texts(data[0]["path"]), ";"), "answer: resetting-your-password") {
		t.Errorf("it opened with %v", data)
	}
	// A second one soon after has no answer, and neither has a program's.
	post("kim@acme.example", "password again", "2@acme.example", "Again.")
	if rule := r.withheld(r.only("again").ID); rule != "budget-address" {
		t.Error("soon after:", rule)
	}
	r.via("192.0.2.7", letter("ron@acme.example", "support@desk.example", "password expired", "3@acme.example", "Bye.", "Auto-Submitted: auto-generated"))
	if rule := r.withheld(r.only("expired").ID); rule != "automatic" {
		t.Error("a program:", rule)
	}
	// Without the article: an acknowledgement with links.
	post("lee@acme.example", "lamp is gone", "4@acme.example", "Where is the light of my lamp, please? It was here yesterday evening and I would like to have it back.")
	both := sink.Await(2) // in any order
	ack := both[slices.IndexFunc(both, func(m mailtest.SinkMail) bool { return m.To[0] == "lee@acme.example" })]
	has(string(ack.Content), "Subject: We have received your message", "- Repairing a <lamp>", "https://help.desk.example/help/en/repairing-a-lamp?from=3Dmail", ">Repairing a &lt;lamp&gt;</a>")
	if strings.Contains(string(ack.Content), "drafts") || strings.Contains(string(ack.Content), "password") {
		t.Errorf("it has other articles:\n%s", ack.Content)
	}
	if rule := r.withheld(r.only("from:lee@acme.example").ID); rule != "no-article" {
		t.Error("without the article:", rule)
	}
	// A chat is answered in the chat, once.
	lee := r.chat()
	lee.send(frame{Type: "hello", Name: "Lee"})
	lee.await("welcome", func(f frame) bool { return f.Type == "welcome" })
	lee.send(frame{Type: "message", ID: "c-1", Text: "I forgot it."})
	line := lee.await("the article", func(f frame) bool { return f.Type == "message" && f.From == "agent" })
	if !strings.Contains(line.Text, "Resetting your password\n\nOpen Settings & choose Reset. {number}") || !strings.Contains(line.Text, "/help/en/resetting-your-password?from=widget") ||
		!strings.HasSuffix(line.Text, "Reply to this message to reach a person.") {
		t.Errorf("%+v", line)
	}
	// Only a policy whose articles are published can be published.
	var report struct {
		Valid    bool
		Problems []struct {
			Line         int
			Path, Reason string
		}
	}
	r.call("POST", "/policies/check", map[string]any{"document": answersPolicy}, &report)
	if report.Valid || len(report.Problems) != 1 || report.Problems[0].Line != 11 || report.Problems[0].Path != "routing[2].set.answer" || !strings.Contains(report.Problems[0].Reason, "not-written-yet") {
		t.Errorf("the check says %+v", report)
	}
}

// texts are the elements of a list of texts.
func texts(list any) (all []string) {
	for _, x := range list.([]any) {
		all = append(all, x.(string))
	}
	return all
}
