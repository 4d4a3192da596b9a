package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"switchboard/api/problem"
)

// A refused action names the invalid field.
func TestRefusedActionsNameTheField(t *testing.T) {
	d := newDesk(t)
	path := "/conversations/" + d.open.id.String()
	for _, x := range []struct {
		verb     string
		body     map[string]any
		location string
	}{
		{"replies", map[string]any{"text": " "}, "body.text"},
		{"replies", map[string]any{"text": "a\x00b"}, "body.text"},
		{"replies", map[string]any{"text": "a", "html": "a\x00b"}, "body.html"},
		{"replies", map[string]any{"text": "a", "cc": []string{"jo"}}, "body.cc[0]"},
		{"notes", map[string]any{"text": "\n"}, "body.text"},
		{"move", map[string]any{"inbox": "nope"}, "body.inbox"},
		{"move", map[string]any{"tier": 99}, "body.tier"},
		{"move", map[string]any{"tier": 3}, "body.note"},
		{"move", map[string]any{"tier": 3, "note": "a\x00"}, "body.note"},
		{"assign", map[string]any{"assignee": "ag_00000000000000000000000000000001"}, "body.assignee"},
		{"status", map[string]any{"status": "snoozed", "until": "2001-01-01T00:00:00Z"}, "body.until"},
	} {
		a := d.as("ana", http.MethodPost, path+"/"+x.verb, x.body)
		var p problem.Details
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Location != x.location {
			t.Errorf("%s %v: %d, want it at %s: %.300s", x.verb, x.body, a.StatusCode, x.location, a.body)
		}
	}
}

// Another list's cursor and malformed numbers are refused.
func TestInvalidCursorsAndNumbers(t *testing.T) {
	d := newDesk(t)
	foreign, err := encodeCursor(positionCursor{ID: d.open.id})
	if err != nil {
		t.Fatal(err)
	}
	if a := d.as("ana", http.MethodGet, "/conversations/"+d.open.id.String()+"/messages?cursor="+foreign, nil); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "query.cursor") {
		t.Errorf("another list's cursor: %d %s", a.StatusCode, a.body)
	}
	if a := d.as("ana", http.MethodGet, "/conversations/+1", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("+1: %d", a.StatusCode)
	}
	if a := d.as("ana", http.MethodPost, "/keys", map[string]any{"name": "a\x00b"}); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a key's name with NUL: %d", a.StatusCode)
	}
}
