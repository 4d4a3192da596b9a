package threading

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"switchboard/desk"
)

// Key signs reply addresses. IDs are told apart in the address, so that old
// addresses stay valid while their key is still listed.
type Key struct {
	ID     byte
	Secret []byte // at least 16 random octets; shorter ones are ignored
}

// Tokens makes and checks signed reply addresses of the form
// user+TOKEN@domain (RFC 5233 subaddressing). A token lets a message into one
// conversation; it shows nothing of it. A nil *Tokens signs and accepts nothing.
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

// NewTokens makes Tokens: the first key signs, all of them are accepted.
func NewTokens(keys ...Key) *Tokens {
	t := &Tokens{}
	for _, k := range keys {
		if len(k.Secret) >= minSecret {
			t.keys = append(t.keys, k)
		}
	}
	return t
}

// Address returns the reply address for a conversation and the one recipient it
// is given to, made from base ("support@demo.example"). Where the local part
// would pass 64 octets the recipient is left out of it, and where even that is
// too long base is returned as it is: the headers must do.
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
// issuedTo tells whether it was made for a recipient; it is never nil when ok.
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

// tokenOf finds the octets of a token in an address, by form alone.
func tokenOf(addr string) ([]byte, bool) {
	addr = strings.Trim(addr, " \t<>")
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
	// Trailing bits must be zero: one token has one spelling.
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

// sum is keyed per use, so that neither value can stand for the other.
func (k Key) sum(use string, data []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)
}

func lower(s string) string { return strings.ToLower(s) }
