package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

// articleRow is an article in a list, as the driver reads it.
type articleRow struct {
	view.ArticleRow
	Tags pq.StringArray
}

func (r *articleRow) view() view.ArticleRow {
	v := r.ArticleRow
	v.Tags, v.Owner = append([]string{}, r.Tags...), named(v.Owner)
	utc(v.PublishedAt, &v.CreatedAt, &v.UpdatedAt)
	return v
}

// Articles lists articles after a position: the latest changes first, or with words, those that
// fit best.
func (s *Store) Articles(ctx context.Context, f view.ArticleFilter, after view.ArticlePosition, limit int) ([]view.ArticleRow, error) {
	var rows []articleRow
	filter := []any{f.Language, clean(f.Tag), string(f.Status), f.Public, f.Review, f.Owner, f.Unowned}
	stmt, args := s.q.article.List, append(filter, nullTime(after.At), after.ID, limit)
	if f.Words != nil {
		if len(f.Words) == 0 {
			return nil, nil
		}
		languages, configs := textSearch(f.Language)
		stmt, args = s.q.article.Search, append(filter, allWords(f.Words), languages, configs, after.Skip, limit)
	}
	if err := stmt.SelectContext(ctx, &rows, args...); err != nil {
		return nil, wrap("list articles", err)
	}
	out := make([]view.ArticleRow, len(rows))
	for i := range rows {
		out[i] = rows[i].view()
	}
	return out, nil
}

// Article returns one article; KindNotFound if there is none.
func (s *Store) Article(ctx context.Context, id desk.ArticleID) (view.Article, error) {
	var row struct {
		view.Article
		Tags          pq.StringArray
		AttachRoutes  pq.StringArray
		AttachTags    pq.StringArray
		AttachInboxes pq.StringArray
	}
	if err := s.q.article.One.GetContext(ctx, &row, id); err != nil {
		if err == sql.ErrNoRows {
			return view.Article{}, notFound("article", id)
		}
		return view.Article{}, wrap("read an article", err)
	}
	r := articleRow{row.ArticleRow, row.Tags}
	row.ArticleRow = r.view()
	row.Attach = view.Attach{Routes: row.AttachRoutes, Tags: row.AttachTags, Inboxes: row.AttachInboxes}
	return row.Article, nil
}

// ArticleVersions lists the versions of an article before one, the latest first.
func (s *Store) ArticleVersions(ctx context.Context, id desk.ArticleID, before, limit int) ([]view.ArticleVersion, error) {
	var rows []view.ArticleVersion
	if err := s.q.article.Versions.SelectContext(ctx, &rows, id, before, limit); err != nil {
		return nil, wrap("list the versions of an article", err)
	}
	for i := range rows {
		utc(&rows[i].CreatedAt, rows[i].PublishedAt)
	}
	return rows, nil
}

// ArticleVersion returns a version; KindNotFound if there is none.
func (s *Store) ArticleVersion(ctx context.Context, id desk.ArticleID, version int) (v view.ArticleText, err error) {
	if err := s.q.article.Version.GetContext(ctx, &v, id, version); err != nil {
		return v, wrap("read a version of an article", err)
	}
	utc(&v.CreatedAt, v.PublishedAt)
	return v, nil
}

// textSearch returns the languages of which words may be, with their configurations; "" is
// for words as they are.
func textSearch(language string) (languages, configs pq.StringArray) {
	languages, configs = pq.StringArray{""}, pq.StringArray{article.Simple}
	for code, config := range article.Configs() {
		if primary, _, _ := strings.Cut(strings.ToLower(language), "-"); language == "" || primary == code {
			languages, configs = append(languages, code), append(configs, config)
		}
	}
	return languages, configs
}

// allWords is a text query for all words. The last one may be the beginning of a word, unless
// it is a single letter, which begins too many.
func allWords(words []string) string {
	terms := make([]string, len(words))
	for i, w := range words {
		terms[i] = pq.QuoteLiteral(w)
	}
	if last := words[len(words)-1]; len(last) > 1 {
		terms[len(terms)-1] += ":*"
	}
	return strings.Join(terms, " & ")
}
