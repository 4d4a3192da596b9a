package imf

import "golang.org/x/net/idna"

// ASCIIAddr returns an addr-spec with its domain as A-labels (RFC 5890
// §2.3.2.1), the form every mail server understands. An address whose domain has
// no such form is returned unchanged.
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
