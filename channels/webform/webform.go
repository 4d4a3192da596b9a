// Package webform is the channel for web forms: POST /f/{key} accepts a form from any
// page (urlencoded, multipart or JSON), and GET /f/{key} shows a hosted form that works
// without JavaScript.
//
// A submission is acknowledged (303, 201) once the Sink has made it durable. Replies
// to it are sent as mail.
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
	"switchboard/internal/clientlimit"
)

// Form is the configuration of one form.
type Form struct {
	Key    string // in the URL; the raw item's Endpoint
	Title  string // heading of the hosted page; "Contact us" when empty
	Intro  string // a sentence below it; may be empty
	Fields []Field
	// Redirects lists where "_redirect" may send a browser: complete URLs, or URLs that
	// end in "/" and allow everything below them.
	Redirects []string
	// Origins lists the origins whose pages may read the response in a script (CORS)
	// and embed the hosted page: "https://shop.example"; "*" allows all.
	Origins []string
}

// Field is an additional field of the hosted page. Its value is stored in
// desk.FormSubmission.Fields.
type Field struct {
	Name     string
	Label    string   // if empty, Name is used
	Options  []string // the options of a selection; if empty, the field is a line of text
	Required bool
}

// Config configures a Server. A zero limit means the default in brackets.
type Config struct {
	Forms map[string]Form // by key

	MaxFiles int   // (10)
	MaxFile  int64 // size of one file in octets (10 MiB)
	MaxTotal int64 // total size of all files in octets (25 MiB)
	// PerMinute limits the submissions of one address (30), Burst how many may arrive
	// at once (15). IPv6 addresses count by /64. Loopback, which is a proxy or a test,
	// is not limited.
	PerMinute, Burst int
	// Memory limits the octets that submissions being processed may use (192 MiB).
	Memory int64
	// Suggest shows articles of the help pages (GET /help/suggest) while somebody writes, if
	// their browser runs scripts.
	Suggest bool
	// ClientIP returns the client's address, for a gateway behind a proxy. If it is nil,
	// the peer's address is used.
	ClientIP func(*http.Request) netip.Addr
}

// Server is an http.Handler for /f/, and a channels.Channel that accepts submissions
// while Run is running.
type Server struct {
	cfg    Config
	log    *slog.Logger
	mux    *http.ServeMux
	limits *clientlimit.Limiter
	memory *semaphore.Weighted

	mu       sync.Mutex
	sink     channels.Sink // nil while Run is not running
	inFlight sync.WaitGroup
}

var (
	_ channels.Channel = (*Server)(nil)
	_ http.Handler     = (*Server)(nil)
)

// New returns a Server that responds to submissions with 503 until Run is called.
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
		limits: clientlimit.New(cfg.PerMinute, cfg.Burst), memory: semaphore.NewWeighted(cfg.Memory),
	}
	s.mux.HandleFunc("GET /f/{key}", s.form(s.show))
	s.mux.HandleFunc("GET /f/{key}/thanks", s.form(s.thanks))
	s.mux.HandleFunc("POST /f/{key}", s.form(s.submit))
	s.mux.HandleFunc("OPTIONS /f/{key}", s.form(s.preflight))
	return s
}

// ServeHTTP serves everything below /f/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// drainWithin is how long Run waits for submissions being processed when it stops.
const drainWithin = 10 * time.Second

// Run accepts submissions until ctx ends and then finishes those being processed.
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
		s.log.Warn("SubmissionAborted")
	}
	return nil
}

// enter counts a submission and returns the sink for it, or nil while Run is not
// running.
func (s *Server) enter() channels.Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sink != nil {
		s.inFlight.Add(1)
	}
	return s.sink
}

// form looks up the form in the path.
func (s *Server) form(next func(http.ResponseWriter, *http.Request, Form)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, ok := s.cfg.Forms[r.PathValue("key")]
		if !ok {
			s.fail(w, r, Form{}, submission{}, &fault{status: http.StatusNotFound, detail: "This form does not exist."})
			return
		}
		allowOrigin(w, r, f)
		next(w, r, f)
	}
}

// peer returns the address of the connection's other end.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
