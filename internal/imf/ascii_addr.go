package imf

import "golang.org/x/net/idna"

// ASCIIAddr returns an addr-spec with its domain as A-labels (RFC 5890 §2.3.2.1), the
// form that every mail server understands. If the domain has no such form, the
// address is returned unchanged.
func ASCIIAddr(addr string) string {
	local, domain := SplitAddr(addr)
	if domain == "" {
		return addr
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return local + "@" + ascii
	}
	return addr
}
