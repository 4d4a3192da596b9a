package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/search"
)

// groups adds the alternatives and negations of a filter.
func (c *conditions) groups(ctx context.Context, s *Store, f *search.Filter) error {
	for i := range f.Not {
		group, err := c.group(ctx, s, &f.Not[i])
		if err != nil {
			return err
		}
		c.whole(group.compares, "("+group.text+") is not true")
	}
	for _, list := range f.Any {
		var texts []string
		var any wanted
		compares, narrow := false, true
		for i := range list {
			group, err := c.group(ctx, s, &list[i])
			if err != nil {
				return err
			}
			texts, compares = append(texts, group.text), compares || group.compares
			narrow = narrow && len(group.texts) > 0
			any.lists = append(any.lists, group.texts)
		}
		c.whole(compares, "("+strings.Join(texts, "\n    or ")+")")
		if narrow {
			c.texts = append(c.texts, any)
		}
	}
	return nil
}

// whole adds a condition without values; compares says where it belongs.
func (c *conditions) whole(compares bool, text string) {
	to := c.columns
	if compares {
		to = c.compare
	}
	to.WriteString("\n  and " + text)
}

// group is a filter as one condition.
type group struct {
	text     string
	compares bool // it reads more than the conversation's row
	texts    []wanted
}

// group makes a condition of a filter. Its values become arguments of c.
func (c *conditions) group(ctx context.Context, s *Store, f *search.Filter) (group, error) {
	columns, compare, texts := c.columns, c.compare, c.texts
	defer func() { c.columns, c.compare, c.texts = columns, compare, texts }()
	c.columns, c.compare, c.texts = &strings.Builder{}, &strings.Builder{}, nil
	if err := c.filter(ctx, s, f); err != nil {
		return group{}, err
	}
	return group{"(true " + c.columns.String() + c.compare.String() + ")", c.compare.Len() > 0, c.texts}, nil
}

// unread: as in view-conversation-list.
const unread = `(c.status = 'open' or c.service ? 'third_parties') and exists (
       select 1 from placements p join messages m on m.id = p.message_id
       where p.conversation_id = c.id and p.until is null and m.direction = 'inbound' and (c.status = 'open' or m.third_party)
         and p.seq > coalesce((select r.seq from read_marks r where r.agent_id = %s::uuid and r.conversation_id = c.id), 0))`

// holds are the conditions of has:.
var holds = map[search.Part]string{
	search.HasAttachment: "exists (select from placements p join messages m on m.id = p.message_id where p.conversation_id = c.id and p.until is null and m.attachments <> '[]')",
	search.HasNote:       "exists (select from placements p join messages m on m.id = p.message_id where p.conversation_id = c.id and p.until is null and m.direction = 'note')",
	search.HasTask:       "exists (select from tasks k where k.conversation_id = c.id and k.state in ('open', 'in_progress'))",
}

// more: what is read and waited for, what there is, and when.
func (c *conditions) more(f *search.Filter) {
	if f.Waiting {
		c.and(c.columns, "c.status = 'open' and c.waiting_on = 'us'")
	}
	if f.Unread {
		c.and(c.compare, unread, c.me)
	}
	for _, part := range f.Has {
		c.and(c.compare, holds[part])
	}
	now := time.Now()
	for _, m := range f.After {
		// What came after it changed the conversation after it: the index of the list is read no further.
		c.and(c.columns, "c.updated_at >= %[1]s and greatest(c.created_at, c.last_inbound_at, c.last_reply_at) >= %[1]s", m.In(now, c.zone))
	}
	for _, m := range f.Before {
		c.and(c.columns, "c.created_at < %s", m.In(now, c.zone))
	}
}

// worked is a condition on the agents who had a part in a conversation.
const worked = `exists (select from agents g where (%s) and (g.id = c.assignee_id
       or exists (select from helpers h where h.conversation_id = c.id and h.agent_id = g.id)
       or exists (select from placements p join messages m on m.id = p.message_id where p.conversation_id = c.id and p.until is null and m.author_id = g.id)))`

// with: a customer, somebody in copy or an agent with the address or name takes part.
func (c *conditions) with(v string) {
	if v == "me" {
		c.and(c.compare, fmt.Sprintf(worked, "g.id = %s::uuid"), c.me)
		return
	}
	party, name, address := "lower(x.address)", "lower(t.name)", "lower(coalesce(t.address, ''))"
	if c.masked {
		party, name, address = hidden(party), hidden(name), hidden(address)
	}
	agents := fmt.Sprintf(worked, "strpos(lower(g.name), %[1]s) > 0 or strpos(g.email, %[1]s) > 0")
	c.and(c.compare, `(exists (select from unnest(c.participants) x (address) where strpos(`+party+`, %[1]s) > 0)
     or exists (select from contact_names t where t.id = c.contact_id and (strpos(`+name+`, %[1]s) > 0 or strpos(`+address+`, %[1]s) > 0))
     or `+agents+`)`, v)
}

// zoneOf is the time zone in which an agent's days begin.
func zoneOf(a *desk.Agent) *time.Location {
	if zone, err := time.LoadLocation(a.Timezone); err == nil {
		return zone // UTC for an empty name
	}
	return time.UTC
}
