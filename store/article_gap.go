package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

type gapQueries struct {
	Topics        *sqlx.Stmt `query:"gap-topics"`
	Articles      *sqlx.Stmt `query:"gap-articles"`
	Conversations *sqlx.Stmt `query:"gap-conversations"`
}

// ArticleGaps returns the most frequent topics of the conversations that an agent may read
// and about which there is no public article; what before counts is as long as what count does.
func (s *Store) ArticleGaps(ctx context.Context, as desk.Agent, from, to time.Time, limit int) ([]view.ArticleGap, error) {
	source, err := s.pointSource(ctx)
	if err != nil {
		return nil, err
	}
	query := func(name string) string { return strings.ReplaceAll(block(name), sourceMark, source) }
	limits, tiers := viewer(as)
	var topics []article.Topic
	if err := s.db.SelectContext(ctx, &topics, query("gap-topics"), from, to, from.Add(-to.Sub(from)), limits, tiers); err != nil {
		return nil, wrap("count topics", err)
	}
	nearest, err := s.compareTopics(ctx, topics)
	if err != nil {
		return nil, err
	}
	topics = article.Missing(topics)
	if len(topics) > 2*limit { // some are joined below
		topics = topics[:2*limit]
	}
	var kinds, names pq.StringArray
	for _, t := range topics {
		kinds, names = append(kinds, t.Kind), append(names, t.Topic)
	}
	var rows []struct {
		Place           int
		Resolved, Tier1 int64
		view.GapConversation
	}
	if err := s.db.SelectContext(ctx, &rows, query("gap-conversations"), kinds, names, from, to, limits, tiers); err != nil {
		return nil, wrap("list the conversations of topics", err)
	}
	gaps := make([]view.ArticleGap, len(topics))
	for i, t := range topics {
		gaps[i] = view.ArticleGap{Topic: t.Topic, Kind: t.Kind, Count: t.Count, Before: t.Before, Conversations: []view.GapConversation{}, Nearest: nearest[t.Topic]}
	}
	for _, r := range rows {
		g := &gaps[r.Place-1]
		g.Resolved = r.Resolved
		if r.Resolved > 0 {
			share := float64(r.Tier1) / float64(r.Resolved)
			g.Tier1 = &share
		}
		g.Conversations = append(g.Conversations, r.GapConversation)
	}
	gaps = joinGaps(gaps)
	return gaps[:min(len(gaps), limit)], nil
}

// compareTopics marks the topics about which there is a public article, and those that say
// nothing, and returns the nearest article of each.
func (s *Store) compareTopics(ctx context.Context, topics []article.Topic) (map[string]*view.NearestArticle, error) {
	var all, some pq.StringArray
	var of []int
	for i, t := range topics {
		words := article.Words(t.Topic)
		if len(words) == 0 {
			topics[i].Void = true
			continue
		}
		for j, w := range words {
			words[j] = pq.QuoteLiteral(w)
		}
		all, some, of = append(all, strings.Join(words, " & ")), append(some, strings.Join(words, " | ")), append(of, i)
	}
	languages, configs := textSearch("")
	var rows []struct {
		Place           int
		Void, Covered   bool
		ID              uuid.NullUUID
		Language, Title sql.NullString
		Public          sql.NullBool
		Status          sql.NullString
	}
	if err := s.q.gap.Articles.SelectContext(ctx, &rows, all, some, languages, configs); err != nil {
		return nil, wrap("compare topics with articles", err)
	}
	nearest := map[string]*view.NearestArticle{}
	for _, r := range rows {
		t := &topics[of[r.Place-1]]
		t.Covered, t.Void = r.Covered, r.Void && t.Kind == article.Word
		if r.ID.Valid {
			nearest[t.Topic] = &view.NearestArticle{ID: desk.ArticleID(r.ID.UUID), Language: r.Language.String, Title: r.Title.String, Public: r.Public.Bool, Status: desk.ArticleStatus(r.Status.String)}
		}
	}
	return nearest, nil
}

// joinGaps makes one topic of those that come from the same conversations: "reset" and
// "password" are "reset password".
func joinGaps(gaps []view.ArticleGap) (out []view.ArticleGap) {
	for _, g := range gaps {
		joined := false
		for i := range out {
			if o := &out[i]; sameConversations(o, &g) {
				if o.Kind == article.Word && g.Kind == article.Word && len(o.Topic)+len(g.Topic) < 60 {
					o.Topic = article.InOrder(o.Conversations[0].Subject, o.Topic+" "+g.Topic)
				}
				if o.Nearest == nil {
					o.Nearest = g.Nearest
				}
				joined = true
				break
			}
		}
		if !joined {
			out = append(out, g)
		}
	}
	return out
}

func sameConversations(a, b *view.ArticleGap) bool {
	if a.Count != b.Count || a.Before != b.Before || len(a.Conversations) != len(b.Conversations) || len(a.Conversations) == 0 {
		return false
	}
	for i := range a.Conversations {
		if a.Conversations[i].ID != b.Conversations[i].ID {
			return false
		}
	}
	return true
}
