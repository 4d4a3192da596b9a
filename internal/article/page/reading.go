package page

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"html/template"
	"net/http"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/clientlimit"
	"switchboard/internal/markdown"
	"switchboard/internal/publicpage"
)

// places are where links to articles are, besides the pages.
var places = map[string]bool{"widget": true, "form": true, "mail": true}

// article shows an article.
func (s *Server) article(w http.ResponseWriter, r *http.Request) {
	a, ok := s.found(w, r)
	if !ok {
		return
	}
	place := r.URL.Query().Get("from")
	if !places[place] {
		place = "page"
	}
	s.record(r, article.Opened, place, a.HelpEntry)
	v := &shown{Language: a.Language, Heading: a.Title, Article: &a, Languages: a.Languages, Path: article.Path(a.Language, a.Slug), Body: template.HTML(markdown.Page(a.Text)), Voted: r.URL.Query().Get("voted")}
	v.Canonical = v.Path
	s.render(w, r, http.StatusOK, v)
}

// found returns the article of the path; false: it has answered that there is none.
func (s *Server) found(w http.ResponseWriter, r *http.Request) (view.HelpArticle, bool) {
	a, err := s.articles.HelpArticle(r.Context(), r.PathValue("language"), r.PathValue("slug"))
	switch {
	case desk.KindOf(err) == desk.KindNotFound:
		s.missing(w, r, "en")
	case err != nil:
		s.fail(w, r, err)
	}
	return a, err == nil
}

// vote records whether an article was helpful, and redirects to a page that can be reloaded.
func (s *Server) vote(w http.ResponseWriter, r *http.Request) {
	a, ok := s.found(w, r)
	if !ok {
		return
	}
	if err := s.origin.Check(r); err != nil {
		s.render(w, r, http.StatusForbidden, &shown{Language: a.Language, Heading: "Your answer was not recorded", Text: "It came from another web site.", NoIndex: true})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind := map[string]string{"yes": article.Helpful, "no": article.Unhelpful}[r.FormValue("helpful")]
	if kind == "" {
		s.render(w, r, http.StatusUnprocessableEntity, &shown{Language: a.Language, Heading: "Your answer was not recorded", Text: "Please go back, and choose Yes or No.", NoIndex: true})
		return
	}
	s.record(r, kind, "page", a.HelpEntry)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, article.Path(a.Language, a.Slug)+"?voted="+kind+"#voted", http.StatusSeeOther)
}

// Suggestion is an article that may answer what somebody is writing.
type Suggestion struct {
	Title   string `json:"title"`
	Summary string `json:"summary"`
	URL     string `json:"url"`
}

// suggest answers GET /help/suggest?q=&language=&place= with the articles that fit best.
func (s *Server) suggest(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	place := q.Get("place")
	if !places[place] {
		place = "form"
	}
	wanted := q.Get("language")
	if wanted == "" {
		wanted = r.Header.Get("Accept-Language")
	}
	in, err := s.language(r, wanted)
	var list []view.HelpEntry
	if err == nil {
		list, err = s.searches.HelpSuggest(r.Context(), in, article.Words(cut(q.Get("q"), 500)), suggested)
	}
	if err != nil {
		s.opt.Log.Error("HelpFailed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	s.record(r, article.Shown, place, list...)
	out := struct {
		Data []Suggestion `json:"data"`
	}{[]Suggestion{}}
	for _, a := range list {
		out.Data = append(out.Data, Suggestion{a.Title, a.Summary, s.opt.PublicURL + article.Path(a.Language, a.Slug) + "?from=" + place})
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(out)
}

// wrote records that the client has sent a message by the chat.
func (s *Server) wrote(w http.ResponseWriter, r *http.Request) {
	if err := s.origin.Check(r); err != nil {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	s.Wrote(r, "widget")
	w.WriteHeader(http.StatusNoContent)
}

// Wrote records that a client has sent a message, so that its visit is not counted as answered
// by an article.
func (s *Server) Wrote(r *http.Request, place string) {
	now := time.Now()
	s.save(r, view.HelpEvent{Visit: s.visit(r, now), Kind: article.Wrote, Place: place}, view.HelpEvent{Visit: s.visit(r, now.AddDate(0, 0, -1)), Kind: article.Wrote, Place: place})
}

// record records what a reader did with articles. What cannot be recorded keeps nobody from
// reading.
func (s *Server) record(r *http.Request, kind, place string, articles ...view.HelpEntry) {
	var events []view.HelpEvent
	for _, a := range articles {
		events = append(events, view.HelpEvent{Visit: s.visit(r, time.Now()), Kind: kind, Place: place, Article: a.ID})
	}
	s.save(r, events...)
}

func (s *Server) save(r *http.Request, events ...view.HelpEvent) {
	agent := strings.ToLower(r.UserAgent())
	for _, program := range []string{"bot", "crawl", "spider", "preview", "monitor"} {
		if strings.Contains(agent, program) {
			return
		}
	}
	if len(events) == 0 || agent == "" {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.searches.RecordHelp(ctx, events...); err != nil {
		s.opt.Log.Warn("HelpNotRecorded", "error", err)
	}
}

// visit is what a client does on one day. It cannot be led back to the client.
func (s *Server) visit(r *http.Request, at time.Time) (id [16]byte) {
	h := hmac.New(sha256.New, s.opt.Key)
	h.Write([]byte("help visit\n" + at.UTC().Format(time.DateOnly) + "\n" + clientlimit.Network(publicpage.Peer(r)).String() + "\n" + r.UserAgent()))
	copy(id[:], h.Sum(nil))
	return id
}

// sitemap lists all articles (sitemaps.org), at most as many as it may have.
func (s *Server) sitemap(w http.ResponseWriter, r *http.Request) {
	list, err := s.articles.HelpList(r.Context(), "", "", 0, 50_000)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	type entry struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	}
	out := struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []entry  `xml:"url"`
	}{}
	for _, a := range list {
		out.URLs = append(out.URLs, entry{s.opt.PublicURL + article.Path(a.Language, a.Slug), a.PublishedAt.UTC().Format(time.RFC3339)})
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write([]byte(xml.Header))
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		s.opt.Log.Warn("SitemapFailed", "error", err)
	}
}
