// Package cms parses the SignedData of the Cryptographic Message Syntax (RFC 5652) as
// S/MIME uses it, and verifies its signatures. It is pure and does not decide whom to
// trust. Because the input comes from strangers, it is read in linear time with hard
// limits on depth and number.
//
// The cryptography comes from the standard library. The libraries for the structure
// recurse without a limit, so that a few megabytes of zeros crash the process, and
// they lack the content type check, RSASSA-PSS and key identifiers.
package cms

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"time"
)

// Limits on one SignedData.
const (
	maxCertificates = 32
	maxSigners      = 4
	maxAttributes   = 64
	maxRSA          = 8192 // bits
)

var (
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)

// ErrNotSigned reports a ContentInfo that is not SignedData but, for example,
// encrypted or compressed, or a SignedData that contains something other than data.
var ErrNotSigned = errors.New("it is not signed data")

// SignedData is RFC 5652 §5.1. Its slices point into the input where the data is
// contiguous.
type SignedData struct {
	Content      []byte // nil if it is elsewhere: a detached signature
	Certificates []*x509.Certificate
	Signers      []Signer
}

// Signer is one SignerInfo (RFC 5652 §5.3).
type Signer struct {
	issuer     []byte // the issuer's name, DER; empty with a key identifier
	serial     *big.Int
	keyID      []byte
	digest     asn1.ObjectIdentifier
	algorithm  pkix.AlgorithmIdentifier
	attributes []byte // the SET as it is hashed; nil if there is none
	signature  []byte

	// SignedAt is the time according to the signer's clock; zero if it is missing.
	SignedAt      time.Time
	messageDigest []byte
	contentType   asn1.ObjectIdentifier
}

// Parse parses a ContentInfo with a SignedData, in BER or DER. It ignores trailing
// octets, such as the footer of a mailing list.
func Parse(b []byte) (*SignedData, error) {
	r := &reader{}
	outer, _, err := r.next(b)
	if err != nil {
		return nil, err
	}
	body, present, err := r.wrapped(outer, oidSignedData)
	if err != nil {
		return nil, err
	}
	if !present || body.tag != tagSequence {
		return nil, errSyntax
	}
	fields, err := r.list(body, 8)
	if err != nil || len(fields) < 4 || fields[0].tag != tagInteger || fields[1].tag != tagSet || fields[2].tag != tagSequence {
		return nil, errSyntax
	}
	d := &SignedData{}
	content, present, err := r.wrapped(fields[2], oidData)
	if err != nil {
		return nil, err
	}
	if present {
		if d.Content, err = r.octets(content, 0); err != nil {
			return nil, err
		}
		if d.Content == nil {
			d.Content = []byte{}
		}
	}
	for _, f := range fields[3:] {
		switch f.tag {
		case tagContext0:
			err = d.readCertificates(r, f)
		case tagSet:
			err = d.readSigners(r, f)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// wrapped reads SEQUENCE { OBJECT IDENTIFIER, [0] value OPTIONAL } and returns the
// value. The error is ErrNotSigned if the identifier is not want.
func (r *reader) wrapped(e element, want asn1.ObjectIdentifier) (value element, present bool, err error) {
	if e.tag != tagSequence {
		return value, false, errSyntax
	}
	fields, err := r.list(e, 2)
	if err != nil || len(fields) == 0 || fields[0].tag != tagOID {
		return value, false, errSyntax
	}
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(fields[0].full, &oid); err != nil {
		return value, false, errSyntax
	}
	switch {
	case !oid.Equal(want):
		return value, false, ErrNotSigned
	case len(fields) == 1:
		return value, false, nil
	case fields[1].tag != tagContext0:
		return value, false, errSyntax
	}
	value, _, err = r.next(fields[1].content)
	return value, true, err
}

// readCertificates adds the certificates that Go can parse. If the signer's is not
// among them, the signature cannot be verified.
func (d *SignedData) readCertificates(r *reader, set element) error {
	list, err := r.list(set, maxCertificates)
	if err != nil {
		return err
	}
	for _, e := range list {
		if c, err := x509.ParseCertificate(e.full); err == nil && e.tag == tagSequence && hasReasonableKey(c) {
			d.Certificates = append(d.Certificates, c)
		}
	}
	return nil
}

// hasReasonableKey reports whether a certificate's key is not made to consume time: a
// key of a megabit takes seconds per signature, and many chains are tried.
func hasReasonableKey(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return !ok || key.N.BitLen() <= maxRSA
}

// readSigners adds the SignerInfos.
func (d *SignedData) readSigners(r *reader, set element) error {
	list, err := r.list(set, maxSigners)
	if err != nil {
		return err
	}
	for _, e := range list {
		s, err := r.signer(e)
		if err != nil {
			return err
		}
		d.Signers = append(d.Signers, s)
	}
	return nil
}

// signer reads one SignerInfo.
func (r *reader) signer(e element) (s Signer, err error) {
	f, err := r.list(e, 7)
	if err != nil || e.tag != tagSequence || len(f) < 5 || f[0].tag != tagInteger {
		return s, errSyntax
	}
	switch f[1].tag {
	case tagSequence:
		var id struct {
			Issuer asn1.RawValue
			Serial *big.Int
		}
		if _, err := asn1.Unmarshal(f[1].full, &id); err != nil {
			return s, errSyntax
		}
		s.issuer, s.serial = id.Issuer.FullBytes, id.Serial
	case 0x80:
		s.keyID = f[1].content
	default:
		return s, errSyntax
	}
	var digest pkix.AlgorithmIdentifier
	if _, err := asn1.Unmarshal(f[2].full, &digest); err != nil {
		return s, errSyntax
	}
	s.digest = digest.Algorithm
	f = f[3:]
	if f[0].tag == tagContext0 {
		if err := s.readAttributes(r, f[0]); err != nil {
			return s, err
		}
		f = f[1:]
	}
	if len(f) < 2 {
		return s, errSyntax
	}
	if _, err := asn1.Unmarshal(f[0].full, &s.algorithm); err != nil {
		return s, errSyntax
	}
	s.signature, err = r.octets(f[1], 0)
	return s, err
}

var (
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
)

// readAttributes reads the signed attributes. RFC 5652 §5.4: they are hashed as a
// SET, but encoded with the tag [0].
func (s *Signer) readAttributes(r *reader, e element) error {
	s.attributes = bytes.Clone(e.full)
	s.attributes[0] = tagSet
	list, err := r.list(e, maxAttributes)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range list {
		var attribute struct {
			Type   asn1.ObjectIdentifier
			Values asn1.RawValue
		}
		if _, err := asn1.Unmarshal(a.full, &attribute); err != nil {
			return errSyntax
		}
		// RFC 5652 §11: each of these occurs once, with one value.
		name := attribute.Type.String()
		if seen[name] {
			return errSyntax
		}
		seen[name] = true
		var rest []byte
		switch value := attribute.Values.Bytes; {
		case attribute.Type.Equal(oidContentType):
			rest, err = asn1.Unmarshal(value, &s.contentType)
		case attribute.Type.Equal(oidMessageDigest):
			rest, err = asn1.Unmarshal(value, &s.messageDigest)
		case attribute.Type.Equal(oidSigningTime):
			rest, err = asn1.Unmarshal(value, &s.SignedAt)
		}
		if err != nil || len(rest) > 0 {
			return errSyntax
		}
	}
	return nil
}

// Certificate returns the signer's certificate, or nil if it is not included.
func (d *SignedData) Certificate(s Signer) *x509.Certificate {
	for _, c := range d.Certificates {
		if s.keyID != nil && bytes.Equal(c.SubjectKeyId, s.keyID) ||
			s.serial != nil && c.SerialNumber.Cmp(s.serial) == 0 && bytes.Equal(c.RawIssuer, s.issuer) {
			return c
		}
	}
	return nil
}
