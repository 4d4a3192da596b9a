package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// automaticPolicy is a policy with a section automatic.
func automaticPolicy(t *testing.T, section string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	err := os.WriteFile(path, []byte(`version: 1
calendars:
  never: {timezone: Europe/Berlin, hours: {mon: ["00:00-00:01"]}}
  always: {hours: always}
tiers: [{tier: 1, name: Frontline}]
inboxes:
  frontline:
    tier: 1
    calendar: always
    automatic: `+section+`
  night: {tier: 1, calendar: never, automatic: {out_of_hours: {subject: "Closed now [#{number}]", text: "Back on {opening}."}, unverified: true}}
slas: [{name: first, calendar: always, first_response: 4h}]
routing:
  - {name: night, when: 'message.to contains "billing@"', set: {inbox: night}}
  - {name: default, set: {inbox: frontline}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// history returns the data of a conversation's events of a kind.
func (r *running) history(id, kind string) (list []map[string]any) {
	r.t.Helper()
	var page struct {
		Data []struct {
			Kind string
			Data json.RawMessage
		}
	}
	r.call("GET", "/conversations/"+id+"/events", nil, &page)
	for _, e := range page.Data {
		if e.Kind == kind {
			var data map[string]any
			if err := json.Unmarshal(e.Data, &data); err != nil {
				r.t.Fatal(err)
			}
			list = append(list, data)
		}
	}
	return list
}

// withheld waits for the rule that withheld the automatic mail of a conversation.
func (r *running) withheld(id string) string {
	r.t.Helper()
	var list []map[string]any
	r.eventually("the decision about an automatic mail", func() bool { list = r.history(id, "automatic.withheld"); return len(list) > 0 })
	return list[0]["rule"].(string)
}

// TestAcknowledgement: the first mail of a conversation is answered by one with the headers
// that automatic mail has, and the conversation waits as before. What is not answered says
// why in its history.
func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	dns := mailtest.DNS(t, acmeDNS)
	r := start(t, func(cfg *config.Config) {
		cfg.Policy = automaticPolicy(t, "{acknowledge: true}")
		cfg.SMTP.ProxyFrom, cfg.SMTP.DNS, cfg.Mail.Domain = []string{"127.0.0.0/8"}, dns, "mx.desk.example"
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	})
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Lamp", "1@acme.example", "It is broken. Visit evil.example!"))
	c := r.only("from:jo@acme.example")
	sent := sink.Await(1)[0]
	mail := strings.ReplaceAll(string(sent.Content), "=\n", "")
	for _, part := range []string{"Auto-Submitted: auto-replied\n", "X-Auto-Response-Suppress: All\n", "Precedence: bulk\n", "In-Reply-To: <1@acme.example>\n", "References: <1@acme.example>\n",
		"To: <jo@acme.example>\n", fmt.Sprintf("Subject: We have received your message [#%d]\n", c.Number), "Reply-To: <support+"} {
		if !strings.Contains(mail, part) {
			t.Errorf("%q is not in\n%s", part, mail)
		}
	}
	if sent.From != "" || len(sent.To) != 1 || sent.To[0] != "jo@acme.example" || strings.Contains(mail, "evil.example") || strings.Contains(mail, "Lamp") {
		t.Errorf("from %q to %v:\n%s", sent.From, sent.To, mail)
	}
	var list []message
	r.eventually("the sent acknowledgement", func() bool {
		list = r.messages(c.ID)
		return len(list) == 2 && len(list[1].Deliveries) == 1 && list[1].Deliveries[0].State == "sent"
	})
	var full struct {
		Status  string
		Waiting struct{ On string }
		Clocks  []struct{ State, Metric string }
	}
	r.call("GET", "/conversations/"+c.ID, nil, &full)
	if full.Status != "open" || slices.ContainsFunc(full.Clocks, func(k struct{ State, Metric string }) bool { return k.State == "met" }) {
		t.Errorf("after the acknowledgement: %+v", full)
	}
	if data := r.history(c.ID, "message.sent"); len(data) != 1 || data[0]["automatic"] != "acknowledgement" {
		t.Errorf("the history says %v", data)
	}
	// An agent who has seen the customer's message can reply: a program's mail is no news.
	if code := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "Plug it in.", "expected_seq": list[0].Seq}, nil); code != http.StatusCreated {
		t.Errorf("the reply: %d", code)
	}
	r.eventually("the reply", func() bool { list = r.messages(c.ID); return len(list) == 3 })
	if !slices.Equal(list[2].InReplyTo, []string{"1@acme.example"}) {
		t.Errorf("the agent's reply answers %v", list[2].InReplyTo)
	}
	// Another one soon after is not acknowledged again, and one without proof never.
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Chair", "2@acme.example", "It is broken, too."))
	if rule := r.withheld(r.only("Chair").ID); rule != "budget-address" {
		t.Error("soon after:", rule)
	}
	r.via("198.51.100.1", letter("kim@other.example", "support@desk.example", "Desk", "3@other.example", "Hello."))
	if rule := r.withheld(r.only("from:kim@other.example").ID); rule != "unverified" {
		t.Error("unverified:", rule)
	}
	if got := sink.Await(2); len(got) != 2 {
		t.Errorf("%d mails were sent", len(got))
	}
}

// TestOutOfHours: a closed inbox says when it opens; a form's author is unverified and gets
// one mail a day, whatever is submitted with their address.
func TestOutOfHours(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) {
		cfg.Policy = automaticPolicy(t, `{acknowledge: {subject: "Thanks [#{number}]"}, unverified: true}`)
		cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"}
	})
	r.post("kim@other.example", "billing@desk.example", letter("kim@other.example", "billing@desk.example", "Desk", "3@other.example", "Hello."))
	sent := sink.Await(1)[0]
	if mail := string(sent.Content); !strings.Contains(mail, "Subject: Closed now [#1]") || !strings.Contains(mail, "Back on Monday, ") || !strings.Contains(mail, "00:00 (Europe/Berlin)") {
		t.Errorf("out of hours: %s", mail)
	}
	for i := range 12 {
		form, err := http.PostForm("http://"+r.host+"/f/contact", url.Values{"name": {"Buy pills"}, "email": {"victim@target.example"}, "message": {fmt.Sprintf("Offer %d: %s", i, strings.Repeat("x", i))}})
		if err != nil || form.StatusCode >= 400 {
			t.Fatal(form, err)
		}
		form.Body.Close()
	}
	var all []conversation
	r.eventually("the submissions", func() bool { all = r.find("from:victim@target.example"); return len(all) == 12 })
	n := 0
	for _, c := range all {
		r.eventually("a decision", func() bool {
			return len(r.history(c.ID, "automatic.withheld"))+len(r.history(c.ID, "message.sent")) == 1
		})
		n += len(r.history(c.ID, "message.sent"))
	}
	mails := sink.Await(2)
	if n != 1 || len(mails) != 2 {
		t.Fatalf("%d acknowledgements, %d mails", n, len(mails))
	}
	for _, m := range mails {
		if strings.Contains(string(m.Content), "pills") {
			t.Errorf("the submitter's text was sent: %s", m.Content)
		}
	}
}

// TestUnreachableGetsNoAcknowledgement: a form is not answered at an address from which mail came back.
func TestUnreachableGetsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	d := startMail(t, func(cfg *config.Config) { cfg.Policy = automaticPolicy(t, "{acknowledge: true, unverified: true}") })
	if _, err := d.db.Exec(`insert into address_health (address, suppressed_at, reason, failures, first_failed_at, last_failed_at) values ('gone@acme.example', now(), 'no-mailbox', 1, now(), now())`); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"Gone@acme.example", "jo@other.example"} {
		form, err := http.PostForm("http://"+d.host+"/f/contact", url.Values{"name": {"Jo"}, "email": {address}, "message": {"Where is " + address + "?"}})
		if err != nil || form.StatusCode >= 400 {
			t.Fatal(form, err)
		}
		form.Body.Close()
	}
	if rule := d.withheld(d.only("from:gone@acme.example").ID); rule != "unreachable" {
		t.Error(rule)
	}
	d.eventually("the other acknowledgement", func() bool { all, _ := d.peer.got("jo@other.example"); return len(all) == 1 })
	if all, _ := d.peer.got("gone@acme.example"); len(all) != 0 {
		t.Errorf("%d mails", len(all))
	}
}
