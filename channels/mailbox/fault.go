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

var errNoMove = errors.New("the server supports neither MOVE nor UIDPLUS")

// tlsConfig returns the TLS configuration; by default it requires TLS 1.2 and the host
// name of Addr.
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

// fault describes an error at a step and how to fix it.
func (c *Config) fault(step string, err error) error {
	f := c.explain(step, err)
	if f.What == "" {
		f.What, f.Advice = netfault.Explain(c.Addr, err)
	}
	if f.What == "" {
		f.What = fmt.Sprintf("%s: %s failed: %s", c.Addr, step, said(err))
	}
	f.Err = fmt.Errorf("%s: %s: %w", c.Addr, step, err)
	return &f
}

// plain returns err itself if it is a *channels.Fault already, otherwise its fault.
func (c *Config) plain(step string, err error) error {
	if _, known := errors.AsType[*channels.Fault](err); known || err == nil {
		return err
	}
	return c.fault(step, err)
}

// explain handles the errors that are specific to IMAP.
func (c *Config) explain(step string, err error) (f channels.Fault) {
	refused, ok := errors.AsType[*imap.Error](err)
	switch {
	case ok && step == "login":
		return c.refusal(err, refused)
	case ok && step == "greeting":
		f.What = fmt.Sprintf("%s refuses all connections: %s", c.Addr, said(refused))
		f.Advice = "The server may be overloaded or under maintenance, or this machine has too many connections to it. The connection is retried automatically."
		return f
	case ok && step == "STARTTLS":
		f.What = fmt.Sprintf("%s does not offer STARTTLS: %s", c.Addr, said(refused))
		f.Advice = "Set tls to implicit and use port 993."
		return f
	}
	if token, ok := errors.AsType[*oauth.Error](err); ok {
		return channels.Fault{What: token.Error(), Advice: token.Advice, Unauthorised: token.Refused}
	}
	switch record, inClear := errors.AsType[tls.RecordHeaderError](err); {
	case errors.Is(err, errNoLogin):
		return channels.Fault{What: c.Addr + " does not accept a password on this connection", Unauthorised: true,
			Advice: "Set tls to implicit or starttls: the server accepts passwords only over an encrypted connection."}
	case errors.Is(err, errNoTokens):
		return channels.Fault{What: c.Addr + " does not accept an access token on this connection", Unauthorised: true,
			Advice: "Set tls to implicit or starttls. If it already is, the server does not support OAuth 2.0: set auth to password."}
	case errors.Is(err, errNoMove):
		return channels.Fault{What: c.Addr + " cannot move single messages: it supports neither MOVE nor UIDPLUS", Advice: "Set after_import to flag or leave."}
	case inClear && strings.HasPrefix(string(record.RecordHeader[:]), "* "):
		return channels.Fault{What: c.Addr + " responds with unencrypted IMAP instead of TLS", Advice: "Set tls to starttls, or use port 993."}
	case errors.Is(err, errNotIMAP):
		f.What, f.Advice = c.Addr+" does not speak IMAP", "Check the port: IMAP is 993 with tls = implicit, 143 with starttls."
		if other, ok := errors.AsType[*otherProtocol](err); ok {
			f.What += fmt.Sprintf("; it sent %q", other.line)
		}
	case errors.Is(err, errSilent) && step != "greeting" && step != "STARTTLS":
		f.What = c.Addr + " stopped responding"
		f.Advice = "The connection is retried automatically. If this happens often, check the server's load and the firewalls in between, or increase timeout."
	case errors.Is(err, errUnsaid):
		f.What = c.Addr + " closes the connection without sending a greeting"
		f.Advice = "Check tls: a server that expects TLS from the start, as on port 993, needs implicit. A connection limit or a firewall can also be the cause."
	case errors.Is(err, errSilent):
		f.What = c.Addr + " accepts the connection but sends no greeting"
		f.Advice = "Check the port and tls: a server that expects TLS from the start, as on port 993, needs implicit."
	}
	return f
}

// refusal handles a login that the server answered with NO. RFC 5530 section 3
// defines the codes, which many servers leave out.
func (c *Config) refusal(err error, refused *imap.Error) (f channels.Fault) {
	f.What, f.Unauthorised = fmt.Sprintf("%s refuses the login of %q: %s", c.Addr, c.User, said(refused)), true
	switch {
	case later(refused):
		f.What, f.Unauthorised = fmt.Sprintf("%s cannot process logins at the moment: %s", c.Addr, said(refused)), false
		f.Advice = "The login is retried automatically."
	case refused.Code == imap.ResponseCodePrivacyRequired:
		f.Advice = "Set tls to implicit or starttls: the server accepts passwords only over an encrypted connection."
	case refused.Code == imap.ResponseCodeExpired:
		f.Advice = "The password has expired. Set a new one at the provider, change it in the configuration and restart."
	case refused.Code == imap.ResponseCodeContactAdmin, closedAccount(refused.Text):
		f.Advice = fmt.Sprintf("The account %q is locked or disabled. Ask the mail server's administrator to unlock it; the password may be correct.", c.User)
	case refused.Code == imap.ResponseCodeAuthorizationFailed:
		f.Advice = fmt.Sprintf("The password is correct, but the account is not allowed to open this mailbox. Ask for access, or set user to the mailbox's own account instead of %q.", c.User)
	case errors.Is(err, errTokenRefused):
		f.Advice = fmt.Sprintf("The server refuses even a new access token for %q. Check that this is the account that granted access, that the scopes include IMAP, and that IMAP is enabled for the account.", c.User)
	default:
		f.Advice = fmt.Sprintf("Check the user name and the password of %q. With two-factor authentication, the account needs an app password.", c.User)
	}
	return f
}

// closedAccount recognizes the texts of servers that leave out the code.
func closedAccount(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"locked", "disabled", "suspended", "blocked", "deactivated", "not enabled"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// said returns the server's own text, or the text of an error that is not a
// response of the server.
func said(err error) string {
	refused, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return err.Error()
	}
	const most = 200
	return strings.ToValidUTF8(fmt.Sprintf("%q", fmt.Sprintf("%.*s", most, cmp.Or(refused.Text, string(refused.Code), string(refused.Type)))), "")
}

// unknownFolder is the fault of a folder that cannot be opened. Its advice lists the
// folders of the account.
func (s *session) unknownFolder(folder string, err error) error {
	advice := fmt.Sprintf("Correct the folder name: the account has no folder %q that can be opened.", folder)
	if names := s.folders(); names != "" {
		advice += " Its folders are: " + names + "."
	}
	return &channels.Fault{What: fmt.Sprintf("%s cannot open the folder %q: %s", s.cfg.Addr, folder, said(err)), Advice: advice,
		Err: fmt.Errorf("%s: open %s: %w", s.cfg.Addr, folder, err)}
}

// journalFault is the fault of mail that was read but could not be committed. Losing
// the lease to another node is not a fault.
func (c *Config) journalFault(step string, err error) error {
	if desk.KindOf(err) == desk.KindConflict || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", step, err)
	}
	if known, ok := errors.AsType[*channels.Fault](err); ok { // the journal knows why
		return known
	}
	return &channels.Fault{What: "the database could not store mail of " + c.User, Err: fmt.Errorf("%s: %w", step, err),
		Advice: "Run switchboard doctor and check the database's log. The mail stays on the server, and reading continues automatically when the database is available again."}
}

// refusedAfter is the fault of mail that was journaled but cannot be flagged or moved.
func (c *Config) refusedAfter(refused *imap.Error) error {
	f := &channels.Fault{Err: refused, What: fmt.Sprintf("mail is imported, but %s does not mark it as read: %s", c.Addr, said(refused)),
		Advice: "Check the account's permissions on the folder, or set after_import to leave."}
	if c.AfterImport != Move {
		return f
	}
	f.What = fmt.Sprintf("mail is imported, but %s does not move it to %q: %s", c.Addr, c.MoveTo, said(refused))
	switch refused.Code {
	case imap.ResponseCodeOverQuota: // RFC 9208 section 4.3
		f.Advice = "The account's quota is used up. Delete old mail or increase the quota; no mail is lost in the meantime."
	case imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent:
		f.Advice = fmt.Sprintf("Create the folder %q in the account, or correct move_to.", c.MoveTo)
	default:
		f.Advice = "Check move_to and the account's permissions on that folder, or set after_import to leave."
	}
	return f
}
