package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// probeTimeout bounds a readiness probe; an orchestrator asks every few seconds.
const probeTimeout = 3 * time.Second

// check is one result of a readiness probe.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (s *server) healthRoutes() {
	s.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte("ok\n"))
	})
	s.mux.HandleFunc("GET /readyz", s.readyz)
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	checks := []check{s.checkDatabase(ctx), s.checkSchema(ctx)}
	status, word := http.StatusOK, "ok"
	for _, c := range checks {
		if !c.OK {
			status, word = http.StatusServiceUnavailable, "not ready"
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if !r.URL.Query().Has("verbose") {
		w.WriteHeader(status)
		w.Write([]byte(word + "\n"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": word, "checks": checks})
}

func (s *server) checkDatabase(ctx context.Context) check {
	if err := s.Health.Ping(ctx); err != nil {
		s.log.WarnContext(ctx, "NotReady", "error", err)
		return check{Name: "database", Detail: "no response"}
	}
	return check{Name: "database", OK: true, Detail: "reachable"}
}

func (s *server) checkSchema(ctx context.Context) check {
	have, want, err := s.Health.Schema(ctx)
	c := check{Name: "migrations", OK: err == nil && have == want, Detail: "version " + strconv.Itoa(have) + " of " + strconv.Itoa(want)}
	if err != nil {
		c.Detail = "cannot read the schema version"
	}
	return c
}
