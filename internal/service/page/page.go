// Package page serves the public pages that say what customers of a segment can expect:
// GET /service/{segment}/. Visitors do not reach the database: what was observed is read at
// most once an hour, for all segments.
package page

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/clientlimit"
	"switchboard/internal/publicpage"
	"switchboard/internal/service"
	"switchboard/router"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// Counts counts what was observed from an instant until before another one.
type Counts interface {
	ServiceCounts(ctx context.Context, from, to time.Time) ([]view.ServiceCount, error)
}

// Options configures a Server.
type Options struct {
	Segments []string              // that have a page; "*": all of the policy
	Policy   func() *router.Policy // the one in force
	Channels []desk.Channel        // by which customers can write
	Title    string                // of all pages
	Style    string                // path of the style sheet
	Contact  string                // URL of a way to a person
	Now      func() time.Time      // nil: time.Now
	Log      *slog.Logger
}

const (
	// The requests of one client.
	perMinute = 60
	burst     = 30
	// fresh is how long what was observed is shown, and retry when it is read again after
	// that has failed.
	fresh = time.Hour
	retry = time.Minute
	// patience bounds how long it is read.
	patience = 30 * time.Second
)

// Server is an http.Handler for /service/.
type Server struct {
	counts Counts
	opt    Options
	mux    *http.ServeMux
	limits *clientlimit.Limiter

	mu       sync.Mutex // held while reading, so that one request reads for all that wait
	known    []view.ServiceCount
	from, to time.Time // what known is about
	again    time.Time // when to read again
}

// New returns a Server.
func New(counts Counts, opt Options) *Server {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := &Server{counts: counts, opt: opt, mux: http.NewServeMux(), limits: clientlimit.New(perMinute, burst)}
	s.mux.HandleFunc("GET /service/{segment}/{$}", s.segment)
	s.mux.HandleFunc("GET /service/{segment}", s.slash)
	s.mux.HandleFunc("/service/", s.missing)
	return s
}

// ServeHTTP serves everything below /service/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !publicpage.Limited(s.limits, w, r) {
		s.render(w, r, http.StatusTooManyRequests, &shown{Heading: "Too many requests", Text: "Please wait a minute, and load the page again."})
		return
	}
	s.mux.ServeHTTP(w, r)
}

// shown is the data of page.html.
type shown struct {
	Site, Style, Contact  string
	Heading, Text         string
	Page                  *service.Page
	From, To              string
	MinCases, MinAccounts int
}

func (s *Server) slash(w http.ResponseWriter, r *http.Request) {
	if !s.public(r.PathValue("segment")) {
		s.missing(w, r)
		return
	}
	http.Redirect(w, r, "/service/"+url.PathEscape(r.PathValue("segment"))+"/", http.StatusMovedPermanently)
}

// public reports whether a segment has a page. One that the policy no longer has has none.
func (s *Server) public(segment string) bool {
	return (slices.Contains(s.opt.Segments, segment) || slices.Contains(s.opt.Segments, "*")) && slices.Contains(s.opt.Policy().Segments(), segment)
}

func (s *Server) segment(w http.ResponseWriter, r *http.Request) {
	segment := r.PathValue("segment")
	if !s.public(segment) {
		s.missing(w, r)
		return
	}
	counts, from, to := s.observed(r.Context())
	found := service.For(s.opt.Policy(), segment, s.opt.Channels, counts)
	day := func(t time.Time) string { return t.Format("2 January 2006") }
	s.render(w, r, http.StatusOK, &shown{Heading: "What you can expect: " + capital(segment), Page: &found, From: day(from), To: day(to),
		MinCases: service.MinCases, MinAccounts: service.MinAccounts})
}

// observed returns what is known, and reads it if that is old. If that fails, the old
// numbers stay.
func (s *Server) observed(ctx context.Context) ([]view.ServiceCount, time.Time, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	from, to := service.Period(now)
	if now.Before(s.again) {
		return s.known, s.from, s.to
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // for those who wait, too
	defer cancel()
	counts, err := s.counts.ServiceCounts(ctx, from, to)
	if err != nil {
		s.opt.Log.Error("ServiceCountsFailed", "error", err)
		s.again = now.Add(retry)
		if s.to.IsZero() {
			s.from, s.to = from, to
		}
		return s.known, s.from, s.to
	}
	s.known, s.from, s.to, s.again = counts, from, to, now.Add(fresh)
	return s.known, s.from, s.to
}

func capital(name string) string {
	first, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[n:]
}

func (s *Server) missing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, &shown{Heading: "This page does not exist", Text: "Please check the address, or write to us."})
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, v *shown) {
	v.Site, v.Style, v.Contact = s.opt.Title, s.opt.Style, s.opt.Contact
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		s.opt.Log.Error("RenderFailed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	publicpage.Write(w, r, status, publicpage.Policy("'self'", ""), b.Bytes())
}
