// Package credential creates and verifies passwords, session tokens and API keys,
// and encrypts secrets for storage. The database stores only hashes, digests and
// ciphertext.
package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"switchboard/desk"
)

// The argon2id parameters: the second recommended option of RFC 9106 §4, with one
// lane, so that a sign-in takes one core some tens of milliseconds.
const (
	memory  = 64 * 1024 // KiB
	passes  = 3
	lanes   = 1
	saltLen = 16
	hashLen = 32
)

// MinPassword and MaxPassword bound a password's length in bytes. The upper bound
// limits the work a request can cause.
const (
	MinPassword = 8
	MaxPassword = 1024
)

var b64 = base64.RawStdEncoding

// HashPassword returns the password's argon2id hash in the PHC string format. A
// password outside the length limits is KindInvalid.
func HashPassword(password string) (string, error) {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return "", desk.Errorf(desk.KindInvalid, "password must be %d to %d bytes long", MinPassword, MaxPassword)
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	hash := argon2.IDKey([]byte(password), salt, passes, memory, lanes, hashLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(hash)), nil
}

// decoy is the hash that the password of an unknown user is compared with, so that
// the response takes as long as for a known user. No known password matches it.
var decoy = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
	b64.EncodeToString(make([]byte, saltLen)), b64.EncodeToString(make([]byte, hashLen)))

// VerifyPassword reports whether password matches hash. For an empty or invalid
// hash it takes the same time and returns false.
func VerifyPassword(hash, password string) bool {
	c, ok := parseHash(hash)
	if !ok {
		c, _ = parseHash(decoy)
	}
	if len(password) > MaxPassword {
		password = password[:MaxPassword]
		ok = false
	}
	got := argon2.IDKey([]byte(password), c.salt, c.passes, c.memory, c.lanes, uint32(len(c.hash)))
	return subtle.ConstantTimeCompare(got, c.hash) == 1 && ok
}

type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, hash     []byte
}

// parseHash parses an argon2id hash in the PHC string format. false if it is invalid
// or would take too long to verify.
func parseHash(s string) (phc, bool) {
	var c phc
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, false
	}
	var errSalt, errHash error
	c.salt, errSalt = b64.DecodeString(parts[4])
	c.hash, errHash = b64.DecodeString(parts[5])
	valid := errSalt == nil && errHash == nil && len(c.salt) >= 8 && len(c.hash) >= 16 && len(c.hash) <= 64 &&
		c.passes > 0 && c.passes < 100 && c.lanes > 0 && c.memory >= 8 && c.memory <= 1<<20
	return c, valid
}

// KeyPrefix marks API keys, so that secret scanners recognize leaked ones.
const KeyPrefix = "sbk_"

// NewSession returns a session token: 256 random bits in base64url.
func NewSession() string { return random() }

// AppPasswordPrefix marks app passwords, as KeyPrefix does API keys.
const AppPasswordPrefix = "sbp_"

// NewAppPassword returns a password for an agent's mail program: AppPasswordPrefix and 43 characters of base64url.
func NewAppPassword() string { return AppPasswordPrefix + random() }

// NewKey returns an API key: KeyPrefix and 43 characters of base64url.
func NewKey() string { return KeyPrefix + random() }

func random() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Digest returns the SHA-256 of a token or key, the form in which it is stored. A
// slow hash is not needed: a secret with 256 random bits cannot be guessed.
func Digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
