package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/api/auth"
	"switchboard/api/console"
	"switchboard/api/middleware"
	"switchboard/api/openapi"
	"switchboard/api/problem"
	"switchboard/api/ratelimit"
	"switchboard/api/repeat"
	"switchboard/api/site"
	"switchboard/api/socket"
	"switchboard/api/visibility"
	"switchboard/internal/advisory"
)

// Config configures the API.
type Config struct {
	// Version of the program, as shown in the OpenAPI document.
	Version string
	// PublicURL is the URL of the desk in browsers: "https://help.example.com". It
	// decides whether cookies are Secure and which origin may open the event
	// socket. Empty: the host of each request.
	PublicURL string
	// SafeHTML sanitizes a message's HTML (htmlview.Render). Nil: no HTML is
	// served.
	SafeHTML func(html string, pictures Pictures) string
	// ImageKey signs the URLs of remote images, so that the image proxy fetches
	// only URLs from messages. Empty: remote images are not shown.
	ImageKey []byte
	// PingInterval is how often the event socket sends a ping and checks that the
	// agent is still signed in; 0: 25 s.
	PingInterval time.Duration
	Log          *slog.Logger // nil: slog.DiscardHandler
	// Own reports whether an address is the desk's own. Agents who do not see the addresses
	// of customers see those. Nil: none is.
	Own func(address string) bool
	// AdvisoryBudget is how many contacts advisories may go to, and NoAdvisories why none can be
	// sent; empty: they can.
	AdvisoryBudget advisory.Budget
	NoAdvisories   string
	// RateLimit is how many requests an API key may make in a minute; 0: no limit.
	RateLimit int
}

// Pictures maps the pictures of a message to URLs.
type Pictures struct {
	// CID returns the URL of an inline picture by its Content-ID, "" when unknown.
	CID func(id string) string
	// Location is the same by its Content-Location; nil: none has one.
	Location func(url string) string
	// Drawn is called with the URL of every picture that a reader sees; it may be nil.
	Drawn func(url string)
	// Remote returns the proxy URL of a remote image; nil: remote images are removed.
	Remote func(url string) string
}

const base = "/api/v1"

// server holds what the routes share.
type server struct {
	Deps
	cfg     Config
	log     *slog.Logger
	site    site.Site
	auth    *auth.Authenticator
	visible *visibility.Filter
	sockets *socket.Server
	huma    huma.API
	mux     *http.ServeMux
}

// Handler serves the API, its documentation, the health probes and the console.
type Handler struct {
	http.Handler
	s *server
}

// Shutdown closes the event sockets with 1012 (service restart), so that clients
// reconnect, and waits for them until ctx ends.
func (h *Handler) Shutdown(ctx context.Context) error { return h.s.sockets.Shutdown(ctx) }

// New returns the handler of all paths of the desk. An invalid PublicURL is
// KindInvalid.
func New(cfg Config, deps Deps) (*Handler, error) {
	s, err := newServer(cfg, deps)
	if err != nil {
		return nil, err
	}
	if err := openapi.Routes(s.mux, s.huma.OpenAPI(), base); err != nil {
		return nil, err
	}
	s.healthRoutes()
	if err := console.Routes(s.mux); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("/api/", s.unknownPath)
	handler, err := middleware.Wrap(s.mux, s.site, bodyLimit, s.log)
	if err != nil {
		return nil, err
	}
	return &Handler{Handler: handler, s: s}, nil
}

// newServer returns a server with all API operations registered.
func newServer(cfg Config, deps Deps) (*server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	public, err := site.Parse(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	s := &server{Deps: deps, cfg: cfg, log: cfg.Log, site: public, mux: http.NewServeMux()}
	s.auth = auth.New(deps.People, deps.Sessions, deps.Keys, public, s.log)
	s.visible = visibility.New(deps.Events, s.mask())
	s.sockets = socket.New(socket.Options{
		Events: deps.Events, Visible: s.visible, Auth: s.auth, Hub: deps.Hub, Seer: deps.Staff, Site: public, Log: s.log, Ping: cfg.PingInterval,
	})
	s.huma = humago.NewWithPrefix(s.mux, base, s.humaConfig())
	s.huma.UseMiddleware(s.auth.Middleware, ratelimit.New(cfg.RateLimit).Middleware, repeat.Middleware(deps.Repeats, s.log))
	s.conversationRoutes()
	s.actionRoutes()
	s.bulkRoutes()
	s.viewRoutes()
	s.correspondenceRoutes()
	s.taskRoutes()
	s.swarmRoutes()
	s.draftRoutes()
	s.uploadRoutes()
	s.noticeRoutes()
	s.countRoutes()
	s.messageRoutes()
	s.outboxRoutes()
	s.surveyRoutes()
	s.reportRoutes()
	s.savedReportRoutes()
	s.reviewRoutes()
	s.deskRoutes()
	s.agentRoutes()
	s.directoryRoutes()
	s.accountRoutes()
	s.eventRoutes()
	s.imageRoutes()
	s.journalRoutes()
	s.channelRoutes()
	s.sessionRoutes()
	s.keyRoutes()
	s.appPasswordRoutes()
	s.webhookRoutes()
	s.macroRoutes()
	s.articleRoutes()
	s.articleDraftRoutes()
	s.gapRoutes()
	s.runbookRoutes()
	s.rootCauseRoutes()
	s.advisoryRoutes()
	s.policyRoutes()
	s.pilotRoutes()
	s.simulateRoutes()
	openapi.Events(s.huma.OpenAPI())
	return s, nil
}

func (s *server) humaConfig() huma.Config {
	c := huma.DefaultConfig("Switchboard", s.cfg.Version)
	c.Info.Description = "The HTTP API of the support desk. Conventions and shapes: doc/api.md."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // package openapi serves them, without third-party scripts
	c.CreateHooks = nil                                   // no $schema field in responses
	c.Transformers = []huma.Transformer{problem.Transform, s.maskAddresses}
	c.Components.Schemas = openapi.Registry()
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key: sbk_ and 43 characters"},
		"session": {Type: "apiKey", In: "cookie", Name: auth.Cookie, Description: "The session of the console"},
	}
	c.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	return c
}

// public marks an operation that needs no authentication.
func public(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{}}
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[auth.Public] = true
	return op
}

// handle registers an operation whose errors become problem details.
func handle[I, O any](s *server, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "Problem details (RFC 9457)",
		Content: map[string]*huma.MediaType{problem.MediaType: {
			Schema: s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Details](), true, ""),
		}},
	}
	op.MaxBodyBytes = bodyLimit(&http.Request{Method: op.Method, URL: &url.URL{Path: base + op.Path}})
	if isPublic, _ := op.Metadata[auth.Public].(bool); op.Method == http.MethodPost && !isPublic {
		repeat.Describe(&op)
	}
	scoped(&op)
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, problem.Explain(ctx, s.log, err)
		}
		return out, nil
	})
}

// unknownPath answers what no route matched: 405 when the path has other methods,
// else 404.
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
		methods := strings.Join(allowed, ", ")
		problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, "allowed methods: "+methods).WithHeader("Allow", methods))
		return
	}
	problem.Write(w, r, problem.NotFound("path"))
}
