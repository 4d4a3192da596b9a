package responder

import (
	"context"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/autoreply"
	"switchboard/lifecycle"
)

// Articles are what a Tx knows of the knowledge base: only what is published for everybody.
type Articles interface {
	// Answer returns an article, in a language if it is translated to it. The error is
	// KindNotFound if no such article is published.
	Answer(ctx context.Context, slug, language string) (view.HelpArticle, error)
	// Suggest returns articles in the language of a customer that fit their words.
	Suggest(ctx context.Context, language string, words []string, limit int) ([]view.HelpEntry, error)
}

const maxSuggested = 3

// chooseArticle finds the article with which the policy answers. Without one, the message is
// answered as if the policy named none, and the history says why.
func (w *work) chooseArticle(ctx context.Context, changes *desk.Changes) error {
	slug := w.due.Facts.Answer
	if slug == "" {
		return nil
	}
	a, err := w.tx.Answer(ctx, slug, w.due.Facts.Language)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		w.opt.Log.WarnContext(ctx, "AnswerMissing", "conversation", w.due.ConversationID, "article", slug)
		out, err := lifecycle.Apply(w.state, lifecycle.Record{By: desk.ActorSystem, Data: desk.AutomaticWithheld{Automatic: desk.AutomaticArticle, MessageID: w.due.MessageID,
			Rule: "no-article", Reason: "the policy answers with the article " + slug + ", but no such article is published for everybody"}}, w.policy, w.tx.Now())
		if err != nil {
			return err
		}
		out.AddTo(changes)
		w.state = out.State
		w.kind, w.done, w.reason = desk.AutomaticArticle, "no-article", slug
		return nil
	}
	if err != nil {
		return err
	}
	w.article = &a
	return nil
}

// link is the public page of an article; empty: it has none.
func (w *work) link(a *view.HelpEntry) string {
	if w.opt.ArticleURL == nil {
		return ""
	}
	place := "mail"
	if w.due.Facts.Channel == desk.ChannelChat {
		place = "widget"
	}
	return w.opt.ArticleURL(a.Language, a.Slug) + "?from=" + place
}

// addArticles adds the article that answers, or links to those that may help.
func (w *work) addArticles(ctx context.Context, mail *autoreply.Mail) error {
	switch {
	case w.kind == desk.AutomaticArticle:
		mail.WithArticle(w.article, w.link(&w.article.HelpEntry))
		return nil
	case w.kind == desk.AutomaticSurvey || !w.inbox.Automatic.Articles || w.opt.ArticleURL == nil:
		return nil
	}
	found, err := w.tx.Suggest(ctx, w.due.Facts.Language, w.due.Facts.Words, maxSuggested)
	if err != nil {
		return err
	}
	var list []autoreply.Suggested
	language := ""
	for i := range found {
		language = found[i].Language
		list = append(list, autoreply.Suggested{Title: found[i].Title, URL: w.link(&found[i])})
	}
	mail.WithSuggestions(language, list)
	return nil
}
