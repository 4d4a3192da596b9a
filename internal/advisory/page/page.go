// Package page serves the public pages on which contacts say that they want no more advisories:
// GET /unsubscribe/{token} only shows a button, because programs that check mail follow its links,
// and POST records it, also that of mail programs (RFC 8058 §3.2).
package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"

	"switchboard/desk"
	"switchboard/internal/advisory"
	"switchboard/internal/clientlimit"
	"switchboard/internal/publicpage"
)

//go:embed page.html
var file embed.FS

var page = template.Must(template.ParseFS(file, "page.html"))

// Store keeps what contacts want.
type Store interface {
	// WantsAdvisories returns KindNotFound for a contact who is not known any more.
	WantsAdvisories(ctx context.Context, id desk.ContactID) (bool, error)
	WantAdvisories(ctx context.Context, id desk.ContactID, wanted bool) error
}

// Options configures a Server.
type Options struct {
	Links *advisory.Links
	Site  string // the name of the site's owner; may be empty
	Log   *slog.Logger
}

// The requests of one client; a mail program sends those of many readers.
const (
	perMinute = 120
	burst     = 60
	maxBody   = 16 << 10
)

// Server is an http.Handler for /unsubscribe/.
type Server struct {
	store  Store
	opt    Options
	mux    *http.ServeMux
	limits *clientlimit.Limiter
}

// New returns a Server.
func New(st Store, opt Options) *Server {
	s := &Server{store: st, opt: opt, mux: http.NewServeMux(), limits: clientlimit.New(perMinute, burst)}
	s.mux.HandleFunc("GET "+advisory.Path+"{token}", s.with(s.show))
	s.mux.HandleFunc("POST "+advisory.Path+"{token}", s.with(s.record))
	return s
}

// ServeHTTP serves everything below /unsubscribe/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// shown is the data of page.html.
type shown struct {
	Nonce, Site, Title, Text string
	Button, Wanted           string // Wanted is what the button records; empty: there is none
}

// with finds the contact of the path. A forged link costs no query. A request from another site
// records no more than one from here: the link is all that is needed (RFC 8058 §3.2 has no cookies).
func (s *Server) with(next func(http.ResponseWriter, *http.Request, desk.ContactID)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !publicpage.Limited(s.limits, w, r) {
			s.render(w, r, http.StatusTooManyRequests, shown{Title: "Too many requests", Text: "Please wait a minute, and open the link again."})
			return
		}
		id, ok := s.opt.Links.Parse(r.PathValue("token"))
		if !ok {
			s.render(w, r, http.StatusNotFound, shown{Title: "This link is not valid", Text: "It is incomplete, or we have not sent it. Please open the link in our mail again, or answer the mail."})
			return
		}
		next(w, r, id)
	}
}

// show renders what a contact gets now, and a button to change it.
func (s *Server) show(w http.ResponseWriter, r *http.Request, id desk.ContactID) {
	wanted, err := s.store.WantsAdvisories(r.Context(), id)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case wanted:
		s.render(w, r, http.StatusOK, shown{Title: "Notices by mail", Text: "You get notices by mail when something concerns you. You can stop them here; answers to your own questions still reach you.", Button: "No more notices", Wanted: "no"})
	default:
		s.render(w, r, http.StatusOK, shown{Title: "You get no notices", Text: "We no longer send you notices. Answers to your own questions still reach you.", Button: "Get notices again", Wanted: "yes"})
	}
}

// record records what a contact wants. Without an answer from the page it is a mail program's
// request, or any other, for what the link is for.
func (s *Server) record(w http.ResponseWriter, r *http.Request, id desk.ContactID) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	wanted := r.PostFormValue("wanted") == "yes"
	if err := s.store.WantAdvisories(r.Context(), id, wanted); err != nil {
		s.fail(w, r, err)
		return
	}
	s.opt.Log.InfoContext(r.Context(), "AdvisoriesWanted", "contact", id, "wanted", wanted)
	if r.PostFormValue("wanted") == "" { // a program does not need the page
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("You get no more notices.\n"))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, advisory.Path+r.PathValue("token"), http.StatusSeeOther)
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if desk.KindOf(err) == desk.KindNotFound {
		s.render(w, r, http.StatusGone, shown{Title: "You get no notices", Text: "This address is no longer known here."})
		return
	}
	s.opt.Log.ErrorContext(r.Context(), "UnsubscribeFailed", "error", err)
	s.render(w, r, http.StatusInternalServerError, shown{Title: "Something went wrong on our side", Text: "Nothing was recorded. Please try again later."})
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, v shown) {
	v.Nonce, v.Site = rand.Text(), s.opt.Site
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		s.opt.Log.ErrorContext(r.Context(), "RenderFailed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	publicpage.Write(w, r, status, publicpage.Policy("'nonce-"+v.Nonce+"'", ""), b.Bytes())
}
