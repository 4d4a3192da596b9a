package credential

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"switchboard/desk"
)

// Seal encrypts a value for storage in the database with a key derived from
// secret. The secret must not be in the database and must have at least 128 random
// bits; a passphrase is not enough. Open needs the same secret and context.
func Seal(secret, context string, plain []byte) ([]byte, error) {
	aead, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, []byte(context)), nil
}

// Open decrypts the result of Seal. KindDenied if the secret or the context differs
// or if the bytes were changed.
func Open(secret, context string, sealed []byte) ([]byte, error) {
	aead, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(context))
	if err != nil {
		return nil, desk.Errorf(desk.KindDenied, "decrypt: %w", err)
	}
	return plain, nil
}

// sealer returns AES-256-GCM with a random nonce before the ciphertext.
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
