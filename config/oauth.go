package config

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// OAuth is the OAuth 2.0 login of a mail account; it applies when Auth is "oauth2".
type OAuth struct {
	Auth     string `koanf:"auth"`     // password, oauth2
	Provider string `koanf:"provider"` // google, microsoft; supplies defaults for addr, token_url and scopes
	Tenant   string `koanf:"tenant"`   // Microsoft tenant: its id or domain
	// Grant is refresh_token, granted by the account's owner, or client_credentials,
	// granted to this application by an administrator (RFC 6749 §6 and §4.4).
	Grant            string   `koanf:"grant"`
	TokenURL         string   `koanf:"token_url"`
	ClientID         string   `koanf:"client_id"`
	ClientSecret     string   `koanf:"client_secret"`
	ClientSecretFile string   `koanf:"client_secret_file"` // file that contains ClientSecret
	RefreshToken     string   `koanf:"refresh_token"`
	RefreshTokenFile string   `koanf:"refresh_token_file"` // file that contains RefreshToken
	Scopes           []string `koanf:"scopes"`
}

// Values of OAuth.Auth, OAuth.Grant and OAuth.Provider.
const (
	AuthOAuth2             = "oauth2"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
	ProviderGoogle         = "google"
	ProviderMicrosoft      = "microsoft"
)

// secretFile reads the value of a key from the file named by key_file.
func secretFile(at, key, path string, value *string) (problems []Problem) {
	if path == "" {
		return nil
	}
	if *value != "" {
		return []Problem{{at + key, "is set together with " + key + "_file; remove one of them"}}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return []Problem{{at + key + "_file", err.Error()}}
	}
	*value = strings.TrimSpace(string(text))
	return nil
}

// complete fills in the provider's defaults and reads secrets from their files.
// scope is the Microsoft scope that an owner's grant needs.
func (o *OAuth) complete(at, scope string) (problems []Problem) {
	problems = append(secretFile(at, "client_secret", o.ClientSecretFile, &o.ClientSecret),
		secretFile(at, "refresh_token", o.RefreshTokenFile, &o.RefreshToken)...)
	if o.Auth == AuthOAuth2 {
		o.Grant = cmp.Or(o.Grant, GrantRefreshToken)
	}
	switch o.Provider {
	case ProviderGoogle:
		o.TokenURL = cmp.Or(o.TokenURL, "https://oauth2.googleapis.com/token")
	case ProviderMicrosoft:
		if o.TokenURL == "" && (o.Tenant != "" || o.Grant == GrantRefreshToken) {
			o.TokenURL = "https://login.microsoftonline.com/" + url.PathEscape(cmp.Or(o.Tenant, "common")) + "/oauth2/v2.0/token"
		}
		if len(o.Scopes) == 0 && o.Grant == GrantClientCredentials {
			o.Scopes = []string{"https://outlook.office365.com/.default"}
		} else if len(o.Scopes) == 0 {
			o.Scopes = []string{scope, "offline_access"}
		}
	}
	return problems
}

// oauth checks the login of a mail account; at is the prefix of its keys.
func (v *validator) oauth(at string, m OAuth) {
	if m.Provider != "" {
		v.oneOf(at+"provider", m.Provider, ProviderGoogle, ProviderMicrosoft)
	}
	if m.Auth != "" {
		v.oneOf(at+"auth", m.Auth, "password", AuthOAuth2)
	}
	if m.Auth != AuthOAuth2 {
		if m.ClientID != "" || m.RefreshToken != "" {
			v.add(at+"auth", `client_id and refresh_token require auth = "oauth2"`)
		}
		return
	}
	switch {
	case m.TokenURL != "":
		v.tokenURL(at+"token_url", m.TokenURL)
	case m.Provider == ProviderMicrosoft:
		v.add(at+"tenant", "set the tenant whose administrator granted the permission: its id or domain")
	default:
		v.add(at+"token_url", "set the URL of the token endpoint, or set provider")
	}
	if m.ClientID == "" {
		v.add(at+"client_id", "set the application's client id at the provider")
	}
	switch m.Grant {
	case "", GrantRefreshToken:
		if m.RefreshToken == "" {
			v.add(at+"refresh_token", `set the refresh token granted by the account's owner, or set grant = "client_credentials"`)
		}
	case GrantClientCredentials:
		if m.ClientSecret == "" {
			v.add(at+"client_secret", "the client_credentials grant requires the application's client secret")
		}
		if m.Provider == ProviderGoogle {
			v.add(at+"grant", "Google does not support client_credentials; use a refresh token")
		}
	default:
		v.oneOf(at+"grant", m.Grant, GrantRefreshToken, GrantClientCredentials)
	}
}

// tokenURL requires TLS (RFC 6749 §3.2), except on this machine.
func (v *validator) tokenURL(key, value string) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		v.add(key, fmt.Sprintf("%q is not a URL like https://login.example.com/token", value))
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		v.add(key, "must begin with https://, because secrets are sent to it")
	}
}
