package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/markdown"
)

type articleQueries struct {
	Insert           *sqlx.Stmt `query:"article-insert"`
	Edit             *sqlx.Stmt `query:"article-edit"`
	Live             *sqlx.Stmt `query:"article-live"`
	Archive          *sqlx.Stmt `query:"article-archive"`
	Lock             *sqlx.Stmt `query:"article-lock"`
	InsertVersion    *sqlx.Stmt `query:"article-version-insert"`
	VersionPublished *sqlx.Stmt `query:"article-version-published"`
	Versions         *sqlx.Stmt `query:"article-versions"`
	Version          *sqlx.Stmt `query:"article-version"`
	One              *sqlx.Stmt `query:"article-one"`
	List             *sqlx.Stmt `query:"article-list"`
	Search           *sqlx.Stmt `query:"article-search"`
}

const (
	maxSummary = 200     // characters
	maxIndexed = 200_000 // characters of a text that it is found by: all
)

// values are the arguments of article-insert and article-edit.
func articleValues(a *article.Article) []any {
	return []any{a.ID, a.Slug, a.Language, a.Public, textArray(a.Tags), a.Owner, a.ReviewOn, clean(a.Title), clean(markdown.Plain(a.Text, maxSummary)), clean(a.Text),
		article.Config(a.Language), clean(markdown.Plain(a.Text, maxIndexed))}
}

// CreateArticle stores an article as a draft. KindConflict if its slug is taken.
func (s *Store) CreateArticle(ctx context.Context, by desk.Agent, a article.Article) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.article.Insert).ExecContext(ctx, articleValues(&a)...); err != nil {
			return articleError(&a, "create an article", err)
		}
		if err := s.attachArticle(ctx, tx, &a); err != nil {
			return err
		}
		a.Version = 1
		if err := s.newVersion(ctx, tx, by, &a); err != nil {
			return err
		}
		return s.articleChanged(ctx, tx, by, &a, "created", nil)
	})
}

func (s *Store) newVersion(ctx context.Context, tx *sqlx.Tx, by desk.Agent, a *article.Article) error {
	_, err := tx.StmtxContext(ctx, s.q.article.InsertVersion).ExecContext(ctx, a.ID, a.Version, clean(a.Title), clean(a.Text), by.ID)
	return wrap("store a version of an article", err)
}

func (s *Store) articleChanged(ctx context.Context, tx *sqlx.Tx, by desk.Agent, a *article.Article, what string, fields []string) error {
	return s.record(ctx, tx, desk.ArticleSubject(a.ID), desk.AgentActor(by.ID),
		desk.ArticleChanged{Slug: a.Slug, Language: a.Language, Title: a.Title, What: what, Version: a.Version, Fields: fields})
}

// EditArticle lets change edit an article and return the names of the changed fields. Another
// title or text is another version, which is not published.
func (s *Store) EditArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, change func(*article.Article) (fields []string, err error)) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		a, err := s.lockArticle(ctx, tx, id)
		if err != nil {
			return err
		}
		was := a
		fields, err := change(&a)
		if err != nil || len(fields) == 0 {
			return err
		}
		written := was.Title != a.Title || was.Text != a.Text
		if written {
			a.Version++
		}
		if _, err := tx.StmtxContext(ctx, s.q.article.Edit).ExecContext(ctx, append(articleValues(&a), a.Version)...); err != nil {
			return articleError(&a, "change an article", err)
		}
		if err := s.attachArticle(ctx, tx, &a); err != nil {
			return err
		}
		if written {
			if err := s.newVersion(ctx, tx, by, &a); err != nil {
				return err
			}
		}
		if a.Status == desk.ArticlePublished { // the language or the tags may be others
			if err := s.setLive(ctx, tx, &a, a.LiveVersion, false); err != nil {
				return err
			}
		}
		return s.articleChanged(ctx, tx, by, &a, "changed", fields)
	})
}

// PublishArticle lets readers see a version, 0: the latest, unless check refuses it.
func (s *Store) PublishArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, version int, check func(*article.Article) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		a, err := s.lockArticle(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := check(&a); err != nil {
			return err
		}
		if version == 0 {
			version = a.Version
		}
		if err := s.setLive(ctx, tx, &a, version, true); err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.article.VersionPublished).ExecContext(ctx, id, version, by.ID); err != nil {
			return wrap("publish an article", err)
		}
		a.Version = version
		return s.articleChanged(ctx, tx, by, &a, "published", nil)
	})
}

// setLive makes a version of an article what readers find and see.
func (s *Store) setLive(ctx context.Context, tx *sqlx.Tx, a *article.Article, version int, now bool) error {
	var v view.ArticleText
	switch err := tx.StmtxContext(ctx, s.q.article.Version).GetContext(ctx, &v, a.ID, version); {
	case err != nil && kindOf(err) == desk.KindNotFound:
		return desk.Errorf(desk.KindInvalid, "the article has no version %d", version)
	case err != nil:
		return wrap("read a version of an article", err)
	}
	_, err := tx.StmtxContext(ctx, s.q.article.Live).ExecContext(ctx, a.ID, version, v.Title, clean(markdown.Plain(v.Text, maxSummary)), v.Text,
		article.Config(a.Language), clean(markdown.Plain(v.Text, maxIndexed)), now)
	return wrap("publish an article", err)
}

// ArchiveArticle takes an article away from readers, unless check refuses it.
func (s *Store) ArchiveArticle(ctx context.Context, by desk.Agent, id desk.ArticleID, check func(*article.Article) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		a, err := s.lockArticle(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := check(&a); err != nil || a.Status == desk.ArticleArchived {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.article.Archive).ExecContext(ctx, id); err != nil {
			return wrap("archive an article", err)
		}
		return s.articleChanged(ctx, tx, by, &a, "archived", nil)
	})
}

func (s *Store) lockArticle(ctx context.Context, tx *sqlx.Tx, id desk.ArticleID) (article.Article, error) {
	var row struct {
		article.Article
		OwnerID       desk.AgentID
		Tags          pq.StringArray
		UpdatedAt     time.Time
		AttachRoutes  pq.StringArray
		AttachTags    pq.StringArray
		AttachInboxes pq.StringArray
	}
	if err := tx.StmtxContext(ctx, s.q.article.Lock).GetContext(ctx, &row, id); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return article.Article{}, notFound("article", id)
		}
		return article.Article{}, wrap("read an article", err)
	}
	a := row.Article
	a.Owner, a.Tags, a.UpdatedAt = row.OwnerID, append([]string{}, row.Tags...), row.UpdatedAt
	a.Attach = article.Attach{Routes: row.AttachRoutes, Tags: row.AttachTags, Inboxes: row.AttachInboxes}
	return a, nil
}

// articleError explains that a slug is taken.
func articleError(a *article.Article, op string, err error) error {
	if kindOf(err) == desk.KindConflict {
		return desk.Errorf(desk.KindConflict, "there is an article with the slug %q in the language %s already", a.Slug, a.Language)
	}
	return wrap(op, err)
}
