package webform

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

//go:embed page.html
var pageFile embed.FS

// suggestions is the script that shows articles while somebody writes.
//
//go:embed suggest.js
var suggestions string

var page = template.Must(template.ParseFS(pageFile, "page.html"))

// wantsJSON reports whether the request comes from a script rather than a browser.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "text/html") {
		return false
	}
	if strings.Contains(accept, "application/json") || strings.Contains(accept, "application/problem+json") {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// succeed acknowledges a submission that is durable.
func (s *Server) succeed(w http.ResponseWriter, r *http.Request, f Form, sub submission, id desk.RawID) {
	ref := desk.Reference(id)
	if wantsJSON(r) {
		writeJSON(w, "application/json", http.StatusCreated, map[string]string{"id": id.String(), "reference": ref})
		return
	}
	target := "/f/" + url.PathEscape(f.Key) + "/thanks?ref=" + ref
	if sub.redirect != "" {
		if redirectAllowed(sub.redirect, f.Redirects) {
			target = sub.redirect
		} else {
			s.log.Warn("RedirectRefused", "form", f.Key, "redirect", shorten(sub.redirect))
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	// 303: the browser fetches the page with GET, so that reloading it does not resubmit.
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// problem is the body of RFC 9457.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []fieldError `json:"errors"`
}

// fail responds with a problem. In a browser it shows the form again, with the values
// that were entered.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f Form, sub submission, err error) {
	var bad *fault
	if !errors.As(err, &bad) {
		s.log.Error("Failed", "form", f.Key, "error", err)
		bad = &fault{status: http.StatusInternalServerError, detail: "Something went wrong on our side. Please try again later."}
	}
	if bad.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((bad.retry+time.Second-1)/time.Second)))
	}
	if wantsJSON(r) {
		errs := bad.errs
		if errs == nil {
			errs = []fieldError{}
		}
		writeJSON(w, "application/problem+json", bad.status, problem{Type: "about:blank", Title: http.StatusText(bad.status), Status: bad.status, Detail: bad.detail, Errors: errs})
		return
	}
	s.render(w, f, bad.status, newView(f, sub, bad))
}

// writeJSON responds with a JSON value.
func writeJSON(w http.ResponseWriter, mediaType string, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// An error means that the client has gone.
	_, _ = w.Write(append(b, '\n'))
}

// view is the data of page.html.
type view struct {
	Nonce  string
	Script template.JS // empty: the page has none
	Title  string
	Intro  string
	Key    string // of the form; empty if there is no form to show
	Thanks bool
	Ref    string

	Problem  string // empty if there is none
	Errors   map[string]string
	Value    submission
	Once     string // the hidden key that prevents double submissions
	Fields   []viewField
	Redirect string
	Lost     bool // files were selected and have to be selected again
}

// viewField is an additional field on the page, with its value and error.
type viewField struct {
	Field
	ID    string
	Value string
	Error string
}

// newView returns the page of a form with the values of sub and, if bad is set, its
// problem.
func newView(f Form, sub submission, bad *fault) view {
	v := view{Title: f.Title, Intro: f.Intro, Key: f.Key, Value: sub, Once: sub.key, Redirect: sub.redirect, Lost: len(sub.Files) > 0, Errors: map[string]string{}}
	if v.Title == "" {
		v.Title = "Contact us"
	}
	if v.Once == "" {
		v.Once = rand.Text()
	}
	if bad != nil {
		v.Problem = bad.detail
		for _, e := range bad.errs {
			v.Errors[e.field] = e.Message
		}
	}
	known := map[string]bool{}
	add := func(field Field) {
		known[field.Name] = true
		if field.Label == "" {
			field.Label = field.Name
		}
		v.Fields = append(v.Fields, viewField{Field: field, ID: "f" + strconv.Itoa(len(v.Fields)), Value: sub.Fields[field.Name], Error: v.Errors[field.Name]})
	}
	for _, field := range f.Fields {
		add(field)
	}
	// Fields of another page's form that the hosted form does not have are kept, too.
	for _, name := range sortedKeys(sub.Fields) {
		if !known[name] {
			add(Field{Name: name})
		}
	}
	return v
}

// show renders the hosted form.
func (s *Server) show(w http.ResponseWriter, r *http.Request, f Form) {
	sub := submission{redirect: r.URL.Query().Get("redirect")}
	sub.Subject = imf.OneLine(toText(r.URL.Query().Get("subject")))
	s.render(w, f, http.StatusOK, newView(f, sub, nil))
}

var referencePattern = regexp.MustCompile(`^[0-9A-Z]{4}-[0-9A-Z]{4}$`)

// thanks renders the page that is shown after a submission.
func (s *Server) thanks(w http.ResponseWriter, r *http.Request, f Form) {
	v := view{Title: "Thank you", Key: f.Key, Thanks: true}
	if ref := r.URL.Query().Get("ref"); referencePattern.MatchString(ref) {
		v.Ref = ref
	}
	s.render(w, f, http.StatusOK, v)
}

// render writes a page with its security headers.
func (s *Server) render(w http.ResponseWriter, f Form, status int, v view) {
	v.Nonce = rand.Text()
	if s.cfg.Suggest && v.Key != "" && !v.Thanks {
		v.Script = template.JS(suggestions)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		s.log.Error("RenderFailed", "form", f.Key, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy(f, v.Nonce, v.Script != ""))
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store") // the hidden key is for one visitor
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// policy returns the page's Content-Security-Policy. form-action also controls where a
// submission may be redirected to. The script only reads from this server.
func policy(f Form, nonce string, script bool) string {
	actions, ancestors := []string{"'self'"}, []string{"'self'"}
	for _, target := range f.Redirects {
		if u, err := url.Parse(target); err == nil && u.Host != "" {
			actions = append(actions, u.Scheme+"://"+u.Host)
		}
	}
	ancestors = append(ancestors, f.Origins...)
	scripts := ""
	if script {
		scripts = "; script-src 'nonce-" + nonce + "'; connect-src 'self'"
	}
	return "default-src 'none'; style-src 'nonce-" + nonce + "'" + scripts + "; base-uri 'none'; form-action " + strings.Join(actions, " ") +
		"; frame-ancestors " + strings.Join(ancestors, " ")
}
