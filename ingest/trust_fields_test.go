package ingest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
)

// Every field that is read from the Authentication-Results of a mail from
// jo@acme.example.
func TestAuthenticationFields(t *testing.T) {
	t.Parallel()
	const confirmed, unconfirmed = "confirmed by acme.example (DMARC pass)", "the sender's domain did not confirm it"
	for results, want := range map[string]desk.Authentication{
		"mx.desk.example; spf=softfail smtp.mailfrom=a@b.example; dkim=fail header.d=b.example": {SPF: "softfail", DKIM: "fail", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; dkim=pass header.d=b.example; dkim=fail header.d=c.example":           {DKIM: "pass", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; dkim=none; dkim=pass header.d=b.example":                              {DKIM: "pass", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; dmarc=pass header.from=acme.example policy.dmarc=reject":              {DMARC: "pass", Domain: "acme.example", Policy: "reject", Trust: desk.TrustAligned, Reason: confirmed},
		"mx.desk.example; dmarc=fail header.from=acme.example policy.dmarc=none; dmarc=pass header.from=b.example": {DMARC: "fail", Domain: "acme.example", Policy: "none", Trust: desk.TrustClaimed,
			Reason: "not confirmed by acme.example, which asks for no action (DMARC fail, policy none)"},
		"mx.desk.example; dmarc=fail policy.dmarc=none":                         {DMARC: "fail", Policy: "none", Trust: desk.TrustClaimed, Reason: "not confirmed by acme.example, which asks for no action (DMARC fail, policy none)"},
		"mx.desk.example; dmarc=fail":                                           {DMARC: "fail", Trust: desk.TrustForged, Reason: "acme.example says that it did not send this message (DMARC fail, policy not reported)"},
		ownMachines:                                                             {SPF: "pass", DKIM: "none", DMARC: "none", Domain: "acme.example", Trust: desk.TrustAligned, Reason: "acme.example has no DMARC policy, but sent the message itself (SPF or DKIM pass)"},
		"mx.desk.example; dmarc=pass":                                           {DMARC: "pass", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; dmarc=pass header.from=xn--b-xga.example":             {DMARC: "pass", Domain: "xn--b-xga.example", Trust: desk.TrustClaimed, Reason: unconfirmed},
		`mx.desk.example; x-spam=fail policy.action="add header"; x-virus=pass`: {Spam: "add header", Virus: "none", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; x-spam=temperror; x-virus=fail policy.name=Eicar":     {Spam: "unavailable", Virus: "found: Eicar", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; x-spam=pass; x-virus=temperror":                       {Spam: "none", Virus: "unavailable", Trust: desk.TrustClaimed, Reason: unconfirmed},
		"mx.desk.example; x-spam=neutral":                                       {Spam: "neutral", Trust: desk.TrustClaimed, Reason: unconfirmed},
	} {
		want.By, want.Results = "mx.desk.example", results
		got := authentication(&desk.Raw{Channel: desk.ChannelEmail, AuthResults: results}, &desk.Message{From: []desk.Address{{Email: "JO@Acme.example"}}})
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", results, diff)
		}
	}
	if got := authentication(&desk.Raw{Channel: desk.ChannelChat, AuthResults: aligned}, &desk.Message{}); got != nil {
		t.Errorf("a chat line: %+v", got)
	}
}

func TestReversePathReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		results, reverse string
		trust            desk.Trust
		reason           string
	}{
		{"mx.example; spf=pass smtp.mailfrom=jo@ACME.example", "jo@acme.example", desk.TrustAligned, "the message has no From field, and acme.example confirmed its reverse-path (SPF pass)"},
		{"mx.example; spf=pass smtp.mailfrom=jo@b.example", "jo@acme.example", desk.TrustForged, "the message has no From field, and its reverse-path is not confirmed"},
		{"mx.example; dkim=pass smtp.mailfrom=jo@acme.example", "jo@acme.example", desk.TrustForged, "the message has no From field, and its reverse-path is not confirmed"},
		{"mx.example; spf=pass", "", desk.TrustClaimed, "the message names no author"},
	} {
		got := authentication(&desk.Raw{Channel: desk.ChannelEmail, AuthResults: c.results, EnvelopeFrom: c.reverse}, &desk.Message{})
		if got.Trust != c.trust || got.Reason != c.reason {
			t.Errorf("%s: %s because %q, want %s because %q", c.results, got.Trust, got.Reason, c.trust, c.reason)
		}
	}
}

func TestAuthor(t *testing.T) {
	t.Parallel()
	if got := author(&desk.Message{}); got != "" {
		t.Errorf("no From: %q", got)
	}
	if got := author(&desk.Message{From: []desk.Address{{Email: "JO@Acme.example"}, {Email: "sam@acme.example"}}}); got != "jo@acme.example" {
		t.Errorf("two authors: %q", got)
	}
}

func TestInternational(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{"acme.example": false, "xn--bcher-kva.example": true, "bücher.example": true, "a\u0080.example": true, "a\u007f.example": false} {
		if got := international(domain); got != want {
			t.Errorf("%q: %t, want %t", domain, got, want)
		}
	}
}

func TestMarkForged(t *testing.T) {
	t.Parallel()
	for trust, want := range map[desk.Trust]int{desk.TrustForged: 1, desk.TrustClaimed: 0, desk.TrustAligned: 0} {
		m := desk.Message{Authentication: &desk.Authentication{Trust: trust, Reason: "why"}}
		if markForged(&m); len(m.Problems) != want || want == 1 && m.Problems[0].Code != desk.ProblemForged {
			t.Errorf("%s: problems %v", trust, m.Problems)
		}
	}
}

// The trust of the sender's identity is raised where it is written or stored, and
// nowhere else.
func TestRaiseTrust(t *testing.T) {
	t.Parallel()
	key := IdentityKey{desk.ChannelEmail, "jo@acme.example"}
	identity := func(channel desk.Channel, address string, trust desk.Trust) desk.ContactIdentity {
		return desk.ContactIdentity{Identity: desk.Identity{Channel: channel, Address: address, Trust: trust}}
	}
	others := []desk.ContactIdentity{identity(desk.ChannelChat, key.Address, desk.TrustClaimed), identity(desk.ChannelEmail, "sam@acme.example", desk.TrustClaimed)}
	mine := identity(desk.ChannelEmail, key.Address, desk.TrustClaimed)
	raised := identity(desk.ChannelEmail, key.Address, desk.TrustAligned)
	for name, c := range map[string]struct {
		trust   desk.Trust
		pending []desk.ContactIdentity
		stored  []desk.Identity
		want    []desk.ContactIdentity
	}{
		"in this batch":            {desk.TrustAligned, append(others[:2:2], mine), []desk.Identity{mine.Identity}, append(others[:2:2], raised)},
		"stored":                   {desk.TrustAligned, others, []desk.Identity{mine.Identity}, append(others[:2:2], raised)},
		"stored and authenticated": {desk.TrustAligned, others, []desk.Identity{raised.Identity}, others},
		"not authenticated":        {desk.TrustClaimed, others, []desk.Identity{mine.Identity}, others},
		"forged":                   {desk.TrustForged, append(others[:2:2], mine), []desk.Identity{mine.Identity}, append(others[:2:2], mine)},
	} {
		b := newBatch(rules(t), nothing())
		b.out.Identities = append([]desk.ContactIdentity(nil), c.pending...)
		b.raiseTrust(sender{key: key, trust: c.trust}, desk.Contact{Identities: c.stored})
		if diff := cmp.Diff(c.want, b.out.Identities); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	list := make([]string, 1, 2)
	list[0] = "vip"
	marked := &desk.Message{Authentication: &desk.Authentication{Spam: "add header"}}
	if got := tags(list, marked); !cmp.Equal(got, []string{"vip", "spam"}) || list[:2][1] != "" {
		t.Errorf("tags %v, and the policy's are %v", got, list[:2])
	}
	if got := tags([]string{"spam"}, marked); !cmp.Equal(got, []string{"spam"}) {
		t.Errorf("tagged by the policy: %v", got)
	}
	if got := tags(list, &desk.Message{}); !cmp.Equal(got, list) {
		t.Errorf("not scanned: %v", got)
	}
}

func TestUnverifiedSignature(t *testing.T) {
	t.Parallel()
	want := &desk.Signature{Kind: desk.SignatureSMIME, Status: desk.SignatureUnchecked, Reason: "no keys are configured", Footer: "list footer"}
	if diff := cmp.Diff(want, unverified(&desk.Signed{Kind: desk.SignatureSMIME, Footer: "list footer"}, time.Time{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
