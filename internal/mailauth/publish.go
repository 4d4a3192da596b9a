package mailauth

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dmarc"
)

// SPFRecords returns the SPF records that a domain publishes (RFC 7208). More than
// one is a configuration error of the domain.
func SPFRecords(ctx context.Context, dns Resolver, domain string) ([]string, error) {
	all, err := dns.LookupTXT(ctx, domain)
	if Absent(err) {
		return nil, nil
	}
	var found []string
	for _, txt := range all {
		if version, _, _ := strings.Cut(txt, " "); strings.EqualFold(version, "v=spf1") {
			found = append(found, txt)
		}
	}
	return found, err
}

// Permits reports whether a domain's SPF record permits mail from ip. An error
// means that the lookup failed.
func Permits(ctx context.Context, dns Resolver, domain string, ip netip.Addr) (bool, error) {
	value, err := checkHost(ctx, dns, ip, domain, "postmaster@"+domain)
	if value == spf.TempError {
		return false, err
	}
	return value == spf.Pass, nil
}

// DMARCPolicy returns the policy that a domain or its organizational domain
// requests for mail that fails DMARC (RFC 7489 section 6.3): none, quarantine or
// reject; "" without a record.
func DMARCPolicy(ctx context.Context, dns Resolver, domain string) (string, error) {
	c := Checker{dns: dns}
	record, exact, err := c.policy(ctx, domain)
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		return "", nil
	case err != nil:
		return "", err
	case !exact && record.SubdomainPolicy != "":
		return string(record.SubdomainPolicy), nil
	}
	return string(record.Policy), nil
}

// Absent reports whether an error means that the name or the record does not exist.
func Absent(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
