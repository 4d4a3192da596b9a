package gateway

import "strings"

// addresses knows which addresses are ours.
type addresses struct {
	base  map[string]string // lower-case addr-spec to itself as configured
	first string
}

func newAddresses(list []string) addresses {
	a := addresses{base: map[string]string{}}
	for _, address := range list {
		lower := strings.ToLower(address)
		a.base[lower] = lower
		if a.first == "" {
			a.first = lower
		}
	}
	return a
}

// find returns the support address behind an address: the subaddress (RFC 5233)
// is taken off.
func (a addresses) find(address string) (string, bool) {
	local, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	if !ok {
		return "", false
	}
	local, _, _ = strings.Cut(local, "+")
	base, ok := a.base[local+"@"+domain]
	return base, ok
}

func (a addresses) own(address string) bool {
	_, ok := a.find(address)
	return ok
}

// baseOf is the support address behind one of ours, the first one for any other.
func (a addresses) baseOf(address string) string {
	if base, ok := a.find(address); ok {
		return base
	}
	return a.first
}

// accepts tells which forward-paths the SMTP server takes: ours, and postmaster
// at our domains (RFC 5321 §4.5.1).
func (a addresses) accepts(address string) bool {
	if a.own(address) {
		return true
	}
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if local != "postmaster" {
		return false
	}
	for base := range a.base {
		if domain == "" || strings.HasSuffix(base, "@"+domain) {
			return true
		}
	}
	return false
}
