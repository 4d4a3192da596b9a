package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"switchboard/desk"
	"switchboard/desk/view"
)

// The fields of each response are exactly those in doc/api.md.
func TestShapesMatchTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../doc/api.md")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.firstPolicy()
	at := "/conversations/" + d.open.id.String()
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed."}).want(t, 201)
	d.as("ana", "POST", at+"/assign", map[string]any{"assignee": "me"}).want(t, 200)
	d.exec(`insert into raws (id, channel, endpoint, source_key, received_at, size, bytes, state) values ('0199f0c2-a4e4-7c3e-8f6d-2b1a90e4c7d5', 'email', 'smtp', 'x', now(), 1, 'x', 'quarantined')`)
	d.exec(`insert into nodes (node, seen_at) values ('n', now())`)
	d.exec(`insert into channel_status (channel, node, state, since, progress) values ('imap support', 'n', 'running', now(), '{"done": 1, "total": 2, "rate": 3, "eta": 4}')`)
	d.exec(`insert into mailbox_reconciliations (channel, due_at, at, report) values ('imap support', now(), now(), '[{"folder": "INBOX", "server": 1}]')`)
	d.exec(`update conversations set path = '{"routing: default"}' where number = 1`)
	var hook NewWebhook
	d.as("root", "POST", "/webhooks", `{"url": "https://hooks.example"}`).want(t, 201).json(t, &hook)
	d.as("root", "POST", "/webhooks/"+hook.ID.String()+"/test", nil).want(t, 202)
	shared := d.macro("root", `{"name": "Vip", "scope": "shared", "actions": [{"tag": "vip"}]}`)
	cause, _ := d.written()
	notice := d.advisory("root", d.account)
	written := d.article("root", `{"title": "Reset", "text": "- Ask", "attach": {"inboxes": ["frontline"]}}`)
	d.as("root", "POST", "/articles/"+written.String()+"/publish", `{}`).want(t, 200)
	var saved view.SavedReport
	d.as("root", "POST", "/saved-reports", `{"name": "Monday", "measures": ["mttr"]}`).want(t, 201).json(t, &saved)
	d.as("root", "PUT", "/saved-reports/"+saved.ID.String()+"/subscribers/me", nil).want(t, 200)
	for _, c := range []struct {
		shape string // the start of a line of the code block, or of a table cell
		path  string
		list  bool
	}{
		{"conversation", at, false},
		{"conversation", "/conversations", true},
		{"message", at + "/messages", true},
		{"event", at + "/events", true},
		{"event", "/events", true},
		{"stint", at + "/stints", true},
		{"task", at + "/tasks", true},
		{"task", "/tasks", true},
		{"task", "/tasks/" + d.open.task.String(), false},
		{"`GET /inboxes`", "/inboxes", true},
		{"`GET /agents`", "/agents", true},
		{"`GET /policy/names`", "/policy/names", false},
		{"`GET /accounts?q=`, `GET /accounts/{id}`", "/accounts/" + d.account.String(), false},
		{"`GET /accounts?q=`, `GET /accounts/{id}`", "/accounts", true},
		{"`GET /contacts?q=`, `GET /contacts/{id}`", "/contacts/" + d.contact.String(), false},
		{"`GET /contacts?q=`, `GET /contacts/{id}`", "/contacts", true},
		{"`GET /channels`", "/channels", true},
		{"`GET /outbox/{id}`", "/outbox/" + d.delayed(d.open).String(), false},
		{"`GET /webhooks`, `GET /webhooks/{id}`", "/webhooks", true},
		{"`GET /webhooks/{id}/deliveries?state=`", "/webhooks/" + hook.ID.String() + "/deliveries", true},
		{"`GET /macros`, `GET /macros/{id}`", "/macros", true},
		{"`GET /macros`, `GET /macros/{id}`", "/macros/" + shared.String(), false},
		{"`GET /macros/variables`", "/macros/variables", true},
		{"`GET /saved-reports`, `GET /saved-reports/{id}`", "/saved-reports", true},
		{"`GET /saved-reports`, `GET /saved-reports/{id}`", "/saved-reports/" + saved.ID.String(), false},
		{"`GET /articles?q=`", "/articles", true},
		{"`GET /articles/{id}`", "/articles/" + written.String(), false},
		{"`GET /articles/gaps`", "/articles/gaps", true},
		{"`GET /conversations/{id}/runbooks`", "/conversations/" + d.open.id.String() + "/runbooks", true},
		{"`GET /advisories`, `GET /advisories/{id}`", "/advisories", true},
		{"`GET /advisories`, `GET /advisories/{id}`", "/advisories/" + notice.String(), false},
		{"`GET /advisories/{id}/recipients?state=`", "/advisories/" + notice.String() + "/recipients", true},
		{"`GET /root-causes`", "/root-causes", true},
		{"`GET /root-causes/{id}`", "/root-causes/" + cause.String(), false},
		{"`GET /articles/{id}/versions`", "/articles/" + written.String() + "/versions", true},
		{"`GET /articles/{id}/versions/{version}`", "/articles/" + written.String() + "/versions/1", false},
		{"`GET /policies`", "/policies", true},
		{"`GET /policies/hits?days=`", "/policies/hits", true},
		{"`GET /policies/{version}`", "/policies/live", false},
		{"`GET /webhooks/types`", "/webhooks/types", true},
		{"`POST /session` `{email, password}`, `GET /session`, `DELETE /session`", "/session", false},
	} {
		want := shapeOf(t, string(text), c.shape)
		var body any
		a := d.as("root", "GET", c.path, nil).want(t, 200)
		a.json(t, &body)
		if c.list {
			page := body.(map[string]any)
			if keys := slices.Sorted(maps.Keys(page)); !slices.Equal(keys, []string{"data", "next_cursor"}) {
				t.Errorf("%s: a list has the fields %v", c.path, keys)
			}
			rows := page["data"].([]any)
			if len(rows) == 0 {
				t.Fatalf("%s: empty", c.path)
			}
			for _, row := range rows {
				want.check(t, c.path, row)
			}
			continue
		}
		want.check(t, c.path, body)
	}
}

// shape is a documented object: its field names, with the shapes in braces.
type shape map[string]shape

// shapeOf finds a shape by the start of its line.
func shapeOf(t *testing.T, text, name string) shape {
	t.Helper()
	start := strings.Index(text, "\n"+name+" {")
	if start < 0 {
		start = strings.Index(text, "\n| "+name+" | `{")
	}
	if start < 0 {
		t.Fatalf("doc/api.md has no shape of %s", name)
	}
	rest := text[start+1+len(name):]
	s, _ := parseShape(rest[strings.Index(rest, "{")+1:])
	return s
}

var field = regexp.MustCompile(`^[a-z_]+`)

// parseShape parses "a, b:{c,d}|null, e:[{f}], g:[...]}" up to its closing brace.
func parseShape(s string) (shape, string) {
	out := shape{}
	for {
		s = strings.TrimLeft(s, " ,\n")
		if strings.HasPrefix(s, "}") {
			return out, s[1:]
		}
		name := field.FindString(s)
		if name == "" {
			panic(fmt.Sprintf("unreadable shape at %.40q", s))
		}
		s = s[len(name):]
		var inner shape
		if strings.HasPrefix(s, ":") {
			s = strings.TrimLeft(s[1:], "[")
			if strings.HasPrefix(s, "{") {
				inner, s = parseShape(s[1:])
			}
			s = strings.TrimLeft(s, ".]")
			s = strings.TrimPrefix(s, "|null")
		}
		out[name] = inner
	}
}

func (want shape) check(t *testing.T, where string, got any) {
	t.Helper()
	switch v := got.(type) {
	case nil:
	case []any:
		for _, e := range v {
			want.check(t, where, e)
		}
	case map[string]any:
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(v))); diff != "" {
			t.Errorf("%s: fields (-documented +served):\n%s", where, diff)
		}
		for name, inner := range want {
			if inner != nil {
				inner.check(t, where+"."+name, v[name])
			}
		}
	default:
		t.Errorf("%s is %T, documented as an object", where, got)
	}
}

// document is the part of an OpenAPI document that the tests use.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string           `json:"operationId"`
		Security    *json.RawMessage `json:"security"`
		Responses   map[string]struct {
			Content map[string]struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
}

func (d *desks) document() document {
	d.t.Helper()
	a := d.send(d.request("GET", "/./openapi.json", nil)).want(d.t, 200)
	if got := a.Header.Get("Content-Type"); got != "application/openapi+json" {
		d.t.Errorf("Content-Type %q", got)
	}
	var doc document
	a.json(d.t, &doc)
	return doc
}

// doc/api.md and the OpenAPI document list the same operations.
func TestEveryRouteIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../doc/api.md")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	doc := d.document()
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %q, want 3.1", doc.OpenAPI)
	}
	served := map[string]bool{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			served[strings.ToUpper(method)+" "+path] = true
			if op.OperationID == "" || len(op.Responses) == 0 {
				t.Errorf("%s %s: no operation ID or no responses", method, path)
			}
		}
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (/[^ ?`]*)").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]+" "+m[2]] = true
	}
	// The table abbreviates these.
	documented["GET /messages/{id}/raw"] = true
	documented["GET /messages/{id}/attachments/{part_id}"] = true
	if diff := cmp.Diff(slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(served))); diff != "" {
		t.Errorf("routes (-doc/api.md +openapi.json):\n%s", diff)
	}
}

// Responses are valid against their schemas.
func TestResponsesMatchTheirSchemas(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	at := "/conversations/" + d.open.id.String()
	var reply view.Message
	d.as("ana", "POST", at+"/replies", map[string]any{"text": "Fixed."}).want(t, 201).json(t, &reply)
	d.exec(`update messages set report = '{"kind":"delivery-status","original_message_id":"x","recipients":null}' where id = $1`, d.open.message)
	upload := desk.NewID[desk.UploadID]()
	d.exec(`insert into uploads (id, agent_id, name, type, picture, sha256, size, bytes) values ($1, $2, 'a.txt', 'text/plain', '', 'x', 1, 'x')`, upload, d.people["root"].ID)
	d.exec(`update conversations set path = '{"routing: default"}' where number = 1`)
	var hook NewWebhook
	d.as("root", "POST", "/webhooks", `{"url": "https://hooks.example"}`).want(t, 201).json(t, &hook)
	d.as("root", "POST", "/webhooks/"+hook.ID.String()+"/test", nil).want(t, 202)
	shared := d.macro("root", `{"name": "Vip", "scope": "shared", "actions": [{"tag": "vip"}]}`)
	cause, _ := d.written()
	notice := d.advisory("root", d.account)
	written := d.article("root", `{"title": "Reset"}`)
	var saved view.SavedReport
	d.as("root", "POST", "/saved-reports", `{"name": "Monday", "measures": ["mttr"]}`).want(t, 201).json(t, &saved)
	d.as("root", "PUT", "/saved-reports/"+saved.ID.String()+"/subscribers/me", nil).want(t, 200)
	var refunds view.SavedView
	d.as("root", "POST", "/views", `{"name": "Refunds", "q": "tag:refund"}`).want(t, 201).json(t, &refunds)
	review := desk.NewID[desk.ReviewID]()
	d.exec(`insert into quality_reviews (id, conversation_id, week, tier, inbox_id, agent_id, authors, resolved_at, scores) select $1, c.id, now(), c.tier, c.inbox_id, $2, array[$2::uuid], now(), '[{"criterion": "Tone", "score": 3}]' from conversations c where c.id = $3`,
		review, d.people["ana"].ID, d.open.id)
	d.exec(`insert into pilots (version, base, share, reason, baseline_from) values (1, 1, 50, 'test', now() - interval '1 day')`)
	registry := d.h.s.huma.OpenAPI().Components.Schemas
	for path, item := range d.h.s.huma.OpenAPI().Paths {
		op := item.Get
		if op == nil || op.Responses["200"] == nil || op.Responses["200"].Content["application/json"] == nil {
			continue
		}
		target := strings.NewReplacer("/accounts/{id}", "/accounts/"+d.account.String(), "/contacts/{id}", "/contacts/"+d.contact.String(), "/tasks/{id}", "/tasks/"+d.open.task.String(), "/uploads/{id}", "/uploads/"+upload.String(), "/messages/{id}", "/messages/"+reply.ID.String(), "/webhooks/{id}", "/webhooks/"+hook.ID.String(), "/macros/{id}", "/macros/"+shared.String(), "/articles/{id}", "/articles/"+written.String(), "/reviews/{id}", "/reviews/"+review.String(), "/saved-reports/{id}", "/saved-reports/"+saved.ID.String(), "/views/{id}", "/views/"+refunds.ID.String(), "/root-causes/{id}", "/root-causes/"+cause.String(), "/advisories/{id}", "/advisories/"+notice.String(), "{version}", "1", "{measure}", "sla_adherence", "/inboxes/{inbox}", "/inboxes/frontline", "/outbox/{id}", "/outbox/"+d.delayed(d.open).String(), "{id}", d.open.id.String()).Replace(path)
		if op.OperationID == "preview-move" {
			target += "?inbox=billing"
		}
		a := d.as("root", http.MethodGet, target, nil).want(t, 200)
		var body any
		a.json(t, &body)
		res := &huma.ValidateResult{}
		huma.Validate(registry, op.Responses["200"].Content["application/json"].Schema, huma.NewPathBuffer([]byte(""), 0), huma.ModeReadFromServer, body, res)
		for _, e := range res.Errors {
			t.Errorf("GET %s: %v", target, e)
		}
	}
}

// The documentation page loads nothing from other hosts.
func TestDocumentationPageIsSelfContained(t *testing.T) {
	d := newDesk(t)
	a := d.send(d.request("GET", "/./docs", nil)).want(t, 200)
	if m := regexp.MustCompile(`(?i)(src|href|url\()\s*=?\s*["']?(https?:)?//`).FindString(a.body); m != "" || strings.Contains(a.body, "<script") {
		t.Errorf("the page loads %q", m)
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	for path, ops := range d.document().Paths {
		for _, op := range ops {
			if !strings.Contains(a.body, `id="`+op.OperationID+`"`) || !strings.Contains(a.body, base+path) {
				t.Errorf("%s is not on the page", op.OperationID)
			}
		}
	}
}
