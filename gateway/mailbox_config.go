package gateway

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"switchboard/internal/oauth"
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

	Auth     string `koanf:"auth"`     // password, oauth2
	Provider string `koanf:"provider"` // google, microsoft; sets addr, token_url and scopes where they are empty
	Tenant   string `koanf:"tenant"`   // of Microsoft: its id or domain
	// Grant is refresh_token, that of the account's owner, or client_credentials,
	// that of an administrator for this program (RFC 6749 sections 6 and 4.4).
	Grant            string   `koanf:"grant"`
	TokenURL         string   `koanf:"token_url"`
	ClientID         string   `koanf:"client_id"`
	ClientSecret     string   `koanf:"client_secret"`
	ClientSecretFile string   `koanf:"client_secret_file"` // holds ClientSecret
	RefreshToken     string   `koanf:"refresh_token"`
	RefreshTokenFile string   `koanf:"refresh_token_file"` // holds RefreshToken
	Scopes           []string `koanf:"scopes"`
}

const (
	authOAuth2        = "oauth2"
	grantRefresh      = "refresh_token"
	grantCredentials  = "client_credentials"
	providerGoogle    = "google"
	providerMicrosoft = "microsoft"
)

// complete fills in what the provider says, and reads the files of secrets.
func (m *Mailbox) complete(at string) (problems []Problem) {
	for _, f := range []struct {
		key, path string
		value     *string
	}{
		{"password", m.PasswordFile, &m.Password},
		{"client_secret", m.ClientSecretFile, &m.ClientSecret},
		{"refresh_token", m.RefreshTokenFile, &m.RefreshToken},
	} {
		if f.path == "" {
			continue
		}
		if *f.value != "" {
			problems = append(problems, Problem{at + f.key, "it stands here and in " + f.key + "_file; leave one out"})
			continue
		}
		text, err := os.ReadFile(f.path)
		if err != nil {
			problems = append(problems, Problem{at + f.key + "_file", err.Error()})
			continue
		}
		*f.value = strings.TrimSpace(string(text))
	}
	if m.Auth == authOAuth2 {
		m.Grant = cmp.Or(m.Grant, grantRefresh)
	}
	switch m.Provider {
	case providerGoogle:
		m.Addr = cmp.Or(m.Addr, "imap.gmail.com:993")
		m.TokenURL = cmp.Or(m.TokenURL, "https://oauth2.googleapis.com/token")
	case providerMicrosoft:
		m.Addr = cmp.Or(m.Addr, "outlook.office365.com:993")
		if m.TokenURL == "" && (m.Tenant != "" || m.Grant == grantRefresh) {
			m.TokenURL = "https://login.microsoftonline.com/" + url.PathEscape(cmp.Or(m.Tenant, "common")) + "/oauth2/v2.0/token"
		}
		if len(m.Scopes) == 0 && m.Grant == grantCredentials {
			m.Scopes = []string{"https://outlook.office365.com/.default"}
		} else if len(m.Scopes) == 0 {
			m.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"}
		}
	}
	return problems
}

// oauth is what the token server is asked for.
func (m *Mailbox) oauth() oauth.Config {
	cfg := oauth.Config{TokenURL: m.TokenURL, ClientID: m.ClientID, ClientSecret: m.ClientSecret, Scopes: m.Scopes, InBody: m.Provider != ""}
	if m.Grant != grantCredentials {
		cfg.RefreshToken = m.RefreshToken
	}
	return cfg
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
		v.oauth(at, m)
	}
}

func (v *validator) oauth(at string, m Mailbox) {
	if m.Provider != "" {
		v.oneOf(at+"provider", m.Provider, providerGoogle, providerMicrosoft)
	}
	if m.Auth != "" {
		v.oneOf(at+"auth", m.Auth, "password", authOAuth2)
	}
	if m.Auth != authOAuth2 {
		if m.ClientID != "" || m.RefreshToken != "" {
			v.add(at+"auth", `client_id and refresh_token are of use with auth = "oauth2" alone`)
		}
		return
	}
	switch {
	case m.TokenURL != "":
		v.tokenURL(at+"token_url", m.TokenURL)
	case m.Provider == providerMicrosoft:
		v.add(at+"tenant", "name the tenant whose administrator gave the permission: its id or domain")
	default:
		v.add(at+"token_url", "name the token server's URL, or a provider")
	}
	if m.ClientID == "" {
		v.add(at+"client_id", "name the application's id at the provider")
	}
	switch m.Grant {
	case "", grantRefresh:
		if m.RefreshToken == "" {
			v.add(at+"refresh_token", `put in the token that the account's owner granted, or set grant = "client_credentials"`)
		}
	case grantCredentials:
		if m.ClientSecret == "" {
			v.add(at+"client_secret", "this grant needs the application's secret")
		}
		if m.Provider == providerGoogle {
			v.add(at+"grant", "Google has no such grant; use a refresh token")
		}
	default:
		v.oneOf(at+"grant", m.Grant, grantRefresh, grantCredentials)
	}
}

// tokenURL wants TLS (RFC 6749 section 3.2), but for the own machine.
func (v *validator) tokenURL(key, value string) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		v.add(key, fmt.Sprintf("%q is not a URL like https://login.example.com/token", value))
	case u.Scheme == "http" && !loopback(u.Hostname()):
		v.add(key, "secrets are sent there: it must begin with https://")
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}
