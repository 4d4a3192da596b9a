package article

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func draft() Article {
	return Article{Slug: "reset", Language: "en", Title: "Reset", Text: "Do it.", Status: desk.ArticleDraft, Tags: []string{}}
}

func TestApply(t *testing.T) {
	agent := func(id string) bool { return strings.HasSuffix(id, "1") }
	for name, c := range map[string]struct {
		change Change
		want   string // the changed fields, or the problem
	}{
		"nothing":        {Change{Title: ptr(" Reset ")}, ""},
		"text":           {Change{Text: ptr("a\r\nb"), Title: ptr("New")}, "text title"},
		"tags":           {Change{Tags: &[]string{" a", "a", ""}}, "tags"},
		"no title":       {Change{Title: ptr(" ")}, "!title: is missing"},
		"two lines":      {Change{Title: ptr("a\nb")}, "!title: must be one line"},
		"slug":           {Change{Slug: ptr("Reset it")}, "!slug: must be"},
		"slug of title":  {Change{Slug: ptr(""), Title: ptr("Überweisung & Co")}, "slug title"},
		"language":       {Change{Language: ptr("English")}, "!language: must be"},
		"language tag":   {Change{Language: ptr("pt-BR")}, "language"},
		"review":         {Change{ReviewOn: ptr("2027-02-30")}, "!review_on"},
		"review day":     {Change{ReviewOn: ptr("2027-02-28")}, "review_on"},
		"owner":          {Change{Owner: ptr("ag_00000000000000000000000000000001")}, "owner"},
		"nobody":         {Change{Owner: ptr("ag_00000000000000000000000000000002")}, "!owner"},
		"no id":          {Change{Owner: ptr("ana")}, "!owner"},
		"long, internal": {Change{Text: ptr(strings.Repeat("a", maxPublic+1))}, "text"},
		"long, public":   {Change{Text: ptr(strings.Repeat("a", maxPublic+1)), Public: ptr(true)}, "!text: is too long"},
	} {
		a := draft()
		fields, err := c.change.Apply(&a, agent, now)
		got := strings.Join(fields, " ")
		if err != nil {
			got = "!" + err.Error()
			var invalid Invalid
			if !errors.As(err, &invalid) {
				t.Errorf("%s: %T", name, err)
			}
		}
		if got != c.want && (!strings.HasPrefix(c.want, "!") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhoMay(t *testing.T) {
	denied := MayPublish(&desk.Agent{}, false)
	if desk.KindOf(denied) != desk.KindDenied {
		t.Fatal(denied)
	}
	for name, err := range map[string]error{"admin": MayPublish(&desk.Agent{Admin: true}, false), "lead": MayPublish(&desk.Agent{Leads: []string{"billing"}}, false), "granted": MayPublish(&desk.Agent{}, true)} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := draft()
	if err := a.MayEdit([]string{"slug"}, denied); err != nil {
		t.Error(err)
	}
	a.Status = desk.ArticlePublished
	if err := a.MayEdit([]string{"text", "title"}, denied); err != nil {
		t.Error(err)
	}
	if err := a.MayEdit([]string{"public"}, denied); desk.KindOf(err) != desk.KindDenied {
		t.Error(err)
	}
}

func TestSlug(t *testing.T) {
	for title, want := range map[string]string{"Reset your password": "reset-your-password", "Ärger mit Straßen?": "arger-mit-strassen", "日本語": "article", "Don't -- panic!": "dont-panic",
		strings.Repeat("word ", 40): strings.TrimSuffix(strings.Repeat("word-", 12), "-")} {
		if got := Slug(title); got != want || !slugs.MatchString(got) {
			t.Errorf("%s: %s, want %s", title, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{"How do I get a REFUND, a refund?": "how do i get a refund", "o'neil:* & !x | \\": "o neil x", "": "", "日本 語": "日本|語"} {
		if got := strings.Join(Words(text), " "); got != strings.ReplaceAll(want, "|", " ") {
			t.Errorf("%q: %q", text, got)
		}
	}
	if n := len(Words(strings.Repeat("a b c d e f g h i j k l m n ", 3))); n != maxWords {
		t.Error(n)
	}
	for language, want := range map[string]string{"de": "german", "pt-BR": "portuguese", "ja": Simple, "EN": "english"} {
		if got := Config(language); got != want {
			t.Errorf("%s: %s", language, got)
		}
	}
}
