package doctor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"switchboard/internal/mailauth"
)

// reachable is a domain whose mail exchangers anybody can reach.
const reachable = "gmail.com"

// direct checks what the servers of other domains check if mail is delivered to them without
// a smarthost.
func (d *dnsChecker) direct(ctx context.Context, domains []string) {
	if !d.receives { // otherwise it is checked already
		d.ehlo(ctx, d.hostname)
	}
	for _, domain := range domains {
		if !d.unreachable {
			d.spfOwn(ctx, domain)
		}
	}
	if !d.unreachable {
		d.outgoing(ctx, strconv.Itoa(d.cfg.Delivery.Port))
	}
}

// spfOwn checks that this machine may send mail from a domain (RFC 7208).
func (d *dnsChecker) spfOwn(ctx context.Context, domain string) {
	check := "dns SPF " + domain
	found, err := d.lookup(ctx, d.hostname)
	if d.failed(check, err) {
		return
	}
	for _, ip := range found {
		ok, err := mailauth.Permits(ctx, d.resolver, domain, ip)
		if d.failed(check, err) {
			return
		}
		if !ok {
			d.add(check, Warn, fmt.Sprintf("%s, the address of %s, may not send mail from %s: replies may be classified as spam", ip, d.hostname, domain),
				fmt.Sprintf("Publish %s. TXT \"v=spf1 a:%s ~all\", or add the term to the record.", domain, d.hostname))
			return
		}
	}
	if len(found) > 0 {
		d.add(check, OK, "permits "+d.hostname, "")
	}
}

// outgoing checks that connections to port 25 of other machines are possible.
func (d *dnsChecker) outgoing(ctx context.Context, port string) {
	const check = "port 25"
	list, err := d.resolver.LookupMX(ctx, reachable)
	if d.failed(check, err) || len(list) == 0 {
		return
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(list[0].Host, port))
	if err != nil {
		d.add(check, Warn, "no connection to "+list[0].Host+" port "+port+": "+err.Error(),
			"Many networks block outgoing connections to port 25. Have it opened, or use a smarthost.")
		return
	}
	conn.Close() //nolint:errcheck // nothing was written
	d.add(check, OK, "other mail servers can be reached", "")
}
