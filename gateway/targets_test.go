package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

// TestTargetReview: in a new quarter admins and leads are told once, in the console and by mail,
// which targets differ from what was observed in the quarter before in their inboxes.
func TestTargetReview(t *testing.T) {
	t.Parallel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	err := os.WriteFile(policy, []byte(`
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}, billing: {tier: 1, calendar: always}}
slas: [{name: slow, calendar: always, first_response: 8h}]
routing: [{name: default, set: {inbox: frontline}}]
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	sink, database := mailtest.NewSMTPSink(t), dbtest.New(t)
	configure := func(cfg *config.Config) {
		cfg.DB.URL, cfg.Policy, cfg.NoticeMail, cfg.PublicURL = database, policy, 300*time.Millisecond, "https://desk.example"
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	}
	r := start(t, configure)
	silent := start(t, func(cfg *config.Config) { configure(cfg); cfg.TargetReview = false })
	for _, a := range []desk.Agent{{Name: "Lee", Email: "lee@desk.example", Tiers: []desk.Tier{1}, Leads: []string{"frontline"}}, {Name: "Pat", Email: "pat@desk.example", Tiers: []desk.Tier{1}, Leads: []string{"billing"}}} {
		if _, err := r.at.Store().SaveAgent(t.Context(), a, ""); err != nil {
			t.Fatal(err)
		}
	}
	const customers = 50
	for i := range customers {
		from := fmt.Sprintf("c%d@acme.example", i)
		r.post(from, "support@desk.example", letter(from, "support@desk.example", "Question", fmt.Sprintf("q%d@acme.example", i), "Hello?"))
	}
	r.eventually("all conversations", func() bool { return len(r.find("is:open")) == customers })
	for _, c := range r.find("is:open") {
		if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "Hello."}, nil); status != 201 {
			t.Fatalf("reply: %d", status)
		}
	}
	now := time.Now().UTC()
	next := time.Date(now.Year(), (now.Month()-1)/3*3+4, 6, 12, 0, 0, 0, time.UTC) // in the week after its first working day
	for _, remind := range []func() error{
		func() error { return r.at.RemindTargets(t.Context(), now) },           // not due: the quarter is under way, or has nothing to look back on
		func() error { return silent.at.RemindTargets(t.Context(), next) },     // switched off
		func() error { return r.at.RemindTargets(t.Context(), next) },          //
		func() error { return r.at.RemindTargets(t.Context(), next.Add(1e9)) }, // once
	} {
		if err := remind(); err != nil {
			t.Fatal(err)
		}
	}
	var page struct{ Data []struct{ Kind, Text string } }
	r.call("GET", "/notices", nil, &page)
	if len(page.Data) != 1 || page.Data[0].Kind != "targets" || !strings.Contains(page.Data[0].Text, "1 target differs clearly") || !strings.Contains(page.Data[0].Text, "Frontline, first reply: promised within 8h, kept in 100 % of 50;") {
		t.Errorf("%+v", page.Data)
	}
	var mails []mailtest.SinkMail
	r.eventually("the mails to the admin and the lead", func() bool {
		mails = sink.Mails()
		return mailsTo(mails, "ana@desk.example") == 1 && mailsTo(mails, "lee@desk.example") == 1
	})
	for _, m := range mails {
		link := map[string]string{"ana@desk.example": "https://desk.example/#/policy", "lee@desk.example": "https://desk.example/#/reports"}[m.To[0]]
		text := strings.NewReplacer("=\r\n", "", "=\n", "").Replace(string(m.Content))
		if link != "" && (m.From != "" || !strings.Contains(text, "Auto-Submitted: auto-generated") || !strings.Contains(text, link) || !strings.Contains(text, "Subject: Notice: Review the targets of the policy: 1 target differs") || !strings.Contains(text, "The target could be ")) {
			t.Errorf("from %q: %s", m.From, text)
		}
	}
	if n := mailsTo(sink.Mails(), "pat@desk.example"); n != 0 {
		t.Errorf("%d mails to a lead in whose inbox nothing happened", n)
	}
}
