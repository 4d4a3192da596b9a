// Package mailauth authenticates incoming mail: it evaluates SPF (RFC 7208), DKIM
// (RFC 6376) and DMARC (RFC 7489) at reception and returns the result as the value
// of an Authentication-Results field (RFC 8601). It rejects nothing; callers decide
// what follows from the results.
package mailauth

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/idna"

	"switchboard/internal/imf"
)

// timeout bounds all checks of one message together, while the client waits for the
// SMTP reply.
const timeout = 5 * time.Second

// Facts is the message and what the SMTP session has revealed about it.
type Facts struct {
	// ClientIP is the peer's address. The zero value means unknown, as for mail from
	// a relay or a local socket; SPF is then not evaluated.
	ClientIP netip.Addr
	Helo     string // as sent by the client
	From     string // reverse-path without angle brackets; "" is the null reverse-path
	Content  []byte // as received, with CRLF line ends
}

// Checker authenticates messages. It is safe for concurrent use.
type Checker struct {
	id  string
	dns Resolver
}

// New returns a Checker. id is the authserv-id of its results, our host name. dns
// should be bounded and cached, see NewCache.
func New(id string, dns Resolver) *Checker { return &Checker{id, dns} }

// Check returns the value of an Authentication-Results field. It never fails: a
// check that does not finish in time results in temperror.
func (c *Checker) Check(ctx context.Context, f Facts) string {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	h := readHeader(f.Content)
	// The policy lookup starts first: a sender whose own domain has a slow name
	// server must not be able to use up the time for the author domain's policy.
	lookup := make(chan policy, 1)
	go func() { lookup <- c.authorPolicy(ctx, h) }()
	var results []authres.Result
	identifiers := c.spf(ctx, f, &results)
	identifiers = append(identifiers, c.dkim(ctx, h, f.Content, &results)...)
	results = append(results, dmarcResult(<-lookup, identifiers))
	return format(c.id, results)
}

// method is how an identifier was authenticated. Each method has its own alignment
// mode.
type method byte

const (
	viaSPF method = iota
	viaDKIM
)

// identifier is an authenticated domain (RFC 7489 section 3.1).
type identifier struct {
	method method
	domain string // lower case, A-labels
}

// result returns one entry of the field. properties are pairs of name and value;
// values that are empty or cannot be quoted safely are omitted.
func result(method, value string, properties ...string) authres.Result {
	params := map[string]string{}
	for i := 0; i+1 < len(properties); i += 2 {
		if v := properties[i+1]; quotable(v) {
			params[properties[i]] = v
		}
	}
	return &authres.GenericResult{Method: method, Value: authres.ResultValue(value), Params: params}
}

// format returns the field's value on one line.
func format(id string, results []authres.Result) string {
	return strings.ReplaceAll(strings.TrimSpace(authres.Format(id, results)), " ; ", "; ")
}

// quotable reports whether authres.Format quotes s correctly. It does not escape
// backslashes, so a backslash before a quotation mark would end the quoted string
// and let the sender add results of their own.
func quotable(s string) bool {
	return s != "" && len(s) <= 254 && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '\ufffd' }) < 0
}

// explain returns an error's text in a form that is safe in the field.
func explain(err error) string {
	if err == nil {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f || strings.ContainsRune(`"\;`, r) {
			return ' '
		}
		return r
	}, err.Error())
	return text[:min(len(text), 120)]
}

// ascii returns a domain as it is looked up in the DNS: lower case, A-labels, no
// trailing dot; "" if it has no such form.
func ascii(domain string) string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if strings.IndexFunc(domain, func(r rune) bool { return r >= 0x80 }) < 0 {
		return domain
	}
	a, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return ""
	}
	return a
}

// author returns the domain of the From field, as written. ok is false if the field
// is missing or occurs more than once, or if it names several domains: the author
// is then undefined (RFC 7489 section 6.6.1).
func (h header) author() (domain string, ok bool) {
	from := h.values("from")
	if len(from) != 1 || h.ambiguous {
		return "", false
	}
	for _, m := range imf.ParseAddressList(from[0], nil) {
		d := imf.Domain(m.Addr)
		if d == "" || domain != "" && d != domain {
			return "", false
		}
		domain = d
	}
	return domain, domain != ""
}
