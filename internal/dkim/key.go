// Package dkim signs outgoing mail (RFC 6376, with Ed25519 by RFC 8463). Pure.
package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Key signs the mail of a domain.
type Key struct {
	Domain   string // in the form of A-labels
	Selector string
	Private  crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// Algorithm is the kind of a key, as k= in its DNS record says.
type Algorithm string

const (
	RSA     Algorithm = "rsa"     // verified by everybody
	Ed25519 Algorithm = "ed25519" // short and fast, but many servers ignore it: only beside RSA
)

// rsaBits is the size of new keys. 1024 bits are too few (RFC 8301 §3.2), and records of more
// than 2048 do not fit into a DNS answer over UDP.
const rsaBits = 2048

// Generate returns a new private key in PEM.
func Generate(a Algorithm) ([]byte, error) {
	var key any
	var err error
	switch a {
	case RSA:
		key, err = rsa.GenerateKey(rand.Reader, rsaBits)
	case Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("the algorithm must be rsa or ed25519, not %q", a)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Parse reads a private key in PEM: PKCS #8, or PKCS #1 as opendkim-genkey writes it.
func Parse(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("contains no private key in PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("contains a %s, not an unencrypted PRIVATE KEY", block.Type)
	}
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < rsaBits {
			return nil, fmt.Errorf("an RSA key of %d bits is too weak; it needs at least %d", bits, rsaBits)
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errors.New("is neither an RSA nor an Ed25519 key")
}

// Algorithm returns the kind of the key.
func (k *Key) Algorithm() Algorithm {
	if _, ok := k.Private.Public().(ed25519.PublicKey); ok {
		return Ed25519
	}
	return RSA
}

// Name is the name of the DNS record with the public key (RFC 6376 §3.6.2.1).
func (k *Key) Name() string { return k.Selector + "._domainkey." + k.Domain }

// Record is the TXT record to publish under Name (RFC 6376 §3.6.1, RFC 8463 §4).
func (k *Key) Record() string {
	return "v=DKIM1; k=" + string(k.Algorithm()) + "; p=" + base64.StdEncoding.EncodeToString(k.public())
}

func (k *Key) public() []byte {
	switch public := k.Private.Public().(type) {
	case ed25519.PublicKey:
		return public
	default:
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			panic(err) // Parse returns no other keys
		}
		return der
	}
}

// Zone is the record as a line of a zone file: a string of a TXT record has at most 255
// octets (RFC 1035 §3.3.14), and a verifier joins them without spaces (RFC 6376 §3.6.2.2).
func (k *Key) Zone() string { return k.Name() + ". TXT " + Strings(k.Record()) }

// Strings quotes a TXT record in strings of at most 255 octets.
func Strings(record string) string {
	const limit = 255
	var out []string
	for len(record) > limit {
		out = append(out, `"`+record[:limit]+`"`)
		record = record[limit:]
	}
	return strings.Join(append(out, `"`+record+`"`), " ")
}

// Published compares a published record with the key. The empty text means that verifiers
// accept the key's signatures; test, that the record asks them to ignore that (t=y).
func (k *Key) Published(record string) (problem string, test bool) {
	tags := map[string]string{}
	for pair := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(pair, "=")
		tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
	}
	kind := tags["k"]
	if kind == "" {
		kind = string(RSA)
	}
	p, ok := tags["p"]
	switch {
	case tags["v"] != "" && tags["v"] != "DKIM1", !ok:
		return "the record is not a DKIM key", false
	case p == "":
		return "the record says that the key has been revoked", false
	case kind != string(k.Algorithm()):
		return "the record has a key of the kind " + kind + ", not " + string(k.Algorithm()), false
	case p != base64.StdEncoding.EncodeToString(k.public()):
		return "the record has another public key", false
	case tags["h"] != "" && !strings.Contains(":"+tags["h"]+":", ":sha256:"):
		return "the record does not permit sha256", false
	case tags["s"] != "" && !strings.Contains(":"+tags["s"]+":", ":*:") && !strings.Contains(":"+tags["s"]+":", ":email:"):
		return "the record does not permit mail (s=)", false
	}
	return "", strings.Contains(":"+tags["t"]+":", ":y:")
}
