package advisory

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strings"

	"switchboard/desk"
)

// Key is one of the keys that sign.
type Key struct {
	ID     byte
	Secret []byte
}

// Links makes and checks the links with which contacts say that they want no more advisories. A
// link names one contact, and is valid for good: old mails are read, too.
type Links struct {
	base string // of this server, without a final slash
	keys []Key
}

// Path is where the links lead to.
const Path = "/unsubscribe/"

// hidden stands for the token in what is stored: agents can read it.
const hidden = "hidden"

const (
	idSize  = len(desk.ContactID{})
	macSize = 16 // 128 bits
)

// NewLinks returns links below a URL that are signed with the first key and accepted with all of
// them. Without a URL there are none.
func NewLinks(publicURL string, keys ...Key) *Links { return &Links{base: publicURL, keys: keys} }

// Usable reports whether links can be made.
func (l *Links) Usable() bool { return l != nil && l.base != "" && len(l.keys) > 0 }

// Strict: each token has exactly one spelling.
var text = base64.RawURLEncoding.Strict()

// URL returns the link of a contact.
func (l *Links) URL(id desk.ContactID) string {
	k := l.keys[0]
	body := append(id[:idSize:idSize], k.ID)
	return l.base + Path + text.EncodeToString(append(body, k.mac(body)...))
}

// Parse returns the contact of a token; false if no key has signed it.
func (l *Links) Parse(token string) (id desk.ContactID, ok bool) {
	if l == nil || len(token) != text.EncodedLen(idSize+1+macSize) { // the decoder skips line breaks
		return id, false
	}
	raw, err := text.DecodeString(token)
	if err != nil || len(raw) != idSize+1+macSize {
		return id, false
	}
	body, sum := raw[:idSize+1], raw[idSize+1:]
	for _, k := range l.keys {
		if k.ID == body[idSize] && hmac.Equal(k.mac(body), sum) {
			copy(id[:], body)
			return id, true
		}
	}
	return id, false
}

// Footer returns what is below an advisory, as text and as HTML, without the token: Reveal adds it.
func (l *Links) Footer() (plain, rich string) {
	const why = "You get this notice because you are a customer. An answer reaches our support."
	url := l.base + Path + hidden
	return "\n\n" + why + "\nNo more notices like this: " + url + "\n",
		`<p style="margin-top:2em;font-size:85%;color:#666">` + html.EscapeString(why) + `<br><a href="` + html.EscapeString(url) + `">No more notices like this</a></p>`
}

// Reveal puts the link of a contact into a text with a footer.
func (l *Links) Reveal(body string, id desk.ContactID) string {
	return strings.ReplaceAll(body, l.base+Path+hidden, l.URL(id))
}

// mac signs a token. The prefix keeps it apart from what else is signed with the same keys.
func (k Key) mac(body []byte) []byte {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("switchboard advisory\x00"))
	h.Write(body)
	return h.Sum(nil)[:macSize]
}
