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

// answered is the text around an article that answers a message. Its subject has nothing of
// the article: a customer's own subject may be its title.
var answered = router.Template{Subject: "An answer to your message [#{number}]",
	Text: "Thank you for your message. Its number is #{number}.\n\nThis article may answer it: {title}\n\n{article}\n\n{link}" + person}

// person is the way to a person, which each answer shows.
const person = "Did this not help? Reply to this message to reach a person."

const (
	maxAnswer     = 20_000 // octets of an article in a mail
	maxAnswerChat = 800    // characters of an article in a chat
)

// Answered is the subject of an answer, which the answers to it repeat.
func Answered() router.Template { return router.Template{Subject: answered.Subject} }

// WithArticle makes a mail, or a chat message, of an article; link is empty if it has no page.
func (a *Mail) WithArticle(article *view.HelpArticle, link string) {
	a.Template = answered
	values := map[string]string{"title": article.Title, "article": cut(article.Text), "link": ""}
	if link != "" {
		values["link"] = "On the web: " + link + "\n\n"
	}
	for k, v := range values {
		a.Values[k] = v
	}
	if a.Facts.Channel == desk.ChannelChat {
		a.Values["article"] = markdown.Plain(article.Text, maxAnswerChat)
		return
	}
	number := router.Fill("#{number}", a.Values)
	title := html.EscapeString(article.Title)
	if link != "" {
		title = anchor(link, article.Title)
	}
	a.HTML = "<p>Thank you for your message. Its number is " + html.EscapeString(number) + ".</p>\n<p>This article may answer it: <b>" + title + "</b></p>\n" +
		markdown.HTML(cut(article.Text)) + "<p>" + person + "</p>\n"
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

// WithSuggestions adds links to articles to a mail.
func (a *Mail) WithSuggestions(list []Suggested) {
	if len(list) == 0 {
		return
	}
	text, links := "\n\nThese articles may help:\n", ""
	for i := range list {
		title := imf.OneLine(list[i].Title)
		text += "\n- " + title + "\n  " + list[i].URL
		links += "<li>" + anchor(list[i].URL, title) + "</li>\n"
	}
	own := strings.ReplaceAll(html.EscapeString(strings.TrimSpace(router.Fill(a.Template.Text, a.Values))), "\n\n", "</p>\n<p>")
	a.HTML = "<p>" + strings.ReplaceAll(own, "\n", "<br>\n") + "</p>\n<p>These articles may help:</p>\n<ul>\n" + links + "</ul>\n"
	a.After = text + "\n"
}

func anchor(url, text string) string {
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(text) + "</a>"
}
