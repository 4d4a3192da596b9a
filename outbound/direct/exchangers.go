package direct

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"

	"switchboard/desk"
)

// Resolver is the part of *net.Resolver that is needed.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
}

// exchangers returns a domain's mail exchangers, the ones to try first at the beginning
// (RFC 5321 §5.1). If there are none the result says why.
func exchangers(ctx context.Context, dns Resolver, domain, own string) ([]string, desk.Result) {
	list, err := dns.LookupMX(ctx, domain)
	switch {
	case len(list) > 0: // an error is about other records, which are invalid
	case absent(err) || err == nil:
		return []string{domain}, desk.Result{} // the implicit MX
	default:
		return nil, notResolved(domain, err)
	}
	hosts, looped := order(list, own, rand.Shuffle)
	switch {
	case len(hosts) > 0:
		return hosts, desk.Result{}
	case looped:
		return nil, desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.4.6", Detail: "mail for " + domain + " would come back to this server: it is the domain's best mail exchanger"}
	}
	// The null MX (RFC 7505 §3).
	return nil, desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.10", Detail: domain + " accepts no mail: it has a null MX record"}
}

// order sorts mail exchangers by preference, in random order among equals. This server and
// those that come after it are left out, or mail would go in circles.
func order(list []*net.MX, own string, shuffle func(n int, swap func(i, j int))) (hosts []string, looped bool) {
	list = slices.Clone(list)
	shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(a, b *net.MX) int { return int(a.Pref) - int(b.Pref) })
	mine := slices.IndexFunc(list, func(mx *net.MX) bool { return own != "" && strings.EqualFold(strings.TrimSuffix(mx.Host, "."), own) })
	for _, mx := range list {
		if mine >= 0 && mx.Pref >= list[mine].Pref {
			return hosts, true
		}
		if host := strings.ToLower(strings.TrimSuffix(mx.Host, ".")); host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts, false
}

// addresses returns a host's addresses, alternately of both families if it has both: one of
// them may not be reachable from here.
func addresses(ctx context.Context, dns Resolver, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil { // some domains have one as their MX
		return []netip.Addr{ip.Unmap()}, nil
	}
	list, err := dns.LookupIPAddr(ctx, host)
	var out, other []netip.Addr
	for _, one := range list {
		ip, ok := netip.AddrFromSlice(one.IP)
		if ip = ip.Unmap(); !ok {
			continue
		}
		if len(out) == 0 || ip.Is4() == out[0].Is4() {
			out = append(out, ip)
		} else {
			other = append(other, ip)
		}
	}
	for i, ip := range other {
		out = slices.Insert(out, min(2*i+1, len(out)), ip)
	}
	if len(out) > 0 {
		err = nil
	}
	return out, err
}

// absent reports whether an error means that there is no such name or record.
func absent(err error) bool {
	found, ok := errors.AsType[*net.DNSError](err)
	return ok && found.IsNotFound
}

// notResolved is the result if the DNS does not answer.
func notResolved(name string, err error) desk.Result {
	return desk.Result{State: desk.DeliveryDelayed, EnhancedCode: "4.4.3", Detail: "the DNS servers of " + name + " do not answer: " + err.Error(), Unreached: true}
}
