package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type noticeQueries struct {
	List   *sqlx.Stmt `query:"notice-list"`
	Ack    *sqlx.Stmt `query:"notice-ack"`
	AckAll *sqlx.Stmt `query:"notice-ack-all"`
}

// Notices lists an agent's notices, newest first, after a position; with open, only those
// that they have not acknowledged.
func (s *Store) Notices(ctx context.Context, as desk.Agent, open bool, after view.ByTime, limit int) ([]view.Notice, error) {
	limits, tiers := viewer(as)
	var rows []view.Notice
	if err := s.q.notice.List.SelectContext(ctx, &rows, limits, tiers, as.ID, open, nullTime(after.At), after.ID, limit); err != nil {
		return nil, wrap("list notices", err)
	}
	for i := range rows {
		utc(&rows[i].At, rows[i].AckedAt)
	}
	return rows, nil
}

// AckNotice acknowledges one of the agent's notices, and returns what it is about;
// KindNotFound if they have no such notice.
func (s *Store) AckNotice(ctx context.Context, as desk.Agent, id desk.NoticeID) (c desk.ConversationID, kind desk.NoticeKind, err error) {
	var rows []struct {
		ConversationID desk.ConversationID
		Kind           desk.NoticeKind
	}
	if err := s.q.notice.Ack.SelectContext(ctx, &rows, as.ID, id); err != nil {
		return c, kind, wrap("acknowledge a notice", err)
	}
	if len(rows) == 0 {
		return c, kind, notFound("notice", id)
	}
	return rows[0].ConversationID, rows[0].Kind, nil
}

// AckNotices acknowledges all of the agent's notices except pages.
func (s *Store) AckNotices(ctx context.Context, as desk.Agent) error {
	_, err := s.q.notice.AckAll.ExecContext(ctx, as.ID)
	return wrap("acknowledge notices", err)
}
