package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"switchboard/config"
	"switchboard/internal/dkim"
	"switchboard/internal/imf"
	"switchboard/internal/localaddr"
	"switchboard/internal/mailauth"
)

// dnsTimeout bounds all DNS queries together.
const dnsTimeout = 15 * time.Second

// dns checks the records of the domains that mail is sent from and received for.
// None of them keeps the gateway from working, so problems are only warnings.
func (x *checker) dns(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	d := dnsChecker{checker: x, resolver: mailauth.NewCache(mailauth.System(x.cfg.SMTP.DNS)), hostname: x.cfg.Mail.Hostname()}
	d.keys, _ = x.cfg.DKIMKeys() // the configuration is valid
	d.smarthost, _, _ = net.SplitHostPort(x.cfg.Smarthost.Addr)
	if host, _, err := net.SplitHostPort(x.cfg.SMTP.Addr); err == nil && !config.IsLoopback(host) {
		d.local = listenAddrs(host)
		d.receives = true
	}
	d.check(ctx, localaddr.New(x.cfg.Mail.Addresses, nil).Domains(), x.cfg.Mail.CatchAll)
}

// dnsChecker checks the DNS records of this site's domains.
type dnsChecker struct {
	*checker
	resolver    mailauth.Resolver
	hostname    string       // in EHLO
	smarthost   string       // host; may be empty
	receives    bool         // mail is received by SMTP from other hosts
	local       []netip.Addr // addresses of the SMTP listener, as far as this machine knows
	keys        dkim.Keys    // that sign outgoing mail
	unreachable bool         // the DNS did not answer: no further queries
}

// check checks the support domains, and the catch-all domains, which only receive.
func (d *dnsChecker) check(ctx context.Context, domains, catchAll []string) {
	each := func(check func(context.Context, string), names ...string) {
		for _, name := range names {
			if !d.unreachable {
				check(ctx, name)
			}
		}
	}
	if d.receives {
		each(d.ehlo, d.hostname)
		each(d.mx, append(slices.Clone(domains), catchAll...)...)
	}
	if d.smarthost != "" {
		each(d.spf, domains...)
	}
	if d.cfg != nil && d.cfg.Delivery.Direct {
		d.direct(ctx, domains)
	}
	each(d.dmarc, domains...)
	for i := range d.keys {
		if !d.unreachable {
			d.dkimKey(ctx, &d.keys[i])
		}
	}
	if d.smarthost != "" && !d.unreachable {
		for _, domain := range domains {
			d.signing(domain)
		}
	}
}

// failed reports whether a lookup failed for another reason than a missing record.
func (d *dnsChecker) failed(check string, err error) bool {
	if err == nil || mailauth.Absent(err) {
		return false
	}
	d.unreachable = true
	d.add(check, Warn, "the DNS server does not answer", "Run this again; if the problem persists, check smtp.dns or this machine's /etc/resolv.conf.")
	return true
}

// listenAddrs returns the addresses behind the host of a listener.
func listenAddrs(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil && !a.IsUnspecified() {
		return []netip.Addr{a.Unmap()}
	}
	var out []netip.Addr
	list, _ := net.InterfaceAddrs() // without them the warning says "as far as can be told"
	for _, one := range list {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && !prefix.Addr().IsLoopback() && !prefix.Addr().IsLinkLocalUnicast() {
			out = append(out, prefix.Addr().Unmap())
		}
	}
	return out
}

// lookup resolves a host name; an IP address is itself.
func (d *dnsChecker) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	list, err := d.resolver.LookupIPAddr(ctx, host)
	var out []netip.Addr
	for _, one := range list {
		if a, ok := netip.AddrFromSlice(one.IP); ok {
			out = append(out, a.Unmap())
		}
	}
	return out, err
}

// ehlo checks the host name in EHLO (RFC 5321 §4.1.1.1) and the PTR records of its
// addresses.
func (d *dnsChecker) ehlo(ctx context.Context, name string) {
	check := "dns name " + name
	found, err := d.lookup(ctx, name)
	if d.failed(check, err) {
		return
	}
	if len(found) == 0 {
		d.add(check, Warn, "the host name "+d.hostname+" has no address", fmt.Sprintf("Publish %s. A %s, or set mail.domain to this machine's name.", d.hostname, d.exampleAddr()))
		return
	}
	var named []string
	for _, ip := range found {
		names, err := d.resolver.LookupAddr(ctx, ip.String())
		if d.failed(check, err) {
			return
		}
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSuffix(n, "."), d.hostname) }) {
			named = append(named, ip.String())
		}
	}
	if len(named) == 0 {
		d.add(check, Warn, fmt.Sprintf("%s resolves to %s, which has no PTR record with that name", d.hostname, found[0]),
			fmt.Sprintf("Have the owner of the address publish PTR %s. for %s; receiving servers check it, unless all mail is sent through the smarthost.", d.hostname, found[0]))
		return
	}
	d.add(check, OK, fmt.Sprintf("%s and %s resolve to each other", d.hostname, strings.Join(named, ", ")), "")
}

// exampleAddr returns a public address of this machine for use in a suggested record.
func (d *dnsChecker) exampleAddr() string {
	for _, a := range d.local {
		if !a.IsPrivate() {
			return a.String()
		}
	}
	return "(this machine's public address)"
}

// mx checks where mail for a domain is delivered (RFC 5321 §5.1).
func (d *dnsChecker) mx(ctx context.Context, domain string) {
	check := "dns MX " + domain
	list, err := d.resolver.LookupMX(ctx, domain)
	if d.failed(check, err) {
		return
	}
	publish := fmt.Sprintf("Publish %s. MX 10 %s.", domain, d.hostname)
	if len(list) == 0 {
		d.add(check, Warn, "there is no MX record: other servers may not be able to deliver mail for "+domain, publish)
		return
	}
	var hosts []string
	for _, mx := range list {
		host := strings.TrimSuffix(mx.Host, ".")
		if host == "" { // null MX, RFC 7505 §3
			d.add(check, Warn, "the null MX record of "+domain+" says that it accepts no mail", publish)
			return
		}
		found, _ := d.lookup(ctx, host) // a host that cannot be resolved is not this machine
		if strings.EqualFold(host, d.hostname) || slices.ContainsFunc(found, func(a netip.Addr) bool { return slices.Contains(d.local, a) }) {
			d.add(check, OK, "mail is delivered to "+host, "")
			return
		}
		hosts = append(hosts, host)
	}
	d.add(check, Warn, fmt.Sprintf("mail for %s is delivered to %s, not to this machine as far as can be told", domain, strings.Join(hosts, ", ")),
		publish+" If that server relays to this machine, or is this machine behind another address, ignore this.")
}

// spfIncludes are the SPF records of well-known providers, by the domain of their
// smarthost: their mail is sent from other hosts than the one that accepts it.
var spfIncludes = map[string]string{
	"gmail.com": "_spf.google.com", "google.com": "_spf.google.com", "office365.com": "spf.protection.outlook.com", "outlook.com": "spf.protection.outlook.com",
	"amazonaws.com": "amazonses.com", "sendgrid.net": "sendgrid.net", "mailgun.org": "mailgun.org", "postmarkapp.com": "spf.mtasv.net",
	"mailjet.com": "spf.mailjet.com", "sparkpostmail.com": "sparkpostmail.com", "brevo.com": "spf.brevo.com", "zoho.com": "zohomail.com",
	"fastmail.com": "spf.messagingengine.com", "messagingengine.com": "spf.messagingengine.com", "ionos.com": "_spf.perfora.net", "ionos.de": "_spf-eu.ionos.com",
}

// spfInclude returns the record that a provider's customers include, "" if unknown.
func spfInclude(smarthost string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(smarthost, ".")), ".")
	if len(labels) < 2 {
		return ""
	}
	return spfIncludes[strings.Join(labels[len(labels)-2:], ".")]
}

// spf checks that the smarthost may send mail from a domain (RFC 7208).
func (d *dnsChecker) spf(ctx context.Context, domain string) {
	check := "dns SPF " + domain
	records, err := mailauth.SPFRecords(ctx, d.resolver, domain)
	if d.failed(check, err) {
		return
	}
	include, term := spfInclude(d.smarthost), "a:"+d.smarthost
	if include != "" {
		term = "include:" + include
	} else if _, err := netip.ParseAddr(d.smarthost); err == nil || d.smarthost == "localhost" {
		term = "ip4:" + d.exampleAddr()
	}
	switch {
	case len(records) == 0:
		d.add(check, Warn, "there is no SPF record: replies may be classified as spam", fmt.Sprintf("Publish %s. TXT \"v=spf1 %s ~all\".", domain, term))
		return
	case len(records) > 1:
		d.add(check, Warn, fmt.Sprintf("there are %d SPF records, which makes all of them invalid", len(records)), "Publish one record with the terms of all.")
		return
	case include != "" && strings.Contains(strings.ToLower(records[0]), include):
		d.add(check, OK, "permits "+d.smarthost+" ("+term+")", "")
		return
	case config.IsLoopback(d.smarthost):
		d.add(check, OK, "published; the smarthost is this machine, whose public address must be in the record", "")
		return
	}
	found, err := d.lookup(ctx, d.smarthost)
	if d.failed(check, err) {
		return
	}
	for _, ip := range found {
		ok, err := mailauth.Permits(ctx, d.resolver, domain, ip)
		if ok {
			d.add(check, OK, fmt.Sprintf("permits %s (%s)", d.smarthost, ip), "")
			return
		}
		if d.failed(check, err) {
			return
		}
	}
	d.add(check, Warn, fmt.Sprintf("%q does not permit %s", records[0], d.smarthost),
		fmt.Sprintf("Add %s to the record, or the term that your provider documents: mail may be sent from other hosts of the provider.", term))
}

// dmarc checks that a domain has a policy (RFC 7489).
func (d *dnsChecker) dmarc(ctx context.Context, domain string) {
	check := "dns DMARC " + domain
	policy, err := mailauth.DMARCPolicy(ctx, d.resolver, domain)
	if d.failed(check, err) {
		return
	}
	if policy == "" {
		mailbox := "postmaster@" + domain
		if !imf.ValidAddr(mailbox) {
			return
		}
		d.add(check, Warn, "there is no DMARC record: large providers require one", fmt.Sprintf("Publish _dmarc.%s. TXT \"v=DMARC1; p=none; rua=mailto:%s\".", domain, mailbox))
		return
	}
	d.add(check, OK, "the policy is "+policy, "")
}
