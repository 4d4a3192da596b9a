package store

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

type helpQueries struct {
	Languages *sqlx.Stmt `query:"help-languages"`
	Article   *sqlx.Stmt `query:"help-article"`
	Index     *sqlx.Stmt `query:"help-index"`
	List      *sqlx.Stmt `query:"help-list"`
	Search    *sqlx.Stmt `query:"help-search"`
	Answer    *sqlx.Stmt `query:"help-answer"`
	Published *sqlx.Stmt `query:"help-published"`
	Event     *sqlx.Stmt `query:"help-event"`
	Vote      *sqlx.Stmt `query:"help-vote"`
}

// HelpLanguages returns the languages in which there are published public articles.
func (s *Store) HelpLanguages(ctx context.Context) (list []string, err error) {
	return list, wrap("list the languages of articles", s.q.help.Languages.SelectContext(ctx, &list))
}

// HelpArticle returns a published public article; KindNotFound if there is none.
func (s *Store) HelpArticle(ctx context.Context, language, slug string) (view.HelpArticle, error) {
	var row struct {
		view.HelpArticle
		Tags, Languages pq.StringArray
	}
	switch err := s.q.help.Article.GetContext(ctx, &row, clean(language), clean(slug)); {
	case err == sql.ErrNoRows:
		return row.HelpArticle, desk.Errorf(desk.KindNotFound, "no such article")
	case err != nil:
		return row.HelpArticle, wrap("read an article", err)
	}
	row.HelpArticle.Tags, row.HelpArticle.Languages = row.Tags, row.Languages
	return row.HelpArticle, nil
}

// HelpIndex returns the most frequent tags of a language, with their first articles.
func (s *Store) HelpIndex(ctx context.Context, language string) (tags []view.HelpTag, err error) {
	var rows []struct {
		Tag   string
		Count int
		view.HelpEntry
	}
	if err := s.q.help.Index.SelectContext(ctx, &rows, clean(language)); err != nil {
		return nil, wrap("list articles", err)
	}
	for _, r := range rows {
		if len(tags) == 0 || tags[len(tags)-1].Tag != r.Tag {
			tags = append(tags, view.HelpTag{Tag: r.Tag, Count: r.Count})
		}
		last := &tags[len(tags)-1]
		last.Articles = append(last.Articles, r.HelpEntry)
	}
	return tags, nil
}

// HelpList lists the published public articles of a language, with a tag; empty: all.
func (s *Store) HelpList(ctx context.Context, language, tag string, skip, limit int) (list []view.HelpEntry, err error) {
	return list, wrap("list articles", s.q.help.List.SelectContext(ctx, &list, clean(language), clean(tag), skip, limit))
}

// HelpSearch finds published public articles with all words; the best ones come first.
func (s *Store) HelpSearch(ctx context.Context, language string, words []string, limit int) (list []view.HelpEntry, err error) {
	if len(words) == 0 {
		return nil, nil
	}
	languages, configs := textSearch(language)
	return list, wrap("search articles", s.q.help.Search.SelectContext(ctx, &list, clean(language), true, allWords(words), languages, configs, limit))
}

// HelpSuggest finds published public articles whose titles and tags have any of the words,
// except those that say nothing in their language.
func (s *Store) HelpSuggest(ctx context.Context, language string, words []string, limit int) (list []view.HelpEntry, err error) {
	return suggest(ctx, s.q.help.Search, language, words, limit)
}

// RecordHelp records what readers did.
func (s *Store) RecordHelp(ctx context.Context, events ...view.HelpEvent) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		for _, e := range events {
			var err error
			if e.Kind == article.Helpful || e.Kind == article.Unhelpful {
				_, err = tx.StmtxContext(ctx, s.q.help.Vote).ExecContext(ctx, uuid.UUID(e.Visit), e.Kind, e.Article)
			} else {
				_, err = tx.StmtxContext(ctx, s.q.help.Event).ExecContext(ctx, uuid.UUID(e.Visit), e.Kind, e.Place, e.Article)
			}
			if err != nil {
				return wrap("record what a reader did", err)
			}
		}
		return nil
	})
}
