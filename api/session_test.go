package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/internal/credential"
)

func uuidOf[T ~[16]byte](id T) string { return uuid.UUID(id).String() }

// signIn returns the session cookie.
func (d *desks) signIn(email, password string) *http.Cookie {
	d.t.Helper()
	a := d.as("", "POST", "/session", map[string]any{"email": email, "password": password}).want(d.t, 200)
	cookies := a.Cookies()
	if len(cookies) != 1 {
		d.t.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0]
}

// with sends a request with a session cookie.
func (d *desks) with(c *http.Cookie, method, path string, body any, headers ...string) answer {
	d.t.Helper()
	r := d.request(method, path, body)
	r.AddCookie(c)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return d.send(r)
}

func TestSession(t *testing.T) {
	d := newDesk(t)
	c := d.signIn("Ana@desk.example", password)
	if c.Name != "sb_session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.MaxAge != 12*60*60 || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	var s Session
	d.with(c, "GET", "/session", nil).want(t, 200).json(t, &s)
	if s.Agent.ID != d.people["ana"].ID || s.Agent.Admin || len(s.Agent.Tiers) != 1 {
		t.Errorf("session %+v", s)
	}
	if again := d.signIn("ana@desk.example", password); again.Value == c.Value {
		t.Error("the token was not renewed at sign-in")
	}
	a := d.with(c, "DELETE", "/session", nil).want(t, 204)
	if out := a.Cookies(); len(out) != 1 || out[0].MaxAge >= 0 {
		t.Errorf("signing out does not delete the cookie: %+v", out)
	}
	d.with(c, "GET", "/session", nil).want(t, 401)
	d.with(c, "DELETE", "/session", nil).want(t, 204)
}

// Signing in never adopts the request's cookie, so that no one can plant a session.
func TestSessionFixation(t *testing.T) {
	d := newDesk(t)
	planted := &http.Cookie{Name: auth.PlainCookie, Value: credential.NewSession()}
	a := d.with(planted, "POST", "/session", map[string]any{"email": "ana@desk.example", "password": password}).want(t, 200)
	if a.Cookies()[0].Value == planted.Value {
		t.Error("the planted token became a session")
	}
	d.with(planted, "GET", "/session", nil).want(t, 401)
}

func TestSessionIsExtended(t *testing.T) {
	d := newDesk(t)
	c := d.signIn("ana@desk.example", password)
	if a := d.with(c, "GET", "/session", nil).want(t, 200); len(a.Cookies()) != 0 {
		t.Error("a new session is extended at once")
	}
	d.exec(`update agent_sessions set expires_at = now() + interval '10 hours'`)
	if a := d.with(c, "GET", "/session", nil).want(t, 200); len(a.Cookies()) != 1 || a.Cookies()[0].Value != c.Value {
		t.Error("a session in use is not extended")
	}
	var left float64
	if err := d.db.QueryRow(`select extract(epoch from expires_at - now()) from agent_sessions`).Scan(&left); err != nil || left < 11.9*3600 {
		t.Errorf("%v s left, %v", left, err)
	}
	d.exec(`update agent_sessions set expires_at = now() - interval '1 second'`)
	d.with(c, "GET", "/session", nil).want(t, 401)
}

func TestDisabledAgentIsSignedOutAtOnce(t *testing.T) {
	d := newDesk(t)
	c := d.signIn("ana@desk.example", password)
	d.exec(`update agents set disabled = true where email = 'ana@desk.example'`)
	d.with(c, "GET", "/session", nil).want(t, 401)
	d.as("ana", "GET", "/session", nil).want(t, 401)
	d.as("", "POST", "/session", map[string]any{"email": "ana@desk.example", "password": password}).want(t, 401)
}

// An unknown address, a wrong password and an agent without a password get the same
// response.
func TestSignInRevealsNothing(t *testing.T) {
	d := newDesk(t)
	if _, err := d.st.SaveAgent(t.Context(), desk.Agent{Name: "New", Email: "new@desk.example"}, ""); err != nil {
		t.Fatal(err)
	}
	var first string
	for _, c := range [][2]string{{"ana@desk.example", "wrong password"}, {"nobody@desk.example", password}, {"new@desk.example", password}, {"new@desk.example", " "}} {
		a := d.as("", "POST", "/session", map[string]any{"email": c[0], "password": c[1]}).want(t, 401)
		var p problem.Details
		a.json(t, &p)
		p.RequestID = ""
		body := string(must(json.Marshal(p)))
		if first == "" {
			first = body
		}
		if body != first || len(a.Cookies()) != 0 {
			t.Errorf("%v: %s, want %s", c, body, first)
		}
	}
}

func TestSignInNeverReturnsPasswords(t *testing.T) {
	d := newDesk(t)
	for _, body := range []string{`{"password":"top-secret"}`, `{"email":5,"password":"top-secret"}`, `{"email":"a","password":["top-secret"]}`, `{"email":"a","password":"top-secret","x":1}`, `{"email":"a","password":"top-secret"`} {
		a := d.as("", "POST", "/session", body)
		if a.StatusCode != 422 && a.StatusCode != 400 || strings.Contains(a.body, "top-secret") {
			t.Errorf("%s: %d %s", body, a.StatusCode, a.body)
		}
	}
}

// accountFailures is how many failures for one account are free.
const accountFailures = 10

func TestSignInIsLimited(t *testing.T) {
	d := newDesk(t)
	wrong := map[string]any{"email": "ana@desk.example", "password": "wrong password"}
	for range accountFailures {
		d.as("", "POST", "/session", wrong).want(t, 401)
	}
	a := d.as("", "POST", "/session", map[string]any{"email": "ANA@desk.example", "password": password}).want(t, 429)
	if a.Header.Get("Retry-After") != "15" && a.Header.Get("Retry-After") != "16" || !strings.Contains(a.body, "try again in "+a.Header.Get("Retry-After")+" seconds") {
		t.Errorf("Retry-After %q: %s", a.Header.Get("Retry-After"), a.body)
	}
	d.signIn("ben@desk.example", password) // another account is not affected
	for i := range 20 {
		d.as("", "POST", "/session", map[string]any{"email": fmt.Sprintf("guess%d@desk.example", i), "password": "wrong password"})
	}
	d.as("", "POST", "/session", map[string]any{"email": "sam@desk.example", "password": "wrong password"}).want(t, 429) // the client is
}

// Other sites cannot use the browser's cookie to change anything.
func TestCrossSiteRequestsAreRefused(t *testing.T) {
	d := newDeskWith(t, func(c *Config) { c.PublicURL = "https://help.example.com" })
	c := d.signIn("ana@desk.example", password)
	if !c.Secure || c.Name != "__Host-sb_session" || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v although the public URL is https", c)
	}
	plain := *c
	plain.Name = auth.PlainCookie // which a neighbouring site could plant
	d.with(&plain, "GET", "/session", nil).want(t, 401)
	note := map[string]any{"text": "x"}
	path := "/conversations/" + d.open.id.String() + "/notes"
	for _, h := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 201},
		{[]string{"Origin", "https://help.example.com", "Sec-Fetch-Site", "cross-site"}, 201},
	} {
		d.with(c, "POST", path, note, h.headers...).want(t, h.status)
	}
	r := d.request("POST", path, note)
	r.Header.Set("Authorization", "Bearer "+d.keys["ana"])
	r.Header.Set("Origin", "https://other.example")
	d.send(r).want(t, 201) // a key is not sent by browsers automatically
	// All routes with unsafe methods refuse, including public ones (login CSRF).
	for path, ops := range d.document().Paths {
		for method := range ops {
			if method == "get" {
				continue
			}
			d.with(c, strings.ToUpper(method), strings.NewReplacer("{id}", d.open.id.String()).Replace(path), "{}", "Sec-Fetch-Site", "cross-site").want(t, 403)
		}
	}
}

func TestInvalidCredentials(t *testing.T) {
	d := newDesk(t)
	for _, header := range []string{"Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer sbk_", "Bearer sbk_" + strings.Repeat("A", 5000), d.keys["ana"], "Bearer sbk_\xff"} {
		r := d.request("GET", "/session", nil)
		r.Header.Set("Authorization", header)
		a := d.send(r).want(t, 401)
		if a.Header.Get("Www-Authenticate") == "" || a.Header.Get("Content-Type") != problem.MediaType {
			t.Errorf("%.30q: headers %v", header, a.Header)
		}
	}
	// An invalid header does not fall back to a valid cookie.
	c := d.signIn("ana@desk.example", password)
	d.with(c, "GET", "/session", nil, "Authorization", "Bearer nonsense").want(t, 401)
}
