// Package egress fetches pictures that strangers name. A stranger must not be
// able to reach through us what only we can reach: this machine, the networks
// behind it, the metadata service of the cloud it runs in.
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
	"syscall"
	"time"
)

const (
	maxSize      = 10 << 20
	maxRedirects = 5
	timeout      = 15 * time.Second
	dialTimeout  = 5 * time.Second
)

// Client fetches pictures from the open net.
type Client struct{ http *http.Client }

// New makes a Client. allow are networks of ours that may be reached in spite of
// being ours, on any port.
func New(allow []netip.Prefix) *Client {
	// Control sees the address that is really dialled: the name is resolved once,
	// and neither a second answer of the DNS nor a redirect gets past it.
	dialer := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		return check(address, allow)
	}}
	return &Client{&http.Client{
		Timeout: timeout,
		Transport: &http.Transport{ // no Proxy: it would dial for us, unchecked
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: dialTimeout,
			MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: 2, MaxConnsPerHost: 6, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("it redirects more than %d times", maxRedirects)
			}
			r.Header.Del("Referer") // it would tell the next server which picture was asked for
			return checkURL(r.URL)
		},
	}}
}

// Picture fetches a picture and tells its type by its first bytes: what the
// server calls it does not count. The error is for the log.
func (c *Client) Picture(ctx context.Context, address string) (mediaType string, body []byte, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, err
	}
	if err := checkURL(u); err != nil {
		return "", nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("User-Agent", "Switchboard")
	r.Header.Set("Accept", "image/*")
	res, err := c.http.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("the server answers %s", res.Status)
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxSize+1))
	if err != nil {
		return "", nil, err
	}
	if len(body) > maxSize {
		return "", nil, fmt.Errorf("it has more than %d octets", maxSize)
	}
	mediaType, ok := raster(body)
	if !ok {
		return "", nil, errors.New("it is no PNG, JPEG, GIF or WebP")
	}
	return mediaType, body, nil
}

// checkURL takes what a browser would take from a web page; the port is judged
// where the address is known.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the scheme %q is not fetched", u.Scheme)
	case u.Hostname() == "":
		return errors.New("the URL has no host")
	case u.User != nil:
		return errors.New("a URL with a user name is not fetched")
	}
	return nil
}

// check judges an address as it is dialled: "192.0.2.1:443".
func check(address string, allow []netip.Prefix) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address: %w", address, err)
	}
	ip := to.Addr().Unmap()
	for _, p := range allow {
		if p.Contains(ip) {
			return nil
		}
	}
	if !public(ip) {
		return fmt.Errorf("%s is not on the open net", ip)
	}
	if to.Port() != 80 && to.Port() != 443 {
		return fmt.Errorf("port %d is not fetched from", to.Port())
	}
	return nil
}

// special are the blocks that look public and are not (RFC 6890 §2.2 and the
// IANA registries that it set up), and one address of a cloud.
var special = func() (list []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"168.63.129.16/32",                                     // Azure's wire server
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // they hold IPv4 addresses, or nobody's
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

// globalUnicast is all of IPv6 that is handed out; what lies outside is mapped
// (64:ff9b::/96 and others), local or reserved.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// public says that an address, unmapped, is on the open net.
func public(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() {
		return false
	}
	if ip.Is6() && !globalUnicast.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// raster tells the picture types that hold no script. SVG is none of them.
func raster(b []byte) (mediaType string, ok bool) {
	switch mediaType = http.DetectContentType(b); mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return mediaType, true
	}
	return mediaType, false
}
