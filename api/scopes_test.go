package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/scope"
)

// TestScopes: for every operation of the OpenAPI document, a key with its scope gets further than one that has
// all scopes but this.
func TestScopes(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	raw := desk.NewID[desk.RawID]()
	const lacks = "the API key lacks the scope "
	for _, need := range scope.All() {
		d.scopedKey("with "+need, need)
		var others []string
		area, _, _ := strings.Cut(need, ":")
		for _, s := range scope.All() {
			if s != need && s != scope.Of(area, true) {
				others = append(others, s)
			}
		}
		d.scopedKey("without "+need, others...)
	}
	d.scopedKey("any", "reports:read")
	seen := map[string]int{}
	paths := d.document().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path])) {
			op := paths[path][method]
			need := ""
			var security []map[string][]string
			if op.Security != nil {
				if err := json.Unmarshal(*op.Security, &security); err != nil {
					t.Fatal(err)
				}
			}
			if len(security) > 0 && len(security[0]["key"]) > 0 {
				need = security[0]["key"][0]
			}
			f := d.conversation("frontline", false, "x", "x", time.Now())
			if strings.HasPrefix(path, "/outbox/{id}") {
				f.delivery = d.delayed(f)
			}
			target := d.target(path, f, raw)
			call := func(who string) answer { return d.as(who, strings.ToUpper(method), target, bodies[op.OperationID]) }
			if need == "" {
				if a := call("any"); strings.Contains(a.body, lacks) {
					t.Errorf("%s needs no scope: %s", op.OperationID, a.body)
				}
				continue
			}
			seen[need]++
			if !strings.HasSuffix(need, ":read") && method == "get" || strings.HasSuffix(need, ":read") && method != "get" {
				t.Errorf("%s needs %s", op.OperationID, need)
			}
			if a := call("without " + need); a.StatusCode != 403 || !strings.Contains(a.body, lacks+need) {
				t.Errorf("%s without %s: %d %.200s", op.OperationID, need, a.StatusCode, a.body)
			}
			if a := call("with " + need); strings.Contains(a.body, lacks) {
				t.Errorf("%s with %s: %.200s", op.OperationID, need, a.body)
			}
		}
	}
	for _, s := range scope.All() {
		if seen[s] == 0 {
			t.Errorf("no operation needs %s", s)
		}
	}
}

// scopedKey creates a key of root under a name.
func (d *desks) scopedKey(name string, scopes ...string) view.Key {
	d.t.Helper()
	var key NewKey
	d.as("root", "POST", "/keys", map[string]any{"name": name, "scopes": scopes}).want(d.t, 201).json(d.t, &key)
	d.keys[name] = key.Secret
	return key.Key
}

// TestScopedKey: the scopes of a key are listed, cannot be widened by it, and hold on the event socket.
func TestScopedKey(t *testing.T) {
	d := newDesk(t)
	key := d.scopedKey("export", "reports:read", "articles:write", "reports:read")
	if want := []string{"articles:write", "reports:read"}; !slices.Equal(key.Scopes, want) {
		t.Errorf("scopes %v", key.Scopes)
	}
	var list struct{ Data []view.Key }
	d.as("root", "GET", "/keys", nil).want(t, 200).json(t, &list)
	if i := slices.IndexFunc(list.Data, func(k view.Key) bool { return k.ID == key.ID }); i < 0 || !slices.Equal(list.Data[i].Scopes, key.Scopes) {
		t.Errorf("keys %+v", list.Data)
	}
	d.as("export", "GET", "/session", nil).want(t, 200)
	d.as("export", "GET", "/articles", nil).want(t, 200)
	d.as("export", "GET", "/conversations", nil).want(t, 403)
	d.scopedKey("settings", "settings:write")
	for _, path := range []string{"/keys", "/app-passwords"} {
		if a := d.as("settings", "POST", path, map[string]any{"name": "more"}); a.StatusCode != 403 || !strings.Contains(a.body, "cannot create keys") {
			t.Errorf("a key with scopes posts to %s: %d %s", path, a.StatusCode, a.body)
		}
	}
	if a := d.as("root", "POST", "/keys", map[string]any{"name": "x", "scopes": []string{"report:read"}}); a.StatusCode != 422 || !strings.Contains(a.body, "body.scopes") || !strings.Contains(a.body, "reports:read") {
		t.Errorf("an unknown scope: %d %s", a.StatusCode, a.body)
	}
	if _, res := d.dial("/events/socket", http.Header{"Authorization": {"Bearer " + d.keys["export"]}}); res.StatusCode != 403 {
		t.Errorf("the event socket: %d", res.StatusCode)
	}
	c, _ := d.dial("/events/socket", nil)
	c.WriteJSON(map[string]any{"type": "auth", "key": d.keys["export"]})
	if code := c.closed(); code != websocket.ClosePolicyViolation {
		t.Errorf("the event socket closes with %d", code)
	}
	d.scopedKey("follower", "events:read")
	d.follow("follower", "")
}
