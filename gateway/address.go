package gateway

import (
	"strings"

	"switchboard/internal/imf"
)

// addresses knows which addresses are ours.
type addresses struct {
	base     map[string]string // lower-case addr-spec to itself as configured
	first    string
	catchAll map[string]bool // lower-case domains all of whose addresses are ours
	domains  map[string]bool // of the support addresses
}

func newAddresses(mail Mail) addresses {
	a := addresses{base: map[string]string{}, catchAll: map[string]bool{}, domains: map[string]bool{}}
	for _, address := range mail.Addresses {
		lower := imf.NormalizeAddr(address)
		a.base[lower], a.domains[imf.Domain(lower)] = lower, true
		if a.first == "" {
			a.first = lower
		}
	}
	for _, domain := range mail.CatchAll {
		a.catchAll[strings.ToLower(domain)] = true
	}
	return a
}

// find returns the support address behind an address: the subaddress (RFC 5233)
// is taken off.
func (a addresses) find(address string) (string, bool) {
	local, domain, ok := split(address)
	if !ok {
		return "", false
	}
	local, _, _ = strings.Cut(local, "+")
	base, ok := a.base[local+"@"+domain]
	return base, ok
}

// split cuts an address at its last "@": a quoted local part may hold another.
func split(address string) (local, domain string, ok bool) {
	address = imf.NormalizeAddr(address)
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return address, "", false
	}
	return address[:i], address[i+1:], i > 0
}

// own reports an address whose mail comes to us: a support address, any in a
// catch-all domain, and postmaster at our domains (RFC 5321 §4.5.1). What is
// written in its name is not a customer's, and an answer to it would come back.
func (a addresses) own(address string) bool {
	if _, ok := a.find(address); ok {
		return true
	}
	local, domain, ok := split(address)
	return ok && (a.catchAll[domain] || local == "postmaster" && a.domains[domain])
}

// baseOf is the support address behind one of ours, the first one for any other.
func (a addresses) baseOf(address string) string {
	if base, ok := a.find(address); ok {
		return base
	}
	return a.first
}

// accepts tells which forward-paths the SMTP server takes: ours, and postmaster
// without a domain (RFC 5321 §4.5.1).
func (a addresses) accepts(address string) bool {
	local, domain, _ := split(address)
	return a.own(address) || local == "postmaster" && domain == ""
}
