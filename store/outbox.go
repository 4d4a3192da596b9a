package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type outboxQueries struct {
	List   *sqlx.Stmt `query:"outbox-list"`
	Done   *sqlx.Stmt `query:"outbox-list-done"`
	One    *sqlx.Stmt `query:"outbox-one"`
	Counts *sqlx.Stmt `query:"outbox-counts"`
}

// maxDomains bounds how many destinations are counted one by one.
const maxDomains = 50

// Queued lists the deliveries of mail that match, newest first, before one.
func (s *Store) Queued(ctx context.Context, as desk.Agent, f view.OutboxFilter, before desk.DeliveryID, limit int) ([]view.Queued, error) {
	limits, tiers := viewer(as)
	stmt := s.q.outbox.List
	if f.Part == "sent" || f.Part == "cancelled" {
		stmt = s.q.outbox.Done
	}
	return queued(ctx, stmt, limits, tiers, optional(string(f.Part)), optional(f.Inbox), optional(strings.ToLower(f.Domain)), before, limit)
}

// QueuedOne returns one delivery of mail; KindNotFound if the agent may not see it.
func (s *Store) QueuedOne(ctx context.Context, as desk.Agent, id desk.DeliveryID) (view.Queued, error) {
	limits, tiers := viewer(as)
	return only("delivery", id, func() ([]view.Queued, error) { return queued(ctx, s.q.outbox.One, limits, tiers, id) })
}

func queued(ctx context.Context, stmt *sqlx.Stmt, args ...any) ([]view.Queued, error) {
	list := []view.Queued{}
	if err := stmt.SelectContext(ctx, &list, args...); err != nil {
		return nil, wrap("list deliveries", err)
	}
	for i := range list {
		list[i].Author = named(list[i].Author)
		utc(&list[i].CreatedAt, &list[i].UpdatedAt, list[i].NextAttemptAt)
	}
	return list, nil
}

// OutboxCounts counts the deliveries that have not been sent. The domains are those of the
// filter's part.
func (s *Store) OutboxCounts(ctx context.Context, as desk.Agent, f view.OutboxFilter) (view.OutboxCounts, error) {
	limits, tiers := viewer(as)
	var rows []struct {
		Part   view.OutboxPart
		Domain string
		Count  int64
	}
	out := view.OutboxCounts{Parts: []view.OutboxPartCount{}, Domains: []view.OutboxDomainCount{}}
	if err := s.q.outbox.Counts.SelectContext(ctx, &rows, limits, tiers, optional(f.Inbox)); err != nil {
		return out, wrap("count deliveries", err)
	}
	for _, part := range []view.OutboxPart{"waiting", "sending", "delayed", "on_hold", "unknown", "failed"} {
		out.Parts = append(out.Parts, view.OutboxPartCount{Part: part})
	}
	for _, r := range rows {
		if i := slices.IndexFunc(out.Parts, func(p view.OutboxPartCount) bool { return p.Part == r.Part }); i >= 0 {
			out.Parts[i].Count += r.Count
		}
		if f.Part != "" && f.Part != r.Part {
			continue
		}
		if i := slices.IndexFunc(out.Domains, func(d view.OutboxDomainCount) bool { return d.Domain == r.Domain }); i >= 0 {
			out.Domains[i].Count += r.Count
		} else if len(out.Domains) < maxDomains {
			out.Domains = append(out.Domains, view.OutboxDomainCount{Domain: r.Domain, Count: r.Count})
		}
	}
	slices.SortStableFunc(out.Domains, func(a, b view.OutboxDomainCount) int { return int(b.Count - a.Count) })
	return out, nil
}

// optional is a text, or null if it is empty.
func optional(s string) sql.NullString { return sql.NullString{String: clean(s), Valid: s != ""} }
