// Package egress fetches images from URLs found in untrusted messages. It
// prevents server-side request forgery: a sender must not be able to make the
// gateway connect to this machine, to private networks or to a cloud metadata
// service.
package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

const (
	maxSize      = 10 << 20
	maxRedirects = 5
	timeout      = 15 * time.Second
	dialTimeout  = 5 * time.Second
)

// Client fetches images from the public internet. It is safe for concurrent use.
type Client struct{ http *http.Client }

// New returns a Client. Addresses in the allow networks may be fetched from even
// though they are not public, on any port.
func New(allow []netip.Prefix) *Client {
	return &Client{&http.Client{
		Timeout:   timeout,
		Transport: transport(allow, dialTimeout),
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			r.Header.Del("Referer") // it would reveal the original URL to the next server
			return checkURL(r.Context(), r.URL)
		},
	}}
}

// NewStrict returns a Client that follows no redirects and looks up names with dns.
func NewStrict(allow []netip.Prefix, dns *net.Resolver) *Client {
	t := transport(allow, dialTimeout)
	dialer := net.Dialer{Timeout: dialTimeout, Control: dialGuard(allow), Resolver: dns}
	t.DialContext = dialer.DialContext
	return &Client{&http.Client{Timeout: timeout, Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// transport connects to public addresses only. Control runs on the resolved address just
// before connect(2), for every connection: neither DNS rebinding nor a redirect bypasses it.
func transport(allow []netip.Prefix, response time.Duration) *http.Transport {
	dialer := net.Dialer{Timeout: dialTimeout, Control: dialGuard(allow)}
	return &http.Transport{ // no Proxy: a proxy would dial without the guard
		DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: response,
		MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: 2, MaxConnsPerHost: 6, ForceAttemptHTTP2: true,
	}
}

// Image fetches an image of at most 10 MiB and detects its type from its first
// bytes; the server's Content-Type is ignored. The error is meant for the log.
func (c *Client) Image(ctx context.Context, address string) (mediaType string, body []byte, err error) {
	body, err = c.get(ctx, address, "image/*", maxSize, false)
	if err != nil {
		return "", nil, err
	}
	mediaType, ok := raster(body)
	if !ok {
		return "", nil, errors.New("content is not a PNG, JPEG, GIF or WebP image")
	}
	return mediaType, body, nil
}

// Get fetches at most most octets by https, also over redirects. accept is the media type
// that is asked for.
func (c *Client) Get(ctx context.Context, address, accept string, most int64) ([]byte, error) {
	return c.get(ctx, address, accept, most, true)
}

// httpsOnly marks the context of a request that may only use https.
type httpsOnly struct{}

func (c *Client) get(ctx context.Context, address, accept string, most int64, secure bool) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if secure {
		ctx = context.WithValue(ctx, httpsOnly{}, true)
	}
	if err := checkURL(ctx, u); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Switchboard")
	r.Header.Set("Accept", accept)
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("server answered %s", res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("content is larger than %d bytes", most)
	}
	return body, nil
}

// checkURL accepts absolute http and https URLs without credentials. The address
// and port are checked by dialGuard, after name resolution.
func checkURL(ctx context.Context, u *url.URL) error {
	switch {
	case u.Scheme != "https" && ctx.Value(httpsOnly{}) != nil:
		return fmt.Errorf("URL scheme %q is not https", u.Scheme)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("URL scheme %q is not supported", u.Scheme)
	case u.Hostname() == "":
		return errors.New("URL has no host")
	case u.User != nil:
		return errors.New("URL contains credentials")
	}
	return nil
}

// Exchangers returns a net.Dialer.Control function that admits public addresses on the SMTP
// port, and those in the allow networks on any port: whoever writes to the gateway chooses
// the domain, and with it the server, that the answer goes to.
func Exchangers(allow []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return guard(allow, ssrf.WithDeniedV4Prefixes(azureWireServer), ssrf.WithPorts(25))
}

// azureWireServer is the address at which Azure's host answers its virtual
// machines. It lies in public address space, so no registry marks it as special.
var azureWireServer = netip.MustParsePrefix("168.63.129.16/32")

// dialGuard returns a net.Dialer.Control function. It admits public addresses
// on ports 80 and 443, and addresses in the allowed networks on any port.
// Everything else is refused: the special-purpose blocks of the IANA registries
// (RFC 6890 §2.2) and all of IPv6 outside global unicast, which includes the
// IPv4-mapped and NAT64 ranges.
func dialGuard(allow []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return guard(allow, ssrf.WithDeniedV4Prefixes(azureWireServer))
}

func guard(allow []netip.Prefix, options ...ssrf.Option) func(network, address string, _ syscall.RawConn) error {
	public := ssrf.New(options...)
	return func(network, address string, c syscall.RawConn) error {
		// ssrf checks the port before its own allow list, so an internal server on
		// another port needs this check in front of it.
		if to, err := netip.ParseAddrPort(address); err == nil {
			ip := to.Addr().Unmap()
			if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
				return nil
			}
		}
		return public.Safe(network, address, c)
	}
}

// raster detects the image type; ok is false for anything but the raster formats
// listed here. SVG is excluded because it can contain scripts.
func raster(b []byte) (mediaType string, ok bool) {
	switch mediaType = http.DetectContentType(b); mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return mediaType, true
	}
	return mediaType, false
}
