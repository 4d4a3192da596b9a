package mailauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"switchboard/internal/imf"
)

// spf evaluates the domain of the reverse-path, or of HELO if the reverse-path is
// null (RFC 7208 section 2.4). It appends to results and returns the authenticated
// domain, if any.
func (c *Checker) spf(ctx context.Context, f Facts, results *[]authres.Result) (identifiers []identifier) {
	if !f.ClientIP.IsValid() || f.ClientIP.IsLoopback() {
		return nil
	}
	verdict, err := checkHost(ctx, c.dns, f.ClientIP, f.Helo, f.From)
	property, value, domain := "smtp.mailfrom", f.From, imf.Domain(f.From)
	if domain == "" {
		property, value, domain = "smtp.helo", f.Helo, f.Helo
	}
	if verdict == spf.Pass {
		identifiers = append(identifiers, identifier{viaSPF, ascii(domain)})
		err = nil
	}
	if verdict == spf.None {
		err = nil
	}
	*results = append(*results, result("spf", string(verdict), property, value, "smtp.remote-ip", f.ClientIP.Unmap().String(), "reason", explain(err)))
	return identifiers
}

// checkHost is check_host() of RFC 7208 section 4 for one sender. The library
// splits an address at its first "@", which a quoted local part may contain; such
// an "@" is replaced.
func checkHost(ctx context.Context, dns Resolver, ip netip.Addr, helo, from string) (spf.Result, error) {
	sender := from
	if local, domain := imf.SplitAddr(from); domain != "" {
		if domain = ascii(domain); domain == "" {
			return spf.None, nil
		}
		sender = strings.ReplaceAll(local, "@", "_") + "@" + domain
	}
	ip = ip.Unmap()
	return spf.CheckHostWithSender(net.IP(ip.AsSlice()), helo, sender, spf.WithContext(ctx), spf.WithResolver(records{dns, ip}))
}

// dkim verifies the first maxSignatures signatures. It appends to results and returns
// the authenticated domains.
func (c *Checker) dkim(ctx context.Context, h header, content []byte, results *[]authres.Result) (identifiers []identifier) {
	if len(h.values("dkim-signature")) == 0 {
		*results = append(*results, result("dkim", "none"))
		return nil
	}
	verifications, err := c.verify(ctx, h, content)
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		*results = append(*results, result("dkim", "permerror", "reason", explain(err)))
	}
	for _, v := range verifications {
		value := "pass"
		switch {
		case v.Err == nil:
			identifiers = append(identifiers, identifier{viaDKIM, ascii(v.Domain)})
		case dkim.IsTempFail(v.Err):
			value = "temperror"
		case dkim.IsPermFail(v.Err):
			value = "permerror"
		default:
			value = "fail"
		}
		*results = append(*results, result("dkim", value, "header.d", strings.ToLower(v.Domain), "reason", explain(v.Err)))
	}
	return identifiers
}

// verify verifies the DKIM signatures. A header that is too expensive to verify and a
// panic of the library are errors.
func (c *Checker) verify(ctx context.Context, h header, content []byte) (v []*dkim.Verification, err error) {
	if h.tooExpensive() {
		return nil, errors.New("header too large")
	}
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("verifier panicked: %v", r)
		}
	}()
	return dkim.VerifyWithOptions(bytes.NewReader(content), &dkim.VerifyOptions{
		LookupTXT: c.txt(ctx), MaxVerifications: maxSignatures,
	})
}

func (c *Checker) txt(ctx context.Context) func(string) ([]string, error) {
	return func(domain string) ([]string, error) { return c.dns.LookupTXT(ctx, domain) }
}

// policy is the DMARC policy of the author's domain.
type policy struct {
	domain string // as in the From field; "" if there is no single author domain
	record *dmarc.Record
	exact  bool // published by the domain itself, not by its organizational domain
	err    error
}

// authorPolicy looks up the policy of the domain in the From field.
func (c *Checker) authorPolicy(ctx context.Context, h header) (p policy) {
	p.domain, _ = h.author()
	if p.domain != "" {
		p.record, p.exact, p.err = c.policy(ctx, ascii(p.domain))
	}
	return p
}

// dmarcResult returns the DMARC result: pass if one of the identifiers is aligned
// with the author's domain according to that domain's policy (RFC 7489 section
// 6.6.2).
func dmarcResult(p policy, identifiers []identifier) authres.Result {
	domain, record, err := p.domain, p.record, p.err
	switch {
	case domain == "":
		return result("dmarc", "permerror", "reason", "no single author domain")
	case errors.Is(err, dmarc.ErrNoPolicy):
		return result("dmarc", "none", "header.from", domain)
	case err != nil && dmarc.IsTempFail(err):
		return result("dmarc", "temperror", "header.from", domain, "reason", explain(err))
	case err != nil:
		return result("dmarc", "permerror", "header.from", domain, "reason", explain(err))
	}
	for _, id := range identifiers {
		mode := record.SPFAlignment
		if id.method == viaDKIM {
			mode = record.DKIMAlignment
		}
		if aligned(id.domain, ascii(domain), mode) {
			return result("dmarc", "pass", "header.from", domain)
		}
	}
	requested := record.Policy
	if !p.exact && record.SubdomainPolicy != "" {
		requested = record.SubdomainPolicy
	}
	return result("dmarc", "fail", "header.from", domain, "policy.dmarc", string(requested))
}

// policy looks up the record of a domain, or else of its organizational domain (RFC
// 7489 section 6.6.3). exact reports which one it is.
func (c *Checker) policy(ctx context.Context, domain string) (record *dmarc.Record, exact bool, err error) {
	if domain == "" {
		return nil, false, dmarc.ErrNoPolicy
	}
	options := &dmarc.LookupOptions{LookupTXT: func(name string) ([]string, error) {
		all, err := c.dns.LookupTXT(ctx, name)
		var records []string
		for _, txt := range all {
			if strings.HasPrefix(txt, "v=DMARC1") {
				records = append(records, txt)
			}
		}
		if len(records) > 1 { // RFC 7489 section 6.6.3, step 5: several records count as none
			records = nil
		}
		return records, err
	}}
	record, err = dmarc.LookupWithOptions(domain, options)
	if !errors.Is(err, dmarc.ErrNoPolicy) {
		return record, true, err
	}
	organization := organizational(domain)
	if organization == domain {
		return nil, true, err
	}
	record, err = dmarc.LookupWithOptions(organization, options)
	return record, false, err
}

// aligned implements identifier alignment (RFC 7489 section 3.1).
func aligned(authenticated, author string, mode dmarc.AlignmentMode) bool {
	if authenticated == "" || mode == dmarc.AlignmentStrict {
		return authenticated == author && author != ""
	}
	return authenticated == author || organizational(authenticated) == organizational(author)
}

// organizational returns the organizational domain (RFC 7489 section 3.2). A public
// suffix is returned as it is.
func organizational(domain string) string {
	if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return o
	}
	return domain
}
