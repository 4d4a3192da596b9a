package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"switchboard/internal/dkim"
	"switchboard/internal/mailauth"
	"switchboard/internal/mailtest"
)

// TestDNS: missing and wrong records are reported together with the right one.
func TestDNS(t *testing.T) {
	t.Parallel()
	const name = "mx.desk.example"
	complete := []string{"desk.example MX mx.desk.example", name + " A 203.0.113.7", "203.0.113.7 PTR " + name, "smtp.relay.example A 203.0.113.99",
		"desk.example TXT v=spf1 ip4:203.0.113.0/24 -all", "_dmarc.desk.example TXT v=DMARC1; p=quarantine"}
	without := func(part string, more ...string) []string {
		return append(slices.DeleteFunc(slices.Clone(complete), func(r string) bool { return strings.Contains(r, part) }), more...)
	}
	for _, c := range []struct {
		name      string
		zone      []string
		smarthost string
		check     string
		verdict   Verdict
		want      string // in the detail or the advice
	}{
		{"complete", complete, "smtp.relay.example", "dns MX desk.example", OK, "mail is delivered to mx.desk.example"},
		{"complete", complete, "smtp.relay.example", "dns name " + name, OK, "resolve to each other"},
		{"complete", complete, "smtp.relay.example", "dns SPF desk.example", OK, "permits smtp.relay.example (203.0.113.99)"},
		{"complete", complete, "smtp.relay.example", "dns DMARC desk.example", OK, "the policy is quarantine"},
		{"no MX", without("MX"), "", "dns MX desk.example", Warn, "Publish desk.example. MX 10 mx.desk.example."},
		{"MX elsewhere", without("MX", "desk.example MX mx.other.example", "mx.other.example A 198.51.100.1"), "", "dns MX desk.example", Warn, "is delivered to mx.other.example"},
		{"MX is an alias of this machine", without("MX", "desk.example MX mail.desk.example", "mail.desk.example A 203.0.113.7"), "", "dns MX desk.example", OK, "mail.desk.example"},
		{"null MX", without("MX", "desk.example MX ."), "", "dns MX desk.example", Warn, "accepts no mail"},
		{"host name without address", without(" A 203.0.113.7"), "", "dns name " + name, Warn, "Publish mx.desk.example. A 203.0.113.7"},
		{"no PTR", without("PTR"), "", "dns name " + name, Warn, "publish PTR mx.desk.example."},
		{"PTR with another name", without("PTR", "203.0.113.7 PTR host7.isp.example"), "", "dns name " + name, Warn, "has no PTR record with that name"},
		{"no SPF", without("spf1"), "smtp.relay.example", "dns SPF desk.example", Warn, `TXT "v=spf1 a:smtp.relay.example ~all"`},
		{"two SPF records", append(slices.Clone(complete), "desk.example TXT v=spf1 -all"), "smtp.relay.example", "dns SPF desk.example", Warn, "2 SPF records"},
		{"SPF without the smarthost", without("spf1", "desk.example TXT v=spf1 mx -all"), "smtp.relay.example", "dns SPF desk.example", Warn, "Add a:smtp.relay.example to the record"},
		{"SPF without the provider", without("spf1", "desk.example TXT v=spf1 mx -all"), "smtp.office365.com", "dns SPF desk.example", Warn, "include:spf.protection.outlook.com"},
		{"SPF with the provider", without("spf1", "desk.example TXT v=spf1 include:spf.protection.outlook.com -all"), "smtp.office365.com", "dns SPF desk.example", OK, "permits smtp.office365.com"},
		{"smarthost on this machine", complete, "127.0.0.1", "dns SPF desk.example", OK, "whose public address"},
		{"no DMARC", without("DMARC1"), "", "dns DMARC desk.example", Warn, `Publish _dmarc.desk.example. TXT "v=DMARC1; p=none; rua=mailto:postmaster@desk.example"`},
		{"no key", complete, "smtp.relay.example", "DKIM desk.example", Warn, "switchboard dkim create desk.example"},
		{"no key at a provider", complete, "smtp.office365.com", "DKIM desk.example", OK, "smtp.office365.com signs"},
		{"DNS down", []string{"* FAIL"}, "smtp.relay.example", "dns name " + name, Warn, "the DNS server does not answer"},
	} {
		t.Run(c.name+" "+c.check, func(t *testing.T) {
			t.Parallel()
			d := dnsChecker{checker: &checker{}, resolver: mailauth.System(mailtest.Zone(t, c.zone...)), hostname: name, smarthost: c.smarthost,
				receives: true, local: []netip.Addr{netip.MustParseAddr("203.0.113.7")}}
			d.check(t.Context(), []string{"desk.example"}, nil)
			i := slices.IndexFunc(d.found, func(f Finding) bool { return f.Check == c.check })
			if i < 0 {
				t.Fatalf("no finding %s in %+v", c.check, d.found)
			}
			f := d.found[i]
			if f.Verdict != c.verdict || !strings.Contains(f.Detail+" "+f.Advice, c.want) || f.Verdict != OK && f.Advice == "" {
				t.Errorf("%+v, want %s and %q", f, c.verdict, c.want)
			}
			if c.name == "DNS down" && len(d.found) != 1 {
				t.Errorf("a DNS outage is reported %d times", len(d.found))
			}
		})
	}
}

// TestDKIM: a record that is missing or wrong is reported with the right one, in strings
// of 255 octets.
func TestDKIM(t *testing.T) {
	t.Parallel()
	key := func(selector string, a dkim.Algorithm) dkim.Key {
		text, err := dkim.Generate(a)
		if err != nil {
			t.Fatal(err)
		}
		private, err := dkim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return dkim.Key{Domain: "desk.example", Selector: selector, Private: private}
	}
	r, e := key("r", dkim.RSA), key("e", dkim.Ed25519)
	for _, c := range []struct {
		name    string
		keys    dkim.Keys
		record  string // of r
		check   string
		verdict Verdict
		want    string
	}{
		{"published", dkim.Keys{r, e}, r.Record(), "dns DKIM r._domainkey.desk.example", OK, "published (rsa)"},
		{"both sign", dkim.Keys{r, e}, r.Record(), "DKIM desk.example", OK, "2 signatures as desk.example"},
		{"only Ed25519", dkim.Keys{e}, "", "DKIM desk.example", Warn, "Add an RSA key"},
		{"missing", dkim.Keys{r}, "", "dns DKIM r._domainkey.desk.example", Warn, `Publish r._domainkey.desk.example. TXT "` + r.Record()[:255] + `" "` + r.Record()[255:] + `"`},
		{"another key", dkim.Keys{r}, e.Record(), "dns DKIM r._domainkey.desk.example", Warn, "a key of the kind ed25519"},
		{"revoked", dkim.Keys{r}, "v=DKIM1; p=", "dns DKIM r._domainkey.desk.example", Warn, "has been revoked"},
		{"other software", dkim.Keys{r}, "v=DKIM1; k=rsa; p=AAAA", "dns DKIM r._domainkey.desk.example", Warn, "another public key"},
		{"not DKIM", dkim.Keys{r}, "hello", "dns DKIM r._domainkey.desk.example", Warn, "not a DKIM key"},
		{"test mode", dkim.Keys{r}, r.Record() + "; t=y", "dns DKIM r._domainkey.desk.example", Warn, "t=y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone := []string{e.Name() + " TXT " + e.Record()}
			if c.record != "" {
				zone = append(zone, r.Name()+" TXT "+c.record)
			}
			d := dnsChecker{checker: &checker{}, resolver: mailauth.System(mailtest.Zone(t, zone...)), smarthost: "smtp.relay.example", keys: c.keys}
			d.check(t.Context(), []string{"desk.example"}, nil)
			for _, f := range d.found {
				if f.Check == c.check {
					if f.Verdict != c.verdict || !strings.Contains(f.Detail+" "+f.Advice, c.want) {
						t.Errorf("%+v, want %s and %q", f, c.verdict, c.want)
					}
					return
				}
			}
			t.Errorf("no finding %s in %+v", c.check, d.found)
		})
	}
}
