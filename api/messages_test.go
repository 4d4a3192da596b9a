package api

import (
	"encoding/base64"
	"mime"
	"net/url"
	"strings"
	"testing"

	"switchboard/desk/view"
)

func TestMessagePage(t *testing.T) {
	d := newDesk(t)
	at := "/messages/" + d.open.message.String()
	a := d.as("ana", "GET", at+"/html", nil).want(t, 200)
	csp := a.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "sandbox", "img-src data:", "frame-ancestors 'self'", "form-action 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("policy %q lacks %s", csp, part)
		}
	}
	if strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "allow-same-origin") || strings.Contains(csp, "script-src") {
		t.Errorf("policy %q lets scripts run", csp)
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	logo := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG fake Invoice is wrong"))
	if !strings.Contains(a.body, logo) || strings.Contains(a.body, "cid:") {
		t.Errorf("the inline picture is not in the page: %s", a.body)
	}
	d.exec(`update messages set html_body = '', subject = '<script>' where id = $1`, d.open.message)
	d.as("ana", "GET", at+"/html", nil).want(t, 404)
	d.exec(`update messages set html_body = '<b>x</b>' where id = $1`, d.open.message)
	if a := d.as("ana", "GET", at+"/html", nil).want(t, 200); strings.Contains(a.body, "<script>") {
		t.Error("the subject is not escaped")
	}
}

func TestDownloads(t *testing.T) {
	d := newDesk(t)
	var page Page[view.Message]
	d.as("ana", "GET", "/conversations/"+d.open.id.String()+"/messages", nil).want(t, 200).json(t, &page)
	m := page.Data[0]
	follow := func(url string) answer {
		t.Helper()
		path, ok := strings.CutPrefix(url, base)
		if !ok {
			t.Fatalf("URL %q", url)
		}
		return d.as("ana", "GET", path, nil).want(t, 200)
	}

	raw := follow(m.RawURL)
	if raw.Header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(raw.Header.Get("Content-Disposition"), "attachment;") || !strings.HasPrefix(raw.body, "From: jo@acme.example\r\n") {
		t.Errorf("original: %v %q", raw.Header, raw.body)
	}
	picture := follow(m.Attachments[0].URL)
	if picture.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture.Header.Get("Content-Disposition"), "inline;") {
		t.Errorf("picture: %v", picture.Header)
	}
	page2 := follow(m.Attachments[1].URL)
	if got := page2.Header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("an HTML attachment is served as %s", got)
	}
	disposition, params, err := mime.ParseMediaType(page2.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" || params["filename"] != `Übersicht "Mai".html` {
		t.Errorf("disposition %q: %v %v", page2.Header.Get("Content-Disposition"), params, err)
	}
	for _, a := range []answer{raw, picture, page2} {
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: headers %v", a.Request.URL, a.Header)
		}
	}
	d.as("ana", "GET", "/messages/"+m.ID.String()+"/attachments/9", nil).want(t, 404)
	d.as("ana", "GET", "/messages/"+m.ID.String()+"/attachments/1.2%2F..%2F2", nil).want(t, 404)
}

func TestContentDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt":         `attachment; filename="a.txt"`,
		"":              `attachment; filename="file"`,
		"ü.txt":         `attachment; filename="_.txt"; filename*=UTF-8''%C3%BC.txt`,
		"a\"b\\c.txt":   `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b%5Cc.txt`,
		"a\r\nX: y.txt": `attachment; filename="a__X: y.txt"; filename*=UTF-8''a%0D%0AX%3A%20y.txt`,
		"50%.txt":       `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`,
		"東京.pdf":        `attachment; filename="__.pdf"; filename*=UTF-8''%E6%9D%B1%E4%BA%AC.pdf`,
	} {
		if got := contentDisposition("attachment", name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// No parameter value causes an internal error.
func TestHostileParameters(t *testing.T) {
	d := newDesk(t)
	hostile := []string{"'", `"`, `\`, "%", "_", "';select pg_sleep(9)--", "\x00", "\xff\xfe", "{}", "[]", "$1", "/* filter */", "1e999", "-9223372036854775809",
		strings.Repeat("x", 5000), "null", "\u202e", "🎉", "a\r\nb", "../../etc/passwd", "eyJ1cGRhdGVkX2F0IjoiOTk5OTktMDEtMDFUMDA6MDA6MDBaIn0", "eyJhZnRlciI6OTIyMzM3MjAzNjg1NDc3NTgwN30", "eyJhZnRlciI6LTF9", "bnVsbA"}
	at := "/conversations/" + d.open.id.String()
	lists := map[string][]string{
		"/conversations":   {"q", "inbox", "tier", "status", "assignee", "account", "cursor", "limit"},
		at + "/messages":   {"cursor", "limit"},
		at + "/events":     {"cursor", "limit"},
		at + "/stints":     {"cursor", "limit"},
		"/accounts":        {"q", "cursor", "limit"},
		"/contacts":        {"q", "cursor", "limit"},
		"/events":          {"after", "limit"},
		"/raws":            {"state", "cursor", "limit"},
		"/events/socket":   {"after"},
		at:                 {"x"},
		"/messages/x/html": {"x"},
	}
	for path, params := range lists {
		for _, param := range params {
			for _, v := range hostile {
				for _, value := range []string{v, "from:" + v, "account:" + v, `tag:"` + v + `"`, "#" + v} {
					if param != "q" && value != v {
						continue
					}
					a := d.as("root", "GET", path+"?"+param+"="+url.QueryEscape(value), nil)
					if a.StatusCode >= 500 {
						t.Errorf("GET %s?%s=%.40q: %d", path, param, value, a.StatusCode)
					}
				}
			}
		}
	}
	for _, v := range hostile {
		for verb, body := range map[string]map[string]any{
			"replies": {"text": v, "html": v}, "notes": {"text": v}, "assign": {"assignee": v}, "move": {"inbox": v, "note": v}, "status": {"status": v}, "replies?": {"text": "x", "cc": []string{v}},
		} {
			if a := d.as("ana", "POST", at+"/"+verb, body); a.StatusCode >= 500 {
				t.Errorf("POST %s %.40q: %d %s", verb, v, a.StatusCode, a.body)
			}
		}
		if a := d.as("ana", "POST", "/keys", map[string]any{"name": v}); a.StatusCode >= 500 {
			t.Errorf("POST /keys %.40q: %d", v, a.StatusCode)
		}
	}
	if strings.Contains(d.logs.String(), "level=ERROR") {
		t.Error("the log contains internal errors")
	}
}
