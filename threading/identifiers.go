package threading

import (
	"bytes"
	"slices"
	"strings"

	"switchboard/desk"
)

// citation is an identifier that may link the message to a conversation.
type citation struct {
	id     string
	method string
}

// citations lists the identifiers that the message refers to, nearest first. The
// last entry of References is the parent (RFC 5322 section 3.6.4). The message's own
// identifier comes last: a reply that arrived before its parent refers to it.
func citations(m *desk.Message) []citation {
	var list []citation
	seen := map[string]bool{}
	add := func(id, method string) {
		if usable(id) && !seen[id] && len(list) < maxReferences {
			seen[id] = true
			list = append(list, citation{id, method})
		}
	}
	if m.Report != nil {
		add(m.Report.OriginalMessageID, MethodReport)
	}
	for _, id := range slices.Backward(m.References) {
		add(id, MethodReferences)
	}
	for _, id := range m.InReplyTo {
		add(id, MethodInReplyTo)
	}
	if m.MessageID != "" && !seen[m.MessageID] {
		list = append(list, citation{m.MessageID, MethodReferences})
	}
	return list
}

// usable reports whether id can identify a message. "In-Reply-To: jo@example.com's
// message of Monday" (the obsolete phrase of RFC 5322 section 4.5.4) names a person.
func usable(id string) bool {
	return id != "" && !strings.HasSuffix(id, "'s")
}

// cited is a conversation that the message refers to.
type cited struct {
	Conversation
	by     citation
	rank   int
	own    bool
	issued bool // it refers to a message that we sent
}

// byIdentifiers finds the conversation of a message that this message refers to. If the
// sender may not join any such conversation, it records the evidence in d.refused.
func (d *decider) byIdentifiers() (Decision, bool) {
	found := d.cited()
	var joined []cited
	for _, c := range found {
		if reason := d.objection(c); reason != "" {
			d.refuse("cites <" + c.by.id + "> of " + reason)
			continue
		}
		joined = append(joined, c)
	}
	if len(joined) == 0 {
		return Decision{}, false
	}
	d.preferOlder(joined)
	if joined[0].Status == desk.StatusClosed && !automatic(d.in.Message) && !d.thirdParty(joined[0].Conversation) {
		// Use an open follow-up, instead of starting one for every message.
		if i := slices.IndexFunc(joined, func(c cited) bool { return c.Status != desk.StatusClosed && c.Account == joined[0].Account }); i > 0 {
			joined[0], joined[i] = joined[i], joined[0]
		}
	}
	first := joined[0]
	evidence := "cites <" + first.by.id + ">"
	if first.by.id == d.in.Message.MessageID {
		evidence = "earlier messages there cite its identifier <" + first.by.id + ">"
	}
	dec := d.join(first.Conversation, first.by.method, evidence)
	d.mark(&dec, first.Conversation)
	for _, c := range joined[1:] {
		if c.Account == first.Account && c.Status != desk.StatusClosed {
			dec.AlsoCites = append(dec.AlsoCites, c.ID)
		}
	}
	d.merge(&dec, first, joined)
	return dec, true
}

// preferOlder moves an older conversation of the same account to the front, if the first
// one has nothing to do with it: it began with a reply that had lost its headers, and
// this message, which cites both, shows that they are one. A conversation whose messages
// cite the older one themselves was separated from it on purpose, as was one that a
// person has separated.
func (d *decider) preferOlder(joined []cited) {
	for i, c := range joined[1:] {
		first := joined[0]
		if c.own && first.own && c.Account == first.Account && c.Status != desk.StatusClosed && bytes.Compare(c.ID[:], first.ID[:]) < 0 && !d.linked(first, c) &&
			!d.apart(first.Conversation, c.Conversation) && !d.apart(c.Conversation, first.Conversation) {
			copy(joined[1:i+2], joined[:i+1])
			joined[0] = c
		}
	}
}

// linked reports whether messages of first contain or cite the message by which this
// one cites c.
func (d *decider) linked(first, c cited) bool {
	return slices.ContainsFunc(d.idx.ByMessageID([]string{c.by.id}), func(k Known) bool {
		other, ok := d.final(k.Conversation)
		return ok && other.ID == first.ID
	})
}

// objection says why a message may not join a conversation that it cites; "" if it
// may. An address alone proves nothing unless it was authenticated. Otherwise the
// message must cite something that only we gave out, and what others know too is
// enough only where mail never was authenticated. A colleague of the customer who
// joins that way is marked, and no reply goes to them.
func (d *decider) objection(c cited) string {
	switch {
	case d.forged():
		return "conversation " + label(c.Conversation) + ", but the sender address is forged"
	case d.reported(c):
		return ""
	case !d.member(c.Conversation):
		return "another account's conversation " + label(c.Conversation)
	case d.proven() || c.issued:
		return ""
	case d.outside(c.Conversation):
		// They were given what only we gave out.
	case !d.in.Seen && (d.customer(c.Conversation) || c.own && c.by.id != d.in.Message.MessageID):
		return ""
	}
	return "conversation " + label(c.Conversation) + ", but no message of ours, and nothing confirms the sender address"
}

// reported reports whether the message is a delivery report (RFC 3464) about a
// message of c. Reports come from a mail system, not from the customer, so both the
// message and a recipient named in the report must match.
func (d *decider) reported(c cited) bool {
	m := d.in.Message
	if c.by.method != MethodReport || !c.own || m.AutoSubmitted != desk.AutoBounce {
		return false
	}
	for _, r := range m.Report.Recipients {
		for _, list := range [][]string{c.Participants, c.ThirdParties} {
			if slices.Contains(list, lower(r.Recipient)) || slices.Contains(list, lower(r.Original)) {
				return true
			}
		}
	}
	return false
}

// cited returns the conversations that the message refers to, each once. Those that
// contain a cited message come first, then by nearest reference, then by age.
func (d *decider) cited() []cited {
	list := citations(d.in.Message)
	ids := make([]string, len(list))
	rank := make(map[string]int, len(list))
	for i, c := range list {
		ids[i], rank[c.id] = c.id, i
	}
	var all []cited
	issued := map[desk.ConversationID]bool{}
	for _, k := range d.idx.ByMessageID(ids) {
		i, asked := rank[k.MessageID]
		if !asked {
			continue
		}
		c, ok := d.final(k.Conversation)
		if !ok || !d.cites(c, k) {
			continue
		}
		all = append(all, cited{Conversation: c, by: list[i], rank: i, own: k.Own})
		issued[c.ID] = issued[c.ID] || k.Issued && k.MessageID != d.in.Message.MessageID
	}
	for i := range all {
		all[i].issued = issued[all[i].ID]
	}
	slices.SortFunc(all, func(a, b cited) int {
		switch {
		case a.own != b.own && a.own:
			return -1
		case a.own != b.own:
			return 1
		case a.rank != b.rank:
			return a.rank - b.rank
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	seen := map[desk.ConversationID]bool{}
	return slices.DeleteFunc(all, func(c cited) bool {
		was := seen[c.ID]
		seen[c.ID] = true
		return was
	})
}

// cites reports whether k is a real reference to c. Some programs give every mail the
// same Message-ID, which alone is not enough.
func (d *decider) cites(c Conversation, k Known) bool {
	if !k.Own || k.MessageID != d.in.Message.MessageID {
		return true
	}
	base, _ := baseSubject(d.in.Message.Subject)
	other, _ := baseSubject(c.Subject)
	return base == other
}
