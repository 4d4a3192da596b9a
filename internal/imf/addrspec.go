package imf

import "strings"

// SplitAddr cuts an addr-spec at its last "@". Without one, local is all of it.
func SplitAddr(addr string) (local, domain string) {
	if i := strings.LastIndexByte(addr, '@'); i >= 0 {
		return addr[:i], addr[i+1:]
	}
	return addr, ""
}

// Domain returns the lower-case domain of an addr-spec without a trailing dot,
// "" if it has none.
func Domain(addr string) string {
	_, domain := SplitAddr(strings.TrimSpace(addr))
	return strings.ToLower(strings.TrimSuffix(domain, "."))
}

// NormalizeAddr returns the form under which an address is stored and compared:
// trimmed, lower case, without angle brackets and trailing dot. RFC 5321 §2.4
// makes local parts case-sensitive, but no provider a customer uses does.
func NormalizeAddr(addr string) string {
	addr = strings.Trim(strings.TrimSpace(addr), "<>")
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(addr)), ".")
}

// SplitSubaddress separates the detail of a subaddress (RFC 5233):
// "help+abc@example.com" is "help@example.com" and "abc".
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

// JoinSubaddress puts a detail into an address: the reverse of SplitSubaddress.
func JoinSubaddress(addr, detail string) string {
	local, domain := SplitAddr(addr)
	return local + "+" + detail + "@" + domain
}

// ValidAddr reports whether an addr-spec can be written into a header and an
// SMTP command as it is: one unquoted local part, a host name, no control
// characters, no more than RFC 5321 §4.5.3.1 allows.
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
