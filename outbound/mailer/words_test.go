package mailer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// TestFaultsInPlainWords: what is wrong with the smarthost is told to whoever
// looks at its state, in the delivery, and with what to do. "" is a fault of the
// recipient's or of the mail.
func TestFaultsInPlainWords(t *testing.T) {
	t.Parallel()
	auth := "250-peer\n250 AUTH PLAIN"
	said := func(point, line string) func(*testing.T) string {
		s := script{"EHLO": {say: auth}, "AUTH": {say: "235 2.7.0 ok"}}
		s[point] = reply{say: line}
		return func(t *testing.T) string { return startPeer(t, s).addr }
	}
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	https := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(https.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	at := func(addr string) func(*testing.T) string { return func(*testing.T) string { return addr } }
	mute := func(t *testing.T) string { return startPeer(t, script{"connect": {stall: true}}).addr }
	cut := func(t *testing.T) string { return startPeer(t, script{"connect": {cut: true}}).addr }
	sound := func(t *testing.T) string { return startPeer(t, script{}).addr }
	for _, c := range []struct {
		name         string
		server       func(*testing.T) string
		mode         TLSMode
		state        desk.DeliveryState
		unauthorised bool
		what, advice string
	}{
		{"wrong password", said("AUTH", "535 5.7.8 Error: authentication failed"), TLSNone, desk.DeliveryDelayed, true, `%s refuses the login of "desk": 535 5.7.8 Error: authentication failed`, "application password"},
		{"passwords switched off", said("AUTH", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."), TLSNone, desk.DeliveryDelayed, true, "5.7.139", "auth = oauth2"},
		{"application password", said("AUTH", "534 5.7.9 Application-specific password required"), TLSNone, desk.DeliveryDelayed, true, "Application-specific", "application password"},
		{"backend away", said("AUTH", "454 4.7.0 Temporary authentication failure"), TLSNone, desk.DeliveryDelayed, false, "can log nobody in just now", "by itself"},
		{"login wanted", said("MAIL", "530 5.7.0 Authentication required"), TLSNone, desk.DeliveryDelayed, true, "wants a login before it takes mail", "smarthost.user"},
		{"sender refused", said("MAIL", "553 5.7.1 <help@desk.example>: Sender address rejected: not owned by user desk"), TLSNone, desk.DeliveryFailed, false, "%s does not let us send as help@desk.example: 553 5.7.1", `account "desk"`},
		{"sender refused late", said("RCPT", "553 5.7.1 <help@desk.example>: Sender address rejected: not owned by user desk"), TLSNone, desk.DeliveryFailed, false, "does not let us send as help@desk.example", `account "desk"`},
		{"sender refused at the end", said("dot", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"), TLSNone, desk.DeliveryFailed, false, "does not let us send as help@desk.example", `account "desk"`},
		{"no relaying", said("RCPT", "554 5.7.1 <jo@acme.example>: Relay access denied"), TLSNone, desk.DeliveryDelayed, false, "%s does not pass mail on for us", "this machine's address"},
		{"no such recipient", said("RCPT", "550 5.1.1 <jo@acme.example>: User unknown"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"no such recipient behind a relay", said("RCPT", "550 5.1.1 <jo@acme.example>: Recipient address rejected: User unknown in relay recipient table"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"a recipient whose name is relay", said("RCPT", "550 <relay@relay.example>: no such user"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"too large", said("MAIL", "552 5.3.4 Message size exceeds fixed limit"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"turned away", said("connect", "554 5.7.1 No SMTP service for you"), TLSNone, desk.DeliveryDelayed, false, "%s turns us away: 554 5.7.1 No SMTP service for you", "administrator"},
		{"no STARTTLS", sound, TLSStart, desk.DeliveryDelayed, false, "%s offers no STARTTLS", "port 465"},
		{"STARTTLS refused", said("STARTTLS", "454 4.7.0 TLS not available"), TLSStart, desk.DeliveryDelayed, false, "STARTTLS", "port 465"},
		{"TLS in vain", sound, TLSImplicit, desk.DeliveryDelayed, false, "%s does not start with TLS; an SMTP server answers in clear", "starttls"},
		{"in clear in vain", at(https.Listener.Addr().String()), TLSStart, desk.DeliveryDelayed, false, "%s takes the connection and says nothing", "465"},
		{"an IMAP server", said("connect", "* OK ready"), TLSNone, desk.DeliveryDelayed, false, "%s does not speak SMTP", "587"},
		{"a web server", at(web.Listener.Addr().String()), TLSImplicit, desk.DeliveryDelayed, false, "a web server answers", "port"},
		{"nobody listens", at(closed.Addr().String()), TLSNone, desk.DeliveryDelayed, false, "nothing listens on %s", "whether that server runs"},
		{"no such host", at("smtp.switchboard.invalid:587"), TLSStart, desk.DeliveryDelayed, false, "smtp.switchboard.invalid", "Check"},
		{"says nothing", mute, TLSNone, desk.DeliveryDelayed, false, "%s takes the connection and says nothing", "implicit"},
		{"hangs up", cut, TLSNone, desk.DeliveryDelayed, false, "%s hangs up without a word", "implicit"},
		{"certificate", at(https.Listener.Addr().String()), TLSImplicit, desk.DeliveryDelayed, false, "the certificate of %s is signed by", "authority's certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr := c.server(t)
			var told *Fault
			m := mailerFor(t, addr, func(cfg *Config) {
				cfg.User, cfg.Password, cfg.TLS, cfg.Timeout, cfg.TLSConfig = "desk", "hunter2", c.mode, 20*time.Second, &tls.Config{RootCAs: x509.NewCertPool()}
				if c.name == "login wanted" {
					cfg.User = ""
				}
				if c.name == "says nothing" || c.name == "in clear in vain" {
					cfg.Timeout = 100 * time.Millisecond
				}
				cfg.Report = func(f *Fault) { told = f }
			})
			what := strings.ReplaceAll(c.what, "%s", addr)
			msg := numbered()
			r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example"))
			// Where the patience is short, a busy machine may not even connect in time.
			for n := 0; n < 50 && err == nil && strings.HasPrefix(r.Detail, addr+" does not answer") && !strings.Contains(r.Detail, what); n++ {
				r, err = m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example"))
			}
			if err != nil || r.State != c.state || r.Detail == "" {
				t.Fatalf("got %+v, %v, want %s", r, err, c.state)
			}
			if c.what == "" {
				if told != nil {
					t.Errorf("a fault of the set-up: %+v", told)
				}
				return
			}
			if told == nil {
				t.Fatal("nothing is told of the smarthost")
			}
			if !strings.Contains(told.What, what) || !strings.Contains(told.Advice, c.advice) || told.Unauthorised != c.unauthorised || !strings.Contains(r.Detail, what) {
				t.Errorf("it says %q\nand advises %q (unauthorised %t),\nwant %q\nand %q; the delivery: %q", told.What, told.Advice, told.Unauthorised, what, c.advice, r.Detail)
			}
			for _, word := range []string{"dial tcp", "x509", "tls: ", "EOF", "textproto", "i/o", "%!", "hunter2"} {
				if strings.Contains(told.What, word) {
					t.Errorf("%q is no plain word: %q", word, told.What)
				}
			}
		})
	}
}

// TestProbe asks for every address of ours, and sends nothing.
func TestProbe(t *testing.T) {
	t.Parallel()
	p := startPeer(t, script{})
	if err := mailerFor(t, p.addr, nil).Probe(t.Context(), "help@desk.example", "bills@desk.example"); err != nil {
		t.Error(err)
	}
	if p.mails() != 0 || len(p.commands()) < 7 {
		t.Errorf("%d mails, commands %q", p.mails(), p.commands())
	}
	for point, want := range map[string]bool{"MAIL": true, "RCPT": false} {
		p := startPeer(t, script{point: {say: "550 5.7.1 No"}})
		err := mailerFor(t, p.addr, nil).Probe(t.Context(), "help@desk.example")
		if f, refused := errors.AsType[*Fault](err); refused != want || want && !f.Sender {
			t.Errorf("refused at %s: %v", point, err)
		}
	}
}

// TestProbeOfManySenders: no connection has more commands that belong to no mail
// than Exim bears with, which hangs up after ten.
func TestProbeOfManySenders(t *testing.T) {
	t.Parallel()
	p := startPeer(t, script{})
	var senders []string
	for n := range 30 {
		senders = append(senders, fmt.Sprintf("help%d@desk.example", n))
	}
	if err := mailerFor(t, p.addr, nil).Probe(t.Context(), senders...); err != nil {
		t.Error(err)
	}
	asked, idle := 0, 0
	for _, command := range p.commands() {
		switch verb, _, _ := strings.Cut(command, " "); verb {
		case "QUIT":
			idle = 0
		case "MAIL":
			asked++
		case "RCPT":
		default:
			if idle++; idle > 10 {
				t.Fatalf("%s is too much for one connection", command)
			}
		}
	}
	if asked != len(senders) {
		t.Errorf("asked for %d of %d", asked, len(senders))
	}
}
