package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/repeat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// keyed sends a POST with an Idempotency-Key, as an agent.
func (d *desks) keyed(who, key, path string, body any) answer {
	d.t.Helper()
	r := d.request("POST", path, body)
	r.Header.Set("Authorization", "Bearer "+d.keys[who])
	r.Header.Set(repeat.Header, key)
	if path == "/policies" || strings.HasPrefix(path, "/policies/pilots") {
		r.Header.Set("If-Match", "*")
	}
	return d.send(r)
}

// texts returns how many messages of a conversation have a text.
func (d *desks) texts(c desk.ConversationID, text string) (n int) {
	d.t.Helper()
	if err := d.db.QueryRow(`select count(*) from messages m join placements p on p.message_id = m.id where p.conversation_id = $1 and m.text_body = $2`, c, text).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// Every POST of the document that an agent can make: the second answer is the first.
func TestEveryPostIsRepeatable(t *testing.T) {
	d := newDesk(t)
	other := d.conversation("frontline", false, "Other", "Other", time.Now())
	var hook NewWebhook
	d.as("root", "POST", "/webhooks", `{"url": "https://hooks.example"}`).want(t, 201).json(t, &hook)
	shared := d.macro("root", `{"name": "Vip", "scope": "shared", "actions": [{"tag": "vip"}]}`)
	written := d.article("root", `{"title": "Reset"}`)
	var answered view.Message
	d.as("root", "POST", "/conversations/"+d.conversation("frontline", false, "Answered", "?", time.Now()).id.String()+"/replies", `{"text": "Restart it."}`).want(t, 201).json(t, &answered)
	d.firstPolicy()
	cause, update := d.written()
	paths := d.document().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		op, ok := paths[path]["post"]
		if !ok || op.OperationID == "sign-in" || op.OperationID == "reconcile-channel" || op.OperationID == "upload-file" || op.OperationID == "simulate-policy" {
			continue // public; no mailboxes here; a multipart form; no simulator here
		}
		t.Run(op.OperationID, func(t *testing.T) {
			raw := desk.NewID[desk.RawID]()
			d.exec(`insert into raws (id, channel, endpoint, source_key, received_at, size, bytes, state, attempts) values ($1, 'email', 'smtp', $2, now(), 1, 'x', 'quarantined', 1)`, raw, raw.String())
			notice := desk.NewID[desk.NoticeID]()
			d.exec(`insert into notices (id, agent_id, conversation_id, kind, rule, text, at) values ($1, $2, $3, 'page', 'outage', '', now())`, notice, d.people["root"].ID, d.open.id)
			d.exec(`update conversations set service = jsonb_build_object('handoff', jsonb_build_object('contract', true, 'from', 'ib_' || replace($2::uuid::text, '-', ''),
				'from_key', 'security', 'to', 'ib_' || replace(inbox_id::text, '-', ''), 'to_key', 'frontline')) where id = $1`, d.open.id, d.inbox["security"])
			delivery := d.delayed(d.open)
			d.exec(`update deliveries set on_hold = $2 where id = $1`, delivery, op.OperationID == "release-delivery")
			target := strings.NewReplacer("{macro}", shared.String(), "/articles/{id}", "/articles/"+written.String(), "/webhooks/{id}", "/webhooks/"+hook.ID.String(), "/outbox/{id}", "/outbox/"+delivery.String(), "/notices/{id}", "/notices/"+notice.String(), "/raws/{id}", "/raws/"+raw.String(), "/messages/{id}", "/messages/"+d.open.message.String(),
				"/root-causes/{id}", "/root-causes/"+cause.String(), "{update}", update.String(), "{version}", "running", "/advisories/{id}", "/advisories/"+d.advisoryIn(strings.TrimSuffix(op.OperationID, "-advisory")).String(), "{id}", d.open.id.String()).Replace(path)
			body := bodies[op.OperationID]
			if op.OperationID == "merge" || op.OperationID == "unmerge" { // in this order
				target, body = strings.Replace(path, "{id}", other.id.String(), 1), nil
			}
			if op.OperationID == "create-article-from-message" {
				body = map[string]any{"message_id": answered.ID.String()}
			}
			if op.OperationID == "withdraw-pilot" { // the one before was adopted
				d.withMatch("/policies/pilots", "*", map[string]any{"document": string(router.Default), "share": 10, "reason": "test"}).want(t, 201)
			}
			if op.OperationID == "merge" {
				body = map[string]any{"into": d.open.id.String()}
			}
			if op.OperationID == "undo" {
				var tagged bulked
				d.as("root", "POST", "/conversations/bulk", map[string]any{"ids": []string{d.open.id.String()}, "op": "tag", "args": map[string]any{"tag": "undone"}}).want(t, 200).json(t, &tagged)
				body = map[string]any{"undo": *tagged.Undo}
			}
			first := d.keyed("root", "key-"+op.OperationID, target, body)
			if first.StatusCode < 200 || first.StatusCode > 299 || first.Header.Get(repeat.Replayed) != "" {
				t.Fatalf("first: %d %s", first.StatusCode, first.body)
			}
			again := d.keyed("root", "key-"+op.OperationID, target, body)
			if again.StatusCode != first.StatusCode || again.body != first.body || again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
				t.Errorf("answer %d %s\nrepeated %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
			}
			if again.Header.Get(repeat.Replayed) != "true" {
				t.Error("the repeated answer is not marked")
			}
		})
	}
	if n := d.texts(d.open.id, "Hello."); n != 2 { // a reply and a note
		t.Errorf("%d messages, want 2", n)
	}
}

// TestDifferentRequestsUnderOneKey: body, path and agent make a request; the way its JSON is written does not.
func TestDifferentRequestsUnderOneKey(t *testing.T) {
	d := newDesk(t)
	notes := "/conversations/" + d.open.id.String() + "/notes"
	d.keyed("ana", "k", notes, `{"text":"one"}`).want(t, 201)
	d.keyed("ana", "k", notes, ` { "text" : "\u006fne" } `).want(t, 201)
	for _, c := range []struct{ path, body string }{{notes, `{"text":"two"}`}, {"/conversations/" + d.open.id.String() + "/replies", `{"text":"one"}`}, {notes + "?x=1", `{"text":"one"}`}} {
		if a := d.keyed("ana", "k", c.path, c.body).want(t, 422); !strings.Contains(a.body, "different request") {
			t.Errorf("%s %s: %s", c.path, c.body, a.body)
		}
	}
	if one, two := d.texts(d.open.id, "one"), d.texts(d.open.id, "two"); one != 1 || two != 0 {
		t.Errorf("%d and %d notes", one, two)
	}
	d.keyed("ben", "k", notes, `{"text":"ben's"}`).want(t, 201) // keys belong to an agent
	for _, key := range []string{"", " ", "two words", strings.Repeat("k", repeat.MaxKey+1), "schlüssel"} {
		d.keyed("ana", key, notes, `{"text":"bad key"}`).want(t, 422)
	}
	if d.texts(d.open.id, "bad key") != 0 {
		t.Error("a request with an invalid key was carried out")
	}
	d.keyed("ana", strings.Repeat("k", repeat.MaxKey), notes, `{"text":"longest"}`).want(t, 201)
	d.keyed("", "k", notes, `{"text":"anonymous"}`).want(t, 401)
}

// TestRefusedRequestsCanBeRepeated: what changed nothing does not use up its key.
func TestRefusedRequestsCanBeRepeated(t *testing.T) {
	d := newDesk(t)
	path := "/conversations/" + d.open.id.String()
	d.keyed("ana", "stale", path+"/replies", `{"text":"late","expected_seq":0}`).want(t, 409)
	d.keyed("ana", "stale", path+"/replies", `{"text":"late","expected_seq":2}`).want(t, 201)
	d.keyed("ana", "invalid", path+"/notes", `{"txt":"late"}`).want(t, 422)
	d.keyed("ana", "invalid", path+"/notes", `{"text":"corrected"}`).want(t, 201)
}

// blocked holds back notes until they may go on.
type blocked struct {
	Answers
	entered, proceed chan struct{}
}

func (b *blocked) Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error) {
	b.entered <- struct{}{}
	<-b.proceed
	return b.Answers.Note(ctx, by, c, text)
}

// TestRepeatedInFlight: also on another node, which shares only the database.
func TestRepeatedInFlight(t *testing.T) {
	hold := &blocked{entered: make(chan struct{}, 9), proceed: make(chan struct{})}
	d := newDeskWith(t, func(*Config) {}, func(deps *Deps) { hold.Answers, deps.Answers = deps.Answers, hold })
	node, err := New(Config{}, From(d.st, names{}, agent.New(d.st, agent.Options{MessageID: func(id desk.MessageID) string { return id.String() }}), d.hub))
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(node)
	defer other.Close()
	first := d.srv
	notes := "/conversations/" + d.open.id.String() + "/notes"
	var running sync.WaitGroup
	var answered answer
	running.Go(func() { answered = d.keyed("ana", "k", notes, `{"text":"slow"}`) })
	<-hold.entered
	for _, server := range []*httptest.Server{first, other} {
		d.srv = server
		if a := d.keyed("ana", "k", notes, `{"text":"slow"}`).want(t, 409); a.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		d.keyed("ana", "k", notes, `{"text":"else"}`).want(t, 422)
	}
	close(hold.proceed)
	running.Wait()
	for _, server := range []*httptest.Server{first, other} {
		d.srv = server
		if a := d.keyed("ana", "k", notes, `{"text":"slow"}`).want(t, 201); a.body != answered.body {
			t.Errorf("%s\nrepeated %s", answered.body, a.body)
		}
	}
	d.srv = first
	if n := d.texts(d.open.id, "slow"); n != 1 {
		t.Errorf("%d notes", n)
	}
}

// TestInterruptedRequest: the process ended before the answer was stored. What was
// committed is not done again, and what was not can be.
func TestInterruptedRequest(t *testing.T) {
	hold := &blocked{entered: make(chan struct{}, 9), proceed: make(chan struct{})}
	d := newDeskWith(t, func(*Config) {}, func(deps *Deps) { hold.Answers, deps.Answers = deps.Answers, hold })
	notes := "/conversations/" + d.open.id.String() + "/notes"
	var running sync.WaitGroup
	var late answer
	running.Go(func() { late = d.keyed("ana", "k", notes, `{"text":"interrupted"}`) })
	<-hold.entered
	// The claim has ended, and a repetition takes it over; the first attempt, which
	// was only slow, can no longer commit.
	d.exec(`update idempotency_keys set claimed_until = now()`)
	var again answer
	running.Go(func() { again = d.keyed("ana", "k", notes, `{"text":"interrupted"}`) })
	<-hold.entered
	close(hold.proceed)
	running.Wait()
	if codes := []int{late.StatusCode, again.StatusCode}; !slices.Equal(codes, []int{503, 201}) {
		t.Errorf("answers %v: %s %s", codes, late.body, again.body)
	}
	if n := d.texts(d.open.id, "interrupted"); n != 1 {
		t.Errorf("%d notes", n)
	}
	d.exec(`update idempotency_keys set status = null, headers = null, body = null, claimed_until = now()`)
	if a := d.keyed("ana", "k", notes, `{"text":"interrupted"}`).want(t, 409); !strings.Contains(a.body, "was carried out") {
		t.Error(a.body)
	}
}

// TestAnswersExpire after 24 hours, and are removed.
func TestAnswersExpire(t *testing.T) {
	d := newDesk(t)
	notes := "/conversations/" + d.open.id.String() + "/notes"
	d.keyed("ana", "k", notes, `{"text":"daily"}`).want(t, 201)
	var hours float64
	if err := d.db.QueryRow(`select extract(epoch from expires_at - now()) / 3600 from idempotency_keys`).Scan(&hours); err != nil || hours < 23.9 || hours > 24 {
		t.Errorf("kept for %v hours: %v", hours, err)
	}
	d.exec(`update idempotency_keys set expires_at = now() - interval '1 second'`)
	d.keyed("ana", "k", notes, `{"text":"daily"}`).want(t, 201)
	if n := d.texts(d.open.id, "daily"); n != 2 {
		t.Errorf("%d notes", n)
	}
	d.keyed("ana", "kept", notes, `{"text":"kept"}`).want(t, 201)
	d.exec(`update idempotency_keys set expires_at = now() - interval '1 second' where key = 'k'`)
	more, err := d.st.SweepRepeats(t.Context())
	var left string
	if err == nil {
		err = d.db.QueryRow(`select string_agg(key, ' ') from idempotency_keys`).Scan(&left)
	}
	if more || err != nil || left != "kept" {
		t.Errorf("left %q, more %v: %v", left, more, err)
	}
}

// TestRepeatedSecret: the answer with a new API key can be repeated, but cannot be
// read from the database, nor with other credentials.
func TestRepeatedSecret(t *testing.T) {
	d := newDesk(t)
	var made, again NewKey
	d.keyed("ana", "k", "/keys", `{"name":"importer"}`).want(t, 201).json(t, &made)
	d.keyed("ana", "k", "/keys", `{"name":"importer"}`).want(t, 201).json(t, &again)
	if made.Secret == "" || made.Secret != again.Secret {
		t.Errorf("%q, repeated %q", made.Secret, again.Secret)
	}
	var stored string
	if err := d.db.QueryRow(`select encode(body, 'escape') from idempotency_keys`).Scan(&stored); err != nil || strings.Contains(stored, made.Secret) {
		t.Errorf("the database has the secret: %v", err)
	}
	d.keys["importer"] = made.Secret
	if a := d.keyed("importer", "k", "/keys", `{"name":"importer"}`).want(t, 409); strings.Contains(a.body, made.Secret) {
		t.Error("other credentials can read the secret")
	}
}

// TestEmptyAnswer: an operation without a body in its answer is repeatable, too.
func TestEmptyAnswer(t *testing.T) {
	d := newDesk(t)
	s, err := newServer(Config{}, From(d.st, names{}, agent.New(d.st, agent.Options{}), d.hub))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	handle(s, huma.Operation{Tags: []string{"Desk"}, OperationID: "empty", Method: http.MethodPost, Path: "/empty", DefaultStatus: http.StatusNoContent},
		func(context.Context, *struct{}) (*struct{}, error) { calls++; return nil, nil })
	srv := httptest.NewServer(s.mux)
	defer srv.Close()
	d.srv = srv
	for _, replayed := range []string{"", "true"} {
		if a := d.keyed("ana", "k", "/empty", nil).want(t, 204); a.body != "" || a.Header.Get(repeat.Replayed) != replayed {
			t.Errorf("%q, %v", a.body, a.Header)
		}
	}
	if calls != 1 {
		t.Errorf("carried out %d times", calls)
	}
}

// TestConcurrentRepeats: of many at once, one is carried out.
func TestConcurrentRepeats(t *testing.T) {
	d := newDesk(t)
	notes := "/conversations/" + d.open.id.String() + "/notes"
	var all sync.WaitGroup
	codes := make([]int, 12)
	for i := range codes {
		all.Go(func() { codes[i] = d.keyed("ana", "k", notes, `{"text":"once"}`).StatusCode })
	}
	all.Wait()
	if n := d.texts(d.open.id, "once"); n != 1 || slices.ContainsFunc(codes, func(c int) bool { return c != http.StatusCreated && c != http.StatusConflict }) {
		t.Errorf("%d notes, answers %v", n, fmt.Sprint(codes))
	}
}
