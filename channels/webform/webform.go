// Package webform is the entrance for web forms: POST /f/{key} takes a form from
// any page (urlencoded, multipart or JSON), and GET /f/{key} shows a hosted one
// that needs no JavaScript.
//
// A submission is acknowledged (303, 201) when the Sink has made it durable. The
// answer to whoever filled it in travels as mail.
package webform

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"switchboard/channels"
)

// Form is one entrance.
type Form struct {
	Key    string // in the URL; the raw item's Endpoint
	Title  string // heading of the hosted page; "Contact us" when empty
	Intro  string // a sentence below it; may be empty
	Fields []Field
	// Redirects lists where "_redirect" may send a browser: whole URLs, or ones
	// that end in "/" and allow everything below.
	Redirects []string
	// Origins lists whose pages may read the answer by script (CORS) and embed the
	// hosted page: "https://shop.example", "*" for all.
	Origins []string
}

// Field is a further field of the hosted page; it arrives in Fields.
type Field struct {
	Name     string
	Label    string   // Name when empty
	Options  []string // a choice of these; a line of text when empty
	Required bool
}

// Config configures a Server. Zero limits mean the defaults in brackets.
type Config struct {
	Forms map[string]Form // by key

	MaxFiles int   // (10)
	MaxFile  int64 // octets of one file (10 MiB)
	MaxTotal int64 // octets of all files (25 MiB)
	// PerMinute bounds the submissions of one address (30), Burst how many may
	// come at once (15). IPv6 addresses count by /64. Loopback, which is a proxy
	// or a test, is not bounded.
	PerMinute, Burst int
	// Memory bounds the octets that submissions in flight may hold (192 MiB).
	Memory int64
	// ClientIP tells who asks, for a gateway behind a proxy; nil: the peer.
	ClientIP func(*http.Request) netip.Addr
}

// Server is the entrance: an http.Handler for /f/, and a channels.Channel whose
// Run opens it.
type Server struct {
	cfg    Config
	log    *slog.Logger
	mux    *http.ServeMux
	limits *limiter
	memory *semaphore.Weighted

	mu       sync.Mutex
	sink     channels.Sink // nil while Run does not run
	inFlight sync.WaitGroup
}

var (
	_ channels.Channel = (*Server)(nil)
	_ http.Handler     = (*Server)(nil)
)

// New makes a Server; it answers submissions with 503 until Run runs.
func New(cfg Config, log *slog.Logger) *Server {
	cfg.MaxFiles = cmp.Or(cfg.MaxFiles, 10)
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 10<<20)
	cfg.MaxTotal = cmp.Or(cfg.MaxTotal, 25<<20)
	cfg.PerMinute = cmp.Or(cfg.PerMinute, 30)
	cfg.Burst = cmp.Or(cfg.Burst, 15)
	cfg.Memory = cmp.Or(cfg.Memory, 192<<20)
	if cfg.ClientIP == nil {
		cfg.ClientIP = peer
	}
	s := &Server{
		cfg: cfg, log: log.With("channel", "form"), mux: http.NewServeMux(),
		limits: newLimiter(cfg.PerMinute, cfg.Burst), memory: semaphore.NewWeighted(cfg.Memory),
	}
	s.mux.HandleFunc("GET /f/{key}", s.form(s.show))
	s.mux.HandleFunc("GET /f/{key}/thanks", s.form(s.thanks))
	s.mux.HandleFunc("POST /f/{key}", s.form(s.submit))
	s.mux.HandleFunc("OPTIONS /f/{key}", s.form(s.preflight))
	return s
}

// ServeHTTP serves everything below /f/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// drainWithin bounds how long a stop waits for submissions in hand.
const drainWithin = 10 * time.Second

// Run takes submissions until ctx ends, and finishes those in hand.
func (s *Server) Run(ctx context.Context, sink channels.Sink) error {
	s.mu.Lock()
	s.sink = sink
	s.mu.Unlock()
	channels.Healthy(sink)
	<-ctx.Done()

	s.mu.Lock()
	s.sink = nil
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.inFlight.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(drainWithin):
		s.log.Warn("stopped with a submission unfinished")
	}
	return nil
}

// enter returns the sink for one submission and counts it; nil while closed.
func (s *Server) enter() channels.Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sink != nil {
		s.inFlight.Add(1)
	}
	return s.sink
}

// form finds the form of the path.
func (s *Server) form(next func(http.ResponseWriter, *http.Request, Form)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, ok := s.cfg.Forms[r.PathValue("key")]
		if !ok {
			s.fail(w, r, Form{}, submission{}, &fault{status: http.StatusNotFound, detail: "There is no such form."})
			return
		}
		allowOrigin(w, r, f)
		next(w, r, f)
	}
}

func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
