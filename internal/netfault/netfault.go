// Package netfault says in plain words why another program could not be reached
// or is not to be trusted, and what a person can do about it.
package netfault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Explain says what err means for who tried to reach addr, which is host:port, a
// host or the path of a socket: what happened, as a sentence without its full
// stop, and what to do, in sentences. Both are empty when err is nothing of the
// net's.
func Explain(addr string, err error) (what, advice string) {
	if what, advice = certificate(addr, err); what == "" {
		what, advice = protocol(addr, err)
	}
	if what == "" {
		what, advice = reach(addr, err)
	}
	return what, advice
}

// certificate is for what RFC 5280 has against the server's certificate.
func certificate(addr string, err error) (what, advice string) {
	const ask = "Ask the server's administrator to renew it."
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &hostname):
		return fmt.Sprintf("the certificate of %s is for %s, not for %s", addr, names(hostname.Certificate), hostname.Host),
			"Use a name that the certificate carries as the address, or have the server's certificate replaced."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		if ends := invalid.Cert.NotAfter; time.Now().After(ends) {
			return fmt.Sprintf("the certificate of %s ended on %s", addr, ends.UTC().Format(time.DateOnly)), ask + " If that day is not over, the clock of this machine is wrong."
		}
		return fmt.Sprintf("the certificate of %s is valid from %s only", addr, invalid.Cert.NotBefore.UTC().Format(time.DateTime)),
			"Check the clock of this machine."
	case errors.As(err, &invalid):
		return fmt.Sprintf("the certificate of %s is not one for a server (%s)", addr, strings.TrimPrefix(invalid.Error(), "x509: ")), "Ask the server's administrator to replace it."
	case errors.As(err, &unknown):
		by := "an authority"
		if c := unknown.Cert; c != nil && c.Issuer.String() == c.Subject.String() {
			by = "itself"
		} else if c != nil && c.Issuer.CommonName != "" {
			by = fmt.Sprintf("%q", c.Issuer.CommonName)
		}
		return fmt.Sprintf("the certificate of %s is signed by %s, which this machine does not trust", addr, by),
			"If the server is yours, install its authority's certificate on this machine (Debian: /usr/local/share/ca-certificates, then update-ca-certificates) and restart; if it is not, its administrator has to send the whole chain."
	}
	return "", ""
}

func names(c *x509.Certificate) string {
	if c == nil {
		return "another host"
	}
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return "no host at all" // a common name is none (RFC 9525 section 2)
	}
	const most = 4
	if len(list) > most {
		return strings.Join(list[:most], ", ") + " and others"
	}
	return strings.Join(list, ", ")
}

func protocol(addr string, err error) (what, advice string) {
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return addr + " does not speak TLS" + spoken(plain.RecordHeader[:]), "Check the port, and whether TLS is to start at once there or after STARTTLS."
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" { // so crypto/tls tells of an alert
		return fmt.Sprintf("%s ends the TLS handshake (%s)", addr, strings.TrimPrefix(alert.Err.Error(), "tls: ")), "It has to speak TLS 1.2 or newer; ask its administrator."
	}
	return "", ""
}

// spoken tells the protocol by its first octets.
func spoken(first []byte) string {
	switch text := string(first); {
	case strings.HasPrefix(text, "HTTP"):
		return "; a web server answers"
	case strings.HasPrefix(text, "220"):
		return "; a server for SMTP or FTP answers"
	case strings.HasPrefix(text, "+OK"):
		return "; a server for POP3 answers"
	case strings.HasPrefix(text, "* "):
		return "; an IMAP server answers in clear"
	}
	return ""
}

func reach(addr string, err error) (what, advice string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fmt.Sprintf("the host name %q is not known", dns.Name), "Check its spelling."
		}
		return fmt.Sprintf("no name server could tell the address of %q", dns.Name), "Check the DNS of this machine (/etc/resolv.conf) and its way to the net."
	}
	slow, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens on " + addr, "Check host and port, and whether that server runs."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "this machine has no way to " + addr, "Check its network and its firewall."
	case errors.Is(err, syscall.EADDRINUSE):
		return addr + " is in use by another program", "Stop that program, or choose another address."
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return addr + " is no address of this machine", "Choose one of this machine's addresses; 0.0.0.0 means all of them."
	case errors.Is(err, os.ErrNotExist):
		return "there is no " + path(addr, err), "Check the name, and make what is missing."
	case errors.Is(err, os.ErrPermission):
		return "this user may not use " + path(addr, err), "Give the user that the gateway runs as the right to."
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return addr + " hung up", "Look into that server's log; a firewall or a limit on connections does this too."
	case errors.Is(err, context.DeadlineExceeded), slow != nil && slow.Timeout():
		return addr + " does not answer", "Check host and port, and the firewalls on the way."
	}
	return "", ""
}

// path is what the system names in its error, or addr.
func path(addr string, err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Path
	}
	return addr
}
