// Package page serves the public pages of the knowledge base below /help: lists, searches and
// articles as HTML that works without scripts, suggestions as JSON, and a sitemap.
package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/clientlimit"
	"switchboard/internal/publicpage"
)

//go:embed page.html style.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// Articles reads published public articles.
type Articles interface {
	HelpArticle(ctx context.Context, language, slug string) (view.HelpArticle, error) // KindNotFound if there is none
	HelpLanguages(ctx context.Context) ([]string, error)
	HelpIndex(ctx context.Context, language string) ([]view.HelpTag, error)
	HelpList(ctx context.Context, language, tag string, skip, limit int) ([]view.HelpEntry, error)
}

// Searches finds published public articles, and records what readers do.
type Searches interface {
	HelpSearch(ctx context.Context, language string, words []string, limit int) ([]view.HelpEntry, error)
	HelpSuggest(ctx context.Context, language string, words []string, limit int) ([]view.HelpEntry, error)
	RecordHelp(ctx context.Context, events ...view.HelpEvent) error
}

// Options configures a Server.
type Options struct {
	PublicURL string // without a trailing slash; its origin may post, besides that of the request
	Title     string // of all pages
	Accent    string // colour of links and buttons, #rrggbb
	Dark      string // the same in dark mode
	Contact   string // URL of a way to a person: a form's page or a mailto: URL
	Key       []byte // makes visits out of clients
	Log       *slog.Logger
}

// The requests of one client; suggestions while somebody is typing are many.
const (
	perMinute = 240
	burst     = 120
	maxBody   = 4 << 10
	most      = 40 // articles of a list
	suggested = 3
)

// Server is an http.Handler for /help and everything below it.
type Server struct {
	articles Articles
	searches Searches
	opt      Options
	mux      *http.ServeMux
	limits   *clientlimit.Limiter
	origin   *http.CrossOriginProtection
	style    []byte
	styleAt  string // its path, which changes with it
}

// New returns a Server.
func New(articles Articles, searches Searches, opt Options) (*Server, error) {
	s := &Server{articles: articles, searches: searches, opt: opt, mux: http.NewServeMux(), limits: clientlimit.New(perMinute, burst), origin: http.NewCrossOriginProtection()}
	if opt.PublicURL != "" {
		if err := s.origin.AddTrustedOrigin(opt.PublicURL); err != nil {
			return nil, desk.Errorf(desk.KindInvalid, "public_url: %w", err)
		}
	}
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, desk.Errorf(desk.KindInternal, "read the style sheet: %w", err)
	}
	s.style = []byte(strings.NewReplacer("#1a56c4", opt.Accent, "#8ab4ff", opt.Dark).Replace(string(style)))
	sum := sha256.Sum256(s.style)
	s.styleAt = "/help/style-" + hex.EncodeToString(sum[:6]) + ".css"
	s.mux.HandleFunc("GET "+s.styleAt, s.css)
	s.mux.HandleFunc("GET /help", s.limited(s.start))
	s.mux.HandleFunc("GET /help/{$}", s.limited(s.start))
	s.mux.HandleFunc("GET /help/sitemap.xml", s.limited(s.sitemap))
	s.mux.HandleFunc("GET /help/suggest", s.limited(s.suggest))
	s.mux.HandleFunc("POST /help/wrote", s.limited(s.wrote))
	s.mux.HandleFunc("GET /help/{language}", s.limited(s.list))
	s.mux.HandleFunc("GET /help/{language}/{slug}", s.limited(s.article))
	s.mux.HandleFunc("POST /help/{language}/{slug}", s.limited(s.vote))
	s.mux.HandleFunc("/help/", s.limited(func(w http.ResponseWriter, r *http.Request) { s.missing(w, r, "en") }))
	return s, nil
}

// ServeHTTP serves /help and everything below it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// limited refuses the requests of a client that has too many.
func (s *Server) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !publicpage.Limited(s.limits, w, r) {
			s.render(w, r, http.StatusTooManyRequests, &shown{Language: "en", Heading: "Too many requests", Text: "Please wait a minute, and load the page again."})
			return
		}
		next(w, r)
	}
}

// shown is the data of page.html.
type shown struct {
	Site, Style, Contact, Canonical string // the same for all pages but the last one
	Language                        string
	Heading, Text                   string
	Title                           string // of the browser's tab, without that of the site
	NoIndex                         bool
	Home, Search                    bool
	Query, Tag                      string
	Tags                            []view.HelpTag
	Results                         []view.HelpEntry
	More                            string // URL of more results
	Languages                       []string
	Article                         *view.HelpArticle
	Body                            template.HTML
	Path                            string
	Voted                           string
}

// start redirects to the articles in the reader's language.
func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	best, err := s.language(r, r.Header.Get("Accept-Language"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Vary", "Accept-Language")
	http.Redirect(w, r, "/help/"+best, http.StatusFound)
}

// language returns the language with articles that fits best.
func (s *Server) language(r *http.Request, wanted string) (string, error) {
	list, err := s.articles.HelpLanguages(r.Context())
	if err != nil || len(list) == 0 {
		return "en", err
	}
	var tags []language.Tag
	var names []string
	for i, name := range append([]string{"en"}, list...) { // English, if nothing fits and there are articles in it
		if i == 0 && !slices.Contains(list, "en") {
			continue
		}
		if tag, err := language.Parse(name); err == nil {
			tags, names = append(tags, tag), append(names, name)
		}
	}
	if len(tags) == 0 {
		return list[0], nil
	}
	asked, _, _ := language.ParseAcceptLanguage(wanted)
	_, i, _ := language.NewMatcher(tags).Match(asked...)
	return names[i], nil
}

// list shows the articles of a language: by tag, those with one tag, or the results of a search.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	in := r.PathValue("language")
	languages, err := s.articles.HelpLanguages(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !slices.Contains(languages, in) && in != "en" {
		s.missing(w, r, "en")
		return
	}
	q := r.URL.Query()
	v := &shown{Language: in, Languages: languages, Heading: s.opt.Title, Home: true, Query: strings.TrimSpace(q.Get("q")), Tag: q.Get("tag"), Path: "/help/" + in}
	switch {
	case v.Query != "":
		err = s.find(r, v)
	case q.Has("tag"):
		err = s.tagged(r, v)
	default:
		v.Canonical = "/help/" + in
		v.Tags, err = s.articles.HelpIndex(r.Context(), in)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, v)
}

// find fills in the results of a search: articles with all words, otherwise some with one.
func (s *Server) find(r *http.Request, v *shown) (err error) {
	v.Home, v.Search, v.NoIndex, v.Heading = false, true, true, "Results for “"+cut(v.Query, 80)+"”"
	words := article.Words(v.Query)
	if v.Results, err = s.searches.HelpSearch(r.Context(), v.Language, words, most/2); err != nil {
		return err
	}
	if len(v.Results) == 0 && len(words) > 1 {
		v.Text = "No article has all of these words. These have some of them:"
		if v.Results, err = s.searches.HelpSuggest(r.Context(), v.Language, words, most/4); err != nil {
			return err
		}
	}
	if len(v.Results) == 0 {
		v.Text = "No article was found. Try fewer or other words, or write to us."
	}
	s.record(r, article.Shown, "page", v.Results...)
	return nil
}

func (s *Server) tagged(r *http.Request, v *shown) (err error) {
	v.Home, v.Search, v.Heading = false, true, v.Tag
	if v.Tag == "" {
		v.Heading = "Other articles"
	}
	skip, _ := strconv.Atoi(r.URL.Query().Get("from"))
	skip = min(max(skip, 0), 1_000_000)
	v.Results, err = s.articles.HelpList(r.Context(), v.Language, v.Tag, skip, most+1)
	if len(v.Results) > most {
		v.Results = v.Results[:most]
		v.More = "?tag=" + template.URLQueryEscaper(v.Tag) + "&from=" + strconv.Itoa(skip+most)
	}
	return err
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func (s *Server) missing(w http.ResponseWriter, r *http.Request, in string) {
	s.render(w, r, http.StatusNotFound, &shown{Language: in, Heading: "This page does not exist", Text: "The article may have been renamed or withdrawn. Search for it, or write to us.", NoIndex: true, Path: "/help/" + in})
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.opt.Log.Error("HelpFailed", "error", err)
	s.render(w, r, http.StatusInternalServerError, &shown{Language: "en", Heading: "Something went wrong on our side", Text: "Please try again later, or write to us.", NoIndex: true})
}

func (s *Server) css(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(s.style)
}

// render writes a page with its security headers, or that it has not changed.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, v *shown) {
	v.Site, v.Style, v.Contact = s.opt.Title, s.styleAt, s.opt.Contact
	if v.Path == "" {
		v.Path = "/help/" + v.Language
	}
	if v.Canonical != "" {
		v.Canonical = s.opt.PublicURL + v.Canonical
	}
	if v.Title == "" && v.Heading != s.opt.Title {
		v.Title = v.Heading
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		s.opt.Log.Error("RenderFailed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	publicpage.Write(w, r, status, publicpage.Policy("'self'", " https:"), b.Bytes())
}

// Style returns the path of the style sheet, which other public pages use, too.
func (s *Server) Style() string { return s.styleAt }
