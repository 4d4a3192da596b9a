package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/desk"
)

// Config says how the API presents itself.
type Config struct {
	// Version of the program, as the OpenAPI document shows it.
	Version string
	// PublicURL is where browsers reach the desk: "https://help.example.com". It
	// decides whether cookies are Secure and which origin may open the event
	// socket. Empty: the request's own host.
	PublicURL string
	// SafeHTML makes a mail's HTML fit to be shown (normalize.SafeHTML). Nil: no
	// HTML is served.
	SafeHTML func(html string, pictures Pictures) string
	// ImageKey signs the URLs of pictures from the net, so that nobody can have
	// others fetched. Empty: such pictures are not shown.
	ImageKey []byte
	Log      *slog.Logger // nil: slog.DiscardHandler
}

// Pictures say where those of a mail are.
type Pictures struct {
	// CID gives the URL of an inline picture by its Content-ID, "" for an unknown one.
	CID func(id string) string
	// Remote gives the URL by which a picture from the net is shown; nil: none is.
	Remote func(url string) string
}

const base = "/api/v1"

// maxBody bounds a request's body in bytes.
const maxBody = 1 << 20

// server holds what the routes share.
type server struct {
	Deps
	cfg     Config
	log     *slog.Logger
	origin  *http.CrossOriginProtection
	public  *url.URL // nil: not configured
	huma    huma.API
	mux     *http.ServeMux
	guesses *guesses
	hashing chan struct{}
	gate    *gate
	sockets *sockets
}

// Handler serves the API, its documents, the health probes and the console.
type Handler struct {
	http.Handler
	s *server
}

// Shutdown closes the event sockets with "service restart", so that clients come
// back, and waits for them until ctx ends.
func (h *Handler) Shutdown(ctx context.Context) error { return h.s.sockets.shutdown(ctx) }

// New returns the handler of everything under "/" that is the desk's own. An
// unreadable PublicURL is KindInvalid.
func New(cfg Config, deps Deps) (*Handler, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{
		Deps: deps, cfg: cfg, log: cfg.Log, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(),
		guesses: newGuesses(time.Now), hashing: make(chan struct{}, 2), sockets: newSockets(),
	}
	s.gate = newGate(deps.Events)
	if err := s.trustPublicURL(); err != nil {
		return nil, err
	}
	s.huma = humago.NewWithPrefix(s.mux, base, s.humaConfig())
	s.huma.UseMiddleware(s.authenticate)
	s.conversationRoutes()
	s.actRoutes()
	s.messageRoutes()
	s.deskRoutes()
	s.directoryRoutes()
	s.eventRoutes()
	s.imageRoutes()
	s.journalRoutes()
	s.channelRoutes()
	s.sessionRoutes()
	s.keyRoutes()
	if err := s.documentRoutes(); err != nil {
		return nil, err
	}
	s.healthRoutes()
	if err := s.consoleRoutes(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("/api/", s.unknownPath)
	return &Handler{Handler: s.around(s.mux), s: s}, nil
}

func (s *server) trustPublicURL() error {
	if s.cfg.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(s.cfg.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return desk.Errorf(desk.KindInvalid, "public URL %q: want https://host", s.cfg.PublicURL)
	}
	s.public = u
	return s.origin.AddTrustedOrigin(u.Scheme + "://" + u.Host)
}

func (s *server) humaConfig() huma.Config {
	c := huma.DefaultConfig("Switchboard", s.cfg.Version)
	c.Info.Description = "The desk over HTTP. Conventions and shapes: doc/api.md."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // ours stand at the root, without foreign scripts
	c.CreateHooks = nil                                   // no $schema field in the answers
	c.Transformers = []huma.Transformer{finish}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key: sbk_ and 43 characters"},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The console's session"},
	}
	c.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	return c
}

// handle registers one operation. Its errors become Problems in one place.
func handle[I, O any](s *server, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "A problem",
		Content: map[string]*huma.MediaType{problemType: {
			Schema: s.huma.OpenAPI().Components.Schemas.Schema(problemGoType, true, "ProblemDetails"),
		}},
	}
	op.MaxBodyBytes = maxBody
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		return out, nil
	})
}

// unknownPath answers for what no route took: a wrong method, or no such path.
func (s *server) unknownPath(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := s.mux.Handler(probe); pattern != "/api/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 && !slices.Contains(allowed, r.Method) {
		p := problem(http.StatusMethodNotAllowed, "this path takes "+strings.Join(allowed, ", "))
		p.headers = http.Header{"Allow": {strings.Join(allowed, ", ")}}
		writeProblem(w, r, p)
		return
	}
	writeProblem(w, r, noSuch("path"))
}
