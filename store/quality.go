package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/quality"
	"switchboard/lifecycle"
)

type qualityQueries struct {
	Week       *sqlx.Stmt `query:"quality-week"`
	Untake     *sqlx.Stmt `query:"quality-untake"`
	Candidates *sqlx.Stmt `query:"quality-candidates"`
	Add        *sqlx.Stmt `query:"quality-add"`
	List       *sqlx.Stmt `query:"quality-list"`
	Save       *sqlx.Stmt `query:"quality-save"`
}

// DrawReviews draws the conversations to be reviewed of the last week that is over, once over
// all nodes. It returns how many there are.
func (s *Store) DrawReviews(ctx context.Context, key []byte, now time.Time) (n int, err error) {
	policy := s.livePolicy()
	if policy.Rules == nil || len(policy.Rules.Reviews().Sample) == 0 {
		return 0, nil
	}
	week := quality.Week(now)
	r, err := s.reporting(ctx, &view.ReportFilter{Measure: "mttr"})
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		var taken time.Time
		switch err := tx.StmtxContext(ctx, s.q.quality.Week).GetContext(ctx, &taken, week); {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return wrap("take a week of reviews", err)
		}
		var rows []struct {
			Conversation desk.ConversationID
			Tier         desk.Tier
			Inbox        desk.InboxID
			At           time.Time
			Authors      pq.StringArray
		}
		if err := tx.SelectContext(ctx, &rows, r.query("quality-candidates"), r.args(week, week.AddDate(0, 0, 7), "resolution")...); err != nil {
			return wrap("list what can be reviewed", err)
		}
		at, list := map[desk.ConversationID]int{}, make([]quality.Candidate, len(rows))
		for i, row := range rows {
			id, err := uuid.Parse(row.Authors[0])
			if err != nil {
				return wrap("list what can be reviewed", err)
			}
			at[row.Conversation], list[i] = i, quality.Candidate{Conversation: row.Conversation, Tier: row.Tier, Agent: desk.AgentID(id)}
		}
		for _, c := range quality.Draw(list, policy.Rules.Reviews().Sample, key, week) {
			row := rows[at[c.Conversation]]
			if _, err := tx.StmtxContext(ctx, s.q.quality.Add).ExecContext(ctx, desk.NewID[desk.ReviewID](), c.Conversation, week, c.Tier, row.Inbox, c.Agent, row.Authors, row.At); err != nil {
				return wrap("add a review", err)
			}
			n++
		}
		if n == 0 { // what was resolved may still come, as the history of a new desk does
			_, err := tx.StmtxContext(ctx, s.q.quality.Untake).ExecContext(ctx, week)
			return wrap("leave a week of reviews", err)
		}
		return nil
	})
	return n, err
}

// leads returns the inboxes of which an agent sees all reviews; nil: all.
func leads(as desk.Agent) pq.StringArray {
	if as.Admin {
		return nil
	}
	return append(pq.StringArray{}, as.Leads...)
}

// Reviews lists reviews that an agent may see: open ones that they may score, the oldest first,
// or those that are done, the newest first.
func (s *Store) Reviews(ctx context.Context, as desk.Agent, open bool, after view.ReviewPosition, limit int) ([]view.Review, error) {
	return s.reviews(ctx, s.q.quality.List, as, open, desk.ReviewID{}, after, limit)
}

// ReadReview returns one review; KindNotFound if the agent may not see it.
func (s *Store) ReadReview(ctx context.Context, as desk.Agent, id desk.ReviewID) (view.Review, error) {
	return only("review", id, func() ([]view.Review, error) {
		return s.reviews(ctx, s.q.quality.List, as, false, id, view.ReviewPosition{}, 1)
	})
}

func (s *Store) reviews(ctx context.Context, stmt *sqlx.Stmt, as desk.Agent, open bool, id desk.ReviewID, after view.ReviewPosition, limit int) ([]view.Review, error) {
	limits, tiers := viewer(as)
	var rows []struct {
		view.Review
		Scores  []byte
		Authors pq.StringArray
	}
	if err := stmt.SelectContext(ctx, &rows, limits, tiers, as.ID, leads(as), open, id, nullTime(after.At), after.ID, limit); err != nil {
		return nil, wrap("list reviews", err)
	}
	out := make([]view.Review, len(rows))
	for i := range rows {
		r := rows[i].Review
		r.Scores = []view.ReviewScore{}
		if err := json.Unmarshal(rows[i].Scores, &r.Scores); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "the scores of a review in the database: %w", err)
		}
		var authors []desk.AgentID
		for _, text := range rows[i].Authors {
			if id, err := uuid.Parse(text); err == nil {
				authors = append(authors, desk.AgentID(id))
			}
		}
		r.State = "done"
		if r.DoneAt == nil {
			r.State, r.Scores = "open", s.scorecard(r.Scores)
		}
		r.Editable = quality.Reviewable(&as, r.Inbox.Key, authors) == nil && (r.DoneAt == nil || as.Admin || r.Reviewer.ID == as.ID)
		utc(r.DoneAt, &r.ResolvedAt, &r.UpdatedAt)
		out[i] = r
	}
	return out, nil
}

// scorecard returns the criteria of the policy in force, with the scores that there are already.
func (s *Store) scorecard(have []view.ReviewScore) []view.ReviewScore {
	policy := s.livePolicy()
	if policy.Rules == nil || len(policy.Rules.Reviews().Criteria) == 0 {
		return have
	}
	criteria := policy.Rules.Reviews().Criteria
	var known []view.ReviewScore
	for _, one := range have {
		for _, name := range criteria {
			if name == one.Criterion {
				known = append(known, one)
			}
		}
	}
	card, err := quality.Fill(criteria, known)
	if err != nil {
		return have
	}
	return card
}

// SaveReview lets change edit a review that the agent may see. One that becomes done is told to
// the agent who answered, and counts in reports.
func (s *Store) SaveReview(ctx context.Context, by desk.Agent, id desk.ReviewID, change func(*view.Review) error) error {
	first, err := s.ReadReview(ctx, by, id)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		t, err := s.lockConversations(ctx, tx, first.Conversation.ID)
		if err != nil {
			return err
		}
		// Under the lock of its conversation a review is changed by one at a time.
		r, err := only("review", id, func() ([]view.Review, error) {
			return s.reviews(ctx, tx.StmtxContext(ctx, s.q.quality.List), by, false, id, view.ReviewPosition{}, 1)
		})
		if err != nil {
			return err
		}
		was := r.State
		if err := change(&r); err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.quality.Save).ExecContext(ctx, id, jsonText(r.Scores), clean(r.Note), by.ID, r.State == "done"); err != nil {
			return wrap("save a review", err)
		}
		if r.State != "done" {
			return nil
		}
		var changes desk.Changes
		if err := t.apply(r.Conversation.ID, lifecycle.Record{By: desk.AgentActor(by.ID), Data: desk.AnswersReviewed{ReviewID: id, Changed: was == "done"}}, &changes); err != nil {
			return err
		}
		if was == "open" {
			inbox := t.states[r.Conversation.ID].Conversation.InboxID
			changes.Notices = append(changes.Notices, desk.Notice{ID: desk.NewID[desk.NoticeID](), ConversationID: r.Conversation.ID, InboxID: inbox, To: "author", AgentID: r.Agent.ID, Kind: desk.NoticeReview, Text: r.Note, At: t.now})
		}
		return t.Save(ctx, &changes)
	})
}
