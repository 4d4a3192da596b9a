package mailer

import (
	"encoding/base64"
	"mime"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"golang.org/x/net/idna"

	"switchboard/internal/imf"
)

// field is one header field: its value is in ASCII where that is possible, and
// words stand apart by single spaces.
type field struct{ name, value string }

// lineLimit is how long a header line should be: 76 octets when it holds an
// encoded word (RFC 2047 §2), which is within the 78 of RFC 5322 §2.1.1.
const lineLimit = 76

// fold writes a field in lines, broken where a space is. A word is never broken,
// as that would change it.
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

// headerOf adds the fields last first, as the library writes the last one first.
// Fields that say nothing are left out.
func headerOf(fields []field) message.Header {
	var h message.Header
	for i := len(fields) - 1; i >= 0; i-- {
		if f := fields[i]; f.value != "" || f.name == "Subject" {
			h.AddRaw(f.fold())
		}
	}
	return h
}

// mailbox writes an address with its name (RFC 5322 §3.4).
func mailbox(name, address string) string {
	if encoded := words(name); encoded != name {
		return encoded + " <" + address + ">"
	}
	return (&mail.Address{Name: name, Address: address}).String()
}

// words encodes text (RFC 2047): what is not ASCII, what could not be folded,
// and what only looks like an encoded word.
func words(s string) string {
	encoded := mime.QEncoding.Encode("utf-8", s)
	for _, w := range strings.Fields(encoded) {
		if len(w) > maxWord {
			return encodedWords(s)
		}
	}
	if encoded == s && strings.Contains(s, "=?") {
		return encodedWords(s)
	}
	return encoded
}

// maxWord leaves room on the first line for the field's name.
const maxWord = 64

// encodedWords encodes even what is ASCII, which the library leaves alone. An
// encoded word holds whole characters (RFC 2047 §5).
func encodedWords(s string) string {
	var out []string
	for len(s) > 0 {
		n := min(len(s), 39) // 52 in base64, 64 with what stands around it
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		out = append(out, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(out, " ")
}

// asciiDomain gives an internationalized domain its A-label form (RFC 5890), as
// which every mail server knows it.
func asciiDomain(address string) string {
	local, domain := imf.SplitAddr(address)
	if a, err := idna.Lookup.ToASCII(domain); err == nil {
		return local + "@" + a
	}
	return address
}

// idList writes msg-ids; ids that could damage the header are left out.
func idList(ids []string) string {
	var out []string
	for _, id := range ids {
		if usableID(id) {
			out = append(out, "<"+id+">")
		}
	}
	return strings.Join(out, " ")
}

// usableID reports an id of printable ASCII that fits a line: what RFC 5322
// §3.6.4 allows and a little more, as some programs make ids that are not.
func usableID(id string) bool {
	return id != "" && len(id) < 900 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
}

// oneLine drops what does not belong into a header field.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
}
