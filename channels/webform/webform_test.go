package webform_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/channels/channeltest"
	"switchboard/channels/webform"
	"switchboard/desk"
)

var contact = webform.Form{
	Key: "contact", Title: "Contact <us>", Intro: "We answer within a day.",
	Fields:    []webform.Field{{Name: "order", Label: "Order number"}, {Name: "topic", Label: "Topic", Options: []string{"Billing", "Bugs & more"}, Required: true}},
	Redirects: []string{"https://shop.example/thanks", "https://shop.example/pages/"},
	Origins:   []string{"https://shop.example"},
}

type site struct {
	t    testing.TB
	url  string
	sink *channeltest.Sink
	stop func()
}

func openSite(t testing.TB, cfg webform.Config) *site {
	t.Helper()
	cfg.Forms = map[string]webform.Form{"contact": contact, "plain": {Key: "plain"}}
	server := webform.New(cfg, slog.New(slog.DiscardHandler))
	h := httptest.NewServer(server)
	t.Cleanup(h.Close)
	s := &site{t: t, url: h.URL, sink: channeltest.NewSink()}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, s.sink) }()
	stopped := false
	s.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		}
	}
	t.Cleanup(s.stop)
	for { // the server is open once an empty form is refused with 422
		if resp, _ := s.send("plain", "application/json", "{}", nil); resp.StatusCode == http.StatusUnprocessableEntity {
			return s
		}
	}
}

// browser does not follow redirects, so that tests can check them.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (s *site) send(form, contentType, body string, header map[string]string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+"/f/"+form, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := browser.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(answer)
}

// post submits a form like a browser.
func (s *site) post(form string, v url.Values) (*http.Response, string) {
	s.t.Helper()
	return s.send(form, "application/x-www-form-urlencoded", v.Encode(), map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
}

func (s *site) last() desk.FormSubmission {
	s.t.Helper()
	raws := s.sink.Raws()
	if len(raws) == 0 {
		s.t.Fatal("nothing was journaled")
	}
	var f desk.FormSubmission
	if err := json.Unmarshal(raws[len(raws)-1].Bytes, &f); err != nil {
		s.t.Fatal(err)
	}
	return f
}

func good(more ...string) url.Values {
	v := url.Values{"email": {"jo@acme.example"}, "name": {"Jo"}, "subject": {"Cart"}, "message": {"It is empty"}}
	for i := 0; i < len(more); i += 2 {
		v.Add(more[i], more[i+1])
	}
	return v
}

func TestBrowserSubmitsAForm(t *testing.T) {
	s := openSite(t, webform.Config{})
	v := good("topic", "Bugs & more", "order", "A-1\r\nA-2", "colour", "red", "colour", "blue")
	v.Set("subject", "Cart\r\nBcc: all@evil.example")
	v.Set("message", "\r\nIt is\r\nempty\x00\r\n")
	resp, _ := s.post("contact", v)
	at := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !regexp.MustCompile(`^/f/contact/thanks\?ref=[0-9A-Z]{4}-[0-9A-Z]{4}$`).MatchString(at) {
		t.Fatalf("%s to %q", resp.Status, at)
	}
	raw := s.sink.Raws()[0]
	if raw.Channel != desk.ChannelForm || raw.Endpoint != "contact" || raw.SourceKey == "" || raw.RemoteAddr == "" || raw.ReceivedAt.IsZero() || raw.Size != int64(len(raw.Bytes)) || raw.State != "" {
		t.Errorf("%+v", raw)
	}
	f := s.last()
	if f.Form != "contact" || f.Email != "jo@acme.example" || f.Name != "Jo" || f.Subject != "Cart Bcc: all@evil.example" || f.Message != "It is\nempty" {
		t.Errorf("%+v", f)
	}
	if f.Fields["order"] != "A-1\nA-2" || f.Fields["topic"] != "Bugs & more" || f.Fields["colour"] != "red, blue" || len(f.Fields) != 3 {
		t.Errorf("%+v", f.Fields)
	}
	page, err := http.Get(s.url + at)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	b, err := io.ReadAll(page.Body)
	ref := strings.TrimPrefix(at, "/f/contact/thanks?ref=")
	if err != nil || page.StatusCode != http.StatusOK || !strings.Contains(string(b), ref) {
		t.Errorf("%s %v: the reference %s is not on the page", page.Status, err, ref)
	}
	if again, err := http.Get(s.url + "/f/contact/thanks?ref=%3Cscript%3E"); err != nil {
		t.Fatal(err)
	} else if b, _ := io.ReadAll(again.Body); strings.Contains(string(b), "script") || strings.Contains(string(b), "reference\">") {
		t.Error("the page shows unchecked text from its URL")
	}
}

func TestRefusedForms(t *testing.T) {
	s := openSite(t, webform.Config{})
	with := func(field, value string) string {
		v := good("topic", "Billing")
		v.Set(field, value)
		return v.Encode()
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		location                string // location of the first error; "" if there is none
	}{
		{"no address", urlencoded, with("email", ""), 422, "body.email"},
		{"invalid address", urlencoded, with("email", "jo"), 422, "body.email"},
		{"header injection in the address", urlencoded, with("email", "jo@a.example\r\nBcc: x@b.example"), 422, "body.email"},
		{"two addresses", urlencoded, with("email", "jo@a.example,x@b.example"), 422, "body.email"},
		{"no message", urlencoded, with("message", " \n "), 422, "body.message"},
		{"message too long", urlencoded, with("message", strings.Repeat("x", 100<<10+1)), 422, "body.message"},
		{"name too long", urlencoded, with("name", strings.Repeat("x", 201)), 422, "body.name"},
		{"subject too long", urlencoded, with("subject", strings.Repeat("x", 301)), 422, "body.subject"},
		{"value too long", urlencoded, with("other", strings.Repeat("x", 8<<10+1)), 422, "body.other"},
		{"missing required field", urlencoded, good().Encode(), 422, "body.topic"},
		{"broken escapes", urlencoded, "email=%zz", 400, ""},
		{"no JSON", "application/json", "{", 400, ""},
		{"a JSON list", "application/json", "[]", 400, ""},
		{"nested JSON", "application/json", `{"email":"jo@a.example","message":"x","topic":"x","data":{"a":1}}`, 422, "body.data"},
		{"a large body", urlencoded, with("message", strings.Repeat("x", 2<<20)), 413, ""},
		{"large JSON", "application/json", `{"message":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
		{"text", "text/plain", "hello", 415, ""},
		{"nothing", "", "", 415, ""},
		{"multipart without boundary", "multipart/form-data", "x", 400, ""},
		{"truncated multipart", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nx", 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := s.send("contact", tt.contentType, tt.body, map[string]string{"Accept": "application/json"})
			var p struct {
				Type, Title, Detail string
				Status              int
				Errors              []struct{ Location, Message, Value string }
			}
			if err := json.Unmarshal([]byte(body), &p); err != nil || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%s %v: %s", resp.Status, err, body)
			}
			if resp.StatusCode != tt.status || p.Status != tt.status || p.Detail == "" || p.Title == "" || len(body) > 2000 {
				t.Errorf("%s %s", resp.Status, body)
			}
			location := ""
			if len(p.Errors) > 0 {
				location = p.Errors[0].Location
			}
			if location != tt.location {
				t.Errorf("the first error is at %q, want %q: %s", location, tt.location, body)
			}
			html, page := s.send("contact", tt.contentType, tt.body, map[string]string{"Accept": "text/html"})
			if html.StatusCode != tt.status || !strings.Contains(page, `role="alert"`) {
				t.Errorf("a browser gets %s %.200s", html.Status, page)
			}
		})
	}
	if n := len(s.sink.Raws()); n != 0 {
		t.Errorf("%d were journaled, want none", n)
	}
}

func TestJSON(t *testing.T) {
	s := openSite(t, webform.Config{})
	body := `{"email":"jo@acme.example","message":"Hallo Wörld","order":17,"vip":true,"tags":["a","b"],"nothing":null}`
	resp, answer := s.send("plain", "application/json", body, map[string]string{"Origin": "https://other.example"})
	var got struct{ ID, Reference string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || resp.StatusCode != http.StatusCreated || !strings.HasPrefix(got.ID, "rw_") || len(got.Reference) != 9 {
		t.Fatalf("%s %s", resp.Status, answer)
	}
	if f := s.last(); f.Message != "Hallo Wörld" || f.Fields["order"] != "17" || f.Fields["vip"] != "true" || f.Fields["tags"] != "a, b" || len(f.Fields) != 3 {
		t.Errorf("%+v", f)
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a foreign origin may read the response")
	}
}

func TestOrigins(t *testing.T) {
	s := openSite(t, webform.Config{})
	for origin, want := range map[string]string{"https://shop.example": "https://shop.example", "https://evil.example": "", "null": ""} {
		req, err := http.NewRequest(http.MethodOptions, s.url+"/f/contact", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want || (resp.Header.Get("Access-Control-Allow-Methods") != "") != (want != "") {
			t.Errorf("%s: %v", origin, resp.Header)
		}
	}
}

func TestRedirects(t *testing.T) {
	s := openSite(t, webform.Config{})
	for target, allowed := range map[string]bool{
		"https://shop.example/thanks":                    true,
		"https://shop.example/pages/done?x=1":            true,
		"https://shop.example/other":                     false,
		"https://shop.example/thanks/../admin":           false,
		"https://shop.example/pages/../admin":            false,
		"https://shop.example/pages/%2e%2e/admin":        false,
		"http://shop.example/thanks":                     false,
		"https://shop.example.evil.example/thanks":       false,
		"https://shop.example@evil.example/pages/":       false,
		"https://evil.example/https://shop.example/":     false,
		"//evil.example":                                 false,
		"/\\evil.example":                                false,
		"javascript:alert(1)":                            false,
		"https://shop.example/pages/\r\nSet-Cookie: a=b": false,
	} {
		resp, _ := s.post("contact", good("topic", "Billing", "_redirect", target))
		at := resp.Header.Get("Location")
		if resp.StatusCode != http.StatusSeeOther || (at == target) != allowed || (!allowed && !strings.HasPrefix(at, "/f/contact/thanks?")) {
			t.Errorf("%q: %s to %q", target, resp.Status, at)
		}
	}
}

func TestRepeatedFormIsStoredOnce(t *testing.T) {
	s := openSite(t, webform.Config{})
	first, _ := s.post("plain", good("_key", "k1"))
	second, _ := s.post("plain", good("_key", "k1"))
	if first.Header.Get("Location") != second.Header.Get("Location") || len(s.sink.Raws()) != 1 {
		t.Errorf("%s, %s, %d journaled", first.Header.Get("Location"), second.Header.Get("Location"), len(s.sink.Raws()))
	}
	s.post("plain", good("_key", "k1", "extra", "another text with the same key")) // so that nothing is lost
	s.post("plain", good())
	s.post("plain", good()) // without a key, each submission is stored
	if n := len(s.sink.Raws()); n != 4 {
		t.Errorf("%d journaled, want 4", n)
	}
	body := `{"email":"jo@acme.example","message":"x"}`
	for range 3 {
		s.send("plain", "application/json", body, map[string]string{"Idempotency-Key": "abc"})
	}
	if n := len(s.sink.Raws()); n != 5 {
		t.Errorf("%d journaled, want 5", n)
	}
}

// A bot gets the same response as a person, and its form opens no conversation.
func TestTrapField(t *testing.T) {
	s := openSite(t, webform.Config{})
	resp, _ := s.post("plain", good("_gotcha", "http://buy.example"))
	if resp.StatusCode != http.StatusSeeOther || !strings.Contains(resp.Header.Get("Location"), "ref=") {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	raws := s.sink.Raws()
	if len(raws) != 1 || raws[0].State != desk.RawQuarantined || !strings.HasPrefix(raws[0].Problem, "spam") {
		t.Errorf("%+v", raws)
	}
}

func TestUnavailableJournal(t *testing.T) {
	s := openSite(t, webform.Config{})
	s.sink.Fail(desk.Errorf(desk.KindTemporary, "the disk is full"))
	resp, page := s.post("contact", good("topic", "Billing", "_key", "k1"))
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || strings.Contains(page, "disk") {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	if form := parsePage(t, page); form.values["message"] != "It is empty" || form.values["_key"] != "k1" {
		t.Errorf("%+v", form.values)
	}
	s.stop()
	if resp, _ := s.post("contact", good("topic", "Billing")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the stop: %s", resp.Status)
	}
}

func TestTooManyForms(t *testing.T) {
	from := "192.0.2.1"
	s := openSite(t, webform.Config{PerMinute: 60, Burst: 3, ClientIP: func(r *http.Request) netip.Addr {
		if r.Header.Get("Accept") == "" { // the empty forms that openSite posted
			return netip.MustParseAddr("127.0.0.1")
		}
		return netip.MustParseAddr(from)
	}})
	count := func(n int) (taken int) {
		for range n {
			resp, _ := s.post("plain", good())
			switch resp.StatusCode {
			case http.StatusSeeOther:
				taken++
			case http.StatusTooManyRequests:
				if wait := resp.Header.Get("Retry-After"); wait != "1" {
					t.Errorf("Retry-After: %s", wait)
				}
			default:
				t.Error(resp.Status)
			}
		}
		return taken
	}
	start := time.Now()
	if got, most := count(6), 3+int(time.Since(start).Seconds())+1; got < 3 || got > most {
		t.Errorf("%d of 6 were accepted, the burst is 3", got)
	}
	from = "2001:db8::1"
	count(6)
	from = "2001:db8::ffff:1" // the same network
	if got := count(1); got > int(time.Since(start).Seconds())+1 {
		t.Errorf("%d more from the same network", got)
	}
	from = "2001:db8:0:1::1"
	if got := count(1); got != 1 {
		t.Error("another network was refused")
	}
}

// BenchmarkForm measures a submission over HTTP with a journal in memory.
func BenchmarkForm(b *testing.B) {
	s := openSite(b, webform.Config{})
	body := `{"email":"jo@acme.example","name":"Jo","subject":"Cart","message":"It is empty"}`
	for b.Loop() {
		if resp, answer := s.send("plain", "application/json", body, nil); resp.StatusCode != http.StatusCreated {
			b.Fatal(resp.Status, answer)
		}
	}
}
