package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/search"
	"switchboard/internal/textindex"
)

// The marks in view-conversation-list that are replaced by conditions.
const (
	filterMark  = "/* filter */"
	compareMark = "/* compare */"
)

var readOnce = sync.OnceValue(func() map[string]string {
	blocks, err := readBlocks()
	if err != nil {
		panic(err) // the files are embedded; Open has read them
	}
	return blocks
})

// block returns the text of a query that is planned for its arguments each time, which
// decide what is read. It exists: Open has prepared it.
func block(name string) string { return readOnce()[name] }

// conditions builds the only SQL that is not in a file: the conditions of a
// search filter. Values are passed as arguments, never in the text.
type conditions struct {
	names   names
	me      desk.AgentID // the agent who searches
	masked  bool         // addresses are not compared up to their domains
	zone    *time.Location
	columns *strings.Builder
	compare *strings.Builder // also what is not in the conversation's row
	args    []any
	texts   []wanted
}

// wanted is a condition on texts.
type wanted struct {
	anyOf     []string // folded; a message contains one of them
	addresses []string // or one of them wrote, or is the contact's
	parts     []string // or the contact has an address with one of them

	lists [][]wanted // instead: all of one of the lists
}

// in inserts the conditions into a query.
func (c *conditions) in(query string) string {
	return strings.NewReplacer(filterMark, c.columns.String(), compareMark, c.compare.String()).Replace(query)
}

// arg adds an argument and returns its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// and adds a condition to b; each %s becomes the placeholder of a value.
func (c *conditions) and(b *strings.Builder, format string, values ...any) {
	places := make([]any, len(values))
	for i, v := range values {
		places[i] = c.arg(v)
	}
	fmt.Fprintf(b, "\n  and "+format, places...)
}

// one adds a condition that column has one of the values. The planner reads an index
// in the list's order for a single value only.
func one[T any](c *conditions, column, kind string, values []T, array func([]T) any) {
	switch len(values) {
	case 0:
	case 1:
		c.and(c.columns, column+" = ("+"%s::"+kind+"[])[1]", array(values))
	default:
		c.and(c.columns, column+" = any(%s::"+kind+"[])", array(values))
	}
}

func ids[T ~[16]byte](list []T) any {
	out := make(pq.StringArray, len(list))
	for i, id := range list {
		out[i] = uuidText(id)
	}
	return out
}

func integers[T ~int | ~int64](list []T) any {
	out := make(pq.Int64Array, len(list))
	for i, n := range list {
		out[i] = int64(n)
	}
	return out
}

// filter adds the conditions of f.
func (c *conditions) filter(ctx context.Context, s *Store, f *search.Filter) error {
	one(c, "c.status", "text", f.Statuses, texts)
	one(c, "c.tier", "int", f.Tiers, integers)
	one(c, "c.inbox_id", "uuid", c.names.inboxes(f.Inboxes), ids)
	one(c, "c.channel", "text", f.Channels, texts)
	one(c, "c.number", "bigint", f.Numbers, integers)
	one(c, "c.priority", "text", f.Priorities, texts)
	one(c, "c.segment", "text", f.Segments, texts)
	if f.Unassigned {
		c.and(c.columns, "c.assignee_id is null")
	}
	c.promises(f)
	c.more(f)
	if f.Swarming {
		c.and(c.columns, "c.assignee_id is distinct from %[1]s::uuid and exists (select from helpers h where h.conversation_id = c.id and h.agent_id = %[1]s::uuid)", c.me)
	}
	if len(f.Tags) > 0 {
		c.and(c.columns, "c.tags <> '{}' and c.tags @> %s::text[]", texts(f.Tags)) // as in the index
	}
	c.assignees(f.Assignees)
	c.from(f.From)
	for _, v := range f.With {
		c.with(clean(v))
	}
	for _, w := range f.Words {
		c.word(textindex.Fold(clean(w)))
	}
	if err := c.accounts(ctx, s, f.Accounts); err != nil {
		return err
	}
	return c.groups(ctx, s, f)
}

// promises: conditions on the next deadline and on gaps.
func (c *conditions) promises(f *search.Filter) {
	if f.Breached {
		c.and(c.columns, "c.due_at <= now()")
	}
	if f.Breaching {
		c.and(c.columns, "c.due_at > now() and c.due_at <= now() + %s::interval", seconds(search.Soon))
	}
	if f.DueWithin > 0 {
		c.and(c.columns, "c.due_at <= now() + %s::interval", seconds(f.DueWithin))
	}
	if f.DueAfter > 0 {
		c.and(c.columns, "c.due_at > now() + %s::interval", seconds(f.DueAfter))
	}
	if f.Gap {
		c.and(c.columns, "c.gap <> ''")
	}
}

// seconds returns a duration as an interval.
func seconds(d time.Duration) string { return fmt.Sprintf("%d seconds", int64(d/time.Second)) }

// assignees: assigned to any of them.
func (c *conditions) assignees(list []search.Assignee) {
	agents, none := c.names.agents(list, c.me)
	switch {
	case len(list) == 0:
	case none && len(agents) == 0:
		c.and(c.columns, "c.assignee_id is null")
	case none:
		c.and(c.columns, "(c.assignee_id = any(%s::uuid[]) or c.assignee_id is null)", ids(agents))
	default:
		one(c, "c.assignee_id", "uuid", agents, ids)
	}
}

// accounts: any of them, by id or by a part of the name or of a domain.
func (c *conditions) accounts(ctx context.Context, s *Store, list []string) error {
	if len(list) == 0 {
		return nil
	}
	found := []desk.AccountID{}
	var parts pq.StringArray
	for _, v := range list {
		if id, err := desk.ParseID[desk.AccountID](v); err == nil && !id.IsZero() {
			found = append(found, id)
		} else {
			parts = append(parts, textindex.Fold(clean(v)))
		}
	}
	if len(parts) > 0 {
		var named []desk.AccountID
		if err := s.q.search.Accounts.SelectContext(ctx, &named, containingAny(parts), many+1); err != nil {
			return wrap("find accounts", err)
		}
		if len(named) > many {
			c.and(c.columns, `(c.account_id = any(%[1]s::uuid[]) or (select true from unnest(%[2]s::text[]) part
       where strpos((select coalesce(a.folded, lower(a.name)) from accounts a where a.id = c.account_id), part) > 0
          or exists (select from account_domains d where d.account_id = c.account_id and strpos(d.domain, part) > 0) limit 1))`, ids(found), parts)
			return nil
		}
		found = append(found, named...)
	}
	if len(found) == 0 {
		c.and(c.columns, "false")
	}
	one(c, "c.account_id", "uuid", found, ids)
	return nil
}

// current are the messages of a conversation with what is compared of them. A message
// from before the index may not have been folded yet.
const current = `(select true from placements p left join search_texts s on s.message_id = p.message_id
       where p.conversation_id = c.id and p.until is null and `

// from: the contact or the sender of a message has the address or name. Complete
// addresses are looked up, parts of one are compared.
func (c *conditions) from(list []string) {
	if len(list) == 0 {
		return
	}
	var whole, parts, sender pq.StringArray
	for _, v := range list {
		v = clean(v)
		if local, domain, ok := strings.Cut(v, "@"); ok && local != "" && strings.Contains(domain, ".") {
			whole, sender = append(whole, strings.ToLower(v)), append(sender, "<"+textindex.Fold(v)+">")
		} else {
			parts, sender = append(parts, textindex.Fold(v)), append(sender, textindex.Fold(v))
		}
	}
	c.texts = append(c.texts, wanted{anyOf: parts, addresses: whole, parts: parts})
	if c.masked {
		c.and(c.compare, current+`(select true from unnest(%s::text[]) part where strpos(`+hidden("coalesce(s.sender, '')")+`, part) > 0 limit 1) limit 1)`, sender)
		return
	}
	c.and(c.compare, `(exists (select from identities d where d.contact_id = c.contact_id
           and (d.address = any(%[1]s::text[]) or (select true from unnest(%[2]s::text[]) part where strpos(d.address, part) > 0 limit 1)))
     or `+current+`(select true from unnest(%[3]s::text[]) part where strpos(coalesce(s.sender, (select '<' || m.from_address || '>'
           from messages m where m.id = p.message_id and m.direction = 'inbound')), part) > 0 limit 1) limit 1))`, whole, parts, sender)
}

// word: the subject or a message contains it.
func (c *conditions) word(folded string) {
	c.texts = append(c.texts, wanted{anyOf: []string{folded}})
	text := `coalesce(s.text, (select lower(c.subject || e'\n' || m.subject || e'\n' || m.from_address || e'\n' || m.text_body)
           from messages m where m.id = p.message_id))`
	if c.masked {
		text = hidden(text)
	}
	c.and(c.compare, current+`strpos(`+text+`, %s) > 0 limit 1)`, folded)
}

// hidden is a text without the local parts of addresses, so that a search does not tell
// what an agent may not see.
func hidden(text string) string { return `regexp_replace(` + text + `, '[^[:space:]<>]+@', '@', 'g')` }

// fewNumbers is how many conversations are looked up one by one. More of them are
// tested in the order of the list.
const fewNumbers = 5000

// narrow adds the condition that the index has found a conversation for all texts.
func (c *conditions) narrow(ctx context.Context, s *Store) error {
	all, err := candidates(ctx, s, c.texts)
	if err != nil {
		return err
	}
	switch {
	case all == nil: // every conversation may match
	case all.count() <= fewNumbers:
		c.and(c.columns, "c.number = any(%s::bigint[])", all.list())
	default:
		c.and(c.columns, "c.number < %s::bigint and get_bit(%s::bytea, c.number) = 1", 8*len(all), []byte(all))
	}
	return nil
}

// candidates returns the conversations that may match all conditions; nil for all
// conversations.
func candidates(ctx context.Context, s *Store, list []wanted) (all numbers, err error) {
	for i := range list {
		found, err := list[i].find(ctx, s)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
		case all == nil:
			all = found
		default:
			all = all.intersect(found)
		}
	}
	return all, nil
}

// find returns the conversations that may match; nil for all.
func (w *wanted) find(ctx context.Context, s *Store) (numbers, error) {
	found := numbers{}
	for _, list := range w.lists {
		some, err := candidates(ctx, s, list)
		if err != nil || some == nil {
			return nil, err
		}
		found = found.union(some)
	}
	if len(w.anyOf) > 0 {
		each, err := s.containing(ctx, w.anyOf)
		if err != nil {
			return nil, err
		}
		for _, n := range each {
			if n == nil {
				return nil, nil
			}
			found = found.union(n)
		}
	}
	var more pq.Int64Array
	if len(w.parts) > 0 {
		if err := s.q.search.Contacts.SelectContext(ctx, &more, containingAny(w.parts)); err != nil {
			return nil, wrap("find contacts", err)
		}
		found.addAll(more)
	}
	if len(w.addresses) > 0 {
		if err := s.q.search.Senders.SelectContext(ctx, &more, pq.StringArray(w.addresses)); err != nil {
			return nil, wrap("find senders", err)
		}
		found.addAll(more)
	}
	return found, nil
}

func texts[T ~string](list []T) any {
	out := make(pq.StringArray, len(list))
	for i, v := range list {
		out[i] = clean(string(v))
	}
	return out
}
