package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mailbox is an IMAP account that is pulled.
type Mailbox struct {
	Name         string   `koanf:"name"`
	Addr         string   `koanf:"addr"` // host or host:port; the provider's if empty
	User         string   `koanf:"user"`
	Password     string   `koanf:"password"`
	PasswordFile string   `koanf:"password_file"` // holds Password
	TLS          string   `koanf:"tls"`           // implicit, starttls, none
	Folders      []string `koanf:"folders"`
	// TrustedAuthserv are the authserv-ids under which the provider writes what it
	// found out of a mail's origin (RFC 8601); nobody is believed if empty.
	TrustedAuthserv []string      `koanf:"trusted_authserv"`
	Sent            string        `koanf:"sent"` // folder of mail sent by other programs; empty: none
	Poll            time.Duration `koanf:"poll"`
	Timeout         time.Duration `koanf:"timeout"`      // how long the server may be silent while it owes an answer; 30 s
	AfterImport     string        `koanf:"after_import"` // leave, flag, move
	MoveTo          string        `koanf:"move_to"`

	OAuth `koanf:",squash"`
}

// complete fills in what the provider says, and reads the files of secrets.
func (m *Mailbox) complete(at string) (problems []Problem) {
	problems = secretFile(at, "password", m.PasswordFile, &m.Password)
	if m.Provider == providerGoogle {
		m.Addr = cmp.Or(m.Addr, "imap.gmail.com:993")
	}
	if m.Provider == providerMicrosoft {
		m.Addr = cmp.Or(m.Addr, "outlook.office365.com:993")
	}
	return append(problems, m.OAuth.complete(at, "https://outlook.office.com/IMAP.AccessAsUser.All")...)
}

func (v *validator) mailboxes(list []Mailbox) {
	keyed(v, "mailbox", list, func(m Mailbox) string { return m.Name })
	for i, m := range list {
		at := fmt.Sprintf("mailbox[%d].", i)
		if m.Addr == "" {
			v.add(at+"addr", "name the IMAP server")
		}
		if m.User == "" {
			v.add(at+"user", "name the user")
		}
		if m.Sent != "" && (slices.Contains(m.Folders, m.Sent) || len(m.Folders) == 0 && strings.EqualFold(m.Sent, "INBOX")) {
			v.add(at+"sent", "it is one of the folders of received mail")
		}
		if m.Poll < 0 {
			v.add(at+"poll", "name a duration, like 1m")
		}
		if m.Timeout < 0 {
			v.add(at+"timeout", "name a duration, like 30s")
		}
		if m.TLS != "" {
			v.oneOf(at+"tls", m.TLS, "implicit", "starttls", "none")
		}
		if m.AfterImport != "" {
			v.oneOf(at+"after_import", m.AfterImport, "leave", "flag", "move")
		}
		if m.AfterImport == "move" && m.MoveTo == "" {
			v.add(at+"move_to", "name the folder to move to")
		}
		v.oauth(at, m.OAuth)
	}
}
