package store

import (
	"fmt"
	"strings"
	"sync"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/search"
)

// filterMark is replaced by the conditions in view-conversation-list.
const filterMark = "/* filter */"

// conversationList returns the text of the list's query. It exists: the block was
// prepared at start.
var conversationList = sync.OnceValue(func() string {
	blocks, err := readBlocks()
	if err != nil {
		panic(err) // the files are embedded; Open has read them
	}
	return blocks["view-conversation-list"]
})

// conditions builds the only SQL that is not in a file: the conditions of a
// search filter. Values are passed as arguments, never in the text.
type conditions struct {
	text  strings.Builder
	args  []any
	words bool // the text of messages is searched
}

// in inserts the conditions into a query.
func (c *conditions) in(query string) string {
	return strings.Replace(query, filterMark, c.text.String(), 1)
}

// arg adds an argument and returns its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// and adds a condition; each %s becomes the placeholder of a value.
func (c *conditions) and(format string, values ...any) {
	places := make([]any, len(values))
	for i, v := range values {
		places[i] = c.arg(v)
	}
	fmt.Fprintf(&c.text, "\n  and "+format, places...)
}

// filter adds the conditions of f; me is the agent who searches.
func (c *conditions) filter(f *search.Filter, me desk.AgentID) {
	if len(f.Statuses) > 0 {
		c.and("c.status = any(%s)", texts(f.Statuses))
	}
	if len(f.Tiers) > 0 {
		tiers := make(pq.Int64Array, len(f.Tiers))
		for i, t := range f.Tiers {
			tiers[i] = int64(t)
		}
		c.and("c.tier = any(%s)", tiers)
	}
	if len(f.Inboxes) > 0 {
		c.and("i.key = any(%s)", texts(f.Inboxes))
	}
	if len(f.Channels) > 0 {
		c.and("c.channel = any(%s)", texts(f.Channels))
	}
	if len(f.Numbers) > 0 {
		c.and("c.number = any(%s)", pq.Int64Array(f.Numbers))
	}
	if f.Unassigned {
		c.and("c.assignee_id is null")
	}
	if len(f.Tags) > 0 {
		c.and("c.tags @> %s", texts(f.Tags))
	}
	c.assignees(f.Assignees, me)
	c.accounts(f.Accounts)
	c.from(f.From)
	for _, w := range f.Words {
		c.word(w)
	}
}

// assignees: assigned to any of them.
func (c *conditions) assignees(list []search.Assignee, me desk.AgentID) {
	if len(list) == 0 {
		return
	}
	var ids, emails pq.StringArray
	none := false
	for _, a := range list {
		switch {
		case a.None:
			none = true
		case a.Me:
			ids = append(ids, uuidText(me))
		case a.Email != "":
			emails = append(emails, a.Email)
		default:
			ids = append(ids, uuidText(a.ID))
		}
	}
	c.and("(c.assignee_id = any(%s::uuid[]) or g.email = any(%s) or (%s and c.assignee_id is null))", ids, emails, none)
}

// accounts: any of them, by id or by a part of the name or of a domain.
func (c *conditions) accounts(list []string) {
	if len(list) == 0 {
		return
	}
	var ids, parts pq.StringArray
	for _, v := range list {
		if id, err := desk.ParseID[desk.AccountID](v); err == nil && !id.IsZero() {
			ids = append(ids, uuidText(id))
		} else {
			parts = append(parts, contains(v))
		}
	}
	c.and(`(c.account_id = any(%s::uuid[]) or a.name ilike any(%s)
       or c.account_id in (select d.account_id from account_domains d where d.domain ilike any(%s)))`, ids, parts, parts)
}

// from: the contact or the sender of a message has the address. Complete
// addresses are looked up by index, parts of one are compared.
func (c *conditions) from(list []string) {
	if len(list) == 0 {
		return
	}
	var whole, parts pq.StringArray
	for _, v := range list {
		if local, domain, ok := strings.Cut(v, "@"); ok && local != "" && strings.Contains(domain, ".") {
			whole = append(whole, v)
		} else {
			parts = append(parts, contains(v))
		}
	}
	if len(parts) == 0 {
		c.and(`(c.contact_id in (select d.contact_id from identities d where d.channel = 'email' and d.address = any(%s))
       or c.id in (select p.conversation_id from placements p join messages m on m.id = p.message_id
           where p.until is null and m.direction = 'inbound' and m.from_address = any(%s)))`, whole, whole)
		return
	}
	parts = append(parts, whole...)
	c.and(`(exists (select 1 from identities d where d.contact_id = c.contact_id and d.address ilike any(%s))
       or exists (select 1 from placements p join messages m on m.id = p.message_id
           where p.conversation_id = c.id and p.until is null and m.direction = 'inbound' and m.from_address ilike any(%s)))`, parts, parts)
}

// word: the subject or a message contains it.
func (c *conditions) word(w string) {
	c.words = true
	c.and(`(c.subject ilike %[1]s or exists (select 1 from placements p join messages m on m.id = p.message_id
       where p.conversation_id = c.id and p.until is null and (m.text_body ilike %[1]s or m.subject ilike %[1]s)))`, contains(w))
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// contains returns a LIKE pattern for texts that contain part.
func contains(part string) string { return "%" + likeEscaper.Replace(clean(part)) + "%" }

func texts[T ~string](list []T) pq.StringArray {
	out := make(pq.StringArray, len(list))
	for i, v := range list {
		out[i] = clean(string(v))
	}
	return out
}
