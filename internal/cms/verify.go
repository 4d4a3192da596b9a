package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.Hash.New
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
)

// Reasons why a signature is not valid, for errors.Is.
var (
	ErrChanged     = errors.New("the content differs from what was signed")
	ErrSignature   = errors.New("the signature was not made by the certificate's key")
	ErrWeak        = errors.New("the digest or the key is too weak")
	ErrUnsupported = errors.New("the signature's algorithm is not supported")
)

// minRSA is the smallest acceptable RSA key in bits (RFC 8551 §4.3).
const minRSA = 2048

var (
	digests = map[string]crypto.Hash{
		"2.16.840.1.101.3.4.2.1": crypto.SHA256,
		"2.16.840.1.101.3.4.2.2": crypto.SHA384,
		"2.16.840.1.101.3.4.2.3": crypto.SHA512,
	}
	weakDigests = map[string]bool{"1.3.14.3.2.26": true, "1.2.840.113549.2.5": true, "1.2.840.113549.2.2": true}
	oidPSS      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
)

// Verify checks that the certificate's key signed the content. It does not check
// whose key it is.
func (s Signer) Verify(content []byte, c *x509.Certificate) error {
	hash, ok := digests[s.digest.String()]
	if !ok {
		if weakDigests[s.digest.String()] {
			return ErrWeak
		}
		return ErrUnsupported
	}
	signed := content
	if s.attributes != nil {
		// RFC 5652 §5.4, §5.6: the attributes are signed and contain the content's
		// digest.
		if !s.contentType.Equal(oidData) || s.messageDigest == nil {
			return ErrSignature
		}
		if !bytes.Equal(sum(hash, content), s.messageDigest) {
			return ErrChanged
		}
		signed = s.attributes
	}
	err := s.verify(hash, signed, c)
	if errors.Is(err, ErrSignature) && s.attributes == nil {
		return ErrChanged // the two cases cannot be told apart
	}
	return err
}

// verify checks the signature over the octets that were signed: the content or the
// signed attributes.
func (s Signer) verify(hash crypto.Hash, signed []byte, c *x509.Certificate) error {
	fits := false
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return ErrWeak
		}
		if s.algorithm.Algorithm.Equal(oidPSS) {
			pss, err := s.pssHash()
			if err != nil {
				return err
			}
			fits = rsa.VerifyPSS(key, pss, sum(pss, signed), s.signature, nil) == nil
		} else {
			fits = rsa.VerifyPKCS1v15(key, hash, sum(hash, signed), s.signature) == nil
		}
	case *ecdsa.PublicKey:
		fits = ecdsa.VerifyASN1(key, sum(hash, signed), s.signature)
	default:
		return ErrUnsupported
	}
	if !fits {
		return ErrSignature
	}
	return nil
}

// pssHash reads the parameters of RSASSA-PSS (RFC 4055 §3.1). The digest of the mask
// generation function must be the same.
func (s Signer) pssHash() (crypto.Hash, error) {
	type identifier struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	var params struct {
		Hash    identifier `asn1:"explicit,optional,tag:0"`
		Mask    identifier `asn1:"explicit,optional,tag:1"`
		Salt    int        `asn1:"explicit,optional,tag:2,default:20"`
		Trailer int        `asn1:"explicit,optional,tag:3,default:1"`
	}
	if _, err := asn1.Unmarshal(s.algorithm.Parameters.FullBytes, &params); err != nil {
		return 0, ErrUnsupported
	}
	var mask identifier
	if len(params.Hash.Algorithm) == 0 {
		return 0, ErrWeak // the default is SHA-1
	}
	if _, err := asn1.Unmarshal(params.Mask.Parameters.FullBytes, &mask); err != nil || !mask.Algorithm.Equal(params.Hash.Algorithm) {
		return 0, ErrUnsupported
	}
	hash, ok := digests[params.Hash.Algorithm.String()]
	if !ok {
		return 0, ErrUnsupported
	}
	return hash, nil
}

func sum(hash crypto.Hash, b []byte) []byte {
	h := hash.New()
	h.Write(b) //nolint:errcheck // a hash never fails
	return h.Sum(nil)
}
