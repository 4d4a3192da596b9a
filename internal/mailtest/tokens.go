package mailtest

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TokenServer is an OAuth 2.0 token endpoint (RFC 6749) with introspection
// (RFC 7662). Like the strictest ones, it accepts each refresh token once and returns
// a new one with the answer.
type TokenServer struct {
	TokenURL         string
	IntrospectionURL string // includes a password, for the mail server
	ClientID         string
	ClientSecret     string

	mu      sync.Mutex
	access  map[string]access
	refresh map[string]string // token to user
	asked   []url.Values
	broken  int // status of every answer; 0: works normally
}

type access struct {
	user  string
	until time.Time
}

// lifetime is how long an access token is valid.
const lifetime = time.Hour

// NewTokenServer starts a token server whose access tokens last for an hour.
func NewTokenServer(t testing.TB) *TokenServer {
	s := &TokenServer{ClientID: "desk", ClientSecret: "client secret/+&", access: map[string]access{}, refresh: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /introspect", s.introspect)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.TokenURL = server.URL + "/token"
	s.IntrospectionURL = strings.Replace(server.URL, "://", "://dovecot:introspects@", 1) + "/introspect"
	return s
}

// Grant returns a refresh token for a user's mailbox.
func (s *TokenServer) Grant(user string) (refreshToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refreshToken = "refresh-" + rand.Text()
	s.refresh[refreshToken] = user
	return refreshToken
}

// Expire invalidates every access token without the client noticing.
func (s *TokenServer) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
}

// Revoke invalidates all refresh and access tokens.
func (s *TokenServer) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.refresh)
	clear(s.access)
}

// Break makes the token endpoint answer every request with this status; 0 ends that.
func (s *TokenServer) Break(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = status
}

// User returns the user of an access token, "" if it is unknown or has expired.
func (s *TokenServer) User(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.access[token]; ok && time.Now().Before(a.until) {
		return a.user
	}
	return ""
}

// Requests returns the token requests received so far.
func (s *TokenServer) Requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values{}, s.asked...)
}

func (s *TokenServer) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.PostForm)
	if s.broken != 0 {
		http.Error(w, "<html>"+strings.Repeat("Out of order. ", 100), s.broken)
		return
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok { // RFC 6749 section 2.3.1: they are form-encoded first
		id, _ = url.QueryUnescape(user)
		secret, _ = url.QueryUnescape(password)
	}
	if id != s.ClientID || secret != s.ClientSecret {
		refuse(w, http.StatusUnauthorized, "invalid_client", "Unknown client.\r\nTrace ID: 1")
		return
	}
	user, answer := "", map[string]any{}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials": // the scope names the mailbox
		user = cmp.Or(r.PostForm.Get("scope"), "nobody")
	case "refresh_token":
		used := r.PostForm.Get("refresh_token")
		if user = s.refresh[used]; user == "" {
			refuse(w, http.StatusBadRequest, "invalid_grant", "The token has been expired or revoked.")
			return
		}
		delete(s.refresh, used)
		next := "refresh-" + rand.Text()
		s.refresh[next] = user
		answer["refresh_token"] = next
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "")
		return
	}
	token := "access-" + rand.Text()
	s.access[token] = access{user, time.Now().Add(lifetime)}
	answer["access_token"], answer["token_type"], answer["expires_in"] = token, "Bearer", int(lifetime.Seconds())
	respond(w, http.StatusOK, answer)
}

func (s *TokenServer) introspect(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != "dovecot" || password != "introspects" {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	if user := s.User(r.FormValue("token")); user != "" {
		respond(w, http.StatusOK, map[string]any{"active": true, "username": user})
		return
	}
	respond(w, http.StatusOK, map[string]any{"active": false})
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	respond(w, status, map[string]any{"error": code, "error_description": description})
}

func respond(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(fmt.Sprintf("answer: %v", err)) // maps of text always encode
	}
}
