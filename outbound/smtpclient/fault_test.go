package smtpclient

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
	"switchboard/outbound/smtpreply"
)

// TestFaults: a problem with the smarthost is reported with advice, and explained
// in the delivery's result. An empty what means that the recipient or the message
// was refused.
func TestFaults(t *testing.T) {
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
		{"wrong password", said("AUTH", "535 5.7.8 Error: authentication failed"), TLSNone, desk.DeliveryDelayed, true, `%s rejected the login of "desk": 535 5.7.8 Error: authentication failed`, "application password"},
		{"passwords switched off", said("AUTH", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."), TLSNone, desk.DeliveryDelayed, true, "5.7.139", "auth = oauth2"},
		{"application password", said("AUTH", "534 5.7.9 Application-specific password required"), TLSNone, desk.DeliveryDelayed, true, "Application-specific", "application password"},
		{"backend away", said("AUTH", "454 4.7.0 Temporary authentication failure"), TLSNone, desk.DeliveryDelayed, false, "cannot process logins right now", "automatically"},
		{"login wanted", said("MAIL", "530 5.7.0 Authentication required"), TLSNone, desk.DeliveryDelayed, true, "requires a login before it accepts mail", "smarthost.user"},
		{"sender refused", said("MAIL", "553 5.7.1 <help@desk.example>: Sender address rejected: not owned by user desk"), TLSNone, desk.DeliveryFailed, false, "%s does not allow sending as help@desk.example: 553 5.7.1", `account "desk"`},
		{"sender refused late", said("RCPT", "553 5.7.1 <help@desk.example>: Sender address rejected: not owned by user desk"), TLSNone, desk.DeliveryFailed, false, "does not allow sending as help@desk.example", `account "desk"`},
		{"sender refused at the end", said("dot", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"), TLSNone, desk.DeliveryFailed, false, "does not allow sending as help@desk.example", `account "desk"`},
		{"no relaying", said("RCPT", "554 5.7.1 <jo@acme.example>: Relay access denied"), TLSNone, desk.DeliveryDelayed, false, "%s does not relay mail from this gateway", "this machine's address"},
		{"no such recipient", said("RCPT", "550 5.1.1 <jo@acme.example>: User unknown"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"no such recipient behind a relay", said("RCPT", "550 5.1.1 <jo@acme.example>: Recipient address rejected: User unknown in relay recipient table"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"a recipient whose name is relay", said("RCPT", "550 <relay@relay.example>: no such user"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"too large", said("MAIL", "552 5.3.4 Message size exceeds fixed limit"), TLSNone, desk.DeliveryFailed, false, "", ""},
		{"refused in the greeting", said("connect", "554 5.7.1 No SMTP service for you"), TLSNone, desk.DeliveryDelayed, false, "%s refused the connection: 554 5.7.1 No SMTP service for you", "administrator"},
		{"no STARTTLS", sound, TLSStart, desk.DeliveryDelayed, false, "%s does not offer STARTTLS", "port 465"},
		{"STARTTLS refused", said("STARTTLS", "454 4.7.0 TLS not available"), TLSStart, desk.DeliveryDelayed, false, "STARTTLS", "port 465"},
		{"TLS expected, plain text answered", sound, TLSImplicit, desk.DeliveryDelayed, false, "%s does not start with TLS: an unencrypted SMTP server answered", "starttls"},
		{"plain text expected, TLS required", at(https.Listener.Addr().String()), TLSStart, desk.DeliveryDelayed, false, "%s accepted the connection but sent nothing", "465"},
		{"an IMAP server", said("connect", "* OK ready"), TLSNone, desk.DeliveryDelayed, false, "%s does not speak SMTP", "587"},
		{"a web server", at(web.Listener.Addr().String()), TLSImplicit, desk.DeliveryDelayed, false, "a web server answered", "port"},
		{"connection refused", at(closed.Addr().String()), TLSNone, desk.DeliveryDelayed, false, "nothing listens on %s", "is running"},
		{"no such host", at("smtp.switchboard.invalid:587"), TLSStart, desk.DeliveryDelayed, false, "smtp.switchboard.invalid", "Check"},
		{"silent server", mute, TLSNone, desk.DeliveryDelayed, false, "%s accepted the connection but sent nothing", "implicit"},
		{"disconnects", cut, TLSNone, desk.DeliveryDelayed, false, "%s closed the connection without a reply", "implicit"},
		{"certificate", at(https.Listener.Addr().String()), TLSImplicit, desk.DeliveryDelayed, false, "the certificate of %s is signed by", "authority's certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr := c.server(t)
			var reported *smtpreply.Fault
			m := clientFor(t, addr, func(cfg *Config) {
				cfg.User, cfg.Password, cfg.TLS, cfg.Timeout, cfg.TLSConfig = "desk", "hunter2", c.mode, 20*time.Second, &tls.Config{RootCAs: x509.NewCertPool()}
				if c.name == "login wanted" {
					cfg.User = ""
				}
				if c.name == "silent server" || c.name == "plain text expected, TLS required" {
					cfg.Timeout = 100 * time.Millisecond
				}
				cfg.Report = func(f *smtpreply.Fault) { reported = f }
			})
			what := strings.ReplaceAll(c.what, "%s", addr)
			r := m.Submit(t.Context(), mailTo("jo@acme.example"))
			// With the short timeouts a busy machine may not even connect in time.
			for n := 0; n < 50 && strings.HasPrefix(r.Detail, addr+" does not answer") && !strings.Contains(r.Detail, what); n++ {
				r = m.Submit(t.Context(), mailTo("jo@acme.example"))
			}
			if r.State != c.state || r.Detail == "" {
				t.Fatalf("got %+v, want %s", r, c.state)
			}
			if c.what == "" {
				if reported != nil {
					t.Errorf("reported as a fault of the smarthost: %+v", reported)
				}
				return
			}
			if reported == nil {
				t.Fatal("no fault was reported")
			}
			if !strings.Contains(reported.What, what) || !strings.Contains(reported.Advice, c.advice) || reported.Unauthorised != c.unauthorised || !strings.Contains(r.Detail, what) {
				t.Errorf("got %q\nwith advice %q (unauthorised %t),\nwant %q\nand %q; delivery detail: %q", reported.What, reported.Advice, reported.Unauthorised, what, c.advice, r.Detail)
			}
			for _, word := range []string{"dial tcp", "x509", "tls: ", "EOF", "textproto", "i/o", "%!", "hunter2"} {
				if strings.Contains(reported.What, word) {
					t.Errorf("technical term %q in %q", word, reported.What)
				}
			}
		})
	}
}

// TestProbe checks every sender and sends no message.
func TestProbe(t *testing.T) {
	t.Parallel()
	p := startPeer(t, script{})
	if err := clientFor(t, p.addr, nil).Probe(t.Context(), "help@desk.example", "bills@desk.example"); err != nil {
		t.Error(err)
	}
	if p.mails() != 0 || len(p.commands()) < 7 {
		t.Errorf("%d messages, commands %q", p.mails(), p.commands())
	}
	for point, want := range map[string]bool{"MAIL": true, "RCPT": false} {
		p := startPeer(t, script{point: {say: "550 5.7.1 No"}})
		err := clientFor(t, p.addr, nil).Probe(t.Context(), "help@desk.example")
		if f, refused := errors.AsType[*smtpreply.Fault](err); refused != want || want && !f.Sender {
			t.Errorf("refused at %s: %v", point, err)
		}
	}
}

// TestProbeManySenders: no connection has more than ten commands outside a mail
// transaction, after which Exim disconnects.
func TestProbeManySenders(t *testing.T) {
	t.Parallel()
	p := startPeer(t, script{})
	var senders []string
	for n := range 30 {
		senders = append(senders, fmt.Sprintf("help%d@desk.example", n))
	}
	if err := clientFor(t, p.addr, nil).Probe(t.Context(), senders...); err != nil {
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
				t.Fatalf("%s is one command too many on this connection", command)
			}
		}
	}
	if asked != len(senders) {
		t.Errorf("checked %d of %d senders", asked, len(senders))
	}
}
