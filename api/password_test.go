package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/api/auth"
	"switchboard/desk"
	"switchboard/internal/credential"
)

// auditOf returns the events about an agent as lines of kind, actor and data.
func (d *desks) auditOf(who string) (lines []string) {
	d.t.Helper()
	rows, err := d.db.Query(`select kind || ' ' || actor || ' ' || (data - 'key_id')::text from events where subject_kind = 'agent' and subject_id = $1 order by id`, d.people[who].ID.String())
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			d.t.Fatal(err)
		}
		lines = append(lines, strings.ReplaceAll(line, d.people[who].ID.String(), "SELF"))
	}
	return lines
}

// TestNewPassword: the old one, all sessions and all keys end; the session that made the
// change goes on with a new token; sockets are closed at once.
func TestNewPassword(t *testing.T) {
	d := newDesk(t)
	other, mine := d.signIn("ana@desk.example", password), d.signIn("ana@desk.example", password)
	ben := d.signIn("ben@desk.example", password)
	byCookie := d.watch(t, http.Header{"Cookie": {other.String()}})
	byKey := d.watch(t, http.Header{"Authorization": {"Bearer " + d.keys["ana"]}})
	a := d.with(mine, "PUT", "/session/password", map[string]any{"current": password, "new": "another horse"}).want(t, 200)
	var ended PasswordChange
	if a.json(t, &ended); ended != (PasswordChange{Sessions: 2, Keys: 1}) {
		t.Errorf("%+v", ended)
	}
	if len(a.Cookies()) != 1 || a.Cookies()[0].Value == mine.Value {
		t.Fatalf("cookies %+v", a.Cookies())
	}
	d.with(a.Cookies()[0], "GET", "/session", nil).want(t, 200)
	d.with(mine, "GET", "/session", nil).want(t, 401)
	d.with(other, "GET", "/session", nil).want(t, 401)
	d.as("ana", "GET", "/session", nil).want(t, 401)
	d.with(ben, "GET", "/session", nil).want(t, 200)
	d.as("ben", "GET", "/session", nil).want(t, 200)
	for name, ws := range map[string]*websocket.Conn{"session": byCookie, "key": byKey} {
		wantClosedNow(t, name, ws)
	}
	d.as("", "POST", "/session", map[string]any{"email": "ana@desk.example", "password": password}).want(t, 401)
	d.signIn("ana@desk.example", "another horse")
	want := []string{`key.created SELF {"name": "ana's", "expires_at": null}`, `agent.changed SELF {"fields": ["password"]}`, `key.revoked SELF {"name": "ana's", "reason": "password"}`}
	if got := d.auditOf("ana"); !slices.Equal(got[1:], want) {
		t.Errorf("audit\n%s", strings.Join(got, "\n"))
	}
}

// watch opens the event socket and waits for its first frame.
func (d *desks) watch(t *testing.T, header http.Header) *websocket.Conn {
	t.Helper()
	header.Set("Origin", d.srv.URL)
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(d.srv.URL, "http")+base+"/events/socket", header)
	if err != nil {
		t.Fatalf("%v: %+v", err, resp)
	}
	t.Cleanup(func() { ws.Close() })
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	return ws
}

// wantClosedNow reads until the server closes the socket because the agent is not signed
// in. Transactions of other tests may hold the event back for a while.
func wantClosedNow(t *testing.T, name string, ws *websocket.Conn) {
	t.Helper()
	ws.SetReadDeadline(time.Now().Add(40 * time.Second))
	for {
		_, _, err := ws.ReadMessage()
		if websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
			return
		}
		if err != nil {
			t.Errorf("the socket by %s: %v", name, err)
			return
		}
	}
}

// TestPasswordChangedByAdmin: user add and a disabled agent have the same effect at once.
func TestPasswordChangedByAdmin(t *testing.T) {
	d := newDesk(t)
	hash := must(credential.HashPassword("set by an admin"))
	c := d.signIn("ana@desk.example", password)
	ws := d.watch(t, http.Header{"Cookie": {c.String()}})
	_, ended, err := d.st.ChangeAgent(t.Context(), d.people["ana"], hash)
	if err != nil || ended.Sessions != 1 || ended.Keys != 1 {
		t.Errorf("%+v, %v", ended, err)
	}
	wantClosedNow(t, "session", ws)
	d.with(c, "GET", "/session", nil).want(t, 401)
	d.as("ana", "GET", "/session", nil).want(t, 401)

	ben := d.people["ben"]
	c = d.signIn("ben@desk.example", password)
	ws = d.watch(t, http.Header{"Cookie": {c.String()}})
	ben.Name = "Benjamin"
	if _, ended, err := d.st.ChangeAgent(t.Context(), ben, ""); err != nil || ended.Sessions+ended.Keys != 0 {
		t.Errorf("a new name: %+v, %v", ended, err)
	}
	d.with(c, "GET", "/session", nil).want(t, 200)
	ben.Disabled = true
	if _, ended, err := d.st.ChangeAgent(t.Context(), ben, ""); err != nil || ended.Sessions != 1 || ended.Keys != 0 {
		t.Errorf("disabled: %+v, %v", ended, err)
	}
	wantClosedNow(t, "session", ws)
	ben.Disabled = false
	if _, _, err := d.st.ChangeAgent(t.Context(), ben, ""); err != nil {
		t.Fatal(err)
	}
	d.with(c, "GET", "/session", nil).want(t, 401) // a disabled agent's session does not come back
	d.as("ben", "GET", "/session", nil).want(t, 200)
}

func TestPasswordChangeIsRefused(t *testing.T) {
	d := newDesk(t)
	c := d.signIn("ana@desk.example", password)
	for _, body := range []string{
		`{"current":"wrong horse","new":"another horse"}`, `{"current":"correct horse battery","new":"short"}`, `{"new":"another horse"}`,
		`{"current":"correct horse battery","new":"correct horse battery"}`, `{"current":"correct horse battery","new":"` + strings.Repeat("x", 1025) + `"}`,
		`{"current":"correct horse battery","new":"` + strings.Repeat("ü", 600) + `"}`,
	} {
		a := d.with(c, "PUT", "/session/password", body).want(t, 422)
		if strings.Contains(a.body, "horse") {
			t.Errorf("the response contains a password: %s", a.body)
		}
	}
	d.with(c, "GET", "/session", nil).want(t, 200)
	for range accountFailures {
		d.with(c, "PUT", "/session/password", `{"current":"wrong horse","new":"another horse"}`)
	}
	d.with(c, "PUT", "/session/password", map[string]any{"current": password, "new": "another horse"}).want(t, 429)
	d.as("", "PUT", "/session/password", map[string]any{"current": password, "new": "another horse"}).want(t, 401)

	// By key: it ends with the others, and no session begins.
	a := d.as("ben", "PUT", "/session/password", map[string]any{"current": password, "new": "another horse"}).want(t, 200)
	if len(a.Cookies()) != 0 {
		t.Errorf("cookies %+v", a.Cookies())
	}
	d.as("ben", "GET", "/session", nil).want(t, 401)
}

// TestKeysAreAudited: with the actor, and without the secret.
func TestKeysAreAudited(t *testing.T) {
	d := newDesk(t)
	var k NewKey
	d.as("ana", "POST", "/keys", `{"name":"importer","expires_at":"2999-01-01T00:00:00Z"}`).want(t, 201).json(t, &k)
	d.as("root", "DELETE", "/keys/"+k.ID.String(), nil).want(t, 204)
	d.as("ben", "DELETE", "/keys/"+k.ID.String(), nil).want(t, 404)
	got := d.auditOf("ana")[2:]
	want := []string{`key.created SELF {"name": "importer", "expires_at": "2999-01-01T00:00:00Z"}`,
		fmt.Sprintf(`key.revoked %s {"name": "importer"}`, d.people["root"].ID)}
	if !slices.Equal(got, want) {
		t.Errorf("audit\n%s", strings.Join(got, "\n"))
	}
	var page struct {
		Data []struct {
			Kind    desk.EventKind
			Subject desk.Subject
			Data    json.RawMessage
		}
	}
	d.published()
	d.as("root", "GET", "/events?limit=200", nil).want(t, 200).json(t, &page)
	created := 0
	for _, e := range page.Data {
		if e.Kind == desk.EventKeyCreated && e.Subject == desk.AgentSubject(d.people["ana"].ID) {
			created++
		}
		if strings.Contains(string(e.Data), "sbk_") {
			t.Errorf("an event contains a secret: %s", e.Data)
		}
	}
	if created != 2 {
		t.Errorf("%d creations in the log, want 2", created)
	}
	if a := d.as("ben", "GET", "/events?limit=200", nil).want(t, 200); strings.Contains(a.body, "key.created") {
		t.Error("an agent who is not an admin reads the audit events")
	}
}

// TestSessionOfAnotherAgent: a page that believes to be Ana's does not write as Ben.
func TestSessionOfAnotherAgent(t *testing.T) {
	d := newDesk(t)
	ana := d.signIn("ana@desk.example", password)
	notes := "/conversations/" + d.open.id.String() + "/notes"
	page := []string{auth.AgentHeader, d.people["ana"].ID.String()}
	d.with(ana, "POST", notes, `{"text":"ana's"}`, page...).want(t, 201)
	// Ben signs in with the same browser, in another tab.
	signedIn := d.with(ana, "POST", "/session", map[string]any{"email": "ben@desk.example", "password": password}).want(t, 200)
	ben := signedIn.Cookies()[0]
	d.with(ana, "GET", "/session", nil).want(t, 401) // the browser's earlier session has ended
	for _, method := range []string{"GET", "POST"} {
		if a := d.with(ben, method, map[string]string{"GET": "/session", "POST": notes}[method], map[string]any{"text": "whose?"}, page...).want(t, 412); !strings.Contains(a.body, "signed in as Ben") {
			t.Error(a.body)
		}
	}
	if n := d.texts(d.open.id, "whose?"); n != 0 {
		t.Errorf("%d notes under the wrong name", n)
	}
	d.with(ben, "POST", notes, `{"text":"ben's"}`, auth.AgentHeader, d.people["ben"].ID.String()).want(t, 201)
	d.with(ben, "POST", notes, `{"text":"by any client"}`).want(t, 201) // clients need not say
}

// TestSecurityHeaders are on every response; HSTS only where the browser uses TLS.
func TestSecurityHeaders(t *testing.T) {
	for public, hsts := range map[string]string{"": "", "http://127.0.0.1:8080": "", "https://help.example.com": "max-age=31536000"} {
		d := newDeskWith(t, func(c *Config) { c.PublicURL = public })
		for _, path := range []string{"/session", "/./", "/./healthz", "/./openapi.json"} {
			a := d.as("", "GET", path, nil)
			if a.Header.Get("Strict-Transport-Security") != hsts || a.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
				t.Errorf("%q, %s: %v", public, path, a.Header)
			}
		}
	}
}
