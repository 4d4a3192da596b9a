package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
	"switchboard/lifecycle"
)

type viewConversationQueries struct {
	List     *sqlx.Stmt `query:"view-conversation-list"`
	Count    *sqlx.Stmt `query:"view-conversation-count"`
	Matching *sqlx.Stmt `query:"view-conversation-ids"` // run by filter.go; prepared to be checked at start
	Get      *sqlx.Stmt `query:"view-conversation"`
	Stints   *sqlx.Stmt `query:"view-stints"`
	Access   *sqlx.Stmt `query:"view-access"`
	Events   *sqlx.Stmt `query:"view-events"`
	Clocks   *sqlx.Stmt `query:"view-clocks"`
}

// conversationView is a view.Conversation as the driver reads it.
type conversationView struct {
	view.Conversation
	Path    pq.StringArray
	Tags    pq.StringArray
	Service []byte
}

// view returns the view as of an instant.
func (r *conversationView) view(policy lifecycle.Policy, now time.Time) view.Conversation {
	v := r.Conversation
	v.Path, v.Tags, v.Clocks, v.Allowed = list(r.Path), list(r.Tags), []view.Clock{}, []string{}
	if state, err := lifecycle.Load(desk.Conversation{Service: r.Service}, desk.Stint{}); err == nil {
		v.NextDue = view.NextDueOf(lifecycle.Counted(state, policy, now))
	}
	v.Assignee, v.Swarm = named(v.Assignee), []view.Helper{}
	if v.MergedInto != nil && v.MergedInto.ID.IsZero() {
		v.MergedInto = nil
	}
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

// viewer returns the two arguments that every query scoped to an agent begins with:
// the inboxes that limit the agent, nil for no limit, and their tiers, nil for all.
func viewer(as desk.Agent) (limits pq.StringArray, tiers pq.Int64Array) {
	if as.Admin {
		return nil, nil
	}
	if as.InboxesOnly {
		limits = pq.StringArray{}
		for _, id := range as.Sees {
			limits = append(limits, uuidText(id))
		}
	}
	return limits, tierNumbers(as.Tiers)
}

func tierNumbers(tiers []desk.Tier) pq.Int64Array {
	numbers := pq.Int64Array{}
	for _, t := range tiers {
		numbers = append(numbers, int64(t))
	}
	return numbers
}

// searchTime limits a search that the index cannot narrow, such as one for a single
// letter; the agent is then asked to narrow it.
const searchTime = 10 * time.Second

// Conversations lists the conversations that the agent may see and that match all
// filters, in an order, starting after a position.
//
// In the list of those last changed, a conversation that is updated while somebody reads
// page after page moves to the front, where it has been or will be read again from the
// start; it is then missing in the rest of the list and never replaces or hides another
// one, because a page begins at a position and not at a count.
func (s *Store) Conversations(ctx context.Context, as desk.Agent, filters []search.Filter, by view.Sort, after view.Position, limit int) ([]view.Conversation, error) {
	bounded, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	rows, err := s.conversations(bounded, as, filters, by, after, limit)
	if err != nil {
		if bounded.Err() != nil && ctx.Err() == nil {
			return nil, desk.Errorf(desk.KindInvalid, "the search takes too long: narrow it with from:, account:, inbox: or tag:")
		}
		return nil, wrap("list conversations", err)
	}
	out := make([]view.Conversation, len(rows))
	policy, now := s.livePolicy(), time.Now()
	for i := range rows {
		out[i] = rows[i].view(policy, now)
	}
	return out, nil
}

// nearby is how many conversations are compared with a search for words before the
// index is asked: a common word fills a page among them.
const nearby = 300

// conversations runs a list. A search for words first compares the texts of the first
// conversations of the list, where common words fill the page, and otherwise those
// of the conversations that the index finds, which are few for a rare word.
func (s *Store) conversations(ctx context.Context, as desk.Agent, filters []search.Filter, by view.Sort, after view.Position, limit int) ([]conversationView, error) {
	names, err := s.names(ctx, filters)
	if err != nil {
		return nil, err
	}
	limits, tiers := viewer(as)
	c := conditions{names: names, me: as.ID, masked: as.Masked(), zone: zoneOf(&as), columns: &strings.Builder{}, compare: &strings.Builder{}, args: []any{limits, tiers, nullTime(after.UpdatedAt), after.ID, limit, nil, as.ID}}
	query := c.sorted(block("view-conversation-list"), by, after)
	for i := range filters {
		if err := c.filter(ctx, s, &filters[i]); err != nil {
			return nil, err
		}
	}
	if c.compare.Len() == 0 {
		return s.list(ctx, &c, query, limit)
	}
	rows, err := s.list(ctx, &c, query, nearby)
	if err != nil || len(rows) == limit {
		return rows, err
	}
	if err := c.narrow(ctx, s); err != nil {
		return nil, err
	}
	return s.list(ctx, &c, query, nil)
}

// list runs the query of a list that reads at most most conversations; nil: any number.
func (s *Store) list(ctx context.Context, c *conditions, query string, most any) (rows []conversationView, err error) {
	c.args[5] = most
	return rows, s.db.SelectContext(ctx, &rows, c.in(query), c.args...)
}

// Conversation returns a conversation; KindNotFound if the agent may not see it.
func (s *Store) Conversation(ctx context.Context, as desk.Agent, ref view.ConversationRef) (view.Conversation, error) {
	limits, tiers := viewer(as)
	var row conversationView
	if err := s.q.viewConversation.Get.GetContext(ctx, &row, limits, tiers, ref.ID, ref.Number, as.ID); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return view.Conversation{}, desk.Errorf(desk.KindNotFound, "no such conversation")
		}
		return view.Conversation{}, wrap("read conversation", err)
	}
	now := time.Now()
	c := row.view(s.livePolicy(), now)
	if err := s.promisesOf(ctx, &c, row.Service, now); err != nil {
		return c, err
	}
	var err error
	if c.Swarm, err = s.helpers(ctx, c.ID); err != nil {
		return c, err
	}
	if c.Reply.Channel != desk.ChannelChat {
		return c, nil
	}
	c.Reply.LeftAt, err = s.leftAt(ctx, c.Reply.To)
	return c, err
}

// Stints lists the assignment history of a conversation, oldest first, without the
// first skip entries.
func (s *Store) Stints(ctx context.Context, as desk.Agent, id desk.ConversationID, skip, limit int) ([]view.Stint, error) {
	limits, tiers := viewer(as)
	stints := []view.Stint{}
	if err := s.q.viewConversation.Stints.SelectContext(ctx, &stints, limits, tiers, id, skip, limit); err != nil {
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
	limits, tiers := viewer(as)
	var rows []eventRow
	if err := s.q.viewConversation.Events.SelectContext(ctx, &rows, limits, tiers, id, after, limit); err != nil {
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
