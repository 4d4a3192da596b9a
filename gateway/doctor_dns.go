package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"switchboard/internal/imf"
	"switchboard/internal/mailauth"
)

// dnsTime is for everything that the DNS is asked.
const dnsTime = 15 * time.Second

// records looks at what the DNS says of the domains that we send and receive for.
// Nothing of it keeps the gateway from working, so all of it is advice.
func (x *examiner) records(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, dnsTime)
	defer cancel()
	g := Gateway{cfg: *x.cfg, own: newAddresses(x.cfg.Mail)}
	d := published{examiner: x, dns: mailauth.NewCache(mailauth.System(x.cfg.SMTP.DNS)), name: g.domain()}
	d.smarthost, _, _ = net.SplitHostPort(x.cfg.Smarthost.Addr)
	if host, _, err := net.SplitHostPort(x.cfg.SMTP.Addr); err == nil && !loopback(host) {
		d.ours = reachable(host)
		d.receives = true
	}
	domains := make([]string, 0, len(g.own.domains))
	for domain := range g.own.domains {
		domains = append(domains, domain)
	}
	slices.Sort(domains)
	d.look(ctx, domains, x.cfg.Mail.CatchAll)
}

// published asks the DNS about our domains.
type published struct {
	*examiner
	dns       mailauth.Resolver
	name      string       // ours in EHLO
	smarthost string       // host; may be empty
	receives  bool         // others deliver to us by SMTP
	ours      []netip.Addr // where we listen, as far as this machine knows
	mute      bool         // it did not answer: no more is asked
}

// look examines the domains of our addresses, and those that only receive.
func (p *published) look(ctx context.Context, domains, catchAll []string) {
	ask := func(examine func(context.Context, string), names ...string) {
		for _, name := range names {
			if !p.mute {
				examine(ctx, name)
			}
		}
	}
	if p.receives {
		ask(p.ehlo, p.name)
		ask(p.mx, append(slices.Clone(domains), catchAll...)...)
	}
	if p.smarthost != "" {
		ask(p.spf, domains...)
	}
	ask(p.dmarc, domains...)
}

// unasked is for a DNS that does not answer.
func (p *published) unasked(check string, err error) bool {
	if err == nil || mailauth.Absent(err) {
		return false
	}
	p.mute = true
	p.add(check, Warn, "the DNS does not answer", "Run this again; if it stays so, check smtp.dns or this machine's /etc/resolv.conf.")
	return true
}

// reachable are the addresses behind an address that is listened on.
func reachable(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil && !a.IsUnspecified() {
		return []netip.Addr{a.Unmap()}
	}
	var out []netip.Addr
	list, _ := net.InterfaceAddrs() // without it nothing is ours, which is said
	for _, one := range list {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && !prefix.Addr().IsLoopback() && !prefix.Addr().IsLinkLocalUnicast() {
			out = append(out, prefix.Addr().Unmap())
		}
	}
	return out
}

func (p *published) located(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	list, err := p.dns.LookupIPAddr(ctx, host)
	var out []netip.Addr
	for _, one := range list {
		if a, ok := netip.AddrFromSlice(one.IP); ok {
			out = append(out, a.Unmap())
		}
	}
	return out, err
}

// ehlo looks at the name by which we greet (RFC 5321 section 4.1.1.1), and at the
// names of its addresses.
func (p *published) ehlo(ctx context.Context, name string) {
	check := "dns name " + name
	found, err := p.located(ctx, name)
	if p.unasked(check, err) {
		return
	}
	if len(found) == 0 {
		p.add(check, Warn, "this machine calls itself "+p.name+", which has no address", fmt.Sprintf("Publish %s. A %s, or set mail.domain to this machine's name.", p.name, p.example()))
		return
	}
	var named []string
	for _, ip := range found {
		names, err := p.dns.LookupAddr(ctx, ip.String())
		if p.unasked(check, err) {
			return
		}
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSuffix(n, "."), p.name) }) {
			named = append(named, ip.String())
		}
	}
	if len(named) == 0 {
		p.add(check, Warn, fmt.Sprintf("%s is %s, which has no PTR record with that name", p.name, found[0]),
			fmt.Sprintf("Have the owner of the address publish PTR %s. for %s; servers that mail is sent to ask for it, unless the smarthost speaks for us.", p.name, found[0]))
		return
	}
	p.add(check, Sound, fmt.Sprintf("%s is %s, and the other way round", p.name, strings.Join(named, ", ")), "")
}

// example is an address of ours to write into a record.
func (p *published) example() string {
	for _, a := range p.ours {
		if !a.IsPrivate() {
			return a.String()
		}
	}
	return "(this machine's public address)"
}

// mx looks where mail for a domain goes (RFC 5321 section 5.1).
func (p *published) mx(ctx context.Context, domain string) {
	check := "dns MX " + domain
	list, err := p.dns.LookupMX(ctx, domain)
	if p.unasked(check, err) {
		return
	}
	publish := fmt.Sprintf("Publish %s. MX 10 %s.", domain, p.name)
	if len(list) == 0 {
		p.add(check, Warn, "there is no MX record: others may not find where mail for "+domain+" goes", publish)
		return
	}
	var hosts []string
	for _, mx := range list {
		host := strings.TrimSuffix(mx.Host, ".")
		if host == "" { // RFC 7505
			p.add(check, Warn, domain+" says that it takes no mail", publish)
			return
		}
		found, _ := p.located(ctx, host) // what cannot be told is not ours
		if strings.EqualFold(host, p.name) || slices.ContainsFunc(found, func(a netip.Addr) bool { return slices.Contains(p.ours, a) }) {
			p.add(check, Sound, "mail goes to "+host, "")
			return
		}
		hosts = append(hosts, host)
	}
	p.add(check, Warn, fmt.Sprintf("mail for %s goes to %s, and not here as far as can be told", domain, strings.Join(hosts, ", ")),
		publish+" If that server passes it on to us, or is us behind another address, this is no fault.")
}

// includes are the records of well-known providers: their mail leaves from other
// machines than the one that takes it.
var includes = map[string]string{
	"gmail.com": "_spf.google.com", "google.com": "_spf.google.com", "office365.com": "spf.protection.outlook.com", "outlook.com": "spf.protection.outlook.com",
	"amazonaws.com": "amazonses.com", "sendgrid.net": "sendgrid.net", "mailgun.org": "mailgun.org", "postmarkapp.com": "spf.mtasv.net",
	"mailjet.com": "spf.mailjet.com", "sparkpostmail.com": "sparkpostmail.com", "brevo.com": "spf.brevo.com", "zoho.com": "zohomail.com",
	"fastmail.com": "spf.messagingengine.com", "messagingengine.com": "spf.messagingengine.com", "ionos.com": "_spf.perfora.net", "ionos.de": "_spf-eu.ionos.com",
}

// provided is what a provider's customers include; "" for an unknown one.
func provided(smarthost string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(smarthost, ".")), ".")
	if len(labels) < 2 {
		return ""
	}
	return includes[strings.Join(labels[len(labels)-2:], ".")]
}

// spf looks whether the smarthost may send in a domain's name (RFC 7208).
func (p *published) spf(ctx context.Context, domain string) {
	check := "dns SPF " + domain
	records, err := mailauth.SPFRecords(ctx, p.dns, domain)
	if p.unasked(check, err) {
		return
	}
	include, term := provided(p.smarthost), "a:"+p.smarthost
	if include != "" {
		term = "include:" + include
	} else if _, err := netip.ParseAddr(p.smarthost); err == nil || p.smarthost == "localhost" {
		term = "ip4:" + p.example()
	}
	switch {
	case len(records) == 0:
		p.add(check, Warn, "there is no SPF record: answers may be taken for spam", fmt.Sprintf("Publish %s. TXT \"v=spf1 %s ~all\".", domain, term))
		return
	case len(records) > 1:
		p.add(check, Warn, fmt.Sprintf("there are %d SPF records, so none counts", len(records)), "Publish one record with the terms of all.")
		return
	case include != "" && strings.Contains(strings.ToLower(records[0]), include):
		p.add(check, Sound, "permits "+p.smarthost+" ("+term+")", "")
		return
	case loopback(p.smarthost):
		p.add(check, Sound, "published; the smarthost is on this machine, whose public address has to be in it", "")
		return
	}
	found, err := p.located(ctx, p.smarthost)
	if p.unasked(check, err) {
		return
	}
	for _, ip := range found {
		ok, err := mailauth.Permits(ctx, p.dns, domain, ip)
		if ok {
			p.add(check, Sound, fmt.Sprintf("permits %s (%s)", p.smarthost, ip), "")
			return
		}
		if p.unasked(check, err) {
			return
		}
	}
	p.add(check, Warn, fmt.Sprintf("%q does not permit %s", records[0], p.smarthost),
		fmt.Sprintf("Put %s into the record, or the term that your provider names: mail may leave from other machines of his.", term))
}

// dmarc looks for a policy (RFC 7489).
func (p *published) dmarc(ctx context.Context, domain string) {
	check := "dns DMARC " + domain
	policy, err := mailauth.DMARCPolicy(ctx, p.dns, domain)
	if p.unasked(check, err) {
		return
	}
	if policy == "" {
		mailbox := "postmaster@" + domain
		if !imf.ValidAddr(mailbox) {
			return
		}
		p.add(check, Warn, "there is no DMARC record: large providers ask for one", fmt.Sprintf("Publish _dmarc.%s. TXT \"v=DMARC1; p=none; rua=mailto:%s\", and sign at the smarthost (DKIM).", domain, mailbox))
		return
	}
	p.add(check, Sound, "the policy is "+policy, "")
}
