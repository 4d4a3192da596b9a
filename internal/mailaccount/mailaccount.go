// Package mailaccount connects the configured mail accounts: the IMAP mailboxes that
// are fetched and the smarthost that sends, with passwords or OAuth 2.0.
package mailaccount

import (
	"log/slog"

	"switchboard/channels/mailbox"
	"switchboard/config"
	"switchboard/internal/mailauth"
	"switchboard/internal/oauth"
)

// Journal is what a mailbox needs of the database.
type Journal interface {
	mailbox.Journal
	oauth.Keeper
}

// OpenMailbox returns the channel of a configured mailbox; nothing is connected yet.
// node holds the lease of the mailboxes that this process reads; nil for one-off use.
func OpenMailbox(m *config.Mailbox, journal Journal, node *mailbox.Node, log *slog.Logger) (*mailbox.Mailbox, error) {
	cfg := mailbox.Config{
		Name: m.Name, Addr: m.Addr, User: m.User, Password: m.Password, TLS: mailbox.TLS(m.TLS),
		Folders: m.Folders, Sent: m.Sent, Poll: m.Poll, StallTimeout: m.Timeout, AfterImport: mailbox.AfterImport(m.AfterImport), MoveTo: m.MoveTo, History: mailbox.History(m.History), Node: node,
	}
	if names := m.TrustedAuthserv; len(names) > 0 {
		cfg.Origin = func(content []byte) string {
			value, _ := mailauth.Upstream(content, names)
			return value
		}
	}
	if m.Auth == config.AuthOAuth2 {
		cfg.Tokens = oauth.New(tokenSource(&m.OAuth, m.Channel()), journal, log.With("channel", cfg.Name))
	}
	return mailbox.New(cfg, journal, log)
}

// tokenSource returns the token request of an account; name is the key under which
// its tokens are stored.
func tokenSource(o *config.OAuth, name string) oauth.Config {
	cfg := oauth.Config{Name: name, TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scopes: o.Scopes, InBody: o.Provider != ""}
	if o.Grant != config.GrantClientCredentials {
		cfg.RefreshToken = o.RefreshToken
	}
	return cfg
}
