package demo

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/web"
)

const (
	sessionTTL = 12 * time.Hour
	maxBody    = 12 << 20
)

// pages adds the customer pages to the HTTP server.
func (d *demo) pages() {
	d.gate.Handle("GET /demo/api/sink", http.HandlerFunc(d.listSink))
	d.gate.Handle("GET /demo/api/mailbox", http.HandlerFunc(d.listMailbox))
	own := http.NewCrossOriginProtection() // other sites must not send messages as a customer
	d.gate.Handle("POST /demo/api/send", own.Handler(http.HandlerFunc(d.send)))
	d.gate.Handle("POST /demo/as/{email}", own.Handler(http.HandlerFunc(d.signInAs)))
	d.gate.Handle("GET /api/v1/demo", http.HandlerFunc(d.listAgents))
	d.gate.Handle("GET /demo", d.static("index.html"))
	d.gate.Handle("GET /demo/", d.static("index.html"))
	d.gate.Handle("GET /demo/shop", d.static("shop.html"))
	d.gate.Wrap(d.autoSignIn)
}

// static serves the demo's pages from the built web files.
func (d *demo) static(page string) http.Handler {
	files, built := web.Files()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := page
		if rest := strings.TrimPrefix(r.URL.Path, "/demo/"); strings.Contains(rest, ".") {
			name = rest
		}
		if !built {
			http.Error(w, "The pages are not built: run `make web`, then start again.", http.StatusServiceUnavailable)
			return
		}
		sub, err := fs.Sub(files, "demo")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.ServeFileFS(w, r, sub, name)
	})
}

// listSink returns the mail that customers received, of one address with ?to=ADDRESS.
func (d *demo) listSink(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"data": d.sink.box(r.FormValue("to"), "in")})
}

// listMailbox returns the mail that a customer received and sent.
func (d *demo) listMailbox(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"data": d.sink.box(r.FormValue("address"), "in", "out")})
}

// send sends a message that was written on a customer page.
func (d *demo) send(w http.ResponseWriter, r *http.Request) {
	var l letter
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&l); err != nil {
		writeProblem(w, http.StatusBadRequest, "the body is not valid JSON: "+err.Error())
		return
	}
	if err := l.check(); err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	raw := l.compose(time.Now())
	if err := d.post(l, raw); err != nil {
		writeProblem(w, http.StatusBadGateway, err.Error())
		return
	}
	m, err := show(raw, l.To, "out")
	if err == nil {
		err = d.sink.keep(m)
	}
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusAccepted, m)
}

// listAgents lists the agents the console can switch to. Its presence shows the console
// that this is a demo.
func (d *demo) listAgents(w http.ResponseWriter, r *http.Request) {
	agents, err := d.gate.Store().Agents(r.Context(), false)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"agents": agents, "demo": d.ends.Demo})
}

// signInAs signs the browser in as another demo agent.
func (d *demo) signInAs(w http.ResponseWriter, r *http.Request) {
	if err := d.signIn(w, r, r.PathValue("email")); err != nil {
		writeProblem(w, http.StatusNotFound, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// overTLS reports whether the browser uses TLS, by a proxy in front of the demo.
func overTLS(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }

// sessionCookie is the name under which the API looks for the session.
func sessionCookie(r *http.Request) string {
	if overTLS(r) {
		return "__Host-sb_session"
	}
	return "sb_session"
}

// signIn creates a session for an agent and sets its cookie.
func (d *demo) signIn(w http.ResponseWriter, r *http.Request, email string) error {
	ctx := r.Context()
	who, _, err := d.gate.Store().AgentByEmail(ctx, strings.ToLower(email))
	if err != nil {
		return err
	}
	token := credential.NewSession()
	if err := d.gate.Store().CreateSession(ctx, credential.Digest(token), who.ID, sessionTTL); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie(r), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: overTLS(r),
		MaxAge: int(sessionTTL.Seconds())})
	return nil
}

// autoSignIn signs in anyone who opens the console as Ana. Simulated data on a loopback
// address needs no protection.
func (d *demo) autoSignIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := r.Method == http.MethodGet && (r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/c/"))
		if page && !d.signedIn(r) {
			if err := d.signIn(w, r, agents[0].Email); err != nil {
				d.opt.Log.Warn("DemoSignInFailed", "error", err)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// signedIn checks the cookie against the database, because it may be from an earlier
// demo whose data was deleted.
func (d *demo) signedIn(r *http.Request) bool {
	c, err := r.Cookie(sessionCookie(r))
	if err != nil {
		return false
	}
	_, _, err = d.gate.Store().SessionAgent(r.Context(), credential.Digest(c.Value), sessionTTL)
	return desk.KindOf(err) != desk.KindDenied
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client is gone
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck // the client is gone
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}
