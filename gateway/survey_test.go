package gateway_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/internal/mailtest"
)

// surveyed starts a desk that asks its customers, and returns what they get.
func surveyed(t *testing.T, section string, change func(*config.Config)) (*running, *mailtest.SMTPSink) {
	t.Helper()
	sink, dns := mailtest.NewSMTPSink(t), mailtest.DNS(t, acmeDNS)
	return start(t, func(cfg *config.Config) {
		cfg.Policy = automaticPolicy(t, section)
		cfg.SMTP.ProxyFrom, cfg.SMTP.DNS, cfg.Mail.Domain = []string{"127.0.0.0/8"}, dns, "mx.desk.example"
		cfg.Smarthost, cfg.PublicURL = config.Smarthost{Addr: sink.Addr, TLS: "none"}, "https://help.desk.example"
		if change != nil {
			change(cfg)
		}
	}), sink
}

var surveyLink = regexp.MustCompile(`https://help\.desk\.example(/survey/[A-Za-z0-9_-]+)\?choice=(\d)`)

// links returns the path of a survey in a mail, and the choices it offers.
func links(t *testing.T, mail []byte) (path string, choices []string) {
	t.Helper()
	text := strings.ReplaceAll(strings.ReplaceAll(string(mail), "=\n", ""), "=3D", "=")
	for _, m := range surveyLink.FindAllStringSubmatch(text, -1) {
		path, choices = m[1], append(choices, m[2])
	}
	if path == "" {
		t.Fatalf("no link in\n%s", text)
	}
	return path, choices
}

func (r *running) resolve(id string) {
	r.t.Helper()
	if code := r.call("POST", "/conversations/"+id+"/status", map[string]any{"status": "resolved"}, nil); code != http.StatusOK {
		r.t.Fatal("resolve:", code)
	}
}

// page requests a page as a browser does, and returns the status and the text.
func (r *running) page(method, path string, form url.Values, header ...string) (int, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.host+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestSurvey: a resolved conversation leads to one mail; looking at its links records
// nothing, sending the answer does, and so does changing it.
func TestSurvey(t *testing.T) {
	t.Parallel()
	r, sink := surveyed(t, "{survey: {kind: csat, after: 1s}}", nil)
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Lamp", "1@acme.example", "It is broken."))
	c := r.only("from:jo@acme.example")
	r.resolve(c.ID)
	sent := sink.Await(1)[0]
	path, choices := links(t, sent.Content)
	if !slices.Equal(choices, []string{"5", "4", "3", "2", "1"}) || sent.From != "" || !strings.Contains(string(sent.Content), "Auto-Submitted: auto-generated") {
		t.Errorf("from %q, choices %v:\n%s", sent.From, choices, sent.Content)
	}
	// Agents see that there are links, and not where they lead.
	asked := r.messages(c.ID)[1]
	if token := strings.TrimPrefix(path, "/survey/"); strings.Contains(asked.Text, token) || !strings.Contains(asked.Text, "/survey/hidden?choice=5") {
		t.Errorf("agents see %s", asked.Text)
	}
	if code := r.call("GET", "/messages/"+asked.ID+"/raw", nil, nil); code != http.StatusNotFound {
		t.Errorf("the original of a survey: %d", code)
	}
	for _, method := range []string{"HEAD", "GET"} {
		for _, choice := range choices { // as a scanner does
			if code, _ := r.page(method, path+"?choice="+choice, nil); code != http.StatusOK {
				t.Errorf("%s: %d", method, code)
			}
		}
	}
	if _, text := r.page("GET", path+"?choice=4", nil); !strings.Contains(text, `value="4" required checked`) || strings.Count(text, "checked>") != 1 {
		t.Errorf("the choice of the link is not selected:\n%s", text)
	}
	if got := r.history(c.ID, "survey.answered"); len(got) != 0 {
		t.Fatalf("a GET recorded %v", got)
	}
	for _, bad := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		if code, _ := r.page("POST", path, url.Values{"choice": {"1"}}, bad...); code != http.StatusForbidden {
			t.Errorf("%v: %d", bad, code)
		}
	}
	if code, text := r.page("POST", path, url.Values{"choice": {"6"}, "comment": {"<b>6</b>"}}); code != http.StatusUnprocessableEntity || !strings.Contains(text, "&lt;b&gt;6") {
		t.Errorf("an answer that is none: %d\n%s", code, text)
	}
	for _, answer := range []url.Values{{"choice": {"2"}, "comment": {"<script>alert(1)</script>"}}, {"choice": {"2"}, "comment": {"<script>alert(1)</script>"}}, {"choice": {"4"}}} {
		if code, text := r.page("POST", path, answer, "Origin", "https://help.desk.example"); code != http.StatusOK || !strings.Contains(text, "Thank you") {
			t.Errorf("%v: %d\n%s", answer, code, text)
		}
	}
	got := r.history(c.ID, "survey.answered")
	if len(got) != 2 || got[0]["score"] != 2.0 || got[0]["comment"] != "<script>alert(1)</script>" || got[1]["score"] != 4.0 || got[1]["changed"] != true || got[1]["comment"] != nil {
		t.Errorf("recorded %v", got)
	}
	var full struct{ Status string }
	if r.call("GET", "/conversations/"+c.ID, nil, &full); full.Status != "resolved" {
		t.Error("after the answer:", full.Status)
	}
	var results struct {
		Total struct {
			Sent, Answered, Good int
			Share, Average       *float64
		}
		Groups []struct {
			Key, Name string
			Sent      int
			Share     *float64
		}
	}
	for by, want := range map[string]string{"inbox": "frontline", "agent": ""} {
		if code := r.call("GET", "/surveys?by="+by, nil, &results); code != http.StatusOK || results.Total.Sent != 1 || results.Total.Answered != 1 || results.Total.Good != 1 || *results.Total.Share != 1 ||
			*results.Total.Average != 0.75 || len(results.Groups) != 1 || results.Groups[0].Key != want || *results.Groups[0].Share != 1 {
			t.Errorf("by %s: %d %+v", by, code, results)
		}
	}
	if r.call("GET", "/surveys?kind=effort", nil, &results); results.Total.Sent != 0 || results.Total.Share != nil || len(results.Groups) != 0 {
		t.Errorf("of another kind: %+v", results)
	}
	if code := r.call("GET", "/surveys?to=2026-01-01T00:00:00Z&from=2026-01-02T00:00:00Z", nil, nil); code != http.StatusUnprocessableEntity {
		t.Errorf("from after to: %d", code)
	}
	for name, bad := range map[string]string{"forged": path[:len(path)-1] + "_", "shortened": path[:20], "of another": "/survey/" + strings.Repeat("A", 55)} {
		if code, _ := r.page("POST", bad, url.Values{"choice": {"1"}}); code != http.StatusNotFound {
			t.Errorf("%s: %d", name, code)
		}
	}
	// The same contact is not asked again soon, and somebody unverified never.
	r.via("192.0.2.7", letter("Jo <jo@acme.example>", "support@desk.example", "Chair", "2@acme.example", "It is broken, too."))
	again := r.only("Chair")
	r.resolve(again.ID)
	if rule := r.withheld(again.ID); rule != "budget-address" {
		t.Error("soon after:", rule)
	}
	r.via("198.51.100.1", letter("kim@other.example", "support@desk.example", "Desk", "3@other.example", "Hello."))
	kim := r.only("from:kim@other.example")
	r.resolve(kim.ID)
	if rule := r.withheld(kim.ID); rule != "unverified" {
		t.Error("unverified:", rule)
	}
}
