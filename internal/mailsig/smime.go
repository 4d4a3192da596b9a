package mailsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/cms"
)

// authorities are the trust anchors of S/MIME.
type authorities struct {
	roots *x509.CertPool
	named []*x509.Certificate // those from files
}

// loadAuthorities reads PEM files with certificates of authorities or of individuals.
func loadAuthorities(files []string, system bool) (*authorities, error) {
	if len(files) == 0 && !system {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if system {
		var err error
		if pool, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("the system's authorities cannot be read: %w", err)
		}
	}
	a := &authorities{roots: pool}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := a.add(b); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return a, nil
}

// add adds the certificates of a PEM file.
func (a *authorities) add(b []byte) error {
	n := 0
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		n++
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return errors.New("it contains a private key, which must not be here; use a file with only the certificate")
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("block %d is a %q, not a CERTIFICATE", n, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d cannot be read: %w", n, err)
		}
		a.roots.AddCert(c)
		a.named = append(a.named, c)
	}
	if n == 0 {
		return errors.New("it contains no certificate; PEM is expected, as in -----BEGIN CERTIFICATE-----")
	}
	return nil
}

// verify sets the status of an S/MIME signature.
func (a *authorities) verify(s *desk.Signed, at time.Time, out *desk.Signature) {
	data, err := cms.Parse(s.Signature)
	if err != nil || len(data.Signers) == 0 {
		setStatus(out, desk.SignatureUnreadable, "the signature cannot be read: it is damaged, or not a signature")
		return
	}
	// The best of several signers counts; adding another signer to someone's
	// signature gains nothing.
	best := -1
	for _, signer := range data.Signers {
		try := *out
		a.verifySigner(s, data, signer, at, &try)
		if n := rank(try.Status); n > best {
			best, *out = n, try
		}
	}
}

// rank orders results, so that the best of several signers or keys counts.
func rank(status desk.SignatureStatus) int {
	order := []desk.SignatureStatus{desk.SignatureUnreadable, desk.SignatureWeak, desk.SignatureInvalid, desk.SignatureUntrusted,
		desk.SignatureExpired, desk.SignatureRevoked, desk.SignatureMismatch, desk.SignatureValid}
	for i, s := range order {
		if s == status {
			return i
		}
	}
	return -1
}

// verifySigner sets the status of the signature of one signer.
func (a *authorities) verifySigner(s *desk.Signed, data *cms.SignedData, signer cms.Signer, at time.Time, out *desk.Signature) {
	out.SignedAt = signedAt(signer.SignedAt)
	c := data.Certificate(signer)
	if c == nil {
		setStatus(out, desk.SignatureUnreadable, "the signer's certificate is missing from the signature, or cannot be read")
		return
	}
	sum := sha256.Sum256(c.Raw)
	out.Key, out.Name, out.Issuer = hex.EncodeToString(sum[:]), cleanLine(c.Subject.CommonName), cleanLine(c.Issuer.String())
	if list := certifiedAddresses(c, nil); len(list) > 0 {
		out.Email = cleanLine(list[0])
	}
	err := verifyContent(signer, s.Content, c)
	switch {
	case errors.Is(err, cms.ErrWeak):
		setStatus(out, desk.SignatureWeak, "the signature uses a digest or a key that can be forged")
		return
	case errors.Is(err, cms.ErrUnsupported):
		setStatus(out, desk.SignatureUnreadable, "the signature's algorithm is not supported")
		return
	case errors.Is(err, cms.ErrChanged):
		setStatus(out, desk.SignatureInvalid, "the signature is not valid: the message was changed after it was signed")
		return
	case err != nil:
		setStatus(out, desk.SignatureInvalid, "the signature is not valid: it was not made by the certificate's key")
		return
	}
	chain, err := a.chain(c, data.Certificates, at)
	switch {
	case err == nil:
		checkAuthor(s, certifiedAddresses(c, chain), out)
	case outside(c, at) && a.wasTrusted(c, data.Certificates):
		when := "had expired on " + c.NotAfter.UTC().Format(time.DateOnly)
		if at.Before(c.NotBefore) {
			when = "is not valid before " + c.NotBefore.UTC().Format(time.DateOnly)
		}
		setStatus(out, desk.SignatureExpired, "the signature is valid, but the certificate "+when)
	default:
		setStatus(out, desk.SignatureUntrusted, "the signature is valid, but no trusted authority vouches for its certificate: "+cleanLine(err.Error()))
	}
}

// verifyContent verifies the content with the line ends that RFC 8551 §3.1.1 requires
// and, if that fails, as received, because some programs sign exactly what they send.
func verifyContent(signer cms.Signer, content []byte, c *x509.Certificate) error {
	canonical := crlf(content)
	err := signer.Verify(canonical, c)
	if errors.Is(err, cms.ErrChanged) && !bytes.Equal(canonical, content) {
		return signer.Verify(content, c)
	}
	return err
}

// crlf converts all line ends to CRLF; it copies only if necessary.
func crlf(b []byte) []byte {
	bare := bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\r\n"))
	if bare == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+bare)
	for i, c := range b {
		if c == '\n' && (i == 0 || b[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// chain builds the chain from the certificate to an authority (RFC 8550 §4).
func (a *authorities) chain(c *x509.Certificate, others []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	if c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return nil, errors.New("the certificate may not be used for signing") // RFC 8550 §4.4.2
	}
	intermediates := x509.NewCertPool()
	for _, o := range others {
		intermediates.AddCert(o)
	}
	chains, err := c.Verify(x509.VerifyOptions{Roots: a.roots, Intermediates: intermediates, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}) // RFC 8550 §4.4.4
	if err != nil {
		return nil, err
	}
	return chains[0], nil
}

// outside reports whether a time is outside a certificate's validity.
func outside(c *x509.Certificate, at time.Time) bool {
	return at.After(c.NotAfter) || at.Before(c.NotBefore)
}

// wasTrusted reports whether a certificate that is not trusted now was trusted at the
// beginning or at the end of its validity.
func (a *authorities) wasTrusted(c *x509.Certificate, others []*x509.Certificate) bool {
	_, err := a.chain(c, others, c.NotAfter.Add(-time.Second))
	if err != nil {
		_, err = a.chain(c, others, c.NotBefore.Add(time.Second))
	}
	return err == nil
}

var oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// certifiedAddresses returns the addresses of a certificate: those of its alternative names
// or, if there are none, the legacy address in its subject (RFC 8550 §3). An
// authority with name constraints could evade them that way, so its legacy addresses
// do not count.
func certifiedAddresses(c *x509.Certificate, chain []*x509.Certificate) []string {
	if len(c.EmailAddresses) > 0 {
		return c.EmailAddresses
	}
	for _, up := range chain {
		if len(up.PermittedEmailAddresses)+len(up.ExcludedEmailAddresses) > 0 {
			return nil
		}
	}
	var out []string
	for _, name := range c.Subject.Names {
		if address, ok := name.Value.(string); ok && name.Type.Equal(oidEmailAddress) {
			out = append(out, address)
		}
	}
	return out
}
