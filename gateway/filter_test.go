package gateway_test

import (
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// offer sends a mail and returns the refusal; "" if it was accepted.
func (r *running) offer(subject, id, text string) string {
	r.t.Helper()
	mail := strings.ReplaceAll(letter("jo@acme.example", "support@desk.example", subject, id, text), "\n", "\r\n")
	if err := smtp.SendMail(r.smtp, nil, "jo@acme.example", []string{"support@desk.example"}, []byte(mail)); err != nil {
		return strings.ReplaceAll(err.Error(), `"`, "")
	}
	return ""
}

// TestFilters: the results of rspamd and ClamAV decide whether a mail is accepted, and
// are shown with it.
func TestFilters(t *testing.T) {
	t.Parallel()
	rspamd, clamd := mailtest.Rspamd(t), mailtest.Clamd(t)
	for _, quarantine := range []bool{false, true} {
		r := start(t, func(cfg *config.Config) {
			cfg.SMTP.Rspamd.URL, cfg.SMTP.Clamd.Addr = rspamd, clamd
			if quarantine {
				cfg.SMTP.Clamd.OnVirus = "quarantine"
			}
		})
		if quarantine {
			if said := r.offer("Virus", "v@acme.example", mailtest.VirusMark); said != "" {
				t.Fatalf("refused: %s", said)
			}
			r.eventually("the quarantined mail", func() bool {
				var page struct{ Data []struct{ Problem string } }
				status := r.call("GET", "/raws?state=quarantined", nil, &page)
				return status == http.StatusOK && len(page.Data) == 1 && strings.Contains(page.Data[0].Problem, "virus found: Switchboard.Test")
			})
			if list := r.find(""); len(list) != 0 {
				t.Errorf("a quarantined mail became a conversation: %+v", list)
			}
			continue
		}
		for subject, want := range map[string]string{"action: reject": "550 5.7.1 the rule of reject", "action: soft reject": "451 4.7.1 the rule of soft reject",
			"action: greylist": "451 4.7.1 "} {
			if said := r.offer(subject, subject[8:]+"@acme.example", "Hello."); !strings.HasPrefix(said, want) {
				t.Errorf("%s: %q, want %q", subject, said, want)
			}
		}
		if said := r.offer("Virus", "v@acme.example", mailtest.VirusMark); !strings.HasPrefix(said, "550 5.7.1 Virus found: Switchboard.Test") {
			t.Errorf("virus: %q", said)
		}
		for subject, spam := range map[string]string{"action: add header": "add header", "action: rewrite subject": "rewrite subject", "Lamp": "no action"} {
			if said := r.offer(subject, spam[:3]+"@acme.example", "Hello."); said != "" {
				t.Fatalf("%s: %s", subject, said)
			}
			var found []conversation
			r.eventually(subject, func() bool { found = r.find(`"` + subject + `"`); return len(found) == 1 })
			a := r.messages(found[0].ID)[0].Authentication
			if a == nil || a.Spam != spam || a.Virus != "none" || a.Trust != "claimed" || a.By != "desk.example" {
				t.Errorf("%s: %+v", subject, a)
			}
		}
		if tagged := r.find("tag:spam"); len(tagged) != 2 {
			t.Errorf("%d conversations are tagged, want 2", len(tagged))
		}
		if all := r.find(""); len(all) != 3 {
			t.Errorf("%d conversations, want 3", len(all))
		}
	}
}

// TestFiltersUnavailable: mail that cannot be checked is accepted and marked, or
// deferred, as configured.
func TestFiltersUnavailable(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"accept", "defer"} {
		r := start(t, func(cfg *config.Config) {
			cfg.SMTP.Rspamd.URL, cfg.SMTP.Rspamd.OnFailure = "http://127.0.0.1:1", choice
			cfg.SMTP.Clamd.Addr, cfg.SMTP.Clamd.OnFailure = "/nowhere/clamd.sock", choice
		})
		said := r.offer("Lamp", "1@acme.example", "Hello.")
		if choice == "defer" {
			if !strings.HasPrefix(said, "451 4.7.1") {
				t.Errorf("deferred: %q", said)
			}
			continue
		}
		if said != "" {
			t.Fatalf("refused: %s", said)
		}
		a := r.messages(r.only("Lamp").ID)[0].Authentication
		if a == nil || a.Spam != "unavailable" || a.Virus != "unavailable" {
			t.Errorf("%+v", a)
		}
	}
}
