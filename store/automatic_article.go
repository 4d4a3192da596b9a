package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

// Answer implements responder.Articles.
func (t *answerTx) Answer(ctx context.Context, slug, language string) (view.HelpArticle, error) {
	var row struct {
		view.HelpArticle
		Tags, Languages pq.StringArray
	}
	switch err := t.tx.StmtxContext(ctx, t.s.q.help.Answer).GetContext(ctx, &row, clean(slug), clean(language)); {
	case err == sql.ErrNoRows:
		return row.HelpArticle, desk.Errorf(desk.KindNotFound, "no such article")
	case err != nil:
		return row.HelpArticle, wrap("read an article", err)
	}
	return row.HelpArticle, nil
}

// Suggest implements responder.Articles.
func (t *answerTx) Suggest(ctx context.Context, language string, words []string, limit int) (list []view.HelpEntry, err error) {
	var with []string
	if err := t.tx.StmtxContext(ctx, t.s.q.help.Languages).SelectContext(ctx, &with); err != nil {
		return nil, wrap("list the languages of articles", err)
	}
	if language = article.Language(with, language); language == "" {
		return nil, nil
	}
	return suggest(ctx, t.tx.StmtxContext(ctx, t.s.q.help.Search), language, words, limit)
}

// suggest finds articles whose titles and tags have any of the words, except those that say
// nothing in their language.
func suggest(ctx context.Context, search *sqlx.Stmt, language string, words []string, limit int) (list []view.HelpEntry, err error) {
	if len(words) == 0 {
		return nil, nil
	}
	languages, configs := textSearch(language)
	if len(languages) > 1 { // words as they are include those that say nothing
		languages, configs = languages[1:], configs[1:]
	}
	query := strings.ReplaceAll(allWords(words), " & ", " | ")
	return list, wrap("suggest articles", search.SelectContext(ctx, &list, clean(language), false, query, languages, configs, limit))
}

// PublishedArticles returns which of some articles are published for everybody, in any language.
func (s *Store) PublishedArticles(ctx context.Context, slugs []string) (map[string]bool, error) {
	var list []string
	if err := s.q.help.Published.SelectContext(ctx, &list, textArray(slugs)); err != nil {
		return nil, wrap("look for articles", err)
	}
	found := map[string]bool{}
	for _, slug := range list {
		found[slug] = true
	}
	return found, nil
}
