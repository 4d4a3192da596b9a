// Package console serves the built web pages: the console at the root, the chat
// widget, the hosted form and the demo under their own paths.
package console

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"switchboard/api/problem"
	"switchboard/web"
)

// csp lets the console load from its own origin only. HTML messages are shown in
// frames of this origin, with a policy of their own.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// unbuilt is shown when the program was built without the pages.
const unbuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Switchboard</title></head>
<body><main><h1>The console is not in this binary</h1>
<p>Build the pages with <code>make web</code>, then build the program again. The API works without them: <a href="/docs">its documentation</a>.</p>
</main></body></html>
`

// page is a file in memory, with its compressed form.
type page struct {
	body, gzip []byte
}

// Routes adds the pages to mux.
func Routes(mux *http.ServeMux) error {
	files, built := web.Files()
	if !built {
		mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { page{body: []byte(unbuilt)}.serve(w, r) })
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, problem.NotFound("page")) })
		return nil
	}
	index, err := indexPage(files)
	if err != nil {
		return err
	}
	static := &static{files: files}
	shown := func(w http.ResponseWriter, r *http.Request) { index.serve(w, r) }
	for _, place := range []string{"GET /{$}", "GET /login", "GET /c/"} {
		mux.HandleFunc(place, shown)
	}
	mux.Handle("/", static)
	return nil
}

// indexPage returns the console's page. Its relative links become absolute, so
// that it works under every path.
func indexPage(files fs.FS) (page, error) {
	body, err := fs.ReadFile(files, "console/index.html")
	if err != nil {
		return page{}, err
	}
	body = bytes.ReplaceAll(body, []byte(`="./`), []byte(`="/`))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(body); err != nil {
		return page{}, err
	}
	if err := z.Close(); err != nil {
		return page{}, err
	}
	return page{body: body, gzip: packed.Bytes()}, nil
}

func (p page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", csp)
	h.Set("Cache-Control", "no-cache") // the same name serves the next version
	h.Add("Vary", "Accept-Encoding")
	body := p.body
	if p.gzip != nil && accepts(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = p.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// static serves the built files: the console's at the root, all others under
// their own path.
type static struct {
	files fs.FS
}

// hashed matches names that change with the content: "index-B3xK91_q.js".
var hashed = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9]+$`)

func (f *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, "files are read-only").WithHeader("Allow", "GET, HEAD"))
		return
	}
	name, ok := f.find(strings.TrimPrefix(r.URL.Path, "/"))
	if !ok {
		problem.Write(w, r, problem.NotFound("page"))
		return
	}
	h := w.Header()
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		h.Set("Content-Type", kind)
	}
	if hashed.MatchString(name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	h.Add("Vary", "Accept-Encoding")
	for _, packed := range []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if body, err := fs.ReadFile(f.files, name+packed.suffix); err == nil && accepts(r, packed.coding) {
			h.Set("Content-Encoding", packed.coding)
			h.Set("Content-Length", strconv.Itoa(len(body)))
			w.Write(body)
			return
		}
	}
	http.ServeFileFS(w, r, f.files, name)
}

// find returns the file for a path: a file of the console, any other file, or a
// folder's index.html. Dot files and compressed variants are not served.
func (f *static) find(name string) (string, bool) {
	if strings.HasSuffix(name, "/") || name == "" {
		name += "index.html"
	}
	if !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), ".") || strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".br") {
		return "", false
	}
	for _, candidate := range []string{"console/" + name, name} {
		info, err := fs.Stat(f.files, candidate)
		if err == nil && info.Mode().IsRegular() {
			return candidate, true
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", false
		}
	}
	return "", false
}

// accepts reports whether the client accepts a content coding (RFC 9110 §12.5.3).
func accepts(r *http.Request, coding string) bool {
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			weight, ok := strings.CutPrefix(strings.ReplaceAll(q, " ", ""), "q=")
			return !ok || strings.Trim(weight, "0.") != ""
		}
	}
	return false
}
