// Package visibility decides which agent may see which event at the moment it is
// sent, for the event log and the event socket.
package visibility

import (
	"context"
	"slices"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/addressmask"
)

// cacheTTL is how long a conversation's access rule may be cached. An event that
// is newer than the cached rule always reads it again.
const cacheTTL = time.Second

// cacheSize bounds the number of cached conversations.
const cacheSize = 10_000

// Access reads the access rules of conversations.
type Access interface {
	// Access returns the rule of each conversation that exists.
	Access(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]view.Access, error)
}

// Filter selects the events and conversations an agent may see. All subscribers
// are sent the same events, so that one query serves them all.
type Filter struct {
	access Access
	mask   addressmask.Mask
	mu     sync.Mutex
	cache  map[desk.ConversationID]entry
}

type entry struct {
	view.Access
	exists bool
	seq    int64 // the newest event that was committed when the rule was read
	at     time.Time
}

// New returns a Filter that hides addresses with mask from those who may not see them.
func New(access Access, mask addressmask.Mask) *Filter {
	return &Filter{access: access, mask: mask, cache: make(map[desk.ConversationID]entry)}
}

// MayRead is may_read of the schema, and desk.Agent.CanRead, for a conversation of
// which only the Access is known.
func MayRead(a desk.Agent, c view.Access) bool {
	return a.Admin || (!c.Restricted || slices.Contains(a.Tiers, c.Tier)) && (!a.InboxesOnly || slices.Contains(a.Sees, c.InboxID))
}

// Log returns the events of the log that the agent may see now, in order.
func (f *Filter) Log(ctx context.Context, a desk.Agent, events []desk.Event) ([]desk.Event, error) {
	return f.allowed(ctx, a, events, true)
}

// Live is Log for events that were just committed: a rule that was read after
// them may come from the cache.
func (f *Filter) Live(ctx context.Context, a desk.Agent, events ...desk.Event) ([]desk.Event, error) {
	return f.allowed(ctx, a, events, false)
}

// allowed sends events without a conversation to admins only: they are about
// agents, the policy, channels and accounts. Agents who may not see the addresses of
// customers get events without them. Who is available and which inbox overflows
// concerns everyone, and a notice the agent whom it is for.
func (f *Filter) allowed(ctx context.Context, a desk.Agent, events []desk.Event, fresh bool) ([]desk.Event, error) {
	if a.Admin || len(events) == 0 {
		return events, nil
	}
	rules, err := f.rules(ctx, events, fresh)
	if err != nil {
		return nil, err
	}
	out := make([]desk.Event, 0, len(events))
	for _, e := range events {
		if r := rules[e.ConversationID]; r.exists && MayRead(a, r.Access) || e.Kind == desk.EventAgentAvailability ||
			e.Kind == desk.EventNoticeCreated && e.Subject == desk.AgentSubject(a.ID) || e.Kind == desk.EventInboxOverflow && seesInbox(a, e.Subject) {
			if a.Masked() {
				if e.Data, err = f.mask.JSON(e.Data); err != nil {
					return nil, desk.Errorf(desk.KindInternal, "mask event %s: %w", e.Cursor, err)
				}
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// seesInbox reports whether the agent may know of what happens to an inbox.
func seesInbox(a desk.Agent, inbox desk.Subject) bool {
	return !a.InboxesOnly || slices.ContainsFunc(a.Sees, func(id desk.InboxID) bool { return desk.InboxSubject(id) == inbox })
}

// Conversation reports whether the agent may see a conversation now.
func (f *Filter) Conversation(ctx context.Context, a desk.Agent, id desk.ConversationID) (bool, error) {
	rules, err := f.rules(ctx, []desk.Event{{ConversationID: id}}, false)
	if err != nil {
		return false, err
	}
	r := rules[id]
	return r.exists && MayRead(a, r.Access), nil
}

// rules returns the rules of the events' conversations as they were after each
// event was committed; with fresh, as they were during this call.
func (f *Filter) rules(ctx context.Context, events []desk.Event, fresh bool) (map[desk.ConversationID]entry, error) {
	newest := make(map[desk.ConversationID]int64, 1)
	for _, e := range events {
		if !e.ConversationID.IsZero() {
			newest[e.ConversationID] = max(newest[e.ConversationID], e.Seq)
		}
	}
	found := make(map[desk.ConversationID]entry, len(newest))
	var missing []desk.ConversationID
	now := time.Now()
	f.mu.Lock()
	for id, seq := range newest {
		if r, ok := f.cache[id]; !fresh && ok && r.seq >= seq && now.Sub(r.at) < cacheTTL {
			found[id] = r
		} else {
			missing = append(missing, id)
		}
	}
	f.mu.Unlock()
	if len(missing) == 0 {
		return found, nil
	}
	access, err := f.access.Access(ctx, missing)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.cache)+len(missing) > cacheSize {
		clear(f.cache)
	}
	for _, id := range missing {
		rule, exists := access[id]
		found[id] = entry{Access: rule, exists: exists, seq: newest[id], at: now}
		f.cache[id] = found[id]
	}
	return found, nil
}
