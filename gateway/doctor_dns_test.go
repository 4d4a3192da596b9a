package gateway

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/mailauth"
	"switchboard/internal/mailtest"
)

// TestDNSAdvice: what is not published, and what is published wrongly, is told
// with the record that helps.
func TestDNSAdvice(t *testing.T) {
	t.Parallel()
	const name = "mx.desk.example"
	sound := []string{"desk.example MX mx.desk.example", name + " A 203.0.113.7", "203.0.113.7 PTR " + name, "smtp.relay.example A 203.0.113.99",
		"desk.example TXT v=spf1 ip4:203.0.113.0/24 -all", "_dmarc.desk.example TXT v=DMARC1; p=quarantine"}
	without := func(part string, more ...string) []string {
		return append(slices.DeleteFunc(slices.Clone(sound), func(r string) bool { return strings.Contains(r, part) }), more...)
	}
	for _, c := range []struct {
		name      string
		zone      []string
		smarthost string
		check     string
		verdict   Verdict
		words     string // in the detail or the advice
	}{
		{"sound", sound, "smtp.relay.example", "dns MX desk.example", Sound, "mail goes to mx.desk.example"},
		{"sound", sound, "smtp.relay.example", "dns name " + name, Sound, "and the other way round"},
		{"sound", sound, "smtp.relay.example", "dns SPF desk.example", Sound, "permits smtp.relay.example (203.0.113.99)"},
		{"sound", sound, "smtp.relay.example", "dns DMARC desk.example", Sound, "the policy is quarantine"},
		{"no MX", without("MX"), "", "dns MX desk.example", Warn, "Publish desk.example. MX 10 mx.desk.example."},
		{"MX elsewhere", without("MX", "desk.example MX mx.other.example", "mx.other.example A 198.51.100.1"), "", "dns MX desk.example", Warn, "goes to mx.other.example"},
		{"MX by another name of ours", without("MX", "desk.example MX mail.desk.example", "mail.desk.example A 203.0.113.7"), "", "dns MX desk.example", Sound, "mail.desk.example"},
		{"null MX", without("MX", "desk.example MX ."), "", "dns MX desk.example", Warn, "takes no mail"},
		{"our name has no address", without(" A 203.0.113.7"), "", "dns name " + name, Warn, "Publish mx.desk.example. A 203.0.113.7"},
		{"no PTR", without("PTR"), "", "dns name " + name, Warn, "publish PTR mx.desk.example."},
		{"PTR of another", without("PTR", "203.0.113.7 PTR host7.isp.example"), "", "dns name " + name, Warn, "has no PTR record with that name"},
		{"no SPF", without("spf1"), "smtp.relay.example", "dns SPF desk.example", Warn, `TXT "v=spf1 a:smtp.relay.example ~all"`},
		{"two SPF records", append(slices.Clone(sound), "desk.example TXT v=spf1 -all"), "smtp.relay.example", "dns SPF desk.example", Warn, "2 SPF records"},
		{"SPF without the smarthost", without("spf1", "desk.example TXT v=spf1 mx -all"), "smtp.relay.example", "dns SPF desk.example", Warn, "Put a:smtp.relay.example into the record"},
		{"SPF without the provider", without("spf1", "desk.example TXT v=spf1 mx -all"), "smtp.office365.com", "dns SPF desk.example", Warn, "include:spf.protection.outlook.com"},
		{"SPF with the provider", without("spf1", "desk.example TXT v=spf1 include:spf.protection.outlook.com -all"), "smtp.office365.com", "dns SPF desk.example", Sound, "permits smtp.office365.com"},
		{"smarthost on this machine", sound, "127.0.0.1", "dns SPF desk.example", Sound, "whose public address"},
		{"no DMARC", without("DMARC1"), "", "dns DMARC desk.example", Warn, `Publish _dmarc.desk.example. TXT "v=DMARC1; p=none; rua=mailto:postmaster@desk.example"`},
		{"DNS away", []string{"* FAIL"}, "smtp.relay.example", "dns name " + name, Warn, "the DNS does not answer"},
	} {
		t.Run(c.name+" "+c.check, func(t *testing.T) {
			t.Parallel()
			p := published{examiner: &examiner{}, dns: mailauth.System(mailtest.Zone(t, c.zone...)), name: name, smarthost: c.smarthost,
				receives: true, ours: []netip.Addr{netip.MustParseAddr("203.0.113.7")}}
			p.look(t.Context(), []string{"desk.example"}, nil)
			i := slices.IndexFunc(p.found, func(f Finding) bool { return f.Check == c.check })
			if i < 0 {
				t.Fatalf("%s is not among %+v", c.check, p.found)
			}
			f := p.found[i]
			if f.Verdict != c.verdict || !strings.Contains(f.Detail+" "+f.Advice, c.words) || f.Verdict != Sound && f.Advice == "" {
				t.Errorf("%+v, want %s and %q", f, c.verdict, c.words)
			}
			if c.name == "DNS away" && len(p.found) != 1 {
				t.Errorf("a DNS that is away is told of %d times", len(p.found))
			}
		})
	}
}
