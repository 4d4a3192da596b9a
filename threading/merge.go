package threading

import (
	"bytes"
	"fmt"
	"slices"

	"switchboard/desk"
)

// merge lets a message that joins one conversation and cites others of its account join
// all of them, by merging them into the oldest: the message shows that they are one.
// Whoever could cause a merge without being entitled to could read one customer's
// replies in another's conversation, so that it takes more proof than joining; see
// mergeable. first is the conversation that dec joins.
func (d *decider) merge(dec *Decision, first cited, found []cited) {
	if dec.ConversationID.IsZero() || dec.ThirdParty || automatic(d.in.Message) || d.in.Imported || !d.mergeable(first) {
		return
	}
	group := []cited{first}
	for _, c := range found {
		if c.ID != first.ID && d.objection(c) == "" && d.mergeable(c) && !slices.ContainsFunc(group, func(o cited) bool { return !d.match(o, c) }) {
			group = append(group, c)
		}
	}
	if len(group) == 1 {
		return
	}
	slices.SortFunc(group, older)
	oldest := group[0]
	if oldest.ID != first.ID {
		evidence := fmt.Sprintf("cites <%s> of %s", oldest.by.id, label(oldest.Conversation))
		dec.Reopened, dec.ConversationID = oldest.Status == desk.StatusResolved, oldest.ID
		dec.Evidence += "; it also " + evidence
		dec.Unverified, dec.Unconfirmed = false, false
		d.mark(dec, oldest.Conversation)
	}
	for _, c := range group[1:] {
		dec.Absorbs = append(dec.Absorbs, Absorbed{c.ID, fmt.Sprintf("a message %s, and %s", names(oldest), names(c))})
	}
	dec.AlsoCites = slices.DeleteFunc(dec.AlsoCites, func(id desk.ConversationID) bool {
		return slices.ContainsFunc(group, func(c cited) bool { return c.ID == id })
	})
}

// names says how the message names a conversation.
func names(c cited) string {
	if c.by.method == MethodToken {
		return "has the reply address of " + label(c.Conversation)
	}
	return fmt.Sprintf("cites <%s> of %s", c.by.id, label(c.Conversation))
}

func older(a, b cited) int { return bytes.Compare(a.ID[:], b.ID[:]) }

// mergeable reports whether the message may merge c: its sender was authenticated, or is
// a known participant and knows something that only we gave out there. A closed
// conversation has follow-ups instead.
func (d *decider) mergeable(c cited) bool {
	return c.Audience != "" && c.Status != desk.StatusClosed && c.by.method != MethodReport && !d.thirdParty(c.Conversation) &&
		(d.proven() && (d.member(c.Conversation) || c.issued) || c.issued && (d.participant(c.Conversation) || d.customer(c.Conversation)))
}

// match reports whether two conversations may be merged. What a person has decided
// counts more: two agents who answer separately, and two conversations that were
// separated, or of which the younger one was begun although it cites the older one.
func (d *decider) match(x, y cited) bool {
	younger, elder := x.Conversation, y.Conversation
	if older(x, y) < 0 {
		younger, elder = elder, younger
	}
	return x.Account == y.Account && x.Audience == y.Audience &&
		(x.Assignee == y.Assignee || x.Assignee.IsZero() || y.Assignee.IsZero()) &&
		!d.apart(younger, elder) && !d.apart(elder, younger) && !d.begunBeside(younger, elder)
}

func (d *decider) apart(x, y Conversation) bool {
	return slices.ContainsFunc(x.Apart, func(id desk.ConversationID) bool {
		other, ok := d.final(id)
		return id == y.ID || ok && other.ID == y.ID
	})
}

// begunBeside reports whether messages of the younger conversation cite messages of the
// older one that this message cites, too: they were not allowed to join it.
func (d *decider) begunBeside(younger, elder Conversation) bool {
	for _, c := range citations(d.in.Message) {
		inElder, inYounger := false, false
		for _, k := range d.idx.ByMessageID([]string{c.id}) {
			other, ok := d.final(k.Conversation)
			inElder = inElder || ok && other.ID == elder.ID && k.Own
			inYounger = inYounger || ok && other.ID == younger.ID
		}
		if inElder && inYounger {
			return true
		}
	}
	return false
}
