// Package mailauth tells how far a mail is who it says it is: SPF (RFC 7208),
// DKIM (RFC 6376) and DMARC (RFC 7489) evaluated when it is received, told as the
// value of an Authentication-Results field (RFC 8601). It refuses nothing; what
// follows from its results is decided elsewhere.
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

// timeout is for all checks of one mail together: its sender waits for them.
const timeout = 5 * time.Second

// Facts is what is known of a mail at the end of its reception.
type Facts struct {
	// ClientIP is the peer's address; the zero value means that it is not known,
	// as behind a relay or on a local socket. SPF then has nothing to say.
	ClientIP netip.Addr
	Helo     string // as the client wrote it
	From     string // reverse-path without angle brackets; "" is the null path
	Content  []byte // as it was sent, with CRLF line ends
}

// Checker evaluates mails. It is safe for concurrent use.
type Checker struct {
	id  string
	dns Resolver
}

// New makes a Checker that signs its results with id (our own host name) and asks
// dns, which should be bounded and cached: see NewCache.
func New(id string, dns Resolver) *Checker { return &Checker{id, dns} }

// Check returns the value of an Authentication-Results field. It never fails:
// what could not be found out in time is a temperror.
func (c *Checker) Check(ctx context.Context, f Facts) string {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	h := readHeader(f.Content)
	// Asked for first: an envelope that leads to a slow DNS must not use up the
	// time in which the author's domain would say that the mail is forged.
	asked := make(chan policy, 1)
	go func() { asked <- c.ask(ctx, h) }()
	var results []authres.Result
	proofs := c.spf(ctx, f, &results)
	proofs = append(proofs, c.dkim(ctx, h, f.Content, &results)...)
	results = append(results, dmarcResult(<-asked, proofs))
	return format(c.id, results)
}

// method is an authenticated identifier's kind, which has its own alignment mode.
type method byte

const (
	viaSPF method = iota
	viaDKIM
)

// proof is a domain that vouches for the mail (RFC 7489 section 3.1).
type proof struct {
	method method
	domain string // lower case, A-labels
}

// result is one entry of the field. Properties are given as pairs of name and
// value; those that are empty, or could break out of the field, are left out.
func result(method, value string, properties ...string) authres.Result {
	params := map[string]string{}
	for i := 0; i+1 < len(properties); i += 2 {
		if v := properties[i+1]; writable(v) {
			params[properties[i]] = v
		}
	}
	return &authres.GenericResult{Method: method, Value: authres.ResultValue(value), Params: params}
}

// format writes the field's value on one line.
func format(id string, results []authres.Result) string {
	return strings.ReplaceAll(strings.TrimSpace(authres.Format(id, results)), " ; ", "; ")
}

// writable keeps out what the library's quoting does not hold: a backslash
// before a quotation mark ends its quoted string, and what follows would then be
// a result of the client's own making.
func writable(s string) bool {
	return s != "" && len(s) <= 254 && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '\ufffd' }) < 0
}

// explain makes an error's text fit to stand in the field.
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

// ascii is a domain as it is asked for in the DNS: lower case, A-labels, without
// a trailing dot; "" when it has no such form.
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

// author returns the one domain of the From field, as it is written there; false
// when there is no field, more than one, or more than one domain, so that nobody
// could say whose mail it is (RFC 7489 section 6.6.1).
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
