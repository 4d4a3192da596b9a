package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/threading"
)

// authentication evaluates the Authentication-Results of a mail (RFC 8601) and says
// how far the address in its From field can be trusted. It returns nil when the
// mail was not checked.
func authentication(raw *desk.Raw, m *desk.Message) *desk.Authentication {
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
			if a.DMARC != "fail" { // the worse of two results counts
				a.DMARC, a.Domain, a.Policy = r.Value, r.Properties["header.from"], r.Properties["policy.dmarc"]
			}
		case imf.MethodSpam:
			a.Spam = firstOf(r.Properties["policy.action"], verdict(r.Value))
		case imf.MethodVirus:
			a.Virus = verdict(r.Value)
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

// verdict returns a filter's result as desk.Authentication states it.
func verdict(value string) string {
	switch value {
	case "pass":
		return "none"
	case "temperror":
		return "unavailable"
	}
	return value
}

// judge says how far the author's address can be trusted, and why (RFC 7489 §6.6).
func judge(a *desk.Authentication, results []imf.AuthResult, domain string) (desk.Trust, string) {
	switch {
	case imf.AuthenticDomain(results, domain):
		if a.DMARC == "pass" {
			return desk.TrustAligned, "confirmed by " + domain + " (DMARC pass)"
		}
		return desk.TrustAligned, domain + " has no DMARC policy, but sent the message itself (SPF or DKIM pass)"
	case a.DMARC == "fail" && a.Policy != "none":
		// A relay that does not report the policy has nevertheless seen the mail fail it.
		return desk.TrustForged, fmt.Sprintf("%s says that it did not send this message (DMARC fail, policy %s)", firstOf(a.Domain, domain), firstOf(a.Policy, "not reported"))
	case a.DMARC == "fail":
		return desk.TrustClaimed, "not confirmed by " + firstOf(a.Domain, domain) + ", which asks for no action (DMARC fail, policy none)"
	case a.DMARC == "permerror" && a.Domain == "" && domain != "":
		// RFC 7489 §6.6.1: otherwise a second author would disable the check.
		return desk.TrustForged, "the From field does not name exactly one author, so the sender cannot be verified"
	case a.DMARC == "pass" && a.Domain != "" && !international(a.Domain) && !international(domain):
		return desk.TrustForged, fmt.Sprintf("confirmed by %s, but the author's domain is %s", a.Domain, firstOf(domain, "missing"))
	}
	return desk.TrustClaimed, "the sender's domain did not confirm it"
}

// judgeEnvelope is judge for a mail without an author, which is attributed to its
// reverse-path: DMARC does not check that, SPF does.
func judgeEnvelope(results []imf.AuthResult, reversePath string) (desk.Trust, string) {
	domain := imf.Domain(reversePath)
	passed := slices.ContainsFunc(results, func(r imf.AuthResult) bool {
		return r.Method == "spf" && r.Value == "pass" && strings.EqualFold(imf.Domain(r.Properties["smtp.mailfrom"]), domain)
	})
	switch {
	case domain == "":
		return desk.TrustClaimed, "the message names no author"
	case passed:
		return desk.TrustAligned, "the message has no From field, and " + domain + " confirmed its reverse-path (SPF pass)"
	}
	return desk.TrustForged, "the message has no From field, and its reverse-path is not confirmed"
}

// author returns the address in the From field; "" when there is none.
func author(m *desk.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return imf.NormalizeAddr(m.From[0].Email)
}

// international reports whether programs may write a domain in different ways (IDNA).
func international(domain string) bool {
	return strings.Contains(domain, "xn--") || strings.ContainsFunc(domain, func(r rune) bool { return r >= 0x80 })
}

// trust returns how far the sender's address is trusted.
func trust(m *desk.Message) desk.Trust {
	if m.Authentication == nil {
		return desk.TrustClaimed
	}
	return m.Authentication.Trust
}

// markForged adds a problem that explains why the sender is not who they claim to be.
func markForged(m *desk.Message) {
	if trust(m) == desk.TrustForged {
		m.AddProblem(desk.ProblemForged, m.Authentication.Reason+"; it was not added to a conversation, and replies do not go to other addresses that it names")
	}
}

// markUnverified adds a problem to a message that joins or continues a conversation
// although nothing confirms its sender, or that has the address of a contact whose
// mail was authenticated before.
func markUnverified(m *desk.Message, s sender, d threading.Decision) {
	if d.ConversationID.IsZero() && d.FollowUpOf.IsZero() || s.trust == desk.TrustForged {
		return
	}
	switch {
	case d.Unverified:
		m.AddProblem(desk.ProblemUnverified, "the sender is not known to belong to this conversation; replies do not go to them")
	case d.Unconfirmed:
		reason := "the mail was not checked"
		if m.Authentication != nil {
			reason = m.Authentication.Reason
		}
		m.AddProblem(desk.ProblemUnconfirmed, "nothing confirms that "+s.email+" wrote this: "+reason+"; replies go where they went before")
	}
}

// raiseTrust records that a known identity is now authenticated.
func (b *batch) raiseTrust(s sender, contact desk.Contact) {
	if s.trust != desk.TrustAligned {
		return
	}
	for i := range b.out.Identities {
		if known := &b.out.Identities[i]; known.Channel == s.key.Channel && known.Address == s.key.Address {
			known.Trust = desk.TrustAligned
			return
		}
	}
	for _, known := range contact.Identities {
		if known.Trust == desk.TrustClaimed {
			b.out.Identities = append(b.out.Identities, s.identity(contact.ID, desk.TrustAligned))
		}
	}
}

// initialTrust returns the trust of a new identity.
func (s sender) initialTrust() desk.Trust {
	if s.trust == desk.TrustAligned {
		return desk.TrustAligned
	}
	return desk.TrustClaimed
}

// tagSpam is the tag of a conversation opened by a mail that the spam filter would
// have marked. Mail that it rejects never gets here.
const tagSpam = "spam"

// tags returns the policy's tags and the spam filter's.
func tags(list []string, m *desk.Message) []string {
	if a := m.Authentication; a != nil && (a.Spam == "add header" || a.Spam == "rewrite subject") && !slices.Contains(list, tagSpam) {
		return append(slices.Clone(list), tagSpam)
	}
	return list
}

// unverified is used in place of signature verification when no keys are
// configured. A signature is shown and changes nothing about how a mail is handled:
// it covers the body only, so that anyone who has received a signed mail can send it
// again, under another subject and into another thread. And a signature that does
// not match is more often the work of a mailing list than of a forger.
func unverified(s *desk.Signed, _ time.Time) *desk.Signature {
	return &desk.Signature{Kind: s.Kind, Status: desk.SignatureUnchecked, Reason: "no keys are configured", Footer: s.Footer}
}
