package api

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

	"switchboard/web"
)

// consoleCSP lets the console load from its own origin only. Mails are shown in
// frames of this origin that carry a policy of their own.
const consoleCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// unbuilt is what stands where the console would, when it was not built.
const unbuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Switchboard</title></head>
<body><main><h1>The console is not in this binary</h1>
<p>Build the pages with <code>make web</code>, then build the program again. The API works without them: <a href="/docs">its documentation</a>.</p>
</main></body></html>
`

// page is a file that is kept in memory with its compressed form.
type page struct {
	body, gzip []byte
}

func (s *server) consoleRoutes() error {
	files, built := web.Files()
	if !built {
		s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { page{body: []byte(unbuilt)}.serve(w, r) })
		s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, noSuch("page")) })
		return nil
	}
	index, err := consolePage(files)
	if err != nil {
		return err
	}
	static := &static{files: files}
	shown := func(w http.ResponseWriter, r *http.Request) { index.serve(w, r) }
	for _, place := range []string{"GET /{$}", "GET /login", "GET /c/"} {
		s.mux.HandleFunc(place, shown)
	}
	s.mux.Handle("/", static)
	return nil
}

// consolePage is the console's one page with its relative links made absolute,
// so that it works at every depth.
func consolePage(files fs.FS) (page, error) {
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
	h.Set("Content-Security-Policy", consoleCSP)
	h.Set("Cache-Control", "no-cache") // its name is the same after an upgrade
	h.Add("Vary", "Accept-Encoding")
	body := p.body
	if p.gzip != nil && accepts(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = p.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// static serves the built files: the console's at the root, the others where
// they lie.
type static struct {
	files fs.FS
}

// hashed is a name that changes with its content: "index-B3xK91_q.js".
var hashed = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9]+$`)

func (f *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p := problem(http.StatusMethodNotAllowed, "files can be read only")
		p.headers = http.Header{"Allow": {"GET, HEAD"}}
		writeProblem(w, r, p)
		return
	}
	name, ok := f.find(strings.TrimPrefix(r.URL.Path, "/"))
	if !ok {
		writeProblem(w, r, noSuch("page"))
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

// find names the file behind a path: a console file, one as it lies, or a
// folder's index.html. Dot files and compressed variants have no path.
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

// accepts reports whether the client takes a content coding (RFC 9110 §12.5.3).
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
