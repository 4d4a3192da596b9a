// Package page serves the public pages on which customers answer surveys: GET
// /survey/{token}?choice=5 shows the answer that a link stands for, and only POST records
// it, because programs that check mail follow its links.
package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"switchboard/desk"
	"switchboard/internal/clientlimit"
	"switchboard/internal/publicpage"
	"switchboard/internal/survey"
)

//go:embed page.html
var file embed.FS

var page = template.Must(template.ParseFS(file, "page.html"))

// Store keeps the surveys.
type Store interface {
	// Survey returns KindNotFound for one that does not exist or has expired.
	Survey(ctx context.Context, id desk.SurveyID) (desk.Survey, error)
	AnswerSurvey(ctx context.Context, id desk.SurveyID, score int, comment string) error
}

// Options configures a Server.
type Options struct {
	Links     *survey.Links
	PublicURL string // its origin may post, besides that of the request; may be empty
	Log       *slog.Logger
	// Answered is called after an answer was recorded; may be nil.
	Answered func(kind desk.SurveyKind, score int)
}

// The requests of one client; a page and its answer are two.
const (
	perMinute = 60
	burst     = 30
	maxBody   = 64 << 10
)

// Server is an http.Handler for /survey/.
type Server struct {
	store  Store
	opt    Options
	mux    *http.ServeMux
	limits *clientlimit.Limiter
	origin *http.CrossOriginProtection
}

// New returns a Server.
func New(st Store, opt Options) (*Server, error) {
	s := &Server{store: st, opt: opt, mux: http.NewServeMux(), limits: clientlimit.New(perMinute, burst), origin: http.NewCrossOriginProtection()}
	if opt.PublicURL != "" {
		if err := s.origin.AddTrustedOrigin(opt.PublicURL); err != nil {
			return nil, desk.Errorf(desk.KindInvalid, "public_url: %w", err)
		}
	}
	s.mux.HandleFunc("GET /survey/{token}", s.with(s.show))
	s.mux.HandleFunc("GET /survey/{token}/thanks", s.with(s.thanks))
	s.mux.HandleFunc("POST /survey/{token}", s.with(s.answer))
	return s, nil
}

// ServeHTTP serves everything below /survey/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// view is the data of page.html.
type view struct {
	Nonce, Title, Text, Problem string

	Token      string // empty: the survey cannot be answered
	Question   string
	Choices    []survey.Choice
	Score      int
	Comment    string
	MaxComment int
	Answered   bool
	Until      string
}

var (
	busy    = view{Title: "Too many requests", Text: "Please wait a minute, and open the link again."}
	unknown = view{Title: "This link is not valid", Text: "It is incomplete, or we have not sent it. Please open the link in our mail again, or answer the mail."}
	expired = view{Title: "This survey is closed", Text: "Its time is over, and the answer can no longer be changed. You can still answer our mail."}
	broken  = view{Title: "Something went wrong on our side", Text: "Your answer was not recorded. Please try again later."}
	foreign = view{Title: "Your answer was not recorded", Text: "It came from another web site. Please open the link in our mail, and send your answer from there."}
)

// with finds the survey of the path. A forged link costs no query.
func (s *Server) with(next func(http.ResponseWriter, *http.Request, *desk.Survey)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		if !publicpage.Limited(s.limits, w, r) {
			s.render(w, http.StatusTooManyRequests, busy)
			return
		}
		id, expires, ok := s.opt.Links.Parse(r.PathValue("token"))
		switch {
		case !ok:
			s.render(w, http.StatusNotFound, unknown)
			return
		case survey.Expired(expires, now):
			s.render(w, http.StatusGone, expired)
			return
		}
		found, err := s.store.Survey(r.Context(), id)
		if err != nil {
			s.fail(w, err)
			return
		}
		next(w, r, &found)
	}
}

// fail shows why a survey cannot be answered. What is signed was there once.
func (s *Server) fail(w http.ResponseWriter, err error) {
	if desk.KindOf(err) == desk.KindNotFound {
		s.render(w, http.StatusGone, expired)
		return
	}
	s.opt.Log.Error("SurveyFailed", "error", err)
	s.render(w, http.StatusInternalServerError, broken)
}

// show renders the survey with the answer that was given, or that the link stands for.
func (s *Server) show(w http.ResponseWriter, r *http.Request, of *desk.Survey) {
	v := form(r, of)
	if score, ok := survey.Score(r.URL.Query().Get("choice"), of.Scale); ok {
		v.Score = score
	}
	s.render(w, http.StatusOK, v)
}

func form(r *http.Request, of *desk.Survey) view {
	v := view{Title: "Your feedback", Token: r.PathValue("token"), Question: survey.Question(of.Kind), Choices: survey.Choices(of.Kind, of.Scale), Score: of.Score,
		Comment: of.Comment, MaxComment: survey.MaxComment, Answered: of.Score > 0, Until: of.ExpiresAt.UTC().Format("2 January 2006")}
	v.Text = "Nothing is recorded until you press the button."
	if v.Answered {
		v.Text = "We have your answer. You can change it here."
	}
	return v
}

// answer records an answer, and redirects to a page that can be reloaded.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, of *desk.Survey) {
	if err := s.origin.Check(r); err != nil {
		s.render(w, http.StatusForbidden, foreign)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		v := form(r, of)
		v.Problem = "The answer could not be read. Please shorten the comment, and send it again."
		s.render(w, http.StatusBadRequest, v)
		return
	}
	comment := survey.Comment(r.PostForm.Get("comment"))
	score, ok := survey.Score(r.PostForm.Get("choice"), of.Scale)
	if !ok {
		v := form(r, of)
		v.Comment, v.Problem = comment, "Please choose one of the answers."
		s.render(w, http.StatusUnprocessableEntity, v)
		return
	}
	if err := s.store.AnswerSurvey(r.Context(), of.ID, score, comment); err != nil {
		s.fail(w, err)
		return
	}
	if s.opt.Answered != nil {
		s.opt.Answered(of.Kind, score)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/survey/"+r.PathValue("token")+"/thanks", http.StatusSeeOther)
}

// thanks renders the page that is shown after an answer.
func (s *Server) thanks(w http.ResponseWriter, r *http.Request, of *desk.Survey) {
	v := view{Title: "Thank you", Token: r.PathValue("token"), Text: "We have your answer, and you can change it until " + of.ExpiresAt.UTC().Format("2 January 2006") + "."}
	if of.Score == 0 {
		v.Title, v.Text = "Your feedback", "You have not answered yet."
	}
	s.render(w, http.StatusOK, v)
}

// render writes a page with its security headers. The referrer policy keeps the token from
// other sites, and still lets the browser say where a form comes from.
func (s *Server) render(w http.ResponseWriter, status int, v view) {
	v.Nonce = rand.Text()
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		s.opt.Log.Error("RenderFailed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
