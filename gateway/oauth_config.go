package gateway

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"switchboard/internal/oauth"
)

// OAuth is how a mail account is logged in to without a password, if Auth says so.
type OAuth struct {
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

// secretFile reads a secret that stands in a file of its own.
func secretFile(at, key, path string, value *string) (problems []Problem) {
	if path == "" {
		return nil
	}
	if *value != "" {
		return []Problem{{at + key, "it stands here and in " + key + "_file; leave one out"}}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return []Problem{{at + key + "_file", err.Error()}}
	}
	*value = strings.TrimSpace(string(text))
	return nil
}

// complete fills in what the provider says, and reads the files of secrets; scope
// is what an owner's grant covers at Microsoft.
func (o *OAuth) complete(at, scope string) (problems []Problem) {
	problems = append(secretFile(at, "client_secret", o.ClientSecretFile, &o.ClientSecret),
		secretFile(at, "refresh_token", o.RefreshTokenFile, &o.RefreshToken)...)
	if o.Auth == authOAuth2 {
		o.Grant = cmp.Or(o.Grant, grantRefresh)
	}
	switch o.Provider {
	case providerGoogle:
		o.TokenURL = cmp.Or(o.TokenURL, "https://oauth2.googleapis.com/token")
	case providerMicrosoft:
		if o.TokenURL == "" && (o.Tenant != "" || o.Grant == grantRefresh) {
			o.TokenURL = "https://login.microsoftonline.com/" + url.PathEscape(cmp.Or(o.Tenant, "common")) + "/oauth2/v2.0/token"
		}
		if len(o.Scopes) == 0 && o.Grant == grantCredentials {
			o.Scopes = []string{"https://outlook.office365.com/.default"}
		} else if len(o.Scopes) == 0 {
			o.Scopes = []string{scope, "offline_access"}
		}
	}
	return problems
}

// source is what the token server is asked for, under the account's name.
func (o *OAuth) source(name string) oauth.Config {
	cfg := oauth.Config{Name: name, TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scopes: o.Scopes, InBody: o.Provider != ""}
	if o.Grant != grantCredentials {
		cfg.RefreshToken = o.RefreshToken
	}
	return cfg
}

func (v *validator) oauth(at string, m OAuth) {
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
