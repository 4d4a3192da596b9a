package store

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
)

type surveyQueries struct {
	One       *sqlx.Stmt `query:"survey-one"`
	Answer    *sqlx.Stmt `query:"survey-answer"`
	Results   *sqlx.Stmt `query:"survey-results"`
	OfMessage *sqlx.Stmt `query:"survey-of-message"`
}

type surveyRow struct {
	desk.Survey
	Score      sql.NullInt64
	AnsweredAt sql.NullTime
	Current    bool
}

func (r *surveyRow) survey() desk.Survey {
	s := r.Survey
	s.Score, s.AnsweredAt = int(r.Score.Int64), r.AnsweredAt.Time
	return s
}

// Survey returns a survey; KindNotFound if there is none, or if it has expired.
func (s *Store) Survey(ctx context.Context, id desk.SurveyID) (desk.Survey, error) {
	row, err := s.survey(ctx, s.q.survey.One, id)
	return row.survey(), err
}

func (s *Store) survey(ctx context.Context, stmt *sqlx.Stmt, id desk.SurveyID) (row surveyRow, err error) {
	switch err := stmt.GetContext(ctx, &row, id); {
	case err == sql.ErrNoRows:
		return row, notFound("survey", id)
	case err != nil:
		return row, wrap("read a survey", err)
	case !row.Current:
		return row, notFound("survey", id)
	}
	return row, nil
}

// SurveyOf returns the survey that a message asks for; KindNotFound if it is none.
func (s *Store) SurveyOf(ctx context.Context, id desk.MessageID) (out desk.Survey, err error) {
	return out, wrap("read the survey of a message", s.q.survey.OfMessage.GetContext(ctx, &out, id))
}

// AnswerSurvey records the answer to a survey in its conversation, or in the one that it
// was merged into. The same answer again changes nothing.
func (s *Store) AnswerSurvey(ctx context.Context, id desk.SurveyID, score int, comment string) error {
	comment = clean(comment)
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		first, err := s.survey(ctx, tx.StmtxContext(ctx, s.q.survey.One), id)
		if err != nil {
			return err
		}
		final, t, err := s.lockFinal(ctx, tx, first.ConversationID)
		if err != nil {
			return err
		}
		row, err := s.survey(ctx, tx.StmtxContext(ctx, s.q.survey.One), id) // as it is under the lock
		if err != nil {
			return err
		}
		was := row.survey()
		if score < 1 || score > was.Scale {
			return desk.Errorf(desk.KindInvalid, "choice: must be from 1 to %d", was.Scale)
		}
		if was.Score == score && was.Comment == comment {
			return nil
		}
		if _, err := tx.StmtxContext(ctx, s.q.survey.Answer).ExecContext(ctx, id, score, comment); err != nil {
			return wrap("record the answer to a survey", err)
		}
		var changes desk.Changes
		data := desk.SurveyAnswered{SurveyID: id, Survey: was.Kind, Score: score, Scale: was.Scale, Comment: comment, Changed: was.Score != 0}
		if err := t.apply(final, lifecycle.Record{By: desk.ActorCustomer, Data: data}, &changes); err != nil {
			return err
		}
		return t.Save(ctx, &changes)
	})
}

// SurveyResults groups the surveys of a kind by inbox, or by agent.
func (s *Store) SurveyResults(ctx context.Context, f view.SurveyFilter) (view.SurveyResults, error) {
	var rows []struct {
		Total bool
		view.SurveyGroup
		Agent uuid.NullUUID
	}
	out := view.SurveyResults{Groups: []view.SurveyGroup{}}
	if err := s.q.survey.Results.SelectContext(ctx, &rows, f.Kind, f.From, f.To, f.By == "agent"); err != nil {
		return out, wrap("count surveys", err)
	}
	for _, r := range rows {
		if r.Answered > 0 {
			share := float64(r.Good) / float64(r.Answered)
			r.Share = &share
		}
		if r.Agent.Valid {
			r.Key = desk.AgentID(r.Agent.UUID).String()
		}
		if r.Total {
			out.Total = r.SurveyCount
			continue
		}
		out.Groups = append(out.Groups, r.SurveyGroup)
	}
	return out, nil
}
