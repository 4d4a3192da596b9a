package smtpd

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/channels/channeltest"
)

// TestPostmasterWithoutDomain (RFC 5321 section 4.5.1): in any case, alone and among
// others, and pipelined.
func TestPostmasterWithoutDomain(t *testing.T) {
	for _, c := range []struct{ commands, reply string }{
		{"RCPT TO:<Postmaster>", "250"},
		{"rcpt to:<POSTMASTER>", "250"},
		{"RCPT TO: <postmaster>", "250"},
		{`RCPT TO:<"postmaster">`, "250"},
		{"RCPT TO:<postmaster> NOTIFY=NEVER", "5"}, // DSN is not offered
		{"RCPT TO:<postmaster@desk.example>", "250"},
		{"RCPT TO:<postmaster@elsewhere.example>", "550"},
		{"RCPT TO:<abuse>", "501"},
		{"RCPT TO:<postmasters>", "501"},
		{"RCPT TO:<postmaster", "501"},
	} {
		cl := greeted(t, serve(t, channeltest.NewSink(), nil))
		cl.do("250", "MAIL FROM:<%s>", customer)
		cl.do(c.reply, "%s", c.commands)
	}
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, nil))
	fmt.Fprintf(c, "MAIL FROM:<%s>\r\nRCPT TO:<Postmaster>\r\nRCPT TO:<%s>\r\nRCPT TO:<postmaster>\r\nDATA\r\n", customer, support)
	for _, want := range []string{"250", "250", "250", "250", "354"} {
		c.want(want)
	}
	c.do("250", "%sRCPT TO:<postmaster>\r\n.", mail("one"))
	raws := sink.Raws()
	if len(raws) != 1 || !strings.HasSuffix(string(raws[0].Bytes), "RCPT TO:<postmaster>\r\n") {
		t.Fatalf("%d mails, or the content was changed", len(raws))
	}
	if to := strings.Join(raws[0].EnvelopeTo, " "); !strings.Contains(to, "ostmaster@") || !strings.Contains(to, support) {
		t.Errorf("forward-paths %s", to)
	}
}

// TestContentIsNotMistakenForCommands: in a chunk that arrives together with the commands
// before it, and in later ones.
func TestContentIsNotMistakenForCommands(t *testing.T) {
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, nil))
	body := mail("chunk") + "RCPT TO:<postmaster>\r\n"
	fmt.Fprintf(c, "MAIL FROM:<%s>\r\nRCPT TO:<Postmaster>\r\nBDAT %d\r\n%s", customer, len(body), body)
	for _, want := range []string{"250", "250", "250"} {
		c.want(want)
	}
	fmt.Fprintf(c, "BDAT %d LAST\r\n%s", len(body), body)
	c.want("250")
	if raws := sink.Raws(); len(raws) != 1 || !strings.HasSuffix(string(raws[0].Bytes), body+body) {
		t.Errorf("%d mails, or the content was changed", len(raws))
	}
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("250", "RCPT TO:<Postmaster>")
}

// TestUnknownRecipientsEndTheConnection: one that guesses addresses.
func TestUnknownRecipientsEndTheConnection(t *testing.T) {
	addr := serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.MaxUnknown = 3 })
	c := greeted(t, addr)
	for i := range 3 {
		c.do("250", "MAIL FROM:<%s>", customer) // also over several transactions
		c.do("550 5.1.1", "RCPT TO:<guess%d@elsewhere.example>", i)
		c.do("250", "RCPT TO:<%s>", support)
		c.do("250", "RSET")
	}
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("421 4.7.0", "RCPT TO:<guess3@elsewhere.example>")
	c.wantClosed()
	greeted(t, addr) // the next connection is served
	local := greeted(t, serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.MaxUnknown = -1 }))
	local.do("250", "MAIL FROM:<%s>", customer)
	for i := range 50 {
		local.do("550", "RCPT TO:<guess%d@elsewhere.example>", i)
	}
}
