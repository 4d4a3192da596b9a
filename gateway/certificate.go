package gateway

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

// certificate is a pair of files that is read again when one of them changes, so
// that a renewal needs no restart.
type certificate struct {
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

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	version, err := c.look()
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

func (c *certificate) look() (v [2]fileVersion, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return v, err
		}
		v[i] = fileVersion{info.ModTime(), info.Size()}
	}
	return v, nil
}

// get is tls.Config.GetCertificate. Files that cannot be used, as in the middle of
// a renewal, leave the old pair in use until they change again.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	version, err := c.look()
	if err != nil || version == c.version {
		return c.pair, nil
	}
	c.version = version
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("the new certificate cannot be used; the old one stays", "file", c.certFile, "error", err)
		return c.pair, nil
	}
	c.log.Info("Certificate renewed", "file", c.certFile)
	c.pair = &pair
	return c.pair, nil
}

// certificateOK is how long before its end a certificate should be renewed.
const certificateOK = 14 * 24 * time.Hour

// certificateState looks at the files: the certificate, nil if there is none, what should be done about
// it soon, and what is wrong with it now.
func certificateState(certFile, keyFile string, now time.Time) (leaf *x509.Certificate, hint, fault *channels.Fault) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, nil, certificateFault(certFile, keyFile, err)
	}
	const renew = "Renew it; the gateway reads the new files by itself."
	day := pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch left := pair.Leaf.NotAfter.Sub(now); {
	case left <= 0:
		fault = &channels.Fault{What: fmt.Sprintf("the certificate in %s ended on %s", certFile, day), Advice: renew + " Servers that check it do not deliver mail meanwhile."}
	case now.Before(pair.Leaf.NotBefore):
		fault = &channels.Fault{What: fmt.Sprintf("the certificate in %s is valid from %s only", certFile, pair.Leaf.NotBefore.UTC().Format(time.DateTime)), Advice: "Check the clock of this machine."}
	case left < certificateOK:
		hint = &channels.Fault{What: fmt.Sprintf("the certificate in %s ends on %s", certFile, day), Advice: renew}
	}
	return pair.Leaf, hint, fault
}

// certificateFault says why a pair of files cannot be used.
func certificateFault(certFile, keyFile string, err error) *channels.Fault {
	f := &channels.Fault{Err: err}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		f.What, _ = netfault.Explain(certFile, err)
		f.Advice = "Correct smtp.tls_cert and smtp.tls_key, or give the user that the gateway runs as the right to read the files."
	}
	switch text := err.Error(); {
	case f.What != "":
	case strings.Contains(text, "does not match"): // crypto/tls has no type for it
		f.What, f.Advice = fmt.Sprintf("the key in %s does not belong to the certificate in %s", keyFile, certFile), "Name the key that the certificate was issued for; after a renewal both files change."
	case strings.Contains(text, "key input"), strings.Contains(text, "private key") && !strings.Contains(text, "certificate input"):
		f.What, f.Advice = keyFile+" holds no private key that can be read", "It has to be a PEM file with an unencrypted key."
	default:
		f.What, f.Advice = certFile+" holds no certificate that can be read", "It has to be a PEM file: the certificate first, then those of its authorities."
	}
	return f
}
