package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/config"
)

// receiver is another system that is told of events.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	got     []hook
	respond func(hook) (status int, header map[string]string) // nil: 204
}

// hook is a request to a receiver.
type hook struct {
	id, timestamp, signature, body string
	Type                           string
	Data                           struct {
		Seq          int64
		Conversation struct {
			Number  int64
			Subject string
		}
	}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	h := hook{id: req.Header.Get("webhook-id"), timestamp: req.Header.Get("webhook-timestamp"), signature: req.Header.Get("webhook-signature"), body: string(body)}
	if err := json.Unmarshal(body, &h); err != nil || req.Method != http.MethodPost || req.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	status, header := http.StatusNoContent, map[string]string(nil)
	r.mu.Lock()
	if r.respond != nil {
		status, header = r.respond(h)
	}
	r.got = append(r.got, h)
	r.mu.Unlock()
	for name, value := range header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		w.Write([]byte(strings.Repeat("answer ", 1000)))
	}
}

func (r *receiver) answer(with func(hook) (int, map[string]string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.respond = with
}

func (r *receiver) hooks() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// about are the types of the requests about a conversation, in the order of arrival.
func about(list []hook, subject string) (types []string) {
	for _, h := range list {
		if h.Data.Conversation.Subject == subject {
			types = append(types, h.Type)
		}
	}
	return types
}

// verified checks a signature as the specification of Standard Webhooks says it.
func verified(secret string, h hook) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.id + "." + h.timestamp + "." + h.body))
	return err == nil && slices.Contains(strings.Split(h.signature, " "), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

type madeWebhook struct{ ID, Secret, State, Problem string }

func (r *running) webhook(body map[string]any) (w madeWebhook) {
	r.t.Helper()
	if status := r.call("POST", "/webhooks", body, &w); status != http.StatusCreated {
		r.t.Fatalf("create a webhook: %d", status)
	}
	return w
}

type sent struct {
	ID, Type, State, Error, Response string
	Attempts, Status                 int
}

func (r *running) sent(w madeWebhook) []sent {
	r.t.Helper()
	var page struct{ Data []sent }
	r.call("GET", "/webhooks/"+w.ID+"/deliveries?limit=200", nil, &page)
	return page.Data
}

func loopback(cfg *config.Config) {
	cfg.Webhooks = config.Webhooks{AllowHTTP: true, AllowNetworks: []string{"127.0.0.0/8"}, Timeout: 5 * time.Second}
}

// TestWebhooks: signed requests in the order of each conversation, although one fails and
// holds back those behind it; another secret; a test and a replay.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	r := start(t, loopback)
	to := newReceiver(t)
	w := r.webhook(map[string]any{"url": to.URL, "types": []string{"conversation.created", "message.received", "note.added"}})
	refused := 0
	to.answer(func(h hook) (int, map[string]string) {
		if h.Data.Conversation.Subject == "Slow" && h.Type == "conversation.created" && refused == 0 {
			refused++
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusNoContent, nil
	})
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "Slow", "slow@acme.example", "Hello?"))
	slow := r.only("Slow")
	r.call("POST", "/conversations/"+slow.ID+"/notes", map[string]any{"text": "Look at this."}, nil)
	r.eventually("the refusal", func() bool { return len(about(to.hooks(), "Slow")) == 1 })
	r.post("kim@other.example", "support@desk.example", letter("kim@other.example", "support@desk.example", "Fast", "fast@other.example", "Hello."))
	r.eventually("the other conversation", func() bool { return len(about(to.hooks(), "Fast")) == 2 })
	if n := len(about(to.hooks(), "Slow")); n != 1 {
		t.Errorf("%d requests about the conversation whose first one was refused", n)
	}
	r.eventually("the rest", func() bool { return len(about(to.hooks(), "Slow")) == 4 })
	all := to.hooks()
	if got := about(all, "Slow"); !slices.Equal(got, []string{"conversation.created", "conversation.created", "message.received", "note.added"}) {
		t.Errorf("requests about the slow conversation: %v", got)
	}
	ids := map[string]string{}
	for _, h := range all {
		if !verified(w.Secret, h) || verified("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", h) {
			t.Errorf("%s %s is not signed with the secret", h.Type, h.id)
		}
		if before, again := ids[h.id]; again && before != h.body {
			t.Errorf("%s has another body in another attempt", h.id)
		}
		ids[h.id] = h.body
	}
	if len(ids) != 5 {
		t.Errorf("%d identifiers of 5 messages", len(ids))
	}

	var rotated madeWebhook
	r.call("POST", "/webhooks/"+w.ID+"/rotate", map[string]any{}, &rotated)
	r.call("POST", "/webhooks/"+w.ID+"/test", nil, nil)
	r.eventually("the test", func() bool { return len(to.hooks()) == 7 })
	if test := to.hooks()[6]; test.Type != "webhook.test" || !verified(w.Secret, test) || !verified(rotated.Secret, test) {
		t.Errorf("the test is %s, signed with %q", test.Type, test.signature)
	}
	r.call("POST", "/webhooks/"+w.ID+"/rotate", map[string]any{"grace_hours": 0}, nil)
	var replayed struct{ Replayed int }
	r.call("POST", "/webhooks/"+w.ID+"/replay", map[string]any{"since": time.Now().Add(-time.Hour)}, &replayed)
	r.eventually("the replay", func() bool { return len(to.hooks()) == 13 })
	for _, h := range to.hooks()[7:] {
		if h.Type != "webhook.test" && ids[h.id] != h.body || verified(w.Secret, h) || verified(rotated.Secret, h) {
			t.Errorf("%s: the replay differs, or former secrets sign", h.Type)
		}
	}
	r.eventually("the records", func() bool {
		return !slices.ContainsFunc(r.sent(w), func(s sent) bool { return s.State != "delivered" || s.Attempts != 1 || s.Status != 204 })
	})
	if replayed.Replayed != 6 {
		t.Errorf("replayed %d", replayed.Replayed)
	}
}

// TestWebhooksThatEnd: a receiver that is gone, one that redirects, one that asks for a
// pause, and addresses that may not be reached.
func TestWebhooksThatEnd(t *testing.T) {
	t.Parallel()
	r := start(t, func(cfg *config.Config) {
		loopback(cfg)
		cfg.Webhooks.AllowNetworks = []string{"127.0.0.1/32"}
	})
	to, away := newReceiver(t), newReceiver(t)
	state := func(w madeWebhook) (now struct {
		madeWebhook
		PausedUntil *time.Time `json:"paused_until"`
	}) {
		r.call("GET", "/webhooks/"+w.ID, nil, &now)
		return now
	}
	try := func(w madeWebhook) sent {
		r.call("POST", "/webhooks/"+w.ID+"/test", nil, nil)
		r.eventually("an attempt", func() bool { list := r.sent(w); return len(list) == 1 && list[0].Error != "" })
		return r.sent(w)[0]
	}
	to.answer(func(hook) (int, map[string]string) { return http.StatusFound, map[string]string{"Location": away.URL} })
	if got := try(r.webhook(map[string]any{"url": to.URL})); got.State != "pending" || !strings.Contains(got.Error, "redirects are not followed") || len(away.hooks()) != 0 || len(got.Response) != 1024 {
		t.Errorf("a redirect: %+v, followed %d times", got, len(away.hooks()))
	}
	to.answer(func(hook) (int, map[string]string) {
		return http.StatusTooManyRequests, map[string]string{"Retry-After": "3600"}
	})
	paused := r.webhook(map[string]any{"url": to.URL})
	try(paused)
	if until := state(paused).PausedUntil; until == nil || time.Until(*until) < 59*time.Minute {
		t.Errorf("paused until %v", until)
	}
	to.answer(func(hook) (int, map[string]string) { return http.StatusGone, nil })
	gone := r.webhook(map[string]any{"url": to.URL + "/secret-path"})
	if got := try(gone); got.State != "failed" {
		t.Errorf("gone: %+v", got)
	}
	if now := state(gone); now.State != "dead" || !strings.Contains(now.Problem, "410") {
		t.Errorf("gone: %+v", now)
	}
	var notices struct {
		Data []struct {
			Kind, Text   string
			Conversation struct{ ID string }
		}
	}
	r.call("GET", "/notices", nil, &notices)
	if len(notices.Data) != 1 || notices.Data[0].Kind != "webhook" || notices.Data[0].Conversation.ID != "" || !strings.Contains(notices.Data[0].Text, "410") || strings.Contains(notices.Data[0].Text, "secret-path") {
		t.Errorf("notices %+v", notices.Data)
	}
	var counts struct{ Notices int }
	if r.call("GET", "/counts", nil, &counts); counts.Notices != 1 {
		t.Errorf("counts %+v", counts)
	}
	inside := newReceiver(t)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	list := map[string]madeWebhook{}
	for _, address := range []string{"127.0.0.2" + port, "no-such-host.invalid", "10.0.0.1", "169.254.169.254", "[::1]" + port, "[::ffff:10.0.0.1]", "2130706434" + port, "0.0.0.0" + port, "168.63.129.16", "[fd00::1]", "[64:ff9b::a00:1]"} {
		list[address] = r.webhook(map[string]any{"url": "http://" + address + "/in"})
		r.call("POST", "/webhooks/"+list[address].ID+"/test", nil, nil)
	}
	for address, w := range list {
		r.eventually("an attempt to reach "+address, func() bool { return r.sent(w)[0].Error != "" })
		if got := r.sent(w)[0]; got.Status != 0 || strings.Contains(got.Error, "/in") {
			t.Errorf("%s: %+v", address, got)
		}
	}
	if n := len(inside.hooks()); n != 0 {
		t.Errorf("%d requests reached an address that is not allowed", n)
	}
}
