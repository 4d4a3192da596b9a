package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"switchboard/config"
	"switchboard/desk/view"
	"switchboard/internal/advisory"
	"switchboard/internal/mailtest"
)

var unsubscribe = regexp.MustCompile(`(?m)^List-Unsubscribe: <https://help\.desk\.example(/unsubscribe/[A-Za-z0-9_-]+)>$`)

// TestAdvisory: each contact gets a mail of their own once, whoever sends it, and says with one click that they want no
// more; an answer opens its conversation.
func TestAdvisory(t *testing.T) {
	t.Parallel()
	sink, dns := mailtest.NewSMTPSink(t), mailtest.DNS(t, acmeDNS)
	r := start(t, func(cfg *config.Config) {
		cfg.SMTP.ProxyFrom, cfg.SMTP.DNS, cfg.Mail.Domain = []string{"127.0.0.0/8"}, dns, "mx.desk.example"
		cfg.Smarthost, cfg.PublicURL = config.Smarthost{Addr: sink.Addr, TLS: "none"}, "https://help.desk.example"
	})
	const contacts = 10
	for i := range contacts {
		r.via("192.0.2.7", letter(fmt.Sprintf("Jo%d Doe <jo%d@acme.example>", i, i), "support@desk.example", fmt.Sprintf("Lamp %d", i), fmt.Sprintf("%d@acme.example", i), "It is broken."))
	}
	r.eventually("all questions", func() bool { return len(r.find("is:open")) == contacts })
	account := r.find("is:open")[0].Account.ID
	var a view.Advisory
	if code := r.call("POST", "/advisories", map[string]any{"subject": "Maintenance tonight", "text": "Hello {{contact.first_name}}, the **shop** closes at 8.", "inbox": "frontline", "accounts": []string{account}}, &a); code != http.StatusCreated || a.Waiting != contacts {
		t.Fatalf("%d %+v", code, a)
	}
	at := "/advisories/" + a.ID.String()
	if code := r.call("POST", at+"/send", nil, nil); code != http.StatusOK {
		t.Fatal(code)
	}
	links := r.optOuts()
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			for more := true; more; {
				var err error
				if more, err = r.at.Desk().SendAdvisory(t.Context(), r.at.Store(), links); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	r.eventually("the end", func() bool { r.call("GET", at, nil, &a); return a.State == "done" })
	mails := sink.Await(contacts)
	got := map[string]string{}
	for _, m := range mails {
		text := string(m.Content)
		link := unsubscribe.FindStringSubmatch(strings.ReplaceAll(text, "\n ", " "))
		if len(m.To) != 1 || got[m.To[0]] != "" || link == nil || !strings.Contains(text, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n") || !strings.Contains(text, "Auto-Submitted: auto-generated\n") ||
			!strings.Contains(text, "Subject: Maintenance tonight\n") || !strings.Contains(text, "Hello J"+strings.TrimPrefix(strings.SplitN(m.To[0], "@", 2)[0], "j")+", the") ||
			!strings.Contains(strings.ReplaceAll(text, "=\n", ""), "https://help.desk.example"+link[1]+"\n") {
			t.Fatalf("to %v:\n%s", m.To, text)
		}
		got[m.To[0]] = link[1]
	}
	if len(sink.Mails()) != contacts || a.Sent != contacts || a.Waiting != 0 {
		t.Errorf("%d mails, %+v", len(sink.Mails()), a)
	}
	if open := r.find("is:open"); len(open) != contacts {
		t.Errorf("%d conversations are open", len(open))
	}
	var c conversation
	for _, one := range r.find("maintenance") {
		if one.Contact.Address == "jo1@acme.example" {
			c = one
		}
	}
	if m := r.messages(c.ID); c.Status != "resolved" || c.Assignee != nil || len(m) != 1 || strings.Contains(m[0].Text, got["jo1@acme.example"]) || !strings.Contains(m[0].Text, "/unsubscribe/hidden") {
		t.Errorf("%+v %+v", c, m)
	}

	// Looking changes nothing; one click, of a program or of a person, does.
	path := got["jo1@acme.example"]
	for range 2 {
		if code, text := r.page("GET", path, nil); code != http.StatusOK || !strings.Contains(text, "No more notices") {
			t.Errorf("%d %s", code, text)
		}
	}
	if code, _ := r.page("POST", path, url.Values{"List-Unsubscribe": {"One-Click"}}); code != http.StatusOK {
		t.Error(code)
	}
	if code, text := r.page("GET", path, nil); code != http.StatusOK || !strings.Contains(text, "Get notices again") {
		t.Errorf("%d %s", code, text)
	}
	r.page("POST", got["jo2@acme.example"], url.Values{"wanted": {"no"}})
	r.page("POST", got["jo3@acme.example"], url.Values{"wanted": {"no"}})
	if code, text := r.page("POST", got["jo3@acme.example"], url.Values{"wanted": {"yes"}}); code != http.StatusOK || !strings.Contains(text, "No more notices") {
		t.Errorf("%d %s", code, text)
	}
	for _, bad := range []string{path[:len(path)-1], path + "A", "/unsubscribe/hidden"} {
		if code, _ := r.page("POST", bad, nil); code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, code)
		}
	}
	var next view.Advisory
	r.call("POST", "/advisories", map[string]any{"subject": "Again", "text": "Again.", "inbox": "frontline", "accounts": []string{account}}, &next)
	if next.Waiting != contacts-2 || next.Skipped != 2 {
		t.Errorf("%+v", next)
	}

	// An answer opens the conversation, and starts its clocks as a question does.
	id := regexp.MustCompile(`Message-ID: <([^>]+)>`).FindStringSubmatch(string(mails[0].Content))[1]
	who := mails[0].To[0]
	r.via("192.0.2.7", letter("Jo <"+who+">", "support@desk.example", "Re: Maintenance tonight", "answer@acme.example", "Why?", "In-Reply-To: <"+id+">", "References: <"+id+">"))
	r.eventually("the answer", func() bool {
		for _, c := range r.find("is:open maintenance") {
			return len(r.messages(c.ID)) == 2
		}
		return false
	})
}

// optOuts returns links, whose keys do not matter to the advisory: the mail has those of the gateway.
func (r *running) optOuts() *advisory.Links {
	return advisory.NewLinks("https://help.desk.example", advisory.Key{ID: 1, Secret: []byte("test")})
}
