// Package netfault explains network and TLS errors to operators: what went wrong
// and what to do about it.
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

// Explain explains an error of an attempt to connect to addr, which is host:port,
// a host or the path of a socket. what is one sentence without a full stop, advice
// is one or more sentences. Both are empty if err is not a network or TLS error.
func Explain(addr string, err error) (what, advice string) {
	if what, advice = certificate(addr, err); what == "" {
		what, advice = protocol(addr, err)
	}
	if what == "" {
		what, advice = reach(addr, err)
	}
	return what, advice
}

// certificate explains why the server's certificate was rejected (RFC 5280).
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
			"Use one of the certificate's names as the address, or have the server's certificate replaced."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		if ends := invalid.Cert.NotAfter; time.Now().After(ends) {
			return fmt.Sprintf("the certificate of %s expired on %s", addr, ends.UTC().Format(time.DateOnly)), ask + " If that date is in the future, this machine's clock is wrong."
		}
		return fmt.Sprintf("the certificate of %s is not valid before %s", addr, invalid.Cert.NotBefore.UTC().Format(time.DateTime)),
			"Check this machine's clock."
	case errors.As(err, &invalid):
		return fmt.Sprintf("the certificate of %s is not valid for a server (%s)", addr, strings.TrimPrefix(invalid.Error(), "x509: ")), "Ask the server's administrator to replace it."
	case errors.As(err, &unknown):
		by := "an authority"
		if c := unknown.Cert; c != nil && c.Issuer.String() == c.Subject.String() {
			by = "itself"
		} else if c != nil && c.Issuer.CommonName != "" {
			by = fmt.Sprintf("%q", c.Issuer.CommonName)
		}
		return fmt.Sprintf("the certificate of %s is signed by %s, which this machine does not trust", addr, by),
			"If you run the server, install its authority's certificate on this machine (Debian: /usr/local/share/ca-certificates, then update-ca-certificates) and restart. Otherwise its administrator has to send the complete certificate chain."
	}
	return "", ""
}

// names lists the host names that a certificate is valid for.
func names(c *x509.Certificate) string {
	if c == nil {
		return "another host"
	}
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return "no host at all" // the common name does not count (RFC 9525 section 2)
	}
	const maxNames = 4
	if len(list) > maxNames {
		return strings.Join(list[:maxNames], ", ") + " and others"
	}
	return strings.Join(list, ", ")
}

// protocol explains why the TLS handshake failed.
func protocol(addr string, err error) (what, advice string) {
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return addr + " does not speak TLS" + answered(plain.RecordHeader[:]), "Check the port, and whether TLS starts immediately there or after STARTTLS."
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" { // how crypto/tls reports an alert
		return fmt.Sprintf("%s aborted the TLS handshake (%s)", addr, strings.TrimPrefix(alert.Err.Error(), "tls: ")), "It has to support TLS 1.2 or newer; ask its administrator."
	}
	return "", ""
}

// answered names the protocol by the first octets of its greeting.
func answered(first []byte) string {
	switch text := string(first); {
	case strings.HasPrefix(text, "HTTP"):
		return ": a web server answered"
	case strings.HasPrefix(text, "220"):
		return ": an SMTP or FTP server answered"
	case strings.HasPrefix(text, "+OK"):
		return ": a POP3 server answered"
	case strings.HasPrefix(text, "* "):
		return ": an unencrypted IMAP server answered"
	}
	return ""
}

// reach explains why addr cannot be reached or opened.
func reach(addr string, err error) (what, advice string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fmt.Sprintf("the host name %q does not exist", dns.Name), "Check its spelling."
		}
		return fmt.Sprintf("the host name %q could not be resolved: no name server answered", dns.Name), "Check this machine's DNS configuration (/etc/resolv.conf) and its network connection."
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens on " + addr, "Check host and port, and whether the server is running."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no network route to " + addr, "Check this machine's network and firewall."
	case errors.Is(err, syscall.EADDRINUSE):
		return addr + " is in use by another program", "Stop that program, or choose another address."
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return addr + " is not an address of this machine", "Choose one of this machine's addresses; 0.0.0.0 means all of them."
	case errors.Is(err, os.ErrNotExist):
		return path(addr, err) + " does not exist", "Check the name, and create what is missing."
	case errors.Is(err, os.ErrPermission):
		return "permission denied for " + path(addr, err), "Give the user that the gateway runs as access to it."
	case Closed(err):
		return addr + " closed the connection", "Check the server's log. A firewall or a connection limit does this too."
	case TimedOut(err):
		return addr + " does not answer", "Check host and port, and firewalls in between."
	}
	return "", ""
}

// Closed reports whether err means that the peer closed the connection.
func Closed(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// TimedOut reports whether err means that the peer did not answer in time.
func TimedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// path returns the path in a file system error, or addr.
func path(addr string, err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Path
	}
	return addr
}
