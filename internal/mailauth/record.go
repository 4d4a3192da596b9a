package mailauth

import (
	"context"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// The grammar of RFC 7208 section 12. The macro letters c, r and t occur only in
// explanations, which are not fetched.
const (
	macroExpand = `%(?:\{[slodiphvSLODIPHV][0-9]*[rR]?[-.+,/_=]*\}|[%_-])`
	macroString = `(?:` + macroExpand + `|[!-$&-~])*`
	topLabel    = `(?:[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*|[0-9A-Za-z]+-[0-9A-Za-z-]*[0-9A-Za-z])`
	domainSpec  = `(` + macroString + `(?:\.` + topLabel + `\.?|` + macroExpand + `))`
	cidr4       = `(?:/(?:0|[1-9][0-9]?))`
	cidr6       = `(?:/(?:0|[1-9][0-9]{0,2}))`
)

var (
	mechanismTerm = regexp.MustCompile(`^[-+?~]?(?i:all|include:` + domainSpec + `|(?:a|mx)(?::` + domainSpec + `)?` + cidr4 + `?(?:/` + cidr6 + `)?|` +
		`ptr(?::` + domainSpec + `)?|exists:` + domainSpec + `|ip4:[0-9.]+` + cidr4 + `?|ip6:[0-9A-Fa-f:.]+` + cidr6 + `?)$`)
	networkTerm  = regexp.MustCompile(`^[-+?~]?(?i:ip([46])):([^/]*)`)
	modifierTerm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._-]*)=(` + macroString + `)$`)
	targetName   = regexp.MustCompile(`^` + domainSpec + `$`)
	hostName     = regexp.MustCompile(`^[0-9A-Za-z_.-]+$`)
)

// wellFormed reports whether every term of a record is valid. RFC 7208 section 4.6
// requires syntax errors to be detected even after the term that matches.
func wellFormed(record string) bool {
	seen := map[string]bool{}
	for i, term := range strings.Split(record, " ") {
		if i == 0 || term == "" { // "v=spf1", or one of several spaces
			continue
		}
		if m := modifierTerm.FindStringSubmatch(term); m != nil {
			name := strings.ToLower(m[1])
			if name != "redirect" && name != "exp" {
				continue
			}
			if seen[name] || !targetName.MatchString(m[2]) {
				return false
			}
			seen[name] = true
			continue
		}
		if !mechanismTerm.MatchString(term) {
			return false
		}
		if m := networkTerm.FindStringSubmatch(term); m != nil {
			ip, err := netip.ParseAddr(m[2])
			if err != nil || ip.Is4() != (m[1] == "4") {
				return false
			}
		}
	}
	return true
}

// records is the Resolver passed to the SPF library. It works around three gaps in
// that library, which stops at the first matching term without checking the rest,
// treats every "/" as a prefix length, and does not support the macro letter p.
type records struct {
	Resolver
	ip netip.Addr
}

// slash stands in for a "/" in a domain-spec. No well-formed record contains it.
const slash = "\x01"

// LookupTXT implements Resolver. A record that is not well formed is replaced by one
// that the library rejects immediately.
func (r records) LookupTXT(ctx context.Context, name string) ([]string, error) {
	found, err := r.Resolver.LookupTXT(ctx, name)
	out := slices.Clone(found)
	for i, txt := range out {
		version, _, _ := strings.Cut(txt, " ")
		if !strings.EqualFold(version, "v=spf1") {
			continue
		}
		if !wellFormed(txt) {
			out[i] = "v=spf1 !"
			continue
		}
		terms := strings.Split(txt, " ")
		for k, term := range terms {
			terms[k] = protectSlash(term)
			if strings.Contains(terms[k], "%{p}") {
				terms[k] = strings.ReplaceAll(terms[k], "%{p}", r.validatedName(ctx, name))
			}
		}
		out[i] = strings.Join(terms, " ")
	}
	return out, err
}

// protectSlash replaces each "/" in the domain-spec of a mechanism.
func protectSlash(term string) string {
	m := mechanismTerm.FindStringSubmatchIndex(term)
	if m == nil || strings.Contains(term, "%{") {
		return term
	}
	for i := 2; i+1 < len(m); i += 2 {
		if m[i] >= 0 {
			return term[:m[i]] + strings.ReplaceAll(term[m[i]:m[i+1]], "/", slash) + term[m[i+1]:]
		}
	}
	return term
}

// LookupIPAddr implements Resolver.
func (r records) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return r.Resolver.LookupIPAddr(ctx, strings.ReplaceAll(host, slash, "/"))
}

// LookupMX implements Resolver.
func (r records) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return r.Resolver.LookupMX(ctx, strings.ReplaceAll(name, slash, "/"))
}

// validatedName expands the macro p (RFC 7208 section 7.3): a host name of the client
// that resolves back to its address, preferably the domain itself, then a subdomain
// of it.
func (r records) validatedName(ctx context.Context, domain string) string {
	const maxNames = 10 // section 4.6.4
	names, err := r.Resolver.LookupAddr(ctx, r.ip.String())
	if err != nil {
		return "unknown"
	}
	best, rank := "unknown", 0
	for _, name := range names[:min(len(names), maxNames)] {
		name = strings.TrimSuffix(name, ".")
		worth := 1
		if strings.EqualFold(name, domain) {
			worth = 3
		} else if strings.HasSuffix(strings.ToLower(name), "."+strings.ToLower(domain)) {
			worth = 2
		}
		if worth <= rank || !hostName.MatchString(name) {
			continue
		}
		ips, err := r.Resolver.LookupIPAddr(ctx, name)
		if err == nil && slices.ContainsFunc(ips, func(a net.IPAddr) bool { return a.IP.Equal(net.IP(r.ip.AsSlice())) }) {
			best, rank = name, worth
		}
	}
	return best
}
