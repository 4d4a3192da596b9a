package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"switchboard/desk"
)

// Seal encrypts what the database keeps with a key made of secret, which the
// database does not know and which has at least 128 random bits: a passphrase
// would not do. Open needs the same secret and context.
func Seal(secret, context string, plain []byte) ([]byte, error) {
	aead, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, []byte(context)), nil
}

// Open returns what Seal encrypted. KindDenied: the secret or the context is
// another one, or somebody has changed the bytes.
func Open(secret, context string, sealed []byte) ([]byte, error) {
	aead, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(context))
	if err != nil {
		return nil, desk.Errorf(desk.KindDenied, "open what is sealed: %w", err)
	}
	return plain, nil
}

// sealer is AES-256-GCM with a random nonce in front of the ciphertext.
func sealer(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "switchboard seal 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
