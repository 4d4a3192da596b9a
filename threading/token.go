package threading

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"switchboard/desk"
)

// Key signs reply addresses. The address contains the key's ID, so that addresses
// signed with an old key stay valid as long as that key is listed.
type Key struct {
	ID     byte
	Secret []byte // at least 16 random octets; shorter ones are ignored
}

// Tokens makes and checks signed reply addresses of the form
// user+TOKEN@domain (RFC 5233 subaddressing). A token admits a message to one
// conversation; it reveals nothing about it. A nil *Tokens signs and accepts nothing.
type Tokens struct {
	keys []Key
}

const (
	minSecret  = 16
	issuedSize = 4  // octets of the recipient's hash
	macSize    = 10 // 80 bits
	fullSize   = len(desk.ConversationID{}) + 1 + issuedSize + macSize
	shortSize  = fullSize - issuedSize
	// RFC 5321 section 4.5.3.1.1.
	maxLocalPart = 64
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewTokens returns Tokens that sign with the first key and accept all of them.
func NewTokens(keys ...Key) *Tokens {
	t := &Tokens{}
	for _, k := range keys {
		if len(k.Secret) >= minSecret {
			t.keys = append(t.keys, k)
		}
	}
	return t
}

// Address returns the reply address of a conversation for one recipient, derived
// from base ("support@demo.example"). If the local part would exceed 64 octets the
// recipient is left out; if that is still too long base is returned unchanged, and
// threading relies on the headers.
func (t *Tokens) Address(base string, conv desk.ConversationID, recipient string) string {
	at := strings.LastIndexByte(base, '@')
	if t == nil || len(t.keys) == 0 || conv.IsZero() || at <= 0 {
		return base
	}
	k := t.keys[0]
	token := append(append([]byte{}, conv[:]...), k.ID)
	room := maxLocalPart - at - len("+")
	switch {
	case room >= tokenText.EncodedLen(fullSize):
		token = append(token, k.issued(recipient)...)
	case room < tokenText.EncodedLen(shortSize):
		return base
	}
	token = append(token, k.mac(token)...)
	return base[:at] + "+" + tokenText.EncodeToString(token) + base[at:]
}

// Parse reads a signed reply address in any case, with or without angle brackets.
// issuedTo reports whether it was made for a recipient; it is never nil when ok.
func (t *Tokens) Parse(addr string) (conv desk.ConversationID, issuedTo func(recipient string) bool, ok bool) {
	if t == nil {
		return conv, nil, false
	}
	token, ok := tokenOf(addr)
	if !ok {
		return conv, nil, false
	}
	body, sum := token[:len(token)-macSize], token[len(token)-macSize:]
	for _, k := range t.keys {
		if k.ID != body[len(conv)] || !hmac.Equal(k.mac(body), sum) {
			continue
		}
		copy(conv[:], body)
		issued := body[len(conv)+1:]
		return conv, func(recipient string) bool {
			return len(issued) == issuedSize && recipient != "" && hmac.Equal(k.issued(recipient), issued)
		}, true
	}
	return conv, nil, false
}

// tokenOf extracts the octets of a token from an address without verifying them.
func tokenOf(addr string) ([]byte, bool) {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return nil, false
	}
	plus := strings.LastIndexByte(addr[:at], '+')
	if plus < 0 {
		return nil, false
	}
	text := lower(addr[plus+1 : at])
	if n := len(text); n != tokenText.EncodedLen(fullSize) && n != tokenText.EncodedLen(shortSize) {
		return nil, false
	}
	token, err := tokenText.DecodeString(text)
	// Trailing bits must be zero, so that each token has exactly one spelling.
	if err != nil || tokenText.EncodeToString(token) != text {
		return nil, false
	}
	return token, true
}

func (k Key) mac(body []byte) []byte {
	return k.sum("reply-token", body)[:macSize]
}

func (k Key) issued(recipient string) []byte {
	return k.sum("reply-recipient", []byte(lower(recipient)))[:issuedSize]
}

// sum is keyed by purpose, so that one value cannot be used as the other.
func (k Key) sum(use string, data []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)
}

func lower(s string) string { return strings.ToLower(s) }
