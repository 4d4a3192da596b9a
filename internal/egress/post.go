package egress

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Poster sends to URLs that the desk's admins chose. It follows no redirects: what is
// sent is for one receiver.
type Poster struct {
	http  *http.Client
	plain bool
}

// NewPoster returns a Poster. Networks that are allowed may be reached although they are
// not public, on any port; plain allows http. No request takes longer than limit.
func NewPoster(allow []netip.Prefix, plain bool, limit time.Duration) *Poster {
	return &Poster{plain: plain, http: &http.Client{
		Timeout: limit, Transport: transport(allow, limit),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// CheckURL refuses a URL that a Poster would never send to. Addresses are only known when
// a connection is made.
func CheckURL(address string, plain bool) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if !plain {
		ctx = context.WithValue(ctx, httpsOnly{}, true)
	}
	return checkURL(ctx, u)
}

// Post sends a body, and returns the response with at most most octets of its body.
func (p *Poster) Post(ctx context.Context, address string, header http.Header, body []byte, most int64) (status int, answer http.Header, text []byte, err error) {
	if err := CheckURL(address, p.plain); err != nil {
		return 0, nil, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header = header
	r.Header.Set("User-Agent", "Switchboard")
	res, err := p.http.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // the rest is not wanted
	// A body that breaks off does not change what the status says.
	text, _ = io.ReadAll(io.LimitReader(res.Body, most)) //nolint:errcheck // see above
	return res.StatusCode, res.Header, text, nil
}
