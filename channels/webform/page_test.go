package webform_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"switchboard/channels/webform"
)

// After a mistake the page is shown again with the values that were entered.
func TestMistakesKeepEnteredValues(t *testing.T) {
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
		t.Error("the input was not escaped")
	}
	if !form.invalid["email"] || form.invalid["name"] || form.invalid["message"] {
		t.Errorf("fields marked as invalid: %v", form.invalid)
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
		!strings.Contains(csp, "form-action 'self' https://shop.example") || !strings.Contains(csp, "frame-ancestors 'self' https://shop.example") {
		t.Error(csp)
	}
	form.values["email"] = "jo@acme.example" // the visitor corrects the address and submits the page's form
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

// TestSuggestionsAreAScriptWithANonce: the only one, and only if there are help pages.
func TestSuggestionsAreAScriptWithANonce(t *testing.T) {
	t.Parallel()
	for _, suggest := range []bool{true, false} {
		server := webform.New(webform.Config{Forms: map[string]webform.Form{"plain": {Key: "plain"}}, Suggest: suggest}, slog.New(slog.DiscardHandler))
		for path, script := range map[string]bool{"/f/plain": suggest, "/f/plain/thanks": false, "/f/none": false} {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			csp, body := w.Header().Get("Content-Security-Policy"), w.Body.String()
			_, nonce, _ := strings.Cut(csp, "script-src 'nonce-")
			nonce, _, _ = strings.Cut(nonce, "'")
			if has := strings.Contains(body, `<script nonce="`+nonce+`">`) && nonce != "" && strings.Contains(body, "/help/suggest?") && strings.Contains(csp, "connect-src 'self'"); has != script || strings.Count(body, "<script") != map[bool]int{true: 1}[script] {
				t.Errorf("%s with suggestions %v: %s\n%s", path, suggest, csp, body)
			}
		}
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
		t.Errorf("an unknown form: status %d", status)
	}
}
