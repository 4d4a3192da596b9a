package mailbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels"
	"switchboard/desk"
	"switchboard/internal/netfault"
	"switchboard/internal/oauth"
)

var errNoMove = errors.New("the server can neither MOVE nor expunge single messages (UIDPLUS)")

func (c *Config) tlsConfig() *tls.Config {
	config := c.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(c.Addr)
	}
	if config.MinVersion == 0 {
		config.MinVersion = tls.VersionTLS12
	}
	return config
}

// fault says in plain words what happened at a step, and what a person can do.
func (c *Config) fault(step string, err error) error {
	f := c.explain(step, err)
	if f.What == "" {
		f.What, f.Advice = netfault.Explain(c.Addr, err)
	}
	if f.What == "" {
		f.What = fmt.Sprintf("%s: %s fails: %s", c.Addr, step, said(err))
	}
	f.Err = fmt.Errorf("%s: %s: %w", c.Addr, step, err)
	return &f
}

// plain is fault for an error that is not known to be one.
func (c *Config) plain(step string, err error) error {
	if _, known := errors.AsType[*channels.Fault](err); known || err == nil {
		return err
	}
	return c.fault(step, err)
}

// explain is for what only IMAP knows.
func (c *Config) explain(step string, err error) (f channels.Fault) {
	refused, ok := errors.AsType[*imap.Error](err)
	switch {
	case ok && step == "login":
		return c.refusal(err, refused)
	case ok && step == "greeting":
		f.What = fmt.Sprintf("%s turns every client away: %s", c.Addr, said(refused))
		f.Advice = "It may be overloaded or under maintenance, or this machine has too many connections to it; this is tried again by itself."
		return f
	case ok && step == "STARTTLS":
		f.What = fmt.Sprintf("%s offers no STARTTLS: %s", c.Addr, said(refused))
		f.Advice = "Set tls to implicit and use port 993."
		return f
	}
	if token, ok := errors.AsType[*oauth.Error](err); ok {
		return channels.Fault{What: token.Error(), Advice: token.Advice, Unauthorised: token.Refused}
	}
	switch record, inClear := errors.AsType[tls.RecordHeaderError](err); {
	case errors.Is(err, errNoLogin):
		return channels.Fault{What: c.Addr + " takes no password on this connection", Unauthorised: true,
			Advice: "Set tls to implicit or starttls: the server takes passwords over an encrypted connection only."}
	case errors.Is(err, errNoTokens):
		return channels.Fault{What: c.Addr + " takes no access token on this connection", Unauthorised: true,
			Advice: "Set tls to implicit or starttls; if it is, the server knows no OAuth 2.0, and auth must be password."}
	case errors.Is(err, errNoMove):
		return channels.Fault{What: c.Addr + " cannot move single mails: it has neither MOVE nor UIDPLUS", Advice: "Set after_import to flag or leave."}
	case inClear && strings.HasPrefix(string(record.RecordHeader[:]), "* "):
		return channels.Fault{What: c.Addr + " does not start with TLS; an IMAP server answers in clear", Advice: "Set tls to starttls, or use port 993."}
	case errors.Is(err, errNotIMAP):
		f.What, f.Advice = c.Addr+" does not speak IMAP", "Check the port: IMAP is 993 with tls = implicit, 143 with starttls."
		if other, ok := errors.AsType[*otherProtocol](err); ok {
			f.What += fmt.Sprintf("; it says %q", other.line)
		}
	case errors.Is(err, errSilent) && step != "greeting" && step != "STARTTLS":
		f.What = c.Addr + " fell silent while an answer was due"
		f.Advice = "A new connection is made by itself. If this happens often, look at the server's load and at firewalls on the way, or raise timeout."
	case errors.Is(err, errUnsaid):
		f.What = c.Addr + " hangs up without a word"
		f.Advice = "Check tls: a server that expects TLS at once, as on port 993, needs implicit. A limit on connections or a firewall does this too."
	case errors.Is(err, errSilent):
		f.What = c.Addr + " takes the connection and says nothing"
		f.Advice = "Check the port, and tls: a server that expects TLS at once, as on port 993, needs implicit."
	}
	return f
}

// refusal is for a login that the server answered with NO. RFC 5530 section 3 has
// the codes; many servers give none.
func (c *Config) refusal(err error, refused *imap.Error) (f channels.Fault) {
	f.What, f.Unauthorised = fmt.Sprintf("%s refuses the login of %q: %s", c.Addr, c.User, said(refused)), true
	switch {
	case later(refused):
		f.What, f.Unauthorised = fmt.Sprintf("%s can log nobody in just now: %s", c.Addr, said(refused)), false
		f.Advice = "This is tried again by itself."
	case refused.Code == imap.ResponseCodePrivacyRequired:
		f.Advice = "Set tls to implicit or starttls: the server takes passwords over an encrypted connection only."
	case refused.Code == imap.ResponseCodeExpired:
		f.Advice = "The password has run out. Set a new one with the provider, put it into the configuration and restart."
	case refused.Code == imap.ResponseCodeContactAdmin, closedAccount(refused.Text):
		f.Advice = fmt.Sprintf("The account %q is locked or switched off. Have it unlocked by the mail server's administrator; the password may be right.", c.User)
	case refused.Code == imap.ResponseCodeAuthorizationFailed:
		f.Advice = fmt.Sprintf("The password is right, but the account may not open this mailbox. Have it given the right to, or set user to the mailbox's own account, not %q.", c.User)
	case errors.Is(err, errTokenRefused):
		f.Advice = fmt.Sprintf("The server refuses even a fresh access token for %q. Check that this is the account that gave the permission, that the scopes cover IMAP, and that IMAP is switched on for the account.", c.User)
	default:
		f.Advice = fmt.Sprintf("Check the user name and the password of %q; with two-factor login the account needs an application password.", c.User)
	}
	return f
}

// closedAccount knows the words of servers that give no code.
func closedAccount(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"locked", "disabled", "suspended", "blocked", "deactivated", "not enabled"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// said is what the server said, in its own words; an error that is not the
// server's is told as it is.
func said(err error) string {
	refused, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return err.Error()
	}
	const most = 200
	return strings.ToValidUTF8(fmt.Sprintf("%q", fmt.Sprintf("%.*s", most, cmp.Or(refused.Text, string(refused.Code), string(refused.Type)))), "")
}

// unknownFolder lists the folders that there are.
func (s *session) unknownFolder(folder string, err error) error {
	advice := fmt.Sprintf("Correct the name: the account has no folder %q that can be opened.", folder)
	if names := s.folders(); names != "" {
		advice += " It has: " + names + "."
	}
	return &channels.Fault{What: fmt.Sprintf("%s does not open the folder %q: %s", s.cfg.Addr, folder, said(err)), Advice: advice,
		Err: fmt.Errorf("%s: open %s: %w", s.cfg.Addr, folder, err)}
}

// journalFault is for mail that could be read and not be kept. A lease that has
// changed hands is nobody's fault.
func (c *Config) journalFault(step string, err error) error {
	if desk.KindOf(err) == desk.KindConflict || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", step, err)
	}
	return &channels.Fault{What: "the database does not take the mail of " + c.User, Err: fmt.Errorf("%s: %w", step, err),
		Advice: "See switchboard doctor and the database's log. The mail stays on the server; reading goes on by itself when the database is back."}
}

// refusedAfter is for mail that is journaled, and cannot be flagged or moved.
func (c *Config) refusedAfter(refused *imap.Error) error {
	f := &channels.Fault{Err: refused, What: fmt.Sprintf("mail is read, but %s does not mark it as read: %s", c.Addr, said(refused)),
		Advice: "Check the account's rights on the folder, or set after_import to leave."}
	if c.AfterImport != Move {
		return f
	}
	f.What = fmt.Sprintf("mail is read, but %s does not move it to %q: %s", c.Addr, c.MoveTo, said(refused))
	switch refused.Code {
	case imap.ResponseCodeOverQuota: // RFC 9208 section 4.3
		f.Advice = "The account has no room left. Remove old mail there or have its quota raised; nothing is lost meanwhile."
	case imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent:
		f.Advice = fmt.Sprintf("Make the folder %q in the account, or correct move_to.", c.MoveTo)
	default:
		f.Advice = "Check move_to and the account's rights on that folder, or set after_import to leave."
	}
	return f
}
