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

// spf evaluates the reverse-path, or the client's own name when that is null
// (RFC 7208 section 2.4).
func (c *Checker) spf(ctx context.Context, f Facts, results *[]authres.Result) (proofs []proof) {
	if !f.ClientIP.IsValid() || f.ClientIP.IsLoopback() {
		return nil
	}
	value, err := checkHost(ctx, c.dns, f.ClientIP, f.Helo, f.From)
	identity, shown, domain := "smtp.mailfrom", f.From, imf.Domain(f.From)
	if domain == "" {
		identity, shown, domain = "smtp.helo", f.Helo, f.Helo
	}
	if value == spf.Pass {
		proofs = append(proofs, proof{viaSPF, ascii(domain)})
		err = nil
	}
	if value == spf.None {
		err = nil
	}
	*results = append(*results, result("spf", string(value), identity, shown, "smtp.remote-ip", f.ClientIP.Unmap().String(), "reason", explain(err)))
	return proofs
}

// checkHost is check_host() of RFC 7208 section 4 for one sender. The library
// cuts an address at its first "@", which a quoted local part may contain.
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

// dkim verifies the mail's first signatures.
func (c *Checker) dkim(ctx context.Context, h header, content []byte, results *[]authres.Result) (proofs []proof) {
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
			proofs = append(proofs, proof{viaDKIM, ascii(v.Domain)})
		case dkim.IsTempFail(v.Err):
			value = "temperror"
		case dkim.IsPermFail(v.Err):
			value = "permerror"
		default:
			value = "fail"
		}
		*results = append(*results, result("dkim", value, "header.d", strings.ToLower(v.Domain), "reason", explain(v.Err)))
	}
	return proofs
}

func (c *Checker) verify(ctx context.Context, h header, content []byte) (v []*dkim.Verification, err error) {
	if h.heavy() {
		return nil, errors.New("the header is too large")
	}
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("the verifier failed: %v", r)
		}
	}()
	return dkim.VerifyWithOptions(bytes.NewReader(content), &dkim.VerifyOptions{
		LookupTXT: c.txt(ctx), MaxVerifications: maxSignatures,
	})
}

func (c *Checker) txt(ctx context.Context) func(string) ([]string, error) {
	return func(domain string) ([]string, error) { return c.dns.LookupTXT(ctx, domain) }
}

// policy is what the author's domain publishes.
type policy struct {
	domain string // "" when no single author is named
	record *dmarc.Record
	exact  bool // it is the domain's own, not its organization's
	err    error
}

func (c *Checker) ask(ctx context.Context, h header) (p policy) {
	p.domain, _ = h.author()
	if p.domain != "" {
		p.record, p.exact, p.err = c.policy(ctx, ascii(p.domain))
	}
	return p
}

// dmarcResult says whether one of the proofs is for the author's domain, as the
// owner of that domain wants it to be (RFC 7489 section 6.6.2).
func dmarcResult(p policy, proofs []proof) authres.Result {
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
	for _, proof := range proofs {
		mode := record.SPFAlignment
		if proof.method == viaDKIM {
			mode = record.DKIMAlignment
		}
		if aligned(proof.domain, ascii(domain), mode) {
			return result("dmarc", "pass", "header.from", domain)
		}
	}
	wanted := record.Policy
	if !p.exact && record.SubdomainPolicy != "" {
		wanted = record.SubdomainPolicy
	}
	return result("dmarc", "fail", "header.from", domain, "policy.dmarc", string(wanted))
}

// policy finds the record of a domain, or of its organization (RFC 7489 section
// 6.6.3).
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
		if len(records) > 1 { // step 5 there: two records are none
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

// aligned is RFC 7489 section 3.1.
func aligned(proven, author string, mode dmarc.AlignmentMode) bool {
	if proven == "" || mode == dmarc.AlignmentStrict {
		return proven == author && author != ""
	}
	return proven == author || organizational(proven) == organizational(author)
}

// organizational is RFC 7489 section 3.2; a public suffix stands for itself.
func organizational(domain string) string {
	if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return o
	}
	return domain
}
