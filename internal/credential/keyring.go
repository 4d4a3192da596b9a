package credential

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"switchboard/desk"
)

// MinKey is the least length of a key in a Keyring, in characters: 128 bits in
// hexadecimal, and more in base64.
const MinKey = 22

// sealMark begins what a Keyring has sealed. Secrets that were stored before are
// random and do not begin with it.
var sealMark = []byte("\x00sealed1:")

// Keyring encrypts the secrets that the database holds. The first key encrypts; the
// others only decrypt what was encrypted before the key was changed.
type Keyring struct{ keys []string }

// NewKeyring reads keys, one per line. A key that is too short is KindInvalid.
func NewKeyring(text string) (*Keyring, error) {
	r := &Keyring{}
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(line) < MinKey {
			return nil, desk.Errorf(desk.KindInvalid, "a secret key has %d characters, and must have at least %d: create one with openssl rand -base64 32", len(line), MinKey)
		}
		r.keys = append(r.keys, line)
	}
	if len(r.keys) == 0 {
		return nil, desk.Errorf(desk.KindInvalid, "there is no secret key: create one with openssl rand -base64 32")
	}
	return r, nil
}

// NewSecretKey returns a random key for a Keyring.
func NewSecretKey() string {
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(key)
}

// keyID identifies a key without revealing it.
func keyID(key string) []byte {
	sum := sha256.Sum256([]byte("switchboard key id 1 " + key))
	return sum[:4]
}

// Seal encrypts a value with the first key. Open needs the same context. A nil Keyring
// returns the value as it is.
func (r *Keyring) Seal(context string, plain []byte) ([]byte, error) {
	if r == nil {
		return plain, nil
	}
	sealed, err := Seal(r.keys[0], context, plain)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{sealMark, keyID(r.keys[0]), sealed}, nil), nil
}

// Open decrypts a value, or returns one that was never encrypted. stale: it should be
// sealed again, because it is not encrypted, or with a former key. KindDenied if the
// key is not in the ring; a nil Keyring has none.
func (r *Keyring) Open(context string, value []byte) (plain []byte, stale bool, err error) {
	rest, sealed := bytes.CutPrefix(value, sealMark)
	if !sealed {
		return value, r != nil, nil
	}
	if r != nil && len(rest) > 4 {
		for i, key := range r.keys {
			if bytes.Equal(keyID(key), rest[:4]) {
				plain, err = Open(key, context, rest[4:])
				return plain, i > 0, err
			}
		}
	}
	return nil, false, desk.Errorf(desk.KindDenied, "the secret %q in the database is encrypted with a key that is not configured (key %s): set secret_key or secret_key_file to the key that was used before",
		context, hex.EncodeToString(rest[:min(4, len(rest))]))
}
