package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mailbox is an IMAP account from which mail is fetched.
type Mailbox struct {
	Name         string   `koanf:"name"`
	Addr         string   `koanf:"addr"` // host or host:port; default: the provider's
	User         string   `koanf:"user"`
	Password     string   `koanf:"password"`
	PasswordFile string   `koanf:"password_file"` // file that contains Password
	TLS          string   `koanf:"tls"`           // implicit, starttls, none
	Folders      []string `koanf:"folders"`
	// TrustedAuthserv are the authserv-ids under which the provider records its
	// Authentication-Results (RFC 8601); if empty, none are trusted.
	TrustedAuthserv []string      `koanf:"trusted_authserv"`
	Sent            string        `koanf:"sent"` // folder of mail sent by other mail clients; empty: none
	Poll            time.Duration `koanf:"poll"`
	Timeout         time.Duration `koanf:"timeout"`      // how long the server may leave a command unanswered; default 30 s
	AfterImport     string        `koanf:"after_import"` // leave, flag, move
	History         string        `koanf:"history"`      // none, 30d, all
	MoveTo          string        `koanf:"move_to"`

	OAuth `koanf:",squash"`
}

// Channel returns the mailbox's name in the list of channels.
func (m *Mailbox) Channel() string { return "imap " + m.Name }

// complete fills in the provider's defaults and reads secrets from their files.
func (m *Mailbox) complete(at string) (problems []Problem) {
	problems = secretFile(at, "password", m.PasswordFile, &m.Password)
	switch m.Provider {
	case ProviderGoogle:
		m.Addr = cmp.Or(m.Addr, "imap.gmail.com:993")
	case ProviderMicrosoft:
		m.Addr = cmp.Or(m.Addr, "outlook.office365.com:993")
	}
	return append(problems, m.OAuth.complete(at, "https://outlook.office.com/IMAP.AccessAsUser.All")...)
}

// mailboxes checks the [[mailbox]] sections.
func (v *validator) mailboxes(list []Mailbox) {
	uniqueKeys(v, "mailbox", "name", list, func(m Mailbox) string { return m.Name })
	for i, m := range list {
		at := fmt.Sprintf("mailbox[%d].", i)
		if m.Addr == "" {
			v.add(at+"addr", "set the host name of the IMAP server")
		}
		if m.User == "" {
			v.add(at+"user", "set the user name")
		}
		if m.Sent != "" && (slices.Contains(m.Folders, m.Sent) || len(m.Folders) == 0 && strings.EqualFold(m.Sent, "INBOX")) {
			v.add(at+"sent", "must not be one of the folders of received mail")
		}
		if m.Poll < 0 {
			v.add(at+"poll", "must be a positive duration, like 1m")
		}
		if m.Timeout < 0 {
			v.add(at+"timeout", "must be a positive duration, like 30s")
		}
		if m.TLS != "" {
			v.oneOf(at+"tls", m.TLS, "implicit", "starttls", "none")
		}
		if m.AfterImport != "" {
			v.oneOf(at+"after_import", m.AfterImport, "leave", "flag", "move")
		}
		if m.History != "" {
			v.oneOf(at+"history", m.History, "none", "30d", "all")
		}
		if m.AfterImport == "move" && m.MoveTo == "" {
			v.add(at+"move_to", `after_import = "move" requires a target folder`)
		}
		v.oauth(at, m.OAuth)
	}
}
