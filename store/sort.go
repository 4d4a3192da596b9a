package store

import (
	"strings"

	"switchboard/desk/view"
)

// The parts of view-conversation-list that set its order.
const (
	listPosition = "and (c.updated_at, c.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))"
	listOrder    = "order by c.updated_at desc, c.id desc"
	listKey      = "''::text as sort_key"
)

// sortKey is what a list is sorted by, ascending, before the last change.
type sortKey struct{ expression, kind string }

var sortKeys = map[view.Sort]sortKey{
	view.SortDue:      {"coalesce(c.due_at, 'infinity'::timestamptz)", "timestamptz"}, // as in the index
	view.SortWaiting:  {"coalesce(c.waiting_since, 'infinity'::timestamptz)", "timestamptz"},
	view.SortOldest:   {"c.created_at", "timestamptz"},
	view.SortPriority: {"array_position(array['urgent', 'high', 'normal', 'low'], c.priority)", "int"},
}

// sorted returns the query of a list in an order. after is the position of the last row
// that was read, whose key becomes an argument.
func (c *conditions) sorted(query string, by view.Sort, after view.Position) string {
	k, ok := sortKeys[by]
	if !ok {
		return query
	}
	position := listPosition
	if after.Key != "" {
		arg := c.arg(after.Key) + "::text::" + k.kind
		position = "and " + k.expression + " >= " + arg + " and (" + k.expression + " > " + arg + " or " + strings.TrimPrefix(listPosition, "and ") + ")"
	}
	return strings.NewReplacer(listPosition, position, listOrder, "order by "+k.expression+", c.updated_at desc, c.id desc",
		listKey, k.expression+"::text as sort_key").Replace(query)
}
