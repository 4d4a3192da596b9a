package store

import (
	"context"
	"strings"

	"switchboard/desk"
	"switchboard/internal/search"
)

// CountConversations counts those that the agent may see and that match, up to most.
func (s *Store) CountConversations(ctx context.Context, as desk.Agent, f search.Filter, most int) (n int, err error) {
	err = s.matching(ctx, as, f, "view-conversation-count", func(ctx context.Context, query string, args ...any) error {
		return s.db.GetContext(ctx, &n, query, args...)
	}, most)
	return n, err
}

// MatchingConversations returns the IDs of those that the agent may see and that match, the
// oldest first, up to most.
func (s *Store) MatchingConversations(ctx context.Context, as desk.Agent, f search.Filter, most int) (ids []desk.ConversationID, err error) {
	err = s.matching(ctx, as, f, "view-conversation-ids", func(ctx context.Context, query string, args ...any) error {
		return s.db.SelectContext(ctx, &ids, query, args...)
	}, most)
	return ids, err
}

// matching runs a query over the conversations that match.
func (s *Store) matching(ctx context.Context, as desk.Agent, f search.Filter, name string, read func(ctx context.Context, query string, args ...any) error, most int) error {
	bounded, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	names, err := s.names(bounded, []search.Filter{f})
	if err != nil {
		return err
	}
	limits, tiers := viewer(as)
	c := conditions{names: names, me: as.ID, masked: as.Masked(), zone: zoneOf(&as), columns: &strings.Builder{}, compare: &strings.Builder{}, args: []any{limits, tiers, most}}
	if err = c.filter(bounded, s, &f); err == nil && len(c.texts) > 0 {
		err = c.narrow(bounded, s)
	}
	if err == nil {
		err = read(bounded, c.in(block(name)), c.args...)
	}
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return desk.Errorf(desk.KindInvalid, "the search takes too long: narrow it with from:, account:, inbox: or tag:")
	}
	return wrap("search conversations", err)
}
