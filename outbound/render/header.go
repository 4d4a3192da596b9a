package render

import (
	"encoding/base64"
	"mime"
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// field is a header field, unfolded. The value is ASCII where possible, its words
// are separated by single spaces.
type field struct{ name, value string }

// lineLimit is the preferred length of a header line: 76 octets if it contains an
// encoded word (RFC 2047 §2), which is within the 78 of RFC 5322 §2.1.1.
const lineLimit = 76

// fold returns the field as lines, broken at spaces. A word is never broken, as
// that would change its value.
func (f field) fold() []byte {
	var b strings.Builder
	b.WriteString(f.name + ":")
	length := len(f.name) + 1
	for i, word := range strings.Split(f.value, " ") {
		if i > 0 && word != "" && length+1+len(word) > lineLimit {
			b.WriteString("\r\n")
			length = 0
		}
		b.WriteString(" " + word)
		length += 1 + len(word)
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// headerOf returns the fields as a go-message header. That library writes the
// field added last first, so they are added in reverse. Empty fields other than
// Subject are omitted.
func headerOf(fields []field) message.Header {
	var h message.Header
	for i := len(fields) - 1; i >= 0; i-- {
		if f := fields[i]; f.value != "" || f.name == "Subject" {
			h.AddRaw(f.fold())
		}
	}
	return h
}

// mailbox formats an address with its display name (RFC 5322 §3.4).
func mailbox(name, address string) string {
	if encoded := encodeWords(name); encoded != name {
		return encoded + " <" + address + ">"
	}
	return (&mail.Address{Name: name, Address: address}).String()
}

// encodeWords encodes text that cannot be written as it is (RFC 2047): text that
// is not ASCII, words too long to fold, and words that look encoded.
func encodeWords(s string) string {
	encoded := mime.QEncoding.Encode("utf-8", s)
	for _, w := range strings.Fields(encoded) {
		if len(w) > maxWord {
			return base64Words(s)
		}
	}
	if encoded == s && strings.Contains(s, "=?") {
		return base64Words(s)
	}
	return encoded
}

// maxWord leaves room for the field name on the first line.
const maxWord = 64

// base64Words encodes all of s, including ASCII, which package mime leaves as it
// is. An encoded word contains whole characters only (RFC 2047 §5).
func base64Words(s string) string {
	var out []string
	for len(s) > 0 {
		n := min(len(s), 39) // 52 in base64, 64 with the delimiters
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		out = append(out, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(out, " ")
}

// idList formats msg-ids. IDs that could damage the header are omitted.
func idList(ids []string) string {
	var out []string
	for _, id := range ids {
		if usableID(id) {
			out = append(out, "<"+id+">")
		}
	}
	return strings.Join(out, " ")
}

// usableID reports whether an id is printable ASCII and fits on a line. This is
// more than RFC 5322 §3.6.4 allows, because some programs generate invalid ids.
func usableID(id string) bool {
	return id != "" && len(id) < 900 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
}
