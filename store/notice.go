package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/noticemail"
)

type noticeQueries struct {
	List   *sqlx.Stmt `query:"notice-list"`
	Ack    *sqlx.Stmt `query:"notice-ack"`
	AckAll *sqlx.Stmt `query:"notice-ack-all"`
	Claim  *sqlx.Stmt `query:"notice-claim-mail"`
	Mailed *sqlx.Stmt `query:"notice-mailed"`
	Admins *sqlx.Stmt `query:"notice-admins"`
	Tell   *sqlx.Stmt `query:"notice-tell"`
	About  *sqlx.Stmt `query:"notice-about"`
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

// tellAdmins tells all admins something that is not about a conversation.
func (s *Store) tellAdmins(ctx context.Context, tx *sqlx.Tx, kind desk.NoticeKind, text string) error {
	id := desk.NewID[desk.NoticeID]()
	var told []desk.AgentID
	if err := tx.StmtxContext(ctx, s.q.notice.Admins).SelectContext(ctx, &told, id, kind, clean(text)); err != nil {
		return wrap("tell the admins", err)
	}
	for _, agent := range told {
		if err := s.record(ctx, tx, desk.AgentSubject(agent), desk.ActorSystem, desk.NoticeCreated{NoticeID: id, Notice: kind}); err != nil {
			return err
		}
	}
	return nil
}

var _ noticemail.Queue = (*Store)(nil)

// noticesPerHour bounds the notices that an agent gets by mail.
const noticesPerHour = 20

// ClaimNotices implements noticemail.Queue.
func (s *Store) ClaimNotices(ctx context.Context, age time.Duration, limit int) ([]noticemail.Notice, error) {
	var rows []struct {
		noticemail.Notice
		Agent desk.AgentID
	}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		return wrap("claim notices", tx.StmtxContext(ctx, s.q.notice.Claim).SelectContext(ctx, &rows, age.Seconds(), limit, noticesPerHour))
	})
	if err != nil {
		return nil, err
	}
	out := make([]noticemail.Notice, 0, len(rows))
	for _, r := range rows {
		var agent agentRow
		if err := s.q.agent.Agent.GetContext(ctx, &agent, r.Agent); err != nil {
			return nil, wrap("read agent", err)
		}
		r.Notice.To = agent.agent()
		out = append(out, r.Notice)
	}
	return out, nil
}

// NoticeMailed implements noticemail.Queue.
func (s *Store) NoticeMailed(ctx context.Context, n noticemail.Notice, failure string, again time.Time) error {
	_, err := s.q.notice.Mailed.ExecContext(ctx, n.To.ID, n.ID, clean(failure), nullTime(again))
	return wrap("record the mail of a notice", err)
}

// TellWithheld tells an agent that a reply of theirs was not sent.
func (s *Store) TellWithheld(ctx context.Context, as desk.Agent, c desk.ConversationID, text string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		id := desk.NewID[desk.NoticeID]()
		if _, err := tx.StmtxContext(ctx, s.q.notice.About).ExecContext(ctx, id, as.ID, c, desk.NoticeWithheld, clean(text)); err != nil {
			return wrap("tell an agent", err)
		}
		return s.record(ctx, tx, desk.AgentSubject(as.ID), desk.ActorSystem, desk.NoticeCreated{NoticeID: id, ConversationID: c, Notice: desk.NoticeWithheld})
	})
}
