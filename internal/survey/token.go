// Package survey signs the links of surveys, and knows what their choices are. Pure.
package survey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"switchboard/desk"
)

// Key is one of the keys that sign.
type Key struct {
	ID     byte
	Secret []byte
}

// Links makes and checks the links of surveys. A link names one survey, which is that of
// one kind to one recipient about one conversation, and until when it can be answered.
type Links struct {
	base string // of this server, without a final slash
	keys []Key
}

const (
	idSize   = len(desk.SurveyID{})
	bodySize = idSize + 8 + 1 // the survey, when it expires, and the key
	macSize  = 16             // 128 bits
)

// NewLinks returns links below a URL that are signed with the first key and accepted with
// all of them. Without a URL there are none.
func NewLinks(publicURL string, keys ...Key) *Links { return &Links{base: publicURL, keys: keys} }

// Usable reports whether links can be made.
func (l *Links) Usable() bool { return l != nil && l.base != "" && len(l.keys) > 0 }

// Token returns the token of a survey.
func (l *Links) Token(id desk.SurveyID, expires time.Time) string {
	k := l.keys[0]
	body := append(binary.BigEndian.AppendUint64(id[:idSize:idSize], uint64(expires.Unix())), k.ID)
	return text.EncodeToString(append(body, k.mac(body)...))
}

// URL returns the link of one choice.
func (l *Links) URL(token, choice string) string {
	return l.base + "/survey/" + token + "?choice=" + choice
}

// Strict: each token has exactly one spelling.
var text = base64.RawURLEncoding.Strict()

// Parse returns the survey of a token, and until when it can be answered; false if no key
// has signed it.
func (l *Links) Parse(token string) (id desk.SurveyID, expires time.Time, ok bool) {
	if l == nil || len(token) != text.EncodedLen(bodySize+macSize) { // the decoder skips line breaks
		return id, expires, false
	}
	raw, err := text.DecodeString(token)
	if err != nil || len(raw) != bodySize+macSize {
		return id, expires, false
	}
	body, sum := raw[:bodySize], raw[bodySize:]
	for _, k := range l.keys {
		if k.ID == body[bodySize-1] && hmac.Equal(k.mac(body), sum) {
			copy(id[:], body)
			return id, time.Unix(int64(binary.BigEndian.Uint64(body[idSize:])), 0).UTC(), true
		}
	}
	return id, expires, false
}

// mac signs a token. The prefix keeps it apart from the reply addresses, which are signed
// with the same keys.
func (k Key) mac(body []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("switchboard survey\x00"))
	h.Write(body)
	return h.Sum(nil)[:macSize]
}
