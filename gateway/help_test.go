package gateway_test

import (
	"database/sql"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/desk/view"
)

// write publishes a public article.
func (r *running) write(a map[string]any) (out view.Article) {
	r.t.Helper()
	a["public"] = true
	if code := r.call("POST", "/articles", a, &out); code != http.StatusCreated {
		r.t.Fatal("create an article:", code)
	}
	if code := r.call("POST", "/articles/"+out.ID.String()+"/publish", map[string]any{}, &out); code != http.StatusOK {
		r.t.Fatal("publish:", code)
	}
	return out
}

// get requests a public page and returns the response, whose body is read, and the text.
func (r *running) get(path string, header ...string) (*http.Response, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.host+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, string(text)
}

// TestHelpPages reads the knowledge base as a browser without scripts does.
func TestHelpPages(t *testing.T) {
	r := start(t, func(cfg *config.Config) {
		cfg.PublicURL = "https://help.desk.example"
		cfg.Help = config.Help{Title: "Acme help", Accent: "#7a1fa2"}
		cfg.Forms = []config.Form{{Key: "contact"}}
	})
	reset := r.write(map[string]any{"title": "Resetting your password", "text": "# Steps\n\nOpen **Settings**. <script>alert(1)</script>\n\n[bad](javascript:alert(1))", "tags": []string{"Login"}})
	r.write(map[string]any{"title": "Passwort ändern", "slug": "resetting-your-password", "language": "de", "text": "Öffnen Sie die Einstellungen."})
	r.write(map[string]any{"title": "The longest article", "text": strings.Repeat("- **a** `b` & c\n", 460)})
	if code := r.call("POST", "/articles", map[string]any{"title": "Password drafts are secret", "public": true}, nil); code != http.StatusCreated {
		t.Fatal(code)
	}
	for path, want := range map[string][]string{
		"/help/en":                         {"Acme help", "Resetting your password", "Login", `href="/f/contact"`, `href="/help/de"`},
		"/help/de":                         {"Passwort ändern"},
		"/help/en?q=passwords":             {"Resetting your password", "Open Settings."},
		"/help/en?q=password+nosuchword":   {"No article has all of these words", "Resetting your password"},
		"/help/en?q=nosuchword":            {"No article was found", `href="/f/contact"`},
		"/help/en?tag=Login":               {"Resetting your password"},
		"/help/en/resetting-your-password": {"<h2>Steps</h2>", "<strong>Settings</strong>", "&lt;script&gt;", "Was this helpful?", `href="/f/contact"`, `href="/help/de/resetting-your-password"`, `rel="canonical" href="https://help.desk.example/help/en/resetting-your-password"`},
		"/help/en/the-longest-article":     {"<strong>a</strong>"},
	} {
		answer, text := r.get(path)
		if answer.StatusCode != http.StatusOK || len(text) > 30_000 {
			t.Errorf("%s: %d, %d octets", path, answer.StatusCode, len(text))
		}
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in\n%s", path, part, text)
			}
		}
		if strings.Contains(text, "secret") || strings.Contains(text, "<script") || strings.Contains(text, "javascript:") || strings.Contains(text, "style=") {
			t.Errorf("%s shows what it may not:\n%s", path, text)
		}
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src 'self' https:;") {
			t.Errorf("%s: %s", path, policy)
		}
		if again, body := r.get(path, "If-None-Match", answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s again: %d %q", path, again.StatusCode, body)
		}
	}
	for language, want := range map[string]string{"de-AT,en;q=0.5": "/help/de", "ja": "/help/en", "": "/help/en"} {
		if answer, _ := r.get("/help", "Accept-Language", language); answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != want {
			t.Errorf("%q: %d %s", language, answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/help/en/password-drafts-are-secret", "/help/fr", "/help/en/a/b", "/help/en/%00"} {
		if answer, text := r.get(path); answer.StatusCode != http.StatusNotFound || !strings.Contains(text, `href="/f/contact"`) {
			t.Errorf("%s: %d %s", path, answer.StatusCode, text)
		}
	}
	var sitemap struct {
		URLs []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if _, text := r.get("/help/sitemap.xml"); xml.Unmarshal([]byte(text), &sitemap) != nil || len(sitemap.URLs) != 3 || !strings.HasPrefix(sitemap.URLs[0].Loc, "https://help.desk.example/help/") {
		t.Errorf("sitemap %s", text)
	}

	// Votes count once for each visit, and the last one counts.
	for _, answer := range []string{"no", "no", "yes"} {
		if code, _ := r.page("POST", "/help/en/resetting-your-password", url.Values{"helpful": {answer}}); code != http.StatusSeeOther && code != http.StatusOK {
			t.Error("vote:", code)
		}
	}
	var a view.Article
	if r.call("GET", "/articles/"+reset.ID.String(), nil, &a); a.Helpful != 1 || a.Unhelpful != 0 {
		t.Errorf("votes %d %d", a.Helpful, a.Unhelpful)
	}
	if code, _ := r.page("POST", "/help/en/resetting-your-password", url.Values{"helpful": {"yes"}}, "Origin", "https://evil.example"); code != http.StatusForbidden {
		t.Error("a foreign vote:", code)
	}
}

// TestHelpSuggestions: what somebody is writing finds articles, and what they do then is
// recorded for the measure.
func TestHelpSuggestions(t *testing.T) {
	var dsn string
	r := start(t, func(cfg *config.Config) { dsn = cfg.DB.URL })
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r.write(map[string]any{"title": "Resetting your password", "text": "Open Settings."})
	r.write(map[string]any{"title": "Getting a refund", "text": "Your password is not needed.", "tags": []string{"invoice"}})
	for q, want := range map[string]string{
		"I forgot my passwords, what do I do": "Resetting your password",
		"how do I get my invoi":               "Getting a refund",
		"how do I":                            "",
		"":                                    "",
	} {
		answer, text := r.get("/help/suggest?place=widget&language=en-US&q=" + url.QueryEscape(q))
		if got := strings.Contains(text, `"title":"`+want+`"`); answer.StatusCode != http.StatusOK || want != "" && !got || want == "" && !strings.Contains(text, `"data":[]`) || strings.Count(text, `"title"`) > 1 {
			t.Errorf("%q: %d %s", q, answer.StatusCode, text)
		}
	}
	r.get("/help/en/getting-a-refund?from=widget")
	rows := func() string {
		var text string
		if err := db.QueryRow(`select coalesce(string_agg(distinct e.kind || ' ' || e.place || ' ' || coalesce(a.slug, '-'), ', ' order by e.kind || ' ' || e.place || ' ' || coalesce(a.slug, '-')), '') || ' ' || count(distinct visit) from help_events e left join articles a on a.id = e.article_id`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := rows(); got != "opened widget getting-a-refund, shown widget getting-a-refund, shown widget resetting-your-password 1" {
		t.Error(got)
	}
	r.page("POST", "/f/contact", url.Values{"email": {"not an address"}, "message": {""}}) // is refused
	if got := rows(); strings.Contains(got, "wrote") {
		t.Error(got)
	}
	r.page("POST", "/f/contact", url.Values{"email": {"jo@acme.example"}, "message": {"Hello"}})
	if got := rows(); !strings.Contains(got, "wrote form -") || !strings.HasSuffix(got, " 2") { // also the visit of yesterday
		t.Error(got)
	}
}
