package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

type viewConversationQueries struct {
	List   *sqlx.Stmt `query:"view-conversation-list"` // run by filter.go; prepared to be checked at start
	Get    *sqlx.Stmt `query:"view-conversation"`
	Stints *sqlx.Stmt `query:"view-stints"`
	Access *sqlx.Stmt `query:"view-access"`
	Events *sqlx.Stmt `query:"view-events"`
}

// conversationView is a view.Conversation as the driver reads it.
type conversationView struct {
	view.Conversation
	Path pq.StringArray
	Tags pq.StringArray
}

func (r *conversationView) view() view.Conversation {
	v := r.Conversation
	v.Path, v.Tags = list(r.Path), list(r.Tags)
	v.Assignee = named(v.Assignee)
	utc(&v.CreatedAt, &v.UpdatedAt, v.LastInboundAt, v.LastReplyAt, v.WaitingSince, v.SnoozedUntil, v.ResolvedAt)
	return v
}

// list returns s, or an empty list for nil.
func list[T any, S ~[]T](s S) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// named returns nil for an agent that a left join did not find.
func named(a *view.AgentName) *view.AgentName {
	if a == nil || a.ID.IsZero() {
		return nil
	}
	return a
}

// utc converts instants to UTC; nil is skipped.
func utc(instants ...*time.Time) {
	for _, t := range instants {
		if t != nil {
			*t = t.UTC()
		}
	}
}

// viewer returns the two arguments that every query scoped to an agent begins with.
func viewer(as desk.Agent) (admin bool, tiers pq.Int64Array) {
	tiers = pq.Int64Array{}
	for _, t := range as.Tiers {
		tiers = append(tiers, int64(t))
	}
	return as.Admin, tiers
}

// searchTime limits a search. Words have no index, because maintaining one would
// cost more per incoming mail than storing it; texts are compared instead, and
// with very many messages the agent is asked to narrow the search.
const searchTime = 10 * time.Second

// Conversations lists the conversations that the agent may see and that match all
// filters, last updated first, starting after the position before.
func (s *Store) Conversations(ctx context.Context, as desk.Agent, filters []search.Filter, before view.Position, limit int) ([]view.Conversation, error) {
	admin, tiers := viewer(as)
	c := conditions{args: []any{admin, tiers, nullTime(before.UpdatedAt), before.ID, limit}}
	for i := range filters {
		c.filter(&filters[i], as.ID)
	}
	bounded, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	var rows []conversationView
	if err := s.db.SelectContext(bounded, &rows, c.in(conversationList()), c.args...); err != nil {
		if bounded.Err() != nil && ctx.Err() == nil && c.words {
			return nil, desk.Errorf(desk.KindInvalid, "the search takes too long: narrow it with from:, account:, inbox: or tag:")
		}
		return nil, wrap("list conversations", err)
	}
	out := make([]view.Conversation, len(rows))
	for i := range rows {
		out[i] = rows[i].view()
	}
	return out, nil
}

// Conversation returns a conversation; KindNotFound if the agent may not see it.
func (s *Store) Conversation(ctx context.Context, as desk.Agent, ref view.ConversationRef) (view.Conversation, error) {
	admin, tiers := viewer(as)
	var row conversationView
	if err := s.q.viewConversation.Get.GetContext(ctx, &row, admin, tiers, ref.ID, ref.Number); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return view.Conversation{}, desk.Errorf(desk.KindNotFound, "no such conversation")
		}
		return view.Conversation{}, wrap("read conversation", err)
	}
	return row.view(), nil
}

// Stints lists the assignment history of a conversation, oldest first, without the
// first skip entries.
func (s *Store) Stints(ctx context.Context, as desk.Agent, id desk.ConversationID, skip, limit int) ([]view.Stint, error) {
	admin, tiers := viewer(as)
	stints := []view.Stint{}
	if err := s.q.viewConversation.Stints.SelectContext(ctx, &stints, admin, tiers, id, skip, limit); err != nil {
		return nil, wrap("list stints", err)
	}
	for i := range stints {
		stints[i].Assignee = named(stints[i].Assignee)
		utc(&stints[i].StartedAt, stints[i].EndedAt)
	}
	return stints, nil
}

// ConversationEvents lists a conversation's events with numbers above after,
// oldest first; none if the agent may not see the conversation.
func (s *Store) ConversationEvents(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]desk.Event, error) {
	admin, tiers := viewer(as)
	var rows []eventRow
	if err := s.q.viewConversation.Events.SelectContext(ctx, &rows, admin, tiers, id, after, limit); err != nil {
		return nil, wrap("list a conversation's events", err)
	}
	return eventsOf(rows), nil
}

// Access returns what decides who may see each of the conversations. Those that
// do not exist are missing in the result.
func (s *Store) Access(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]view.Access, error) {
	text := make(pq.StringArray, len(ids))
	for i, id := range ids {
		text[i] = uuidText(id)
	}
	var rows []struct {
		ID desk.ConversationID
		view.Access
	}
	if err := s.q.viewConversation.Access.SelectContext(ctx, &rows, text); err != nil {
		return nil, wrap("read access", err)
	}
	access := make(map[desk.ConversationID]view.Access, len(rows))
	for _, r := range rows {
		access[r.ID] = r.Access
	}
	return access, nil
}

// nullTime returns NULL for the zero instant.
func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
