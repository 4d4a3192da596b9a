package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// article creates an article.
func (d *desks) article(who, body string) desk.ArticleID {
	d.t.Helper()
	var a view.Article
	d.as(who, "POST", "/articles", body).want(d.t, 201).json(d.t, &a)
	return a.ID
}

const publishPolicy = `
version: 1
calendars:
  always: {hours: always}
tiers:
  - {tier: 1, name: Frontline}
  - {tier: 2, name: Specialists, may: ["*"]}
  - {tier: 3, name: Engineering, may: [reply, resolve, publish]}
inboxes:
  frontline: {tier: 1, calendar: always}
  billing: {tier: 2, calendar: always}
  security: {tier: 3, calendar: always}
routing:
  - {name: default, set: {inbox: frontline}}
`

// TestArticles follows an article from its draft to readers and back.
func TestArticles(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(publishPolicy)
	d.agent("lee", desk.Agent{Name: "Lee", Email: "lee@desk.example", Tiers: []desk.Tier{1}})
	d.exec(`update agents set leads = '{billing}' where name = 'Lee'`)
	id := d.article("ana", `{"title": "Resetting passwords", "text": "Open *Settings*.", "public": true, "tags": ["login"]}`)
	at := "/articles/" + id.String()
	get := func() (a view.Article) { d.as("ana", "GET", at, nil).want(t, 200).json(t, &a); return a }
	a := get()
	if a.Slug != "resetting-passwords" || a.Language != "en" || a.Status != "draft" || a.Owner.Name != "Ana" || a.URL != "" || a.LiveText != nil || a.Summary != "Open Settings." {
		t.Errorf("draft %+v", a)
	}
	d.as("ana", "POST", "/articles", `{"title": "Resetting passwords"}`).want(t, 409)
	d.as("ana", "POST", "/articles", `{"title": "Passwort", "slug": "resetting-passwords", "language": "de"}`).want(t, 201)
	if x := d.as("ana", "POST", "/articles", `{"title": "", "language": "Klingon"}`).want(t, 422); !strings.Contains(x.body, "body.title") || !strings.Contains(x.body, "body.language") {
		t.Error(x.body)
	}
	for who, want := range map[string]int{"ana": 403, "ben": 403, "lee": 200, "sam": 200, "root": 200} { // sam is of tier 3, and * of tier 2 is not for this
		if got := d.as(who, "POST", at+"/publish", `{}`); got.StatusCode != want {
			t.Errorf("%s publishes: %d %s", who, got.StatusCode, got.body)
		}
	}
	if a = get(); a.Status != "published" || *a.LiveVersion != 1 || !strings.HasSuffix(a.URL, "/help/en/resetting-passwords") || *a.LiveText != "Open *Settings*." {
		t.Errorf("published %+v", a)
	}
	based := func(what string) string {
		return fmt.Sprintf(`{%s, "based_on": %q}`, what, a.UpdatedAt.Format(time.RFC3339Nano))
	}
	d.as("ana", "PATCH", at, based(`"text": "Open *Profile*."`)).want(t, 200)
	d.as("ana", "PATCH", at, based(`"text": "Lost."`)).want(t, 409)
	d.as("ana", "POST", at+"/publish", `{}`).want(t, 403)
	r := d.request("PATCH", at, `{"text": "Lost."}`)
	r.Header.Set("Authorization", "Bearer "+d.keys["ana"])
	r.Header.Set("If-Match", `"old"`)
	d.send(r).want(t, 412)
	d.as("ana", "PATCH", at, `{"public": false}`).want(t, 403)
	d.as("ana", "PATCH", at, `{"review_on": "2027-01-31"}`).want(t, 200)
	if a = get(); a.Version != 2 || *a.LiveVersion != 1 || *a.LiveText != "Open *Settings*." || *a.ReviewOn != "2027-01-31" {
		t.Errorf("a draft of a published article: %+v", a)
	}
	var diff ArticleDiff
	d.as("ana", "GET", at+"/versions/2", nil).want(t, 200).json(t, &diff)
	if diff.Against != 1 || !strings.Contains(diff.Diff, "-Open *Settings*.\n+Open *Profile*.\n") {
		t.Errorf("%+v", diff)
	}
	d.as("lee", "POST", at+"/publish", based(`"version": 2`)).want(t, 200)
	d.as("lee", "POST", at+"/publish", `{"version": 9}`).want(t, 422)
	d.as("lee", "POST", at+"/publish", `{"version": 1}`).want(t, 200)
	var versions Page[view.ArticleVersion]
	d.as("ana", "GET", at+"/versions", nil).want(t, 200).json(t, &versions)
	if a = get(); *a.LiveVersion != 1 || a.Version != 2 || len(versions.Data) != 2 || versions.Data[0].PublishedAt == nil || versions.Data[0].Author.Name != "Ana" {
		t.Errorf("%+v %+v", a, versions)
	}
	d.as("lee", "POST", at+"/archive", nil).want(t, 200)
	if a = get(); a.Status != "archived" || a.URL != "" {
		t.Errorf("archived %+v", a)
	}
	d.published()
	if x := d.as("root", "GET", "/events?limit=200", nil).want(t, 200); strings.Count(x.body, `"kind":"article.changed"`) != 10 || !strings.Contains(x.body, `"fields":["text"]`) {
		t.Errorf("%d events %s", strings.Count(x.body, `"kind":"article.changed"`), x.body)
	}
	if x := d.as("ana", "POST", "/articles/preview", `{"text": "# A\n<script>"}`).want(t, 200); !strings.Contains(x.body, `\u003ch2\u003eA`) && !strings.Contains(x.body, "<h2>A</h2>") || strings.Contains(x.body, "<script") {
		t.Error(x.body)
	}
}

// TestArticleSearch: stems in the language of the article, beginnings of words, filters.
func TestArticleSearch(t *testing.T) {
	d := newDesk(t)
	for _, body := range []string{
		`{"title": "Resetting your password", "text": "Open Settings, then choose *Forgotten*.", "tags": ["login"], "public": true}`,
		`{"title": "Getting a refund", "text": "We refund invoices within 14 days. A password is not needed.", "tags": ["billing"]}`,
		`{"title": "Rechnungen herunterladen", "text": "Die Häuser und ihre Rechnungen.", "language": "de"}`,
		`{"title": "パスワード", "text": "パスワードを 変更 する", "language": "ja"}`,
	} {
		d.article("ana", body)
	}
	for query, want := range map[string]string{
		"q=passwords":            "Resetting your password|Getting a refund", // the title counts more
		"q=reset+the+passw":      "Resetting your password",
		"q=invoice":              "Getting a refund",
		"q=Haus":                 "Rechnungen herunterladen", // not a stem of Häuser in German: by "häus"
		"q=rechnung":             "Rechnungen herunterladen",
		"q=パスワード":                "パスワード",
		"q=nothing":              "",
		"q=%27%26%7C%3A*":        "",
		"q=login":                "Resetting your password",
		"tag=billing":            "Getting a refund",
		"language=de":            "Rechnungen herunterladen",
		"q=password&public=true": "Resetting your password",
		"status=published":       "",
		"limit=1":                "パスワード",
	} {
		var page Page[view.ArticleRow]
		d.as("ana", "GET", "/articles?"+query, nil).want(t, 200).json(t, &page)
		var titles []string
		for _, a := range page.Data {
			titles = append(titles, a.Title)
		}
		if got := strings.Join(titles, "|"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if (page.NextCursor != nil) != (query == "limit=1") {
			t.Errorf("%s: next %v", query, page.NextCursor)
		}
	}
}
