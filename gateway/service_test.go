package gateway_test

import (
	"fmt"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/config"
)

const servicePolicy = `version: 1
calendars: {office: {timezone: Europe/Berlin, hours: {mon-sun: ["00:00-12:00", "12:00-24:00"]}}, always: {hours: always}}
segments: [{name: enterprise, when: account.plan == "enterprise"}, {name: standard}]
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}}
slas:
  - {name: big, when: segment == "enterprise", calendar: office, first_response: 30m}
  - {name: rest, calendar: always, first_response: 4h, resolution: 48h, pause_on: [customer]}
routing: [{name: default, set: {inbox: frontline}}]
`

// TestServicePage: customers read what is promised, and what was observed once there are enough
// cases of enough accounts; only for segments that are enabled.
func TestServicePage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte(servicePolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(cfg *config.Config) { cfg.Policy, cfg.Service.Segments = path, []string{"standard", "nosuch"} })
	for i := range 21 {
		from := fmt.Sprintf("jo%d@shop%d.example", i, i%6)
		if err := smtp.SendMail(r.smtp, nil, from, []string{"support@desk.example"}, []byte(letter(from, "support@desk.example", fmt.Sprintf("Lamp %d", i), fmt.Sprintf("m%d@shop.example", i), "It is broken."))); err != nil {
			t.Fatal(err)
		}
	}
	var list []conversation
	r.eventually("the mails", func() bool { list = r.find(""); return len(list) == 21 })
	for _, c := range list {
		if code := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "We send another one.", "expected_seq": c.LastSeq}, nil); code != http.StatusCreated {
			t.Fatal("reply:", code)
		}
	}
	r.resolve(list[0].ID)
	answer, text := r.get("/service/standard/")
	if answer.StatusCode != http.StatusOK || len(text) > 30_000 || answer.Header.Get("Content-Security-Policy") != "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'" {
		t.Fatalf("%d, %d octets, %v\n%s", answer.StatusCode, len(text), answer.Header, text)
	}
	for _, part := range []string{"What you can expect: Standard", "First response within 4 hours, at any time", "Solution within 48 hours, at any time", "Time for which we wait for your answer does not count.",
		`<th scope="row">First response</th>`, "<td>100 %</td>", "more than 20", `href="/f/contact"`} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	for _, part := range []string{"Enterprise", `<th scope="row">Solution`, "<script", "style="} { // one resolution is of one customer
		if strings.Contains(text, part) {
			t.Errorf("%q in\n%s", part, text)
		}
	}
	if again, body := r.get("/service/standard/", "If-None-Match", answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("again: %d %q", again.StatusCode, body)
	}
	if answer, _ := r.get("/service/standard"); answer.StatusCode != http.StatusMovedPermanently || answer.Header.Get("Location") != "/service/standard/" {
		t.Errorf("without a slash: %d %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	for _, path := range []string{"/service/enterprise/", "/service/enterprise", "/service/nosuch/", "/service/", "/service/standard/more", "/service/%00/"} {
		if answer, text := r.get(path); answer.StatusCode != http.StatusNotFound || strings.Contains(text, "promise") {
			t.Errorf("%s: %d\n%s", path, answer.StatusCode, text)
		}
	}
}

// TestServicePageIsOff: without the setting there is no such page.
func TestServicePageIsOff(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	if answer, _ := r.get("/service/standard/"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("%d", answer.StatusCode)
	}
}
