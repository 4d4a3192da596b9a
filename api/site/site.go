// Package site knows the URL under which browsers reach this server. Cookies,
// image URLs and the origin check of the event socket depend on it.
package site

import (
	"net/http"
	"net/url"

	"switchboard/desk"
)

// Site is the server's public address. The zero Site takes it from each request.
type Site struct {
	public *url.URL
}

// Parse reads a public URL such as "https://help.example.com"; "" gives the zero
// Site. Any other text without an HTTP scheme and a host is KindInvalid.
func Parse(publicURL string) (Site, error) {
	if publicURL == "" {
		return Site{}, nil
	}
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return Site{}, desk.Errorf(desk.KindInvalid, "public URL %q must have the form https://host", publicURL)
	}
	return Site{public: u}, nil
}

// Origin returns the configured scheme and host, "" when there is none.
func (s Site) Origin() string {
	if s.public == nil {
		return ""
	}
	return s.public.Scheme + "://" + s.public.Host
}

// Secure reports whether the browser uses TLS, so that cookies may be Secure.
func (s Site) Secure(r *http.Request) bool {
	switch {
	case r.TLS != nil:
		return true
	case s.public != nil:
		return s.public.Scheme == "https"
	}
	return r.URL.Scheme == "https" // set from a trusted proxy's header
}

// URL returns scheme and host as the requesting browser knows them.
func (s Site) URL(r *http.Request) string {
	if s.public != nil {
		return s.Origin()
	}
	return s.requestOrigin(r)
}

// SameOrigin reports whether the request's Origin header names this server,
// including scheme and port. A missing header does not.
func (s Site) SameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && (origin == s.Origin() || origin == s.requestOrigin(r))
}

func (s Site) requestOrigin(r *http.Request) string {
	if s.Secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
