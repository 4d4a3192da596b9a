package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// vouched reads what was found out of a mail's origin, and says what follows for
// the address in its From field. Nil when nobody looked.
func vouched(raw *desk.Raw, m *desk.Message) *desk.Authentication {
	if raw.Channel != desk.ChannelEmail || raw.AuthResults == "" {
		return nil
	}
	by, results := imf.AuthResults(raw.AuthResults)
	a := &desk.Authentication{By: by, Results: raw.AuthResults, Trust: desk.TrustClaimed}
	for _, r := range results {
		switch r.Method {
		case "spf":
			a.SPF = r.Value
		case "dkim":
			if a.DKIM != "pass" {
				a.DKIM = r.Value
			}
		case "dmarc":
			if a.DMARC != "fail" { // of two that differ the worse one counts
				a.DMARC, a.Domain, a.Policy = r.Value, r.Properties["header.from"], r.Properties["policy.dmarc"]
			}
		case imf.MethodSpam:
			a.Spam = firstOf(r.Properties["policy.action"], said(r.Value))
		case imf.MethodVirus:
			a.Virus = said(r.Value)
			if r.Value == "fail" {
				a.Virus = "found: " + r.Properties["policy.name"]
			}
		}
	}
	if author := author(m); author != "" {
		a.Trust, a.Reason = judge(a, results, imf.Domain(author))
	} else {
		a.Trust, a.Reason = judgeEnvelope(results, raw.EnvelopeFrom)
	}
	return a
}

// said puts a filter's result into words.
func said(value string) string {
	switch value {
	case "pass":
		return "none"
	case "temperror":
		return "unavailable"
	}
	return value
}

// judge says how far the author's address can be believed (RFC 7489 §6.6).
func judge(a *desk.Authentication, results []imf.AuthResult, domain string) (desk.Trust, string) {
	switch {
	case imf.AuthenticDomain(results, domain):
		if a.DMARC == "pass" {
			return desk.TrustAligned, domain + " vouches for it (DMARC pass)"
		}
		return desk.TrustAligned, domain + " has no DMARC policy, but sent it itself (SPF or DKIM pass)"
	case a.DMARC == "fail" && a.Policy != "none":
		// A relay that tells no policy has nevertheless seen the mail fail one.
		return desk.TrustForged, fmt.Sprintf("%s says that mail like this one is not its own (DMARC fail, policy %s)", firstOf(a.Domain, domain), firstOf(a.Policy, "not told"))
	case a.DMARC == "fail":
		return desk.TrustClaimed, firstOf(a.Domain, domain) + " does not vouch for it, and wants nothing done about it (DMARC fail, policy none)"
	case a.DMARC == "permerror" && a.Domain == "" && domain != "":
		// RFC 7489 §6.6.1: else a second author would switch the check off.
		return desk.TrustForged, "its From field does not name one author, so that nobody can vouch for him"
	case a.DMARC == "pass" && a.Domain != "" && !international(a.Domain) && !international(domain):
		return desk.TrustForged, fmt.Sprintf("%s vouches for it, but the author is of %s", a.Domain, firstOf(domain, "nowhere"))
	}
	return desk.TrustClaimed, "nobody vouches for it"
}

// judgeEnvelope is for a mail without an author, which stands for the one whom its
// reverse-path names: DMARC does not see him, SPF does.
func judgeEnvelope(results []imf.AuthResult, reversePath string) (desk.Trust, string) {
	domain := imf.Domain(reversePath)
	passed := slices.ContainsFunc(results, func(r imf.AuthResult) bool {
		return r.Method == "spf" && r.Value == "pass" && strings.EqualFold(imf.Domain(r.Properties["smtp.mailfrom"]), domain)
	})
	switch {
	case domain == "":
		return desk.TrustClaimed, "it names no author"
	case passed:
		return desk.TrustAligned, "it has no From field, and " + domain + " vouches for its reverse-path (SPF pass)"
	}
	return desk.TrustForged, "it has no From field, and nobody vouches for its reverse-path"
}

// author is the address of the From field; "" when there is none.
func author(m *desk.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return imf.NormalizeAddr(m.From[0].Email)
}

// international reports a domain that two programs may write in different ways.
func international(domain string) bool {
	return strings.Contains(domain, "xn--") || strings.ContainsFunc(domain, func(r rune) bool { return r >= 0x80 })
}

// trust is how far the sender's address is believed.
func trust(m *desk.Message) desk.Trust {
	if m.Authentication == nil {
		return desk.TrustClaimed
	}
	return m.Authentication.Trust
}

// suspect tells people of what a mail is not.
func suspect(m *desk.Message) {
	if trust(m) == desk.TrustForged {
		m.AddProblem(desk.ProblemForged, m.Authentication.Reason+"; it joins no conversation by its author's name, and answers go to nobody whom it names beside him")
	}
}

// prove records a known identity that is now better proven.
func (b *batch) prove(s sender, contact desk.Contact) {
	if s.trust != desk.TrustAligned {
		return
	}
	for i := range b.out.Identities {
		if b.out.Identities[i].IdentityKey == s.key {
			b.out.Identities[i].Trust = desk.TrustAligned
			return
		}
	}
	for _, known := range contact.Identities {
		if known.Trust == desk.TrustClaimed {
			b.out.Identities = append(b.out.Identities, Identity{IdentityKey: s.key, Contact: contact.ID, Trust: desk.TrustAligned})
		}
	}
}

// proven is the trust an identity begins with.
func (s sender) proven() desk.Trust {
	if s.trust == desk.TrustAligned {
		return desk.TrustAligned
	}
	return desk.TrustClaimed
}

// tagSpam marks a conversation that a mail opened which the spam filter would have
// marked; it refuses the rest by itself.
const tagSpam = "spam"

// tags are the policy's, and the spam filter's.
func tags(list []string, m *desk.Message) []string {
	if a := m.Authentication; a != nil && (a.Spam == "add header" || a.Spam == "rewrite subject") && !slices.Contains(list, tagSpam) {
		return append(slices.Clone(list), tagSpam)
	}
	return list
}

// unverified stands for the verification of signatures where nobody has keys. What a
// signature is worth is shown, and changes nothing of what is done with a mail: it is
// for the body alone, so that whoever once got a signed mail can send it again, under
// another subject and into another thread, and have the answer. And one that does not
// fit tells more often of a list that changed the mail than of a liar.
func unverified(s *desk.Signed, _ time.Time) *desk.Signature {
	return &desk.Signature{Kind: s.Kind, Status: desk.SignatureUnchecked, Reason: "no keys are configured", Footer: s.Footer}
}
