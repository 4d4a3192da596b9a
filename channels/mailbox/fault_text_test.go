package mailbox

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
)

// greets starts a server that sends a greeting and then nothing more. It returns its
// address.
func greets(t *testing.T, line string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, line)
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return l.Addr().String()
}

// refuses starts a server that answers LOGIN with a given line and everything else
// like polite. It returns its address.
func refuses(t *testing.T, answer string) string {
	return scripted(t, func(command string) (string, string) {
		if strings.Contains(command, "LOGIN") {
			return "", answer
		}
		return polite(command)
	})
}

func loginDisabled(command string) (string, string) {
	if strings.Contains(command, "CAPABILITY") {
		return "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n", "OK"
	}
	return polite(command)
}

func noTLS(command string) (string, string) {
	if strings.Contains(command, "STARTTLS") {
		return "", "BAD Unknown command"
	}
	return polite(command)
}

// TestFaultDescriptions checks that each fault has a description of its own that names
// the server and no internals, and advice on how to fix it.
func TestFaultDescriptions(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t, mailtest.WithUser("locked", "nologin=y reason=Locked."))
	outdated := mailtest.NewDovecot(t, mailtest.WithCertificate(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(0, -2, 0), time.Now().AddDate(0, 0, -1)
	}))
	trusted, old := &tls.Config{RootCAs: d.Roots}, &tls.Config{RootCAs: outdated.Roots}
	other := &tls.Config{RootCAs: d.Roots, ServerName: "imap.example.com"}
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	smtp, bye := greets(t, "220 mx.example ESMTP\r\n"), greets(t, "* BYE Too many connections from your address\r\n")
	cut := mailtest.NewProxy(t, d.Addr)
	cut.CutDown(0)
	mute := greets(t, "")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	gone := closed.Addr().String()
	to := func(addr string, mode TLS, config *tls.Config) func(*Config) {
		return func(c *Config) { c.Addr, c.TLS, c.TLSConfig = addr, mode, config }
	}
	silent := func(change func(*Config)) func(*Config) {
		return func(c *Config) { change(c); c.StallTimeout = 100 * time.Millisecond }
	}
	for _, test := range []struct {
		name         string
		change       func(*Config)
		unauthorised bool
		what, advice string // %s is the address
	}{
		{"wrong password", func(c *Config) { c.Password = "wrong" }, true, `%s refuses the login of "support": "Authentication failed."`, "Check the user name and the password"},
		{"account locked", func(c *Config) { c.User = "locked" }, true, `%s refuses the login of "locked": "Locked."`, "locked or disabled"},
		{"account locked, according to the response code", to(refuses(t, "NO [CONTACTADMIN] See the help desk"), TLSNone, nil), true, `refuses the login of "support": "See the help desk done"`, "mail server's administrator to unlock it"},
		{"password expired", to(refuses(t, "NO [EXPIRED] Password expired"), TLSNone, nil), true, `"Password expired done"`, "Set a new one at the provider"},
		{"no permission for the mailbox", to(refuses(t, "NO [AUTHORIZATIONFAILED] No such authorization-ID"), TLSNone, nil), true, "No such authorization-ID", "not allowed to open this mailbox"},
		{"TLS required, according to the response code", to(refuses(t, "NO [PRIVACYREQUIRED] Connection upgrade required"), TLSNone, nil), true, "Connection upgrade required", "implicit or starttls"},
		{"backend unavailable", to(refuses(t, "NO [UNAVAILABLE] User's backend down"), TLSNone, nil), false, `%s cannot process logins at the moment: "User's backend down done"`, "automatically"},
		{"no login without TLS", to(scripted(t, loginDisabled), TLSNone, nil), true, "%s does not accept a password on this connection", "Set tls to implicit or starttls"},
		{"folder", func(c *Config) { c.Folders = []string{"Nope"} }, false, `%s cannot open the folder "Nope": "Mailbox doesn't exist: Nope`, "Its folders are: INBOX."},
		{"certificate expired", to(outdated.TLSAddr, TLSImplicit, old), false, "the certificate of %s expired on " + time.Now().AddDate(0, 0, -1).UTC().Format(time.DateOnly), "renew"},
		{"certificate for another name", to(d.TLSAddr, TLSImplicit, other), false, "the certificate of %s is for localhost, 127.0.0.1, not for imap.example.com", "one of the certificate's names"},
		{"unknown authority", to(d.TLSAddr, TLSImplicit, nil), false, "the certificate of %s is signed by itself, which this machine does not trust", "install its authority's certificate"},
		{"unknown authority after STARTTLS", to(d.Addr, TLSStart, nil), false, "the certificate of %s is signed by", "install its authority's certificate"},
		{"unknown host", to("imap.switchboard.invalid:993", TLSImplicit, nil), false, `"imap.switchboard.invalid"`, "Check"},
		{"connection refused", to(gone, TLSImplicit, nil), false, "nothing listens on %s", "Check host and port"},
		{"an SMTP server", to(smtp, TLSNone, nil), false, `%s does not speak IMAP; it sent "220 mx.example ESMTP"`, "Check the port"},
		{"an SMTP server, STARTTLS", to(smtp, TLSStart, nil), false, `%s does not speak IMAP; it sent "220 mx.example ESMTP"`, "Check the port"},
		{"an SMTP server, TLS", to(smtp, TLSImplicit, nil), false, "%s does not speak TLS: an SMTP or FTP server answered", "Check the port"},
		{"a web server", silent(to(web.Listener.Addr().String(), TLSNone, nil)), false, "%s accepts the connection but sends no greeting", "Check the port"},
		{"a web server, TLS", to(web.Listener.Addr().String(), TLSImplicit, nil), false, "%s does not speak TLS: a web server answered", "Check the port"},
		{"implicit TLS on a plaintext port", to(d.Addr, TLSImplicit, trusted), false, "%s responds with unencrypted IMAP instead of TLS", "Set tls to starttls"},
		{"STARTTLS on an implicit TLS port", to(d.TLSAddr, TLSStart, trusted), false, "%s closes the connection without sending a greeting", "needs implicit"},
		{"STARTTLS not supported", to(scripted(t, noTLS), TLSStart, nil), false, "%s does not offer STARTTLS", "implicit"},
		{"a server that sends nothing", silent(to(mute, TLSNone, nil)), false, "%s accepts the connection but sends no greeting", "Check the port"},
		{"BYE instead of a greeting", to(bye, TLSNone, nil), false, `%s refuses all connections: "Too many connections from your address"`, "automatically"},
		{"closes the connection at once", to(cut.Addr, TLSNone, nil), false, "%s closes the connection without sending a greeting", "connection limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := config(d, test.change)
			group, stop := pull(t, c, newMemory(channeltest.NewSink()))
			state := channels.StateFailing
			if test.unauthorised {
				state = channels.StateUnauthorised
			}
			what := strings.ReplaceAll(test.what, "%s", c.Addr)
			// The mailbox keeps retrying; on a busy machine an attempt may fail differently.
			await(t, group, func(s channels.Status) bool {
				return s.State == state && strings.Contains(s.LastError, what) && strings.Contains(s.Advice, test.advice)
			})
			status := group.Statuses()[0]
			stop()
			for _, word := range []string{"imap:", "dial tcp", "x509", "tls:", "EOF", "imapwire", "i/o", "%!", d.Password} {
				if strings.Contains(status.LastError, word) {
					t.Errorf("the internal term %q is in the status: %q, %q", word, status.LastError, status.Advice)
				}
			}
		})
	}
}

// TestDegraded checks that mail is read although it cannot be moved, and that the
// status gives the reason until it can.
func TestDegraded(t *testing.T) {
	t.Parallel()
	d := mailtest.NewDovecot(t)
	sink := channeltest.NewSink()
	group, _ := pull(t, config(d, func(c *Config) { c.AfterImport, c.MoveTo = Move, "Done" }), newMemory(sink))
	d.Append(letter("one", 500))
	sink.Await(t, 1)
	await(t, group, func(s channels.Status) bool { return s.State == channels.StateRunning && s.LastError != "" })
	if s := group.Statuses()[0]; !strings.Contains(s.LastError, `does not move it to "Done"`) || !strings.Contains(s.Advice, `Create the folder "Done"`) {
		t.Errorf("status %+v", s)
	}
	m, err := New(config(d, func(c *Config) { c.AfterImport, c.MoveTo = Move, "Done" }), newMemory(sink), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), `"Done"`) {
		t.Errorf("Probe returned %v", err)
	}
	d.AppendTo("Done", letter("zero", 500))
	d.Append(letter("two", 500))
	sink.Await(t, 2)
	await(t, group, func(s channels.Status) bool { return s.State == channels.StateRunning && s.LastError == "" })
}

// TestRefusedMove checks that the advice depends on the server's response.
func TestRefusedMove(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ capability, answer, what, advice string }{
		{"MOVE", "NO [OVERQUOTA] Quota exceeded", `mail is imported, but %s does not move it to "Done": "Quota exceeded done"`, "quota is used up"},
		{"MOVE", "NO [NOPERM] Permission denied", `"Permission denied done"`, "the account's permissions on that folder"},
		{"UNSELECT", "OK", "%s cannot move single messages: it supports neither MOVE nor UIDPLUS", "Set after_import to flag or leave."},
	} {
		addr := scripted(t, func(command string) (string, string) {
			switch verb := strings.ToUpper(command); {
			case strings.HasPrefix(verb, "CAPABILITY"):
				return "* CAPABILITY IMAP4rev1 " + test.capability + "\r\n", "OK"
			case strings.HasPrefix(verb, "UID MOVE"):
				return "", test.answer
			}
			return polite(command)
		})
		cfg := scriptedConfig(addr)
		cfg.AfterImport, cfg.MoveTo, cfg.StallTimeout = Move, "Done", 20*time.Second
		group, _ := pull(t, cfg, newMemory(channeltest.NewSink()))
		await(t, group, func(s channels.Status) bool { return s.LastError != "" })
		s := group.Statuses()[0]
		if !strings.Contains(s.LastError, strings.ReplaceAll(test.what, "%s", addr)) || !strings.Contains(s.Advice, test.advice) {
			t.Errorf("error %q, advice %q", s.LastError, s.Advice)
		}
	}
}

func await(t *testing.T, group *channels.Group, good func(channels.Status) bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); !good(group.Statuses()[0]); <-tick.C {
		if time.Now().After(late) {
			s := group.Statuses()[0]
			t.Fatalf("%s: error %q, advice %q", s.State, s.LastError, s.Advice)
		}
	}
}
