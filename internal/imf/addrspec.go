package imf

import (
	"strings"

	"golang.org/x/net/idna"
)

// SplitAddr splits an addr-spec at its last "@". Without one, local is the whole.
func SplitAddr(addr string) (local, domain string) {
	if i := strings.LastIndexByte(addr, '@'); i >= 0 {
		return addr[:i], addr[i+1:]
	}
	return addr, ""
}

// Domain returns the domain of an addr-spec in lower case, without a trailing dot, or
// "" if there is none.
func Domain(addr string) string {
	_, domain := SplitAddr(strings.TrimSpace(addr))
	return strings.ToLower(strings.TrimSuffix(domain, "."))
}

// NormalizeAddr returns the form in which addresses are stored and compared: trimmed,
// lower case, without angle brackets, trailing dot and unnecessary quotes, its domain
// in Unicode. RFC 5321 §2.4 makes local parts case-sensitive, but no provider that
// customers use does.
func NormalizeAddr(addr string) string {
	addr = strings.Trim(strings.TrimSpace(addr), "<>")
	return strings.ToLower(canonicalSpelling(strings.TrimSuffix(strings.TrimSpace(addr), ".")))
}

// canonicalSpelling maps different spellings of an addr-spec to one, so that a person is
// not stored twice and our own addresses are recognized: unnecessary quotes around a
// local part are removed (RFC 5321 §4.1.2), and A-labels become U-labels (RFC 5890
// §2.3.2.1). The case of the local part stays.
func canonicalSpelling(addr string) string {
	local, domain := SplitAddr(addr)
	if domain == "" {
		return addr
	}
	if n := len(local); n > 2 && local[0] == '"' && local[n-1] == '"' {
		if plain := unescape(local[1 : n-1]); ValidAddr(plain + "@example.com") {
			local = plain
		}
	}
	if hasHighBit(domain) || strings.Contains(strings.ToLower(domain), "xn--") {
		if a, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = a
			if u, err := idna.Lookup.ToUnicode(a); err == nil {
				domain = u
			}
		}
	}
	return local + "@" + domain
}

// unescape removes the backslashes of quoted-pairs (RFC 5321 §4.1.2).
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// SplitSubaddress splits off the detail of a subaddress (RFC 5233):
// "help+abc@example.com" becomes "help@example.com" and "abc".
func SplitSubaddress(addr string) (base, detail string) {
	local, domain := SplitAddr(addr)
	i := strings.IndexByte(local, '+')
	if i <= 0 || strings.HasPrefix(local, `"`) {
		return addr, ""
	}
	base = local[:i]
	if domain != "" {
		base += "@" + domain
	}
	return base, local[i+1:]
}

// ValidAddr reports whether an addr-spec can be used unchanged in a header and an
// SMTP command: an unquoted local part, a host name, no control characters, within
// the length limits of RFC 5321 §4.5.3.1.
func ValidAddr(addr string) bool {
	local, domain := SplitAddr(addr)
	if local == "" || domain == "" || len(local) > 64 || len(addr) > 254 {
		return false
	}
	for _, r := range local {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;@\,"`, r) {
			return false
		}
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r < 0x80 && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-') {
				return false
			}
			if r >= 0x80 && r < 0xa0 {
				return false
			}
		}
	}
	return true
}

// FoldASCII lowers ASCII letters only, so that positions in the result are the same
// in s. strings.ToLower changes the length of some texts: invalid UTF-8, or the
// Turkish dotted I.
func FoldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
