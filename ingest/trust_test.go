package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// Results of checking a mail from jo@acme.example at reception.
const (
	aligned       = "mx.desk.example; spf=pass smtp.mailfrom=jo@acme.example; dkim=none; dmarc=pass header.from=acme.example"
	ownMachines   = "mx.desk.example; spf=pass smtp.mailfrom=jo@acme.example; dkim=none; dmarc=none header.from=acme.example"
	ownKey        = "mx.desk.example; dkim=pass header.d=acme.example; dmarc=none header.from=acme.example"
	otherKey      = "mx.desk.example; dkim=pass header.d=evil.example; dmarc=none header.from=acme.example"
	rejected      = "mx.desk.example; spf=pass smtp.mailfrom=a@evil.example; dkim=none; dmarc=fail header.from=acme.example policy.dmarc=reject"
	quarantined   = "mx.desk.example; dkim=fail header.d=acme.example; dmarc=fail header.from=acme.example policy.dmarc=quarantine"
	policyNone    = "mx.desk.example; dkim=none; dmarc=fail header.from=acme.example policy.dmarc=none"
	policyUnknown = "relay.example; dmarc=fail header.from=acme.example"
	twoAuthors    = `mx.desk.example; dkim=pass header.d=evil.example; dmarc=permerror reason="no single author domain"`
	broken        = "mx.desk.example; dkim=none; dmarc=permerror header.from=acme.example"
	dnsFailure    = "mx.desk.example; dkim=none; dmarc=temperror header.from=acme.example"
	otherDomain   = "mx.desk.example; spf=pass smtp.mailfrom=a@evil.example; dmarc=pass header.from=evil.example"
	contradictory = "relay.example; dmarc=fail header.from=acme.example; dmarc=pass header.from=acme.example"
)

// A mail without From is attributed to its reverse-path, which DMARC does not check.
func TestTrustOfAReversePath(t *testing.T) {
	t.Parallel()
	const noAuthorDMARC = `; dkim=none; dmarc=permerror reason="no single author domain"`
	for _, c := range []struct {
		from, results string
		want          desk.Trust
	}{
		{"jo@acme.example", "mx.desk.example; spf=fail smtp.mailfrom=jo@acme.example" + noAuthorDMARC, desk.TrustForged},
		{"jo@acme.example", "mx.desk.example; spf=none smtp.mailfrom=jo@acme.example" + noAuthorDMARC, desk.TrustForged},
		{"jo@acme.example", "mx.desk.example; spf=pass smtp.mailfrom=jo@acme.example" + noAuthorDMARC, desk.TrustAligned},
		{"jo@acme.example", "mx.desk.example; spf=pass smtp.helo=acme.example" + noAuthorDMARC, desk.TrustForged},
		{"", "mx.desk.example; spf=pass smtp.helo=acme.example" + noAuthorDMARC, desk.TrustClaimed},
	} {
		p := item(t, 1, "To: support@desk.example", "Subject: Lamp", "Message-ID: <1@a>", refers("1@a"))
		p.Raw.EnvelopeFrom, p.Raw.AuthResults = c.from, c.results
		if got := authentication(&p.Raw, &p.message); got.Trust != c.want {
			t.Errorf("%s, %s: %+v, want %s; From %v", c.from, c.results, got, c.want, p.message.From)
		}
	}
	bounce := item(t, 1, "From: MAILER-DAEMON", "To: support@desk.example", "Subject: Undelivered", "Message-ID: <1@a>")
	bounce.Raw.AuthResults = "mx.desk.example; spf=pass smtp.helo=mx.example" + noAuthorDMARC
	if got := authentication(&bounce.Raw, &bounce.message); got.Trust != desk.TrustClaimed {
		t.Errorf("a bounce is %+v", got)
	}
}

func TestTrustOfASender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		results string
		want    desk.Trust
		reason  string
	}{
		{aligned, desk.TrustAligned, "DMARC pass"},
		{ownMachines, desk.TrustAligned, "no DMARC policy"},
		{ownKey, desk.TrustAligned, "no DMARC policy"},
		{otherKey, desk.TrustClaimed, "did not confirm"},
		{rejected, desk.TrustForged, "policy reject"},
		{quarantined, desk.TrustForged, "policy quarantine"},
		{policyNone, desk.TrustClaimed, "policy none"},
		{policyUnknown, desk.TrustForged, "policy not reported"},
		{twoAuthors, desk.TrustForged, "one author"},
		{broken, desk.TrustClaimed, "did not confirm"},
		{dnsFailure, desk.TrustClaimed, "did not confirm"},
		{otherDomain, desk.TrustForged, "confirmed by evil.example"},
		{contradictory, desk.TrustForged, "DMARC fail"},
		{"mx.desk.example; none", desk.TrustClaimed, "did not confirm"},
		{"nonsense", desk.TrustClaimed, "did not confirm"},
	} {
		p := item(t, 1, from("Jo <JO@Acme.example>", "1@a")...)
		p.Raw.AuthResults = c.results
		got := authentication(&p.Raw, &p.message)
		if got.Trust != c.want || !strings.Contains(got.Reason, c.reason) || got.Results != c.results {
			t.Errorf("%s: %+v, want %s and %q", c.results, got, c.want, c.reason)
		}
	}
	p := item(t, 1, from("jo@acme.example", "1@a")...)
	if got := authentication(&p.Raw, &p.message); got != nil || trust(&p.message) != desk.TrustClaimed {
		t.Errorf("not checked: %+v", got)
	}
}

// TestSpoofed shows what mail from Jo's address may do to Jo's conversation, which
// has a reply, depending on the authentication results.
func TestSpoofed(t *testing.T) {
	t.Parallel()
	r := rules(t)
	cites := []string{refers("1@a")}
	ours := []string{refers("out.1@desk.example")}
	for _, c := range []struct {
		name, results  string
		headers        []string
		token          string // recipient of the mail whose reply token is used; "": no token
		joins, flagged bool
		reply          string // where replies in Jo's conversation, or in the new one, go
	}{
		{"authenticated, cites Jo's mail", aligned, cites, "", true, false, "jo@acme.example"},
		{"authenticated, cites our reply", aligned, ours, "", true, false, "jo@acme.example"},
		{"not checked, cites", "", cites, "", true, false, "jo@acme.example"},
		{"claimed, cites", dnsFailure, cites, "", true, false, "jo@acme.example"},
		{"policy none, cites", policyNone, cites, "", true, false, "jo@acme.example"},
		{"forged, cites Jo's mail", rejected, cites, "", false, true, "jo@acme.example"},
		{"forged, cites our reply", quarantined, ours, "", false, true, "jo@acme.example"},
		{"forged, cites nothing", rejected, nil, "", false, true, "jo@acme.example"},
		{"forged, wants replies elsewhere", rejected, append(slices.Clone(cites), "Reply-To: eve@evil.example", "Cc: eve@evil.example"), "", false, true, "jo@acme.example"},
		{"forged, with Jo's reply address", rejected, nil, "jo@acme.example", false, true, "jo@acme.example"},
		{"forged, with it, wants replies elsewhere", rejected, []string{"Reply-To: eve@evil.example", "Cc: eve@evil.example"}, "jo@acme.example", false, true, "jo@acme.example"},
		{"two authors", twoAuthors, cites, "", false, true, "jo@acme.example"},
		{"confirmed by another domain", otherDomain, cites, "", false, true, "jo@acme.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			snap, conversation := stored(t, r, desk.StatusResolved)
			before := conversation.Participants
			p := item(t, 2, from("jo@acme.example", "2@a", c.headers...)...)
			p.Raw.AuthResults = c.results
			if c.token != "" {
				p.Raw.EnvelopeTo = []string{r.Tokens.Address("support@desk.example", conversation.ID, c.token)}
			}
			out := decide([]parsed{p}, snap, r, noon.Add(time.Hour))
			joined := len(out.Opened) == 0
			if joined != c.joins {
				t.Fatalf("joined %t, want %t: %+v", joined, c.joins, out.Messages[0])
			}
			m, entered := out.Messages[0], conversation
			if !joined {
				entered = out.Opened[0]
				if conversation.Status != desk.StatusResolved || len(out.Updated) != 0 {
					t.Errorf("Jo's conversation has changed: %+v", conversation)
				}
			}
			if entered.ReplyTo != c.reply || slices.Contains(entered.Participants, "eve@evil.example") {
				t.Errorf("replies go to %s, participants %v", entered.ReplyTo, entered.Participants)
			}
			if joined && c.flagged && !slices.Equal(entered.Participants, before) {
				t.Errorf("participants %v", entered.Participants)
			}
			flagged := slices.ContainsFunc(m.Problems, func(p desk.Problem) bool { return p.Code == desk.ProblemForged && p.Detail != "" })
			if flagged != c.flagged {
				t.Errorf("flagged %t, problems %v", flagged, m.Problems)
			}
			if strings.HasPrefix(c.name, "forged, cites Jo") && !strings.Contains(m.ThreadEvidence, "sender address is forged") {
				t.Errorf("evidence %q", m.ThreadEvidence)
			}
			for _, i := range out.Identities {
				if i.Trust == desk.TrustForged || c.flagged && i.Trust != desk.TrustClaimed {
					t.Errorf("identity %+v", i)
				}
			}
			checkLedgerAfter(t, out, conversation)
		})
	}
}

// checkLedgerAfter checks that the new events of a stored conversation are dense.
func checkLedgerAfter(t *testing.T, out *desk.Changes, c *desk.Conversation) {
	t.Helper()
	for i, e := range out.Events {
		if i > 0 && e.ConversationID == out.Events[i-1].ConversationID && e.Seq != out.Events[i-1].Seq+1 {
			t.Errorf("event %s has number %d after %d", e.Kind, e.Seq, out.Events[i-1].Seq)
		}
	}
	if c.LastSeq < 1 {
		t.Errorf("number %d", c.LastSeq)
	}
}

// A conversation that a forger opens under a new customer's address is flagged, the
// policy can recognize it, and the real Jo does not end up in it.
func TestForgedOpens(t *testing.T) {
	t.Parallel()
	r := rules(t)
	forged := item(t, 1, from("jo@acme.example, eve@evil.example", "f@evil", "Reply-To: eve@evil.example")...)
	forged.Raw.AuthResults = rejected
	real := item(t, 2, from("jo@acme.example", "1@a", refers("f@evil"))...)
	real.Raw.AuthResults = aligned
	eve := item(t, 3, from("eve@evil.example", "e@evil", refers("f@evil"))...)
	out := decide([]parsed{forged, real, eve}, nothing(), r, noon.Add(time.Hour))
	if len(out.Opened) != 2 || out.Opened[0].ReplyTo != "jo@acme.example" || slices.Contains(out.Opened[0].Participants, "eve@evil.example") {
		t.Errorf("opened %d: %+v", len(out.Opened), out.Opened[0])
	}
	if out.Messages[2].ConversationID == out.Opened[0].ID {
		t.Error("the forger joined the conversation that they opened under Jo's address")
	}
	for _, i := range out.Identities {
		if want := map[string]desk.Trust{"jo@acme.example": desk.TrustAligned, "eve@evil.example": desk.TrustClaimed}[i.Address]; i.Trust != want {
			t.Errorf("%s is %s, want %s", i.Address, i.Trust, want)
		}
	}
}

// The trust of a known identity is raised, never lowered.
func TestTrustIsRaised(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for was, want := range map[desk.Trust]int{desk.TrustClaimed: 1, desk.TrustAligned: 0, desk.TrustVerified: 0} {
		snap, _ := stored(t, r, desk.StatusOpen)
		key := IdentityKey{desk.ChannelEmail, "jo@acme.example"}
		contact := snap.Contacts[key]
		contact.Identities = []desk.Identity{{Channel: key.Channel, Address: key.Address, Trust: was}}
		snap.Contacts[key] = contact
		items := []parsed{item(t, 2, from("jo@acme.example", "2@a")...), item(t, 3, from("jo@acme.example", "3@a")...), item(t, 4, from("jo@acme.example", "4@a")...)}
		items[0].Raw.AuthResults, items[1].Raw.AuthResults, items[2].Raw.AuthResults = aligned, ownKey, rejected
		out := decide(items, snap, r, noon.Add(time.Hour))
		if len(out.Identities) != want || want == 1 && out.Identities[0].Trust != desk.TrustAligned {
			t.Errorf("from %s: %+v", was, out.Identities)
		}
	}
}

func TestSpamTag(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{`x-spam=fail policy.action="add header"`: true, `x-spam=fail policy.action="rewrite subject"`: true,
		`x-spam=pass policy.action="no action"`: false, "x-spam=temperror": false, "x-other=fail": false} {
		p := item(t, 1, from("jo@acme.example", "1@a")...)
		p.Raw.AuthResults = ownKey + "; " + filter
		out := decide([]parsed{p}, nothing(), rules(t), noon.Add(time.Hour))
		if got := slices.Contains(out.Opened[0].Tags, "spam"); got != want {
			t.Errorf("%s: tags %v", filter, out.Opened[0].Tags)
		}
	}
}
