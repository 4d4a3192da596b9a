package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
)

type runbookQueries struct {
	List   *sqlx.Stmt `query:"runbook-list"`
	Done   *sqlx.Stmt `query:"runbook-done"`
	Tick   *sqlx.Stmt `query:"runbook-tick"`
	Untick *sqlx.Stmt `query:"runbook-untick"`
	Attach *sqlx.Stmt `query:"runbook-attach"`
}

// attachArticle stores for which conversations an article is a runbook.
func (s *Store) attachArticle(ctx context.Context, tx *sqlx.Tx, a *article.Article) error {
	_, err := tx.StmtxContext(ctx, s.q.runbook.Attach).ExecContext(ctx, a.ID, textArray(a.Attach.Routes), textArray(a.Attach.Tags), textArray(a.Attach.Inboxes))
	return wrap("attach an article", err)
}

// Runbooks lists the runbooks of a conversation, which the agent must be allowed to read, by
// their titles, without their parts.
func (s *Store) Runbooks(ctx context.Context, c *view.Conversation) ([]view.Runbook, error) {
	var rows []struct {
		view.Runbook
		Routes, Tags pq.StringArray
		Inbox        bool
	}
	if err := s.q.runbook.List.SelectContext(ctx, &rows, textArray(article.Routes(c.Path)), textArray(c.Tags), c.Inbox.Key); err != nil {
		return nil, wrap("list runbooks", err)
	}
	out := make([]view.Runbook, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = r.Runbook
		out[i].Because = view.RunbookReason{Routes: append([]string{}, r.Routes...), Tags: append([]string{}, r.Tags...), Inbox: r.Inbox}
		utc(&out[i].PublishedAt)
	}
	return out, nil
}

// DoneSteps lists the steps that are done in a conversation, by runbook and key.
func (s *Store) DoneSteps(ctx context.Context, id desk.ConversationID) (map[desk.ArticleID]map[string]view.StepDone, error) {
	var rows []struct {
		ArticleID desk.ArticleID
		Step      string
		DoneAt    time.Time
		By        view.AgentName
	}
	if err := s.q.runbook.Done.SelectContext(ctx, &rows, id); err != nil {
		return nil, wrap("list steps that are done", err)
	}
	out := map[desk.ArticleID]map[string]view.StepDone{}
	for _, r := range rows {
		if out[r.ArticleID] == nil {
			out[r.ArticleID] = map[string]view.StepDone{}
		}
		out[r.ArticleID][r.Step] = view.StepDone{By: r.By, At: r.DoneAt.UTC()}
	}
	return out, nil
}

// SetStep says whether a step is done in a conversation. Doing it again changes nothing: who did
// it first is kept.
func (s *Store) SetStep(ctx context.Context, by desk.Agent, id desk.ConversationID, runbook desk.ArticleID, step string, done bool) error {
	if done {
		_, err := s.q.runbook.Tick.ExecContext(ctx, id, runbook, step, by.ID)
		return wrap("tick a step", err)
	}
	_, err := s.q.runbook.Untick.ExecContext(ctx, id, runbook, step)
	return wrap("untick a step", err)
}
