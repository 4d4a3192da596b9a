package mailauth

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"switchboard/internal/imf"
)

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// testZone is a DNS zone with customer.example and other test domains.
func testZone() *zone {
	z := newZone()
	public := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	for _, domain := range []string{"customer.example", "mail.customer.example", "evil.example", "open.example"} {
		z.txt["s1._domainkey."+domain] = []string{public}
		z.txt[domain] = []string{"v=spf1 ip4:192.0.2.1 -all"}
	}
	z.txt["_dmarc.customer.example"] = []string{"v=DMARC1; p=reject; sp=quarantine"}
	z.txt["_dmarc.strict.example"] = []string{"v=DMARC1; p=none; adkim=s; aspf=s"}
	z.txt["mail.strict.example"] = []string{"v=spf1 ip4:192.0.2.1 -all"}
	z.txt["_dmarc.evil.example"] = []string{"v=DMARC1; p=none"}
	z.txt["_dmarc.twice.example"] = []string{"v=DMARC1; p=none", "v=DMARC1; p=reject"}
	z.txt["_dmarc.broken.example"] = []string{"v=DMARC1; p=maybe"}
	z.fail["_dmarc.slow.example"] = &net.DNSError{Err: "timeout", IsTimeout: true, IsTemporary: true}
	return z
}

func testMail(from string) string {
	return "From: " + from + "\r\nTo: support@desk.example\r\nSubject: printer\r\nMessage-ID: <1@x>\r\n\r\nIt smokes.\r\n"
}

func signed(t *testing.T, mail, domain string) string {
	t.Helper()
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(mail), &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: key}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	const ann = "Ann <ann@customer.example>"
	good := signed(t, testMail(ann), "customer.example")
	for _, test := range []struct {
		name, ip, helo, from, mail string
		want                       string
		aligned                    bool // for the domain of the visible From
	}{
		{"SPF alone", "192.0.2.1", "h", "ann@customer.example", testMail(ann),
			"mx.desk.example; spf=pass smtp.mailfrom=ann@customer.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=pass header.from=customer.example", true},
		{"SPF of a subdomain", "192.0.2.1", "h", "x@mail.customer.example", testMail(ann),
			"mx.desk.example; spf=pass smtp.mailfrom=x@mail.customer.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=pass header.from=customer.example", true},
		{"strict alignment", "192.0.2.1", "h", "x@mail.strict.example", testMail("a@strict.example"),
			"mx.desk.example; spf=pass smtp.mailfrom=x@mail.strict.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=fail header.from=strict.example policy.dmarc=none", false},
		{"SPF of another domain", "192.0.2.1", "h", "a@evil.example", testMail(ann),
			"mx.desk.example; spf=pass smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=fail header.from=customer.example policy.dmarc=reject", false},
		{"subdomain policy", "192.0.2.9", "h", "a@evil.example", testMail("b@sub.customer.example"),
			`mx.desk.example; spf=fail reason="matched all" smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.9; dkim=none; dmarc=fail header.from=sub.customer.example policy.dmarc=quarantine`, false},
		{"forwarded with signature", "192.0.2.9", "h", "list@nowhere.example", good,
			"mx.desk.example; spf=none smtp.mailfrom=list@nowhere.example smtp.remote-ip=192.0.2.9; dkim=pass header.d=customer.example; dmarc=pass header.from=customer.example", true},
		{"null reverse-path", "192.0.2.1", "mail.customer.example", "", testMail(ann),
			"mx.desk.example; spf=pass smtp.helo=mail.customer.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=pass header.from=customer.example", true},
		{"client address unknown", "", "h", "ann@customer.example", good,
			"mx.desk.example; dkim=pass header.d=customer.example; dmarc=pass header.from=customer.example", true},
		{"from this machine", "127.0.0.1", "h", "ann@customer.example", testMail(ann),
			"mx.desk.example; dkim=none; dmarc=fail header.from=customer.example policy.dmarc=reject", false},
		{"IPv6", "2001:db8::1", "h", "ann@customer.example", testMail(ann),
			`mx.desk.example; spf=fail reason="matched all" smtp.mailfrom=ann@customer.example smtp.remote-ip="2001:db8::1"; dkim=none; dmarc=fail header.from=customer.example policy.dmarc=reject`, false},
		{"changed in transit", "", "h", "", strings.Replace(good, "smokes", "burns", 1),
			`mx.desk.example; dkim=fail reason="dkim: body hash did not verify" header.d=customer.example; dmarc=fail header.from=customer.example policy.dmarc=reject`, false},
		{"signed by another domain", "", "h", "", signed(t, testMail(ann), "evil.example"),
			"mx.desk.example; dkim=pass header.d=evil.example; dmarc=fail header.from=customer.example policy.dmarc=reject", false},
		{"no policy, signed by itself", "", "h", "", signed(t, testMail("a@open.example"), "open.example"),
			"mx.desk.example; dkim=pass header.d=open.example; dmarc=none header.from=open.example", true},
		{"no policy, not signed", "192.0.2.1", "h", "a@open.example", testMail("a@open.example"),
			"mx.desk.example; spf=pass smtp.mailfrom=a@open.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=none header.from=open.example", true},
		{"a second From on top", "", "h", "", "From: boss@evil.example\r\n" + good,
			`mx.desk.example; dkim=pass header.d=customer.example; dmarc=permerror reason="no single author domain"`, false},
		{"a second From below", "192.0.2.1", "h", "a@evil.example", strings.Replace(testMail("a@evil.example"), "To:", "from : ann@customer.example\r\nTo:", 1),
			`mx.desk.example; spf=pass smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=permerror reason="no single author domain"`, false},
		{"two authors of two domains", "192.0.2.1", "h", "a@evil.example", testMail("ann@customer.example, a@evil.example"),
			`mx.desk.example; spf=pass smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=permerror reason="no single author domain"`, false},
		{"a line that is not a field", "192.0.2.1", "h", "a@evil.example", "From: a@evil.example\r\nno field\r\nTo: b@c.example\r\n\r\n",
			`mx.desk.example; spf=pass smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=permerror reason="no single author domain"`, false},
		{"a bare LF", "192.0.2.1", "h", "a@evil.example", "From: a@evil.example\r\nSubject: x\nFrom: ann@customer.example\r\n\r\n",
			`mx.desk.example; spf=pass smtp.mailfrom=a@evil.example smtp.remote-ip=192.0.2.1; dkim=none; dmarc=permerror reason="no single author domain"`, false},
		{"two policies", "", "h", "", testMail("a@twice.example"), "mx.desk.example; dkim=none; dmarc=none header.from=twice.example", false},
		{"broken policy", "", "h", "", testMail("a@broken.example"), `mx.desk.example; dkim=none; dmarc=permerror reason="dmarc: invalid policy for parameter 'p'" header.from=broken.example`, false},
		{"DNS timeout", "", "h", "", testMail("a@slow.example"), `mx.desk.example; dkim=none; dmarc=temperror reason="dmarc: TXT record unavailable: lookup : timeout" header.from=slow.example`, false},
		{"no From", "", "h", "", "Subject: x\r\n\r\n", `mx.desk.example; dkim=none; dmarc=permerror reason="no single author domain"`, false},
		{"empty message", "", "", "", "", `mx.desk.example; dkim=none; dmarc=permerror reason="no single author domain"`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := Facts{Helo: test.helo, From: test.from, Content: []byte(test.mail)}
			if test.ip != "" {
				f.ClientIP = netip.MustParseAddr(test.ip)
			}
			got := New("mx.desk.example", NewCache(testZone())).Check(t.Context(), f)
			if got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
			_, results := imf.AuthResults(got)
			domain, _ := readHeader([]byte(test.mail)).author()
			if domain == "" {
				domain = "customer.example"
			}
			if imf.AuthenticDomain(results, domain) != test.aligned {
				t.Errorf("authentic for %s: %t, want %t", domain, !test.aligned, test.aligned)
			}
		})
	}
}

// TestResultInjection: nothing in the envelope, the signatures or the header can add
// a result.
func TestResultInjection(t *testing.T) {
	const evil = `; dmarc=pass header.from=customer.example`
	for _, text := range []string{
		"a@evil.example" + evil, `"a\"` + evil + ` x="@evil.example`, `"a\\"` + evil + `"@evil.example`, "a\r\n b" + evil + "@evil.example",
		"a@evil.example(" + evil, "a@" + strings.Repeat("x", 300) + evil,
	} {
		for _, f := range []Facts{
			{From: text, Helo: "h"}, {Helo: text},
			{Content: []byte("DKIM-Signature: v=1; a=ed25519-sha256; d=" + text + "; s=s1; h=from; bh=x; b=x\r\n" + testMail("a@evil.example"))},
			{Content: []byte(testMail(text))},
		} {
			f.ClientIP = netip.MustParseAddr("192.0.2.1")
			value := New("mx.desk.example", testZone()).Check(t.Context(), f)
			_, results := imf.AuthResults(value)
			if imf.AuthenticDomain(results, "customer.example") || strings.ContainsAny(value, "\r\n") {
				t.Errorf("%q results in %s", text, value)
			}
		}
	}
}

func TestAdd(t *testing.T) {
	got := Add("mx.desk.example; spf=none", imf.MethodSpam, "fail", "policy.score", "8.20", "policy.action", "add header")
	if want := `mx.desk.example; spf=none; x-spam=fail policy.action="add header" policy.score=8.20`; got != want {
		t.Errorf("got %s", got)
	}
}

// counting counts queries and can block them.
type counting struct {
	*zone
	asked atomic.Int64
	hold  chan struct{}
}

func (c *counting) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.asked.Add(1)
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return nil, &net.DNSError{Err: ctx.Err().Error(), IsTimeout: true}
		}
	}
	return c.zone.LookupTXT(ctx, name)
}

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := &counting{zone: newZone()}
		dns.txt["known.example"] = []string{"x"}
		dns.fail["broken.example"] = errors.New("server failure")
		cache := NewCache(dns)
		ask := func(name string, want int64) {
			t.Helper()
			before := dns.asked.Load()
			cache.LookupTXT(t.Context(), name)
			if got := dns.asked.Load() - before; got != want {
				t.Errorf("%s: %d queries, want %d", name, got, want)
			}
		}
		ask("known.example", 1)
		ask("known.example", 0)
		ask("absent.example", 1)
		ask("absent.example", 0)
		ask("broken.example", 1)
		ask("broken.example", 1)
		time.Sleep(keepAbsence + time.Second) // the bubble's clock
		ask("known.example", 0)
		ask("absent.example", 1)
		time.Sleep(keepAnswer)
		ask("known.example", 1)
		for i := range maxAnswers + 10 {
			ask(fmt.Sprintf("%d.example", i), 1)
		}
		if len(cache.answers) > maxAnswers {
			t.Errorf("%d answers are cached", len(cache.answers))
		}
	})
}

// TestSilentDNS: a DNS that never answers delays a message by five seconds.
func TestSilentDNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := &counting{zone: testZone(), hold: make(chan struct{})}
		begin := time.Now()
		mail := signed(t, testMail("ann@customer.example"), "customer.example")
		got := New("mx.desk.example", NewCache(dns)).Check(t.Context(), Facts{ClientIP: netip.MustParseAddr("192.0.2.1"), From: "ann@customer.example", Content: []byte(mail)})
		if took := time.Since(begin); took != timeout {
			t.Errorf("took %s", took)
		}
		for _, want := range []string{"spf=temperror", "dkim=temperror", "dmarc=temperror"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
	})
}

// TestExpensiveSignatures: headers designed to be expensive to verify are not.
func TestExpensiveSignatures(t *testing.T) {
	names := strings.Repeat("a:", 7000)
	sig := "DKIM-Signature: v=1; a=ed25519-sha256; d=customer.example; s=s1; bh=" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "; b=eA==; h=" + names + "from\r\n"
	for _, mail := range []string{
		strings.Repeat(sig, 5) + strings.Repeat("a:\r\n", 900) + testMail("ann@customer.example"),
		strings.Repeat(sig, 2000) + testMail("ann@customer.example"),
		strings.Repeat("a:\r\n", 2_000_000) + sig + testMail("ann@customer.example"),
	} {
		begin := time.Now()
		got := New("mx.desk.example", testZone()).Check(t.Context(), Facts{Content: []byte(mail)})
		if took := time.Since(begin); took > 2*time.Second || strings.Contains(got, "=pass") {
			t.Errorf("%d bytes took %s: %.200s", len(mail), took, got)
		}
	}
}
