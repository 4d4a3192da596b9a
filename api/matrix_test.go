package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// bodies are valid requests, so that only authorization decides.
var bodies = map[string]any{
	"reply":               map[string]any{"text": "Hello."},
	"forward":             map[string]any{"to": []string{"new@nowhere.example"}, "text": "Hello.", "whole": true},
	"redirect-message":    map[string]any{"to": []string{"new@nowhere.example"}},
	"start":               map[string]any{"to": []string{"new@nowhere.example"}, "bcc": []string{"copy@nowhere.example"}, "subject": "Your order", "text": "Hello.", "inbox": "frontline"},
	"note":                map[string]any{"text": "Hello."},
	"assign":              map[string]any{"assignee": nil},
	"move":                map[string]any{"inbox": "billing", "note": "Yours."},
	"set-status":          map[string]any{"status": "pending"},
	"merge":               map[string]any{"into": "1000000000"},
	"set-priority":        map[string]any{"priority": "high"},
	"return-handoff":      map[string]any{"reason": "The invoice number is missing."},
	"save-draft":          map[string]any{"text": "Dear", "seen": 1},
	"mark-read":           map[string]any{"seq": 1},
	"create-account":      map[string]any{"name": "New"},
	"change-account":      map[string]any{"plan": "gold"},
	"put-account":         map[string]any{"name": "New"},
	"import-accounts":     "name\nNew\n",
	"create-key":          map[string]any{"name": "test"},
	"create-app-password": map[string]any{"name": "test"},
	"change-agent":        map[string]any{"capacity": 5},
	"set-availability":    map[string]any{"state": "away"},
	"change-password":     map[string]any{"current": "wrong password", "new": "another horse"},
	"open-task":           map[string]any{"title": "Trace it", "inbox": "billing"},
	"change-task":         map[string]any{"title": "Trace it"},
	"invite-to-swarm":     map[string]any{"agents": []string{"sam@desk.example"}},
	"redirect-delivery":   map[string]any{"to": "new@acme.example", "reason": "moved"},
	"retry-outbox":        map[string]any{"domain": "nowhere.example"},
	"create-webhook":      map[string]any{"url": "https://hooks.example/in"},
	"change-webhook":      map[string]any{"description": "The CRM"},
	"rotate-webhook":      map[string]any{},
	"replay-webhook":      map[string]any{"since": "2026-01-01T00:00:00Z"},
	"check-policy":        map[string]any{"document": string(router.Default)},
	"diff-policy":         map[string]any{"document": string(router.Default)},
	"simulate-policy":     map[string]any{"document": string(router.Default)},
	"publish-policy":      map[string]any{"document": string(router.Default), "reason": "test"},
	"start-pilot":         map[string]any{"document": pilotDraft, "share": 50, "reason": "test"},
	"adopt-pilot":         map[string]any{"reason": "test"},
	"withdraw-pilot":      map[string]any{"reason": "test"},
	"create-macro":        map[string]any{"name": "Hello", "text": "Hello"},
	"change-macro":        map[string]any{"text": "Hello"},
	"apply-macro":         map[string]any{},
	"create-article":      map[string]any{"title": "Hello", "text": "Hello"},
	"change-article":      map[string]any{"text": "Hello"},
	"preview-article":     map[string]any{"text": "Hello"},
	"publish-article":     map[string]any{},
	"create-root-cause":   map[string]any{"title": "Firmware"},
	"change-root-cause":   map[string]any{"status": "fixed"},
	"link-root-cause":     map[string]any{"conversation": "1"},
	"write-update":        map[string]any{"text": "It is fixed."},
	"create-advisory":     map[string]any{"subject": "Maintenance", "text": "Tonight.", "inbox": "frontline"},
	"change-advisory":     map[string]any{"subject": "Maintenance"},
	"change-review":       map[string]any{"note": "Hello"},
	"set-step":            map[string]any{"done": true},

	"create-article-from-message": map[string]any{"message_id": desk.NewID[desk.MessageID]().String()},
	"create-saved-report":         map[string]any{"name": "Hello", "measures": []string{"mttr"}},
	"change-saved-report":         map[string]any{"name": "Hello"},
	"create-view":                 map[string]any{"name": "Hello", "q": "is:open"},
	"change-view":                 map[string]any{"name": "Hello"},
	"change-conversations":        map[string]any{"q": "is:open", "op": "tag", "args": map[string]any{"tags": []string{"hello"}}},
	"undo":                        map[string]any{"undo": desk.NewID[desk.UndoID]().String()},
	"edit-conversation":           map[string]any{"subject": "Hello"},
	"sign-in":                     map[string]any{"email": "nobody@desk.example", "password": "wrong password"},
}

// roles are the callers, and whether they may see the restricted conversation.
var roles = []struct {
	name string
	sees bool
}{{"", false}, {"ana", false}, {"ben", false}, {"sam", true}, {"root", true}, {"disabled", false}, {"unknown", false}}

// Every operation of the OpenAPI document, for every role, on both conversations.
// New operations are included automatically.
func TestAuthorizationMatrix(t *testing.T) {
	d := newDesk(t)
	d.firstPolicy()
	d.agent("disabled", desk.Agent{Name: "Gone", Email: "gone@desk.example", Tiers: []desk.Tier{3}, Admin: true})
	d.exec(`update agents set disabled = true where email = 'gone@desk.example'`)
	d.keys["unknown"] = "sbk_" + strings.Repeat("A", 43)
	raw := desk.NewID[desk.RawID]()
	d.exec(`insert into raws (id, channel, endpoint, source_key, received_at, size, bytes) values ($1, 'email', 'smtp', 'x', now(), 1, 'x')`, raw)

	shared := d.macro("root", `{"name": "Vip", "scope": "shared", "actions": [{"tag": "vip"}]}`)
	cells := 0
	paths := d.document().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path])) {
			id := paths[path][method].OperationID
			for _, role := range roles {
				for _, object := range []string{"open", "secret"} {
					f, fresh := d.open, false
					if object == "secret" {
						f = d.secret
					}
					if strings.ToUpper(method) != "GET" && strings.HasPrefix(path, "/conversations") {
						// Actions change the conversation, so each cell gets its own.
						inbox := "frontline"
						if object == "secret" {
							inbox = "security"
						}
						f, fresh = d.conversation(inbox, object == "secret", canary, canary, time.Now()), true
					}
					if strings.HasPrefix(path, "/outbox/{id}") {
						f.delivery = d.delayed(f)
						if id == "release-delivery" {
							d.exec(`update deliveries set on_hold = true where id = $1`, f.delivery)
						}
					}
					target := strings.Replace(d.target(path, f, raw), "{macro}", shared.String(), 1)
					if id == "create-macro" {
						d.exec(`delete from macros where name = 'Hello'`)
					}
					if id == "create-saved-report" || id == "create-view" {
						d.exec(`delete from saved_reports; delete from saved_views`)
					}
					if id == "create-article" {
						d.exec(`delete from article_versions; delete from articles`)
					}
					a := d.as(role.name, strings.ToUpper(method), target, bodies[id])
					cells++
					if want := expected(id, role.name, role.sees, object, path); !slices.Contains(want, a.StatusCode) {
						t.Errorf("%s %s as %q on %s: %d, want %v: %.200s", method, path, role.name, object, a.StatusCode, want, a.body)
					}
					if !role.sees && !fresh && strings.Contains(a.body, canary) {
						t.Errorf("%s %s as %q on %s: the response leaks the restricted conversation", method, path, role.name, object)
					}
					if fresh {
						d.remove(f)
					}
				}
			}
		}
	}
	t.Logf("cells=%d", cells)
	if cells < 27*len(roles)*2 {
		t.Errorf("the matrix has only %d cells", cells)
	}
}

// target fills in the path of an operation on a conversation.
func (d *desks) target(path string, f fixture, raw desk.RawID) string {
	return strings.NewReplacer("/events/stream", "/events/stream?after=nonsense", "/accounts/{id}", "/accounts/"+d.account.String(), "/contacts/{id}", "/contacts/"+d.contact.String(),
		"/agents/{id}", "/agents/"+d.people["ben"].ID.String(), "/tasks/{id}", "/tasks/"+f.task.String(), "{agent}", d.people["ben"].ID.String(),
		"/messages/{id}", "/messages/"+f.message.String(), "/outbox/{id}", "/outbox/"+f.delivery.String(), "/raws/{id}", "/raws/"+raw.String(), "/app-passwords/{id}", "/app-passwords/"+desk.NewID[desk.KeyID]().String(), "/keys/{id}", "/keys/"+desk.NewID[desk.KeyID]().String(),
		"/webhooks/{id}", "/webhooks/"+desk.NewID[desk.WebhookID]().String(), "/macros/{id}", "/macros/"+desk.NewID[desk.MacroID]().String(), "/articles/{id}", "/articles/"+desk.NewID[desk.ArticleID]().String(), "/saved-reports/{id}", "/saved-reports/"+desk.NewID[desk.SavedReportID]().String(), "/views/{id}", "/views/"+desk.NewID[desk.SavedViewID]().String(), "{version}", "1", "/root-causes/{id}", "/root-causes/"+desk.NewID[desk.RootCauseID]().String(), "/advisories/{id}", "/advisories/"+desk.NewID[desk.AdvisoryID]().String(), "{conversation}", f.id.String(), "{update}", desk.NewID[desk.UpdateID]().String(), "{article}", desk.NewID[desk.ArticleID]().String(), "{step}", "0",
		"/reviews/{id}", "/reviews/"+desk.NewID[desk.ReviewID]().String(),
		"{id}", f.id.String(), "{address}", "jo@acme.example", "{inbox}", "frontline", "{part_id}", "2", "{measure}", "mttr", "{kind}", "reply").Replace(path)
}

// expected is the access policy: everything needs authentication except signing in
// and out; the journal is for admins; for others than its tier and admins, a
// restricted conversation and everything in it does not exist.
func expected(operation, role string, sees bool, object, path string) []int {
	anonymous := role == "" || role == "disabled" || role == "unknown"
	switch {
	case operation == "sign-in":
		return []int{401, 429}
	case operation == "sign-out":
		return []int{204}
	case operation == "follow-events":
		return []int{426} // not a WebSocket request; the socket has its own tests
	case anonymous:
		return []int{401}
	case operation == "stream-events":
		return []int{422} // the cursor is not valid; the stream has its own tests
	case operation == "change-password":
		return []int{422, 429}
	case strings.HasPrefix(path, "/raws"):
		if role != "root" {
			return []int{403}
		}
		if operation == "replay-raw" {
			return []int{409}
		}
		return []int{200}
	case strings.HasPrefix(path, "/advisories"):
		switch {
		case role != "root":
			return []int{403}
		case strings.Contains(path, "{id}"):
			return []int{404}
		case operation == "create-advisory":
			return []int{201}
		}
		return []int{200}
	case strings.HasPrefix(path, "/policies"):
		switch {
		case role != "root":
			return []int{403}
		case operation == "publish-policy", operation == "start-pilot", operation == "adopt-pilot":
			return []int{428} // without If-Match
		case operation == "get-pilot", operation == "withdraw-pilot":
			return []int{404} // there is no pilot
		case operation == "simulate-policy":
			return []int{501} // this server has no simulator
		}
		return []int{200}
	case strings.HasPrefix(path, "/webhooks"):
		switch {
		case role != "root":
			return []int{403}
		case strings.Contains(path, "{id}"):
			return []int{404}
		case operation == "create-webhook":
			return []int{201}
		}
		return []int{200}
	case operation == "list-outbox", operation == "retry-outbox", operation == "survey-results", operation == "report", operation == "report-conversations":
		if role != "root" {
			return []int{403}
		}
		return []int{200}
	case strings.HasPrefix(path, "/views/{id}"), operation == "undo":
		return []int{404}
	case operation == "create-view":
		return []int{201}
	case operation == "unsubscribe-saved-report":
		return []int{404}
	case strings.HasPrefix(path, "/saved-reports"):
		switch {
		case role != "root":
			return []int{403}
		case strings.Contains(path, "{id}"):
			return []int{404}
		case operation == "create-saved-report":
			return []int{201}
		}
		return []int{200}
	case object == "secret" && !sees && strings.HasPrefix(path, "/outbox/"):
		return []int{404}
	case operation == "hold-delivery", operation == "release-delivery":
		if role != "root" {
			return []int{403}
		}
		return []int{200}
	case operation == "reconcile-channel":
		if role != "root" {
			return []int{403}
		}
		return []int{404} // this server has no mailboxes
	case operation == "create-account" || operation == "change-account" || operation == "put-account" || operation == "import-accounts":
		switch {
		case role != "root":
			return []int{403}
		case operation == "create-account", operation == "put-account":
			return []int{200, 201}
		}
		return []int{200}
	case operation == "change-agent", operation == "set-availability" && role != "ben":
		if role != "root" {
			return []int{403}
		}
		return []int{200}
	case operation == "publish-article", operation == "archive-article":
		if role != "root" {
			return []int{403}
		}
		return []int{404}
	case operation == "create-article-from-message", strings.HasPrefix(path, "/articles/{id}"), strings.HasPrefix(path, "/root-causes/{id}"):
		return []int{404}
	case operation == "get-macro", operation == "change-macro", operation == "delete-macro":
		return []int{404}
	case operation == "get-review", operation == "change-review":
		return []int{404}
	case operation == "delete-key", operation == "delete-app-password", operation == "get-upload", operation == "download-upload", operation == "delete-upload":
		return []int{404}
	case operation == "change-conversations", operation == "count-matching":
		return []int{200} // of those that the agent may see
	case object == "secret" && !sees && (strings.HasPrefix(path, "/conversations/") || strings.HasPrefix(path, "/messages/") || strings.HasPrefix(path, "/tasks/")):
		return []int{404}
	case operation == "set-step":
		return []int{404} // the conversation has no runbook
	case operation == "merge":
		return []int{422} // there is no conversation with that number
	case operation == "unmerge":
		return []int{409}
	case operation == "lift-address":
		return []int{404} // it gets replies
	case operation == "ack-notice":
		return []int{404}
	case operation == "upload-file":
		return []int{422} // not a form
	case operation == "cancel-send":
		return []int{409} // it was not sent from here
	case operation == "accept-handoff", operation == "return-handoff":
		return []int{409} // it was not handed over
	case operation == "preview-move":
		return []int{422} // without a destination
	case operation == "delete-draft", operation == "mark-read", operation == "ack-notices", operation == "leave-swarm":
		return []int{204}
	case operation == "reply", operation == "forward", operation == "redirect-message", operation == "start", operation == "note", operation == "open-task", operation == "create-key", operation == "create-app-password", operation == "create-macro", operation == "create-article", operation == "create-root-cause":
		return []int{201}
	}
	return []int{200}
}

// Agents see and revoke their own keys, admins all keys.
func TestKeysBelongToTheirCreator(t *testing.T) {
	d := newDesk(t)
	var made NewKey
	d.as("ana", "POST", "/keys", map[string]any{"name": "importer"}).want(t, 201).json(t, &made)
	if len(made.Secret) != 47 || !strings.HasPrefix(made.Secret, "sbk_") {
		t.Errorf("secret %q", made.Secret)
	}
	d.keys["importer"] = made.Secret
	var session Session
	d.as("importer", "GET", "/session", nil).want(t, 200).json(t, &session)
	if session.Agent.Name != "Ana" {
		t.Errorf("the key belongs to %s", session.Agent.Name)
	}
	for who, n := range map[string]int{"ana": 2, "ben": 1, "root": 5} {
		a := d.as(who, "GET", "/keys", nil).want(t, 200)
		var keys Page[map[string]any]
		a.json(t, &keys)
		if len(keys.Data) != n {
			t.Errorf("%s sees %d keys, want %d", who, len(keys.Data), n)
		}
		if strings.Contains(a.body, made.Secret) || strings.Contains(a.body, "secret") {
			t.Error("the list contains secrets")
		}
	}
	var used int
	if err := d.db.QueryRow(`select count(*) from api_keys where id = $1::uuid and last_used_at is not null`, uuidOf(made.ID)).Scan(&used); err != nil || used != 1 {
		t.Errorf("last_used_at is not set: %d, %v", used, err)
	}
	d.as("ben", "DELETE", "/keys/"+made.ID.String(), nil).want(t, 404)
	d.as("ana", "DELETE", "/keys/"+made.ID.String(), nil).want(t, 204)
	d.as("importer", "GET", "/session", nil).want(t, 401)
	for _, body := range []string{`{"name":"  "}`, `{"name":"x","expires_at":"2001-01-01T00:00:00Z"}`, `{}`} {
		d.as("ana", "POST", "/keys", body).want(t, 422)
	}

	d.as("ana", "POST", "/keys", `{"name":"short","expires_at":"2999-01-01T00:00:00Z"}`).want(t, 201).json(t, &made)
	d.keys["short"] = made.Secret
	d.as("short", "GET", "/session", nil).want(t, 200)
	d.exec(`update api_keys set expires_at = now() - interval '1 second' where id = $1::uuid`, uuidOf(made.ID))
	d.as("short", "GET", "/session", nil).want(t, 401)
}

// The database and the log contain no secret in usable form.
func TestNoSecretIsKept(t *testing.T) {
	d := newDesk(t)
	cookie := d.signIn("ana@desk.example", password)
	for _, secret := range []string{d.keys["ana"], strings.TrimPrefix(d.keys["ana"], "sbk_"), cookie.Value, password} {
		var found int
		err := d.db.QueryRow(`select (select count(*) from api_keys k where k::text like $1) + (select count(*) from agent_sessions s where s::text like $1)
			+ (select count(*) from agents a where a::text like $1)`, fmt.Sprintf("%%%s%%", secret)).Scan(&found)
		if err != nil || found != 0 {
			t.Errorf("a secret is in the database %d times: %v", found, err)
		}
	}
	if logs := d.logs.String(); strings.Contains(logs, cookie.Value) || strings.Contains(logs, d.keys["ana"]) || strings.Contains(logs, password) {
		t.Error("a secret is in the log")
	}
}
