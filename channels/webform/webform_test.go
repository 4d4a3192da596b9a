package webform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"switchboard/channels"
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
	for { // open when an empty form is refused for itself
		if resp, _ := s.send("plain", "application/json", "{}", nil); resp.StatusCode == http.StatusUnprocessableEntity {
			return s
		}
	}
}

// browser does not follow redirects: the tests look at them.
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

// post sends a form as a person's browser does.
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

func TestABrowserSendsAForm(t *testing.T) {
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
		t.Error("the page shows whatever stands in its address")
	}
}

// The page that a person with a mistake gets back holds what he had written.
func TestMistakesAreShownWithWhatWasWritten(t *testing.T) {
	s := openSite(t, webform.Config{})
	v := url.Values{"email": {`jo"><script>alert(1)</script>`}, "name": {"Jö & Co"}, "message": {"</textarea><img src=x onerror=alert(1)>"},
		"topic": {"Bugs & more"}, "unknown": {"kept too"}, "_key": {"k-1"}, "_redirect": {"https://shop.example/thanks"}}
	resp, page := s.post("contact", v)
	if resp.StatusCode != http.StatusUnprocessableEntity || len(s.sink.Raws()) != 0 {
		t.Fatalf("%s, %d journaled", resp.Status, len(s.sink.Raws()))
	}
	form := parsePage(t, page)
	for name, want := range map[string]string{"email": v.Get("email"), "name": "Jö & Co", "message": v.Get("message"), "topic": "Bugs & more",
		"unknown": "kept too", "_key": "k-1", "_redirect": "https://shop.example/thanks", "_gotcha": ""} {
		if got, ok := form.values[name]; !ok || got != want {
			t.Errorf("%s is %q on the page, want %q", name, got, want)
		}
	}
	if form.tags["script"]+form.tags["img"] > 0 {
		t.Error("what was written has become a part of the page")
	}
	if !form.invalid["email"] || form.invalid["name"] || form.invalid["message"] {
		t.Errorf("marked as wrong: %v", form.invalid)
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
		!strings.Contains(csp, "form-action 'self' https://shop.example") || !strings.Contains(csp, "frame-ancestors 'self' https://shop.example") {
		t.Error(csp)
	}
	form.values["email"] = "jo@acme.example" // he repairs it and sends the page's form
	repaired := url.Values{}
	for name, value := range form.values {
		repaired.Set(name, value)
	}
	resp, _ = s.post("contact", repaired)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "https://shop.example/thanks" {
		t.Errorf("%s to %s", resp.Status, resp.Header.Get("Location"))
	}
	if f := s.last(); f.Fields["unknown"] != "kept too" || f.Message != v.Get("message") {
		t.Errorf("%+v", f)
	}
}

type parsedPage struct {
	values  map[string]string
	invalid map[string]bool
	tags    map[string]int
	unnamed []string // controls without a label
}

func parsePage(t *testing.T, page string) parsedPage {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	p := parsedPage{map[string]string{}, map[string]bool{}, map[string]int{}, nil}
	labels, controls := map[string]bool{}, map[string]string{}
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	text := func(n *html.Node) string {
		if n.FirstChild == nil {
			return ""
		}
		return n.FirstChild.Data
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		p.tags[n.Data]++
		name := attr(n, "name")
		switch n.Data {
		case "label":
			labels[attr(n, "for")] = true
		case "input":
			if attr(n, "type") != "file" {
				p.values[name] = attr(n, "value")
			}
			if attr(n, "type") != "hidden" {
				controls[attr(n, "id")] = name
			}
		case "textarea":
			p.values[name] = text(n)
			controls[attr(n, "id")] = name
		case "select":
			controls[attr(n, "id")] = name
			p.values[name] = ""
			for o := range n.Descendants() {
				if o.Data == "option" && strings.Contains(attrKeys(o), "selected") {
					p.values[name] = text(o)
				}
			}
		}
		if attr(n, "aria-invalid") == "true" {
			p.invalid[name] = true
		}
	}
	for id, name := range controls {
		if !labels[id] {
			p.unnamed = append(p.unnamed, name)
		}
	}
	return p
}

func attrKeys(n *html.Node) string {
	keys := ""
	for _, a := range n.Attr {
		keys += a.Key + " "
	}
	return keys
}

func TestTheHostedPage(t *testing.T) {
	s := openSite(t, webform.Config{})
	get := func(path string) (int, parsedPage, http.Header) {
		resp, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, parsePage(t, string(b)), resp.Header
	}
	status, one, header := get("/f/contact?subject=About+%3Cb%3E")
	_, two, _ := get("/f/contact")
	if status != http.StatusOK || one.values["subject"] != "About <b>" || one.tags["b"] > 0 {
		t.Errorf("%d %+v", status, one)
	}
	if one.values["_key"] == "" || one.values["_key"] == two.values["_key"] {
		t.Errorf("the pages' keys are %q and %q", one.values["_key"], two.values["_key"])
	}
	if len(one.unnamed) > 0 || one.tags["main"] != 1 || one.tags["h1"] != 1 || one.tags["script"] > 0 {
		t.Errorf("without label: %v; %v", one.unnamed, one.tags)
	}
	if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
		t.Error(header)
	}
	if status, _, _ := get("/f/nothing"); status != http.StatusNotFound {
		t.Errorf("an unknown form: %d", status)
	}
}

func TestWhatIsRefused(t *testing.T) {
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
		location                string // of the first error; "" for none
	}{
		{"no address", urlencoded, with("email", ""), 422, "body.email"},
		{"an address that is none", urlencoded, with("email", "jo"), 422, "body.email"},
		{"a header in the address", urlencoded, with("email", "jo@a.example\r\nBcc: x@b.example"), 422, "body.email"},
		{"two addresses", urlencoded, with("email", "jo@a.example,x@b.example"), 422, "body.email"},
		{"no message", urlencoded, with("message", " \n "), 422, "body.message"},
		{"too long a message", urlencoded, with("message", strings.Repeat("x", 100<<10+1)), 422, "body.message"},
		{"too long a name", urlencoded, with("name", strings.Repeat("x", 201)), 422, "body.name"},
		{"too long a subject", urlencoded, with("subject", strings.Repeat("x", 301)), 422, "body.subject"},
		{"too long a value", urlencoded, with("other", strings.Repeat("x", 8<<10+1)), 422, "body.other"},
		{"a required field", urlencoded, good().Encode(), 422, "body.topic"},
		{"broken escapes", urlencoded, "email=%zz", 400, ""},
		{"no JSON", "application/json", "{", 400, ""},
		{"a JSON list", "application/json", "[]", 400, ""},
		{"nested JSON", "application/json", `{"email":"jo@a.example","message":"x","topic":"x","data":{"a":1}}`, 422, "body.data"},
		{"a large body", urlencoded, with("message", strings.Repeat("x", 2<<20)), 413, ""},
		{"large JSON", "application/json", `{"message":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
		{"text", "text/plain", "hello", 415, ""},
		{"nothing", "", "", 415, ""},
		{"multipart without boundary", "multipart/form-data", "x", 400, ""},
		{"multipart that breaks off", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nx", 400, ""},
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
		t.Errorf("%d were journaled", n)
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
		t.Error("a foreign origin may read the answer")
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

func TestARepeatedFormIsOne(t *testing.T) {
	s := openSite(t, webform.Config{})
	first, _ := s.post("plain", good("_key", "k1"))
	second, _ := s.post("plain", good("_key", "k1"))
	if first.Header.Get("Location") != second.Header.Get("Location") || len(s.sink.Raws()) != 1 {
		t.Errorf("%s, %s, %d journaled", first.Header.Get("Location"), second.Header.Get("Location"), len(s.sink.Raws()))
	}
	s.post("plain", good("_key", "k1", "extra", "another text under the same key")) // nothing may be lost
	s.post("plain", good())
	s.post("plain", good()) // without a key each is one
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

// A machine gets the answer that a person gets, and its words open no conversation.
func TestTheTrap(t *testing.T) {
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

func TestAJournalThatIsAway(t *testing.T) {
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
		if r.Header.Get("Accept") == "" { // openSite's own
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
		t.Errorf("%d of 6 were taken, the burst is 3", got)
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

type upload struct{ field, name, contentType, content string }

func multipartBody(t testing.TB, values url.Values, files ...upload) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, vs := range values {
		for _, v := range vs {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + f.field + `"; filename="` + f.name + `"`}, "Content-Type": {f.contentType}}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestFiles(t *testing.T) {
	s := openSite(t, webform.Config{})
	contentType, body := multipartBody(t, good("colour", "caf\xe9 \x80"),
		upload{"attachment", `C:\\fakepath\\a.txt`, "text/plain", "one\x00\xff"},
		upload{"picture", "../../ü.png", "image/png", "two"},
		upload{"attachment", "", "application/octet-stream", ""}, // a field left empty
		upload{"attachment", "empty.txt", "text/plain", ""},
	)
	resp, answer := s.send("plain", contentType, body, map[string]string{"Accept": "application/json"})
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s", resp.Status, answer)
	}
	f := s.last()
	if len(f.Files) != 3 || f.Files[0].Name != "a.txt" || string(f.Files[0].Data) != "one\x00\xff" || f.Files[0].Type != "text/plain" ||
		f.Files[1].Name != "ü.png" || string(f.Files[1].Data) != "two" || f.Files[2].Name != "empty.txt" {
		t.Errorf("%+v", f.Files)
	}
	if f.Fields["colour"] != "café €" { // windows-1252
		t.Errorf("%q", f.Fields["colour"])
	}
}

func TestFileLimits(t *testing.T) {
	s := openSite(t, webform.Config{MaxFiles: 3, MaxFile: 1000, MaxTotal: 2000})
	file := func(n int) upload { return upload{"f", "f.bin", "application/octet-stream", strings.Repeat("x", n)} }
	for _, tt := range []struct {
		name   string
		files  []upload
		status int
	}{
		{"just what fits", []upload{file(1000), file(999), file(1)}, 303},
		{"one file too large", []upload{file(1001)}, 413},
		{"too much together", []upload{file(1000), file(1000), file(1)}, 413},
		{"too many", []upload{file(1), file(1), file(1), file(1)}, 413},
		{"far too large", []upload{file(3 << 20)}, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			contentType, body := multipartBody(t, good(), tt.files...)
			resp, page := s.send("plain", contentType, body, map[string]string{"Accept": "text/html"})
			if resp.StatusCode != tt.status {
				t.Fatalf("%s, want %d", resp.Status, tt.status)
			}
			if tt.status == 413 && !strings.Contains(page, "larger than") && !strings.Contains(page, "more than") {
				t.Errorf("%s", page)
			}
		})
	}
	if n := len(s.sink.Raws()); n != 1 {
		t.Errorf("%d journaled, want 1", n)
	}
}

// submitter is a script on somebody's page, as channeltest sees it.
type submitter struct{ url string }

func (c submitter) Send(ctx context.Context, nonce string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/f/plain", strings.NewReader(`{"email":"jo@acme.example","message":"`+nonce+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", nonce)
	for {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		switch {
		case resp.StatusCode == http.StatusCreated:
			return nil
		case resp.StatusCode != http.StatusServiceUnavailable:
			return desk.Errorf(desk.KindInvalid, "%s %s", resp.Status, body)
		}
		select { // it says when to come back; a test comes sooner
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
		if req.Body, err = req.GetBody(); err != nil {
			return err
		}
	}
}

func (c submitter) Repeat(ctx context.Context, nonce string) error { return c.Send(ctx, nonce) }

func TestPromises(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{New: func(t *testing.T, _ *channeltest.Sink) (channels.Channel, channeltest.Customer) {
		server := webform.New(webform.Config{Forms: map[string]webform.Form{"plain": {Key: "plain"}}}, slog.New(slog.DiscardHandler))
		h := httptest.NewServer(server)
		t.Cleanup(h.Close)
		return server, submitter{h.URL}
	}})
}

func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "email=jo%40acme.example&message=x&_key=1")
	f.Add("application/json", `{"email":"jo@acme.example","message":"x","n":[1,true]}`)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njo@acme.example\r\n--b--")
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../x\"\r\n\r\n\xff\r\n--b--")
	server := webform.New(webform.Config{Forms: map[string]webform.Form{"plain": {Key: "plain"}}}, slog.New(slog.DiscardHandler))
	sink := channeltest.NewSink()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, sink) }()
	f.Cleanup(func() { cancel(); <-done })
	f.Fuzz(func(t *testing.T, contentType, body string) {
		for _, accept := range []string{"application/json", "text/html"} {
			req := httptest.NewRequest(http.MethodPost, "/f/plain", strings.NewReader(body))
			req.Header.Set("Content-Type", contentType)
			req.Header.Set("Accept", accept)
			req.RemoteAddr = "127.0.0.1:1"
			before := len(sink.Raws())
			w := httptest.NewRecorder()
			server.ServeHTTP(w, req)
			switch w.Code {
			case 201, 303, 400, 413, 415, 422, 503:
			default:
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			raws := sink.Raws()
			if w.Code >= 400 && len(raws) > before {
				t.Fatalf("%d, and journaled", w.Code)
			}
			if w.Code == 503 || len(raws) == before {
				continue
			}
			var got desk.FormSubmission
			if err := json.Unmarshal(raws[before].Bytes, &got); err != nil || got.Message == "" || strings.ContainsAny(got.Email+got.Name+got.Subject, "\r\n\x00") {
				t.Fatalf("%v: journaled %s", err, raws[before].Bytes)
			}
		}
	})
}

// BenchmarkForm is a submission over HTTP, without the journal's disk.
func BenchmarkForm(b *testing.B) {
	s := openSite(b, webform.Config{})
	body := `{"email":"jo@acme.example","name":"Jo","subject":"Cart","message":"It is empty"}`
	for b.Loop() {
		if resp, answer := s.send("plain", "application/json", body, nil); resp.StatusCode != http.StatusCreated {
			b.Fatal(resp.Status, answer)
		}
	}
}
