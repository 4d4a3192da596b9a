// Package tlscert loads the server certificate, reloads it when its files change, and
// reports when it is about to expire or cannot be used.
package tlscert

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"switchboard/channels"
	"switchboard/internal/netfault"
)

// Certificate is a certificate and its key, reloaded when one of their files changes,
// so that a renewal needs no restart.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	version [2]fileVersion
}

type fileVersion struct {
	modified time.Time
	size     int64
}

// Load reads a pair of PEM files.
func Load(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	version, err := c.stat()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.pair, c.version = &pair, version
	return c, nil
}

func (c *Certificate) stat() (v [2]fileVersion, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return v, err
		}
		v[i] = fileVersion{info.ModTime(), info.Size()}
	}
	return v, nil
}

// Get is a tls.Config.GetCertificate function. If the files cannot be used, as in the
// middle of a renewal, the old pair stays in use until they change again.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	version, err := c.stat()
	if err != nil || version == c.version {
		return c.pair, nil
	}
	c.version = version
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("CertificateReloadFailed", "file", c.certFile, "error", err)
		return c.pair, nil
	}
	c.log.Info("CertificateReloaded", "file", c.certFile)
	c.pair = &pair
	return c.pair, nil
}

// renewBefore is how long before its expiry a certificate should be renewed.
const renewBefore = 14 * 24 * time.Hour

// Check reads the files. It returns the certificate, nil if there is none; a hint if
// it should be renewed soon; and a fault if it cannot be used now.
func Check(certFile, keyFile string, now time.Time) (leaf *x509.Certificate, hint, fault *channels.Fault) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, nil, Fault(certFile, keyFile, err)
	}
	const renew = "Renew it; the gateway reloads the files by itself."
	day := pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch left := pair.Leaf.NotAfter.Sub(now); {
	case left <= 0:
		fault = &channels.Fault{What: fmt.Sprintf("the certificate in %s expired on %s", certFile, day), Advice: renew + " Until then, servers that verify it do not deliver mail."}
	case now.Before(pair.Leaf.NotBefore):
		fault = &channels.Fault{What: fmt.Sprintf("the certificate in %s is not valid before %s", certFile, pair.Leaf.NotBefore.UTC().Format(time.DateTime)), Advice: "Check this machine's clock."}
	case left < renewBefore:
		hint = &channels.Fault{What: fmt.Sprintf("the certificate in %s expires on %s", certFile, day), Advice: renew}
	}
	return pair.Leaf, hint, fault
}

// Fault explains why a pair of files cannot be used.
func Fault(certFile, keyFile string, err error) *channels.Fault {
	f := &channels.Fault{Err: err}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		f.What, _ = netfault.Explain(certFile, err)
		f.Advice = "Correct smtp.tls_cert and smtp.tls_key, or give the user that the gateway runs as permission to read the files."
	}
	switch text := err.Error(); {
	case f.What != "":
	case strings.Contains(text, "does not match"): // crypto/tls has no type for it
		f.What, f.Advice = fmt.Sprintf("the key in %s does not belong to the certificate in %s", keyFile, certFile), "Configure the key that the certificate was issued for; a renewal may change both files."
	case strings.Contains(text, "key input"), strings.Contains(text, "private key") && !strings.Contains(text, "certificate input"):
		f.What, f.Advice = keyFile+" contains no usable private key", "It must be a PEM file with an unencrypted key."
	default:
		f.What, f.Advice = certFile+" contains no usable certificate", "It must be a PEM file: first the certificate, then those of its issuers."
	}
	return f
}
