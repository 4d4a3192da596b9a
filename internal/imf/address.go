package imf

import (
	"mime"
	"strings"
	"unicode/utf8"
)

// Mailbox is one entry of an address list (RFC 5322 §3.4).
type Mailbox struct {
	Name string // decoded display name; may be empty
	// Addr is the addr-spec without angle brackets. It is empty if the entry contains
	// no address; Name then has the text.
	Addr string
}

// maxMailboxes limits the entries of one address field; the rest is dropped.
const maxMailboxes = 2000

// MaxAddr is the longest address that fits on a line (RFC 5322 §2.1.1); longer
// addresses cannot receive mail (RFC 5321 §4.5.3.1).
const MaxAddr = 998

// ParseAddressList parses From, To, Cc and similar fields. It never fails: groups
// yield their members, comments serve as names, and what violates the grammar (a
// missing bracket, two "@", "user at host", a trailing dot, an unquoted comma in a
// name) is read as it was meant. A value that is not blank yields at least one entry,
// unless it explicitly names no one: an empty group ("undisclosed-recipients:;"), or
// empty brackets.
//
// decode converts RFC 2047 encoded words and raw 8-bit text to UTF-8; nil means the
// standard library's decoder.
func ParseAddressList(s string, decode func(string) string) []Mailbox {
	if decode == nil {
		decode = decodeWords
	}
	s = encodedList(s, decode)
	var list []Mailbox
	var pending []string // words of a name that an unquoted comma split
	entries, emptyGroup := splitAddresses(s)
	for i, e := range entries {
		if len(list) >= maxMailboxes {
			break
		}
		if !e.hasAddress() && e.text() != "" && i+1 < len(entries) && entries[i+1].angle != "" {
			pending = append(pending, e.text())
			continue
		}
		m, ok := e.mailbox(decode)
		if len(pending) > 0 {
			parts := append(pending, e.text())
			m.Name, pending = tidyName(decode(strings.Join(parts, ", "))), nil
		}
		if ok {
			list = append(list, m)
		}
	}
	if len(list) == 0 && !emptyGroup {
		if text := tidyName(decode(strings.TrimSpace(s))); text != "" {
			list = append(list, Mailbox{Name: text})
		}
	}
	return list
}

// encodedList decodes a field that is encoded as a whole with more than one mailbox in
// it, which RFC 2047 §5 forbids.
func encodedList(s string, decode func(string) string) string {
	if !strings.HasPrefix(strings.TrimSpace(s), "=?") || strings.ContainsAny(s, "@<") {
		return s
	}
	if plain := decode(s); strings.Count(plain, "@") > 1 && !strings.Contains(plain, "=?") {
		return plain
	}
	return s
}

// entry is one comma-separated piece, split but not decoded.
type entry struct {
	phrase  []string // words and quoted strings outside brackets
	angle   string   // text between angle brackets
	comment string   // first comment
	at      bool     // the phrase contains an @
	// bracketed is also set by "<>", which says that the words are a name.
	bracketed bool
	open      bool // the last bracket is not closed
}

func (e entry) text() string { return strings.Join(e.phrase, " ") }

func (e entry) hasAddress() bool {
	return e.angle != "" || strings.Contains(e.text(), "@") || strings.Contains(strings.ToLower(e.text()), " at ")
}

// mailbox decodes an entry; false if it has neither a name nor an address.
func (e entry) mailbox(decode func(string) string) (Mailbox, bool) {
	name, addr := e.text(), e.angle
	switch {
	case !e.bracketed || addr == "" && strings.Contains(name, "@"):
		name, addr = addressFromPhrase(e.phrase)
	case strings.Contains(addr, " ") && !strings.Contains(addr, "@") && strings.Contains(name, "@"):
		// "addr <Name>": the two changed places.
		if other, found := addressFromPhrase(e.phrase); strings.Contains(found, "@") {
			name, addr = strings.TrimSpace(other+" "+addr), found
		}
	}
	if addr == "" && strings.Contains(name, "=?") {
		// The whole mailbox is inside an encoded word.
		if plain := decode(name); strings.Contains(plain, "@") {
			if inner, _ := splitAddresses(plain); len(inner) > 0 && inner[0].hasAddress() && !strings.Contains(plain, "=?") {
				return inner[0].mailbox(func(s string) string { return s })
			}
		}
	}
	addr = trimAddr(addr)
	if strings.Contains(addr, "=?") {
		addr = decode(addr)
		if i := strings.LastIndexByte(addr, '<'); i >= 0 {
			addr = addr[i+1:] // the name was encoded together with the brackets
		}
		addr = trimAddr(addr)
	}
	if hasHighBit(addr) {
		addr = decode(addr)
	}
	if len(addr) > MaxAddr {
		addr = "" // not truncated, because the shorter address may be someone else's
	}
	if name == "" {
		name = e.comment
	}
	name = tidyName(decode(name))
	if strings.EqualFold(name, addr) {
		name = "" // it adds nothing
	}
	return Mailbox{Name: name, Addr: addr}, name != "" || addr != ""
}

// addressFromPhrase finds an address among words without angle brackets.
func addressFromPhrase(words []string) (name, addr string) {
	at, dotted := -1, false
	for i, w := range words {
		if !dotted && strings.Contains(w, "@") && !strings.HasPrefix(w, "=?") {
			at, dotted = i, strings.Contains(w, ".")
		}
	}
	if at >= 0 {
		lo, hi := at, at+1
		// "user @ host" as three words, "user@ host", "user @host".
		if strings.HasPrefix(words[at], "@") && at > 0 {
			lo--
		}
		if strings.HasSuffix(words[at], "@") && at+1 < len(words) {
			hi++
		}
		addr = strings.Join(words[lo:hi], "")
		rest := append(append([]string{}, words[:lo]...), words[hi:]...)
		return strings.Join(rest, " "), addr
	}
	for i, w := range words {
		// Archives obfuscate addresses as "user at host".
		if strings.EqualFold(w, "at") && i > 0 && i+1 < len(words) && strings.Contains(words[i+1], ".") {
			rest := append(append([]string{}, words[:i-1]...), words[i+2:]...)
			return strings.Join(rest, " "), words[i-1] + "@" + words[i+1]
		}
	}
	if len(words) == 1 && !strings.HasPrefix(words[0], "=?") && isLocalName(words[0]) {
		return "", words[0]
	}
	return strings.Join(words, " "), ""
}

// isLocalName reports whether a single word may be the name of a local user, as in
// "From: root" (RFC 822 allowed it within one host).
func isLocalName(w string) bool {
	for i := 0; i < len(w); i++ {
		c := w[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c == '+') {
			return false
		}
	}
	return w != ""
}

// trimAddr removes what does not belong to an addr-spec: white space from folding,
// "mailto:", quotes around everything, a source route, a trailing dot.
func trimAddr(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = strings.Trim(s, "<>(),; \t'")
	// "[user@host]" loses its brackets, "user@[192.0.2.1]" is a domain literal.
	if strings.HasPrefix(s, "[") || strings.HasSuffix(s, "]") && !strings.Contains(s, "[") {
		s = strings.Trim(s, "[]")
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	// RFC 5322 §4.4: "@a,@b:user@host" has an obsolete route.
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexByte(s, ':'); i > 0 {
			s = s[i+1:]
		}
	}
	if n := len(s); n > 2 && s[0] == '"' && s[n-1] == '"' && strings.Contains(s, "@") {
		s = s[1 : n-1]
	}
	if !strings.HasPrefix(s, `"`) && strings.ContainsAny(s, " \t\r\n") {
		lower := FoldASCII(s)
		if i := strings.Index(lower, " at "); i > 0 && !strings.Contains(s, "@") {
			s = s[:i] + "@" + s[i+4:]
		}
		if strings.Contains(s, "@") {
			s = strings.Join(strings.Fields(s), "")
		}
	}
	return canonicalSpelling(strings.TrimRight(strings.Map(dropControl, s), "."))
}

func tidyName(s string) string {
	s = strings.Join(strings.Fields(strings.Map(dropControl, s)), " ")
	s = strings.TrimSpace(strings.Trim(s, "<>,; "))
	for len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

func dropControl(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029':
		return -1
	}
	return r
}

func hasHighBit(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

func decodeWords(s string) string {
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		out = s
	}
	return strings.ToValidUTF8(out, "?")
}
