package mailbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels"
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

// fault names the step that failed and says what a person can do about it.
func (c *Config) fault(step string, err error) error {
	advice, unauthorised := c.advice(step, err)
	return &channels.Fault{Err: fmt.Errorf("%s: %s: %w", c.Addr, step, err), Advice: advice, Unauthorised: unauthorised}
}

func (c *Config) advice(step string, err error) (advice string, unauthorised bool) {
	if refused, ok := errors.AsType[*imap.Error](err); ok && step == "login" {
		switch {
		case later(refused):
			return "The server cannot log anyone in just now; this is tried again by itself.", false
		case errors.Is(err, errTokenRefused):
			return fmt.Sprintf("The server refuses even a fresh access token for %q. Check that this is the account that gave the permission, that the scopes cover IMAP, and that IMAP is switched on for the account.", c.User), true
		}
		return fmt.Sprintf("The server refused the user name or the password of %q. Check both; with two-factor login the account needs an application password.", c.User), true
	}
	if fault, ok := errors.AsType[*oauth.Error](err); ok {
		return fault.Advice, fault.Refused
	}
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		noTLS    tls.RecordHeaderError
		dns      *net.DNSError
	)
	switch {
	case errors.Is(err, errNoLogin):
		return "Set tls to implicit or starttls: the server takes passwords over an encrypted connection only.", true
	case errors.Is(err, errNoTokens):
		return "Set tls to implicit or starttls; if it is, the server knows no OAuth 2.0, and auth must be password.", true
	case errors.Is(err, errNoMove):
		return "Set after_import to flag or leave.", false
	case errors.As(err, &unknown):
		return "The server's certificate is signed by an authority that this machine does not know; install the authority's certificate.", false
	case errors.As(err, &hostname):
		return "The server's certificate is for another host name; use the name that the certificate carries as address.", false
	case errors.As(err, &invalid):
		return "The server's certificate is not valid, perhaps expired; check the clock of this machine, then ask the server's administrator.", false
	case errors.As(err, &noTLS):
		return "No TLS is spoken on that port; set tls to starttls, or use port 993.", false
	case errors.As(err, &dns):
		return "The host name is not known; check the spelling of the address and the DNS.", false
	case step == "connect":
		return "No server answers at that address and port; check both, and the firewall.", false
	case step == "STARTTLS":
		return "The server refused STARTTLS; set tls to implicit and use port 993.", false
	}
	return "", false
}

// unknownFolder lists the folders that there are.
func (s *session) unknownFolder(folder string, err error) error {
	advice := fmt.Sprintf("The account has no folder %q that can be opened.", folder)
	if names := s.folders(); names != "" {
		advice += " It has: " + names + "."
	}
	return &channels.Fault{Err: fmt.Errorf("%s: open %s: %w", s.cfg.Addr, folder, err), Advice: advice}
}
