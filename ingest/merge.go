package ingest

import (
	"bytes"
	"fmt"
	"slices"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// A mail that cites two conversations of one account shows that they are one. Package
// threading decides whether the younger is merged into the older one; this file does it.

// rivals returns the conversations in the snapshot that one message of the batch cites
// together with others: what a merge needs of them has to be read.
func rivals(rows []parsed, snap *Snapshot, rules *Rules) []desk.ConversationID {
	cited := map[string][]desk.ConversationID{} // by Message-ID
	for _, k := range snap.Known {
		cited[k.MessageID] = append(cited[k.MessageID], k.Conversation)
	}
	view := batch{snap: snap}
	var all []desk.ConversationID
	for i := range rows {
		raw, m := &rows[i].Raw, &rows[i].message
		if raw.Channel != desk.ChannelEmail || raw.Outgoing {
			continue
		}
		var found []desk.ConversationID
		for _, id := range slices.Concat(m.References, m.InReplyTo, []string{m.MessageID}) {
			found = append(found, cited[id]...)
		}
		for _, address := range recipients(raw, m) {
			if id, _, ok := rules.Tokens.Parse(address); ok {
				found = append(found, id)
			}
		}
		different := map[desk.ConversationID]bool{}
		for _, id := range found {
			if c := view.final(id); c != nil {
				different[c.ID] = true
			}
		}
		if len(different) > 1 {
			for id := range different {
				all = append(all, id)
			}
		}
		// Later messages of the batch may cite this one.
		if m.MessageID != "" {
			cited[m.MessageID] = append(cited[m.MessageID], found...)
		}
	}
	slices.SortFunc(all, func(a, b desk.ConversationID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// audience returns what two conversations that are merged automatically must have in
// common: who may read them, and that they are answered by mail. The visitor of a chat
// would otherwise get no more answers, or those to another person. It is empty for a
// conversation whose placements are not known.
func (b *batch) audience(c *desk.Conversation) string {
	if _, read := b.snap.Placed[c.ID]; !read && !b.opened[c.ID] || c.ReplyChannel != desk.ChannelEmail {
		return ""
	}
	if c.Restricted {
		return fmt.Sprintf("email, restricted to tier %d", c.Tier)
	}
	return "email"
}

// absorb merges a conversation into another one.
func (b *batch) absorb(into, from *desk.Conversation, reason string) {
	move := desk.Move{Placements: b.placed(from), There: b.placed(into), To: into.ID, Method: desk.MethodMerge, Evidence: "merged from " + numbered(from) + ": " + reason}
	move.At = move.Earliest(b.now, into.UpdatedAt, from.UpdatedAt)
	n := move.Count()
	before, assignee := *from, desk.Agent{ID: from.AssigneeID, Tiers: []desk.Tier{into.Tier}}
	b.apply(from, lifecycle.Merged{By: desk.ActorSystem, Into: *into, Reason: reason, Messages: n}, move.At)
	first := b.apply(into, lifecycle.Absorbed{By: desk.ActorSystem, From: before, Assignee: assignee, Reason: reason, Messages: n}, move.At)
	move.After = first
	b.out.Move(move)
	b.out.Merges = append(b.out.Merges, desk.Merge{Absorbed: from.ID, Surviving: into.ID, At: move.At, First: first, Last: first + int64(n)})
	delete(b.snap.Placed, from.ID)
	b.snap.Last[into.ID] = append(b.snap.Last[into.ID], b.snap.Last[from.ID]...)
	b.index.AddConversation(b.candidate(from))
	b.index.AddConversation(b.candidate(into))
}

// placed returns the current placements in a conversation, those that this batch begins
// included.
func (b *batch) placed(c *desk.Conversation) []desk.Placement {
	list := slices.Clone(b.snap.Placed[c.ID])
	for _, p := range b.out.Placements {
		if p.ConversationID == c.ID && p.Until.IsZero() {
			list = append(list, p)
		}
	}
	return list
}

// numbered names a conversation for people. It has no number yet if the same batch opened
// it.
func numbered(c *desk.Conversation) string {
	if c.Number == 0 {
		return "another conversation"
	}
	return fmt.Sprintf("#%d", c.Number)
}
