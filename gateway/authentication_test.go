package gateway_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// acmeDNS: acme.example sends from 192.0.2.7 only and publishes p=reject.
var acmeDNS = map[string]string{"acme.example": "v=spf1 ip4:192.0.2.7 -all", "_dmarc.acme.example": "v=DMARC1; p=reject"}

// via sends a mail from jo@acme.example as a client with the address ip.
func (r *running) via(ip, text string) {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.smtp)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	dialogue(r.t, conn, [2]string{"PROXY TCP4 " + ip + " 192.0.2.8 4000 25", "220"}, [2]string{"EHLO client.example", "250"},
		[2]string{"MAIL FROM:<jo@acme.example>", "250"}, [2]string{"RCPT TO:<support@desk.example>", "250"}, [2]string{"DATA", "354"}, [2]string{text + ".", "250"})
}

// TestAuthentication: the authentication results of a mail are stored with it, decide
// whether it may join a conversation, and are shown with the reason.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	dns := mailtest.DNS(t, acmeDNS)
	r := start(t, func(cfg *config.Config) {
		cfg.SMTP.ProxyFrom, cfg.SMTP.DNS, cfg.Mail.Domain = []string{"127.0.0.0/8"}, dns, "mx.desk.example"
	})
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Lamp", "1@acme.example", "It is broken."))
	c := r.only("is:open from:jo@acme.example")
	m := r.messages(c.ID)[0]
	if a := m.Authentication; a == nil || a.SPF != "pass" || a.DKIM != "none" || a.DMARC != "pass" || a.Trust != "aligned" || a.By != "mx.desk.example" || len(m.Problems) != 0 {
		t.Errorf("genuine: %+v, problems %v", a, m.Problems)
	}
	r.via("198.51.100.1", letter("Jo <jo@acme.example>", "support@desk.example", "Re: Lamp", "2@evil.example", "Where is my key?",
		"References: <1@acme.example>", "Reply-To: eve@evil.example", "Authentication-Results: mx.desk.example; dmarc=pass header.from=acme.example"))
	r.eventually("two conversations", func() bool { return len(r.find("from:jo@acme.example")) == 2 })
	list := r.find("from:jo@acme.example")
	forged := list[slices.IndexFunc(list, func(other conversation) bool { return other.ID != c.ID })]
	m = r.messages(forged.ID)[0]
	if a := m.Authentication; a == nil || a.SPF != "fail" || a.DMARC != "fail" || a.Policy != "reject" || a.Trust != "forged" || !strings.Contains(a.Reason, "acme.example") {
		t.Errorf("forged: %+v", a)
	}
	if len(m.Problems) != 1 || m.Problems[0].Code != "forged-sender" || !strings.Contains(m.Thread.Evidence, "sender address is forged") {
		t.Errorf("problems %v, evidence %q", m.Problems, m.Thread.Evidence)
	}
	if forged.Contact.Address != "jo@acme.example" || len(r.messages(c.ID)) != 1 {
		t.Errorf("forged %+v", forged)
	}
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Re: Lamp", "3@acme.example", "And?", "References: <1@acme.example>"))
	r.eventually("jo's own reply", func() bool { return len(r.messages(c.ID)) == 2 })
}

// TestMailboxAuthentication: the results of a mailbox's provider are trusted if it is
// configured, and only those above the first Received field.
func TestMailboxAuthentication(t *testing.T) {
	t.Parallel()
	box := mailtest.NewDovecot(t)
	results := "Authentication-Results: mx.provider.example; dmarc=%s header.from=acme.example\nReceived: from x by mx.provider.example; Sat, 21 Nov 2026 10:00:00 +0000"
	box.Append([]byte(strings.Replace(results, "%s", "pass", 1) + "\n" + letter("jo@acme.example", "support@desk.example", "First", "1@acme.example", "Hello.")))
	box.Append([]byte(strings.Replace(results, "%s", "fail (p=REJECT sp=NONE)", 1) + "\nAuthentication-Results: mx.provider.example; dmarc=pass header.from=acme.example\n" +
		letter("jo@acme.example", "support@desk.example", "Second", "2@acme.example", "Hello.", "References: <1@acme.example>")))
	box.Append([]byte(letter("jo@acme.example", "support@desk.example", "Third", "3@acme.example", "Hello.", "Authentication-Results: mx.evil.example; dmarc=pass header.from=acme.example")))
	r := start(t, func(cfg *config.Config) {
		cfg.Mailboxes = []config.Mailbox{{Name: "support", Addr: box.Addr, User: box.User, Password: box.Password, TLS: "none", Poll: time.Second,
			TrustedAuthserv: []string{"MX.provider.example"}}}
	})
	r.eventually("three conversations", func() bool { return len(r.find("from:jo@acme.example")) == 3 })
	for subject, want := range map[string]string{"First": "aligned", "Second": "forged", "Third": ""} {
		got := r.messages(r.only(subject).ID)[0].Authentication
		if got == nil && want != "" || got != nil && (got.Trust != want || want == "forged" && got.Policy != "reject") {
			t.Errorf("%s: %+v, want %q", subject, got, want)
		}
	}
}
