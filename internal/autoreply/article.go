package autoreply

import (
	"html"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
	"switchboard/router"
)

const (
	maxAnswer     = 20_000 // octets of an article in a mail
	maxAnswerChat = 800    // characters of an article in a chat
)

// WithArticle makes a mail, or a chat message, of an article; link is empty if it has no page.
func (a *Mail) WithArticle(article *view.HelpArticle, link string) {
	f := framed(article.Language)
	a.Template = f.template()
	values := map[string]string{"title": article.Title, "article": cut(article.Text), "link": ""}
	if link != "" {
		values["link"] = f.Web + " " + link + "\n\n"
	}
	for k, v := range values {
		a.Values[k] = v
	}
	if a.Facts.Channel == desk.ChannelChat {
		a.Values["article"] = markdown.Plain(article.Text, maxAnswerChat)
		return
	}
	title := html.EscapeString(article.Title)
	if link != "" {
		title = anchor(link, article.Title)
	}
	a.HTML = "<p>" + html.EscapeString(router.Fill(f.Thanks, a.Values)) + "</p>\n<p>" + f.Answers + " <b>" + title + "</b></p>\n" +
		markdown.HTML(cut(article.Text)) + "<p>" + f.Person + "</p>\n"
}

// cut bounds an article; what it leaves out is on the web.
func cut(text string) string {
	if len(text) <= maxAnswer {
		return text
	}
	end := strings.LastIndex(text[:maxAnswer], "\n")
	return strings.ToValidUTF8(text[:max(end, maxAnswer/2)], "") + "\n\n…"
}

// Suggested is an article that may help.
type Suggested struct{ Title, URL string }

// WithSuggestions adds links to articles, which are in one language, to a mail.
func (a *Mail) WithSuggestions(language string, list []Suggested) {
	if len(list) == 0 {
		return
	}
	help := framed(language).Help
	text, links := "\n\n"+help+"\n", ""
	for i := range list {
		title := imf.OneLine(list[i].Title)
		text += "\n- " + title + "\n  " + list[i].URL
		links += "<li>" + anchor(list[i].URL, title) + "</li>\n"
	}
	own := strings.ReplaceAll(html.EscapeString(strings.TrimSpace(router.Fill(a.Template.Text, a.Values))), "\n\n", "</p>\n<p>")
	a.HTML = "<p>" + strings.ReplaceAll(own, "\n", "<br>\n") + "</p>\n<p>" + help + "</p>\n<ul>\n" + links + "</ul>\n"
	a.After = text + "\n"
}

func anchor(url, text string) string {
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(text) + "</a>"
}
