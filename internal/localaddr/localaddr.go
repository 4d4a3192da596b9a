// Package localaddr decides which mail addresses belong to this site. It is pure.
package localaddr

import (
	"slices"
	"strings"

	"switchboard/internal/imf"
)

// Set is the set of local addresses.
type Set struct {
	support  map[string]bool // normalized addr-specs
	first    string
	catchAll map[string]bool // lower-case domains for which every local part is local
	domains  map[string]bool // of the support addresses
}

// New returns the set of the support addresses and of all addresses in the
// catch-all domains.
func New(addresses, catchAll []string) Set {
	s := Set{support: map[string]bool{}, catchAll: map[string]bool{}, domains: map[string]bool{}}
	for _, address := range addresses {
		normal := imf.NormalizeAddr(address)
		s.support[normal], s.domains[imf.Domain(normal)] = true, true
		if s.first == "" {
			s.first = normal
		}
	}
	for _, domain := range catchAll {
		s.catchAll[strings.ToLower(domain)] = true
	}
	return s
}

// Len is the number of distinct support addresses.
func (s Set) Len() int { return len(s.support) }

// Domains returns the domains of the support addresses, sorted.
func (s Set) Domains() []string {
	domains := make([]string, 0, len(s.domains))
	for domain := range s.domains {
		domains = append(domains, domain)
	}
	slices.Sort(domains)
	return domains
}

// find returns the support address behind an address: the subaddress (RFC 5233) is
// removed.
func (s Set) find(address string) (string, bool) {
	local, domain, ok := split(address)
	if !ok {
		return "", false
	}
	local, _, _ = strings.Cut(local, "+")
	base := local + "@" + domain
	return base, s.support[base]
}

// split cuts an address at its last "@": a quoted local part may contain another.
func split(address string) (local, domain string, ok bool) {
	address = imf.NormalizeAddr(address)
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return address, "", false
	}
	return address[:i], address[i+1:], i > 0
}

// Contains reports whether an address is local: a support address, any address in a
// catch-all domain, or postmaster at a support domain (RFC 5321 §4.5.1). Mail from a
// local address is not a customer's, and a reply to it would come back here.
func (s Set) Contains(address string) bool {
	if _, ok := s.find(address); ok {
		return true
	}
	local, domain, ok := split(address)
	return ok && (s.catchAll[domain] || local == "postmaster" && s.domains[domain])
}

// OwnDomain reports whether a domain is the site's own: that of a support address,
// unless a public provider offers it to everyone, or a catch-all domain.
func (s Set) OwnDomain(domain string) bool {
	domain = strings.ToLower(domain)
	return s.catchAll[domain] || s.domains[domain] && !imf.Freemail(domain)
}

// Base returns the support address behind a local address, and the first support
// address for any other.
func (s Set) Base(address string) string {
	if base, ok := s.find(address); ok {
		return base
	}
	return s.first
}

// Accepts reports whether the SMTP server takes a forward-path: local addresses, and
// postmaster without a domain (RFC 5321 §4.5.1).
func (s Set) Accepts(address string) bool {
	local, domain, _ := split(address)
	return s.Contains(address) || local == "postmaster" && domain == ""
}
