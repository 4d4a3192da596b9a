package threading

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// subjectWindow is how far apart in time a reply without headers and the
// conversation may be.
const subjectWindow = 14 * 24 * time.Hour

// baseSubject returns the comparable base subject (RFC 5256 section 2.1) and
// whether the subject is marked as a reply.
func baseSubject(s string) (base string, reply bool) {
	return lower(imf.BaseSubject(s)), imf.IsReply(s)
}

// generic reports whether a subject is too unspecific to match by: one word without
// a number.
func generic(base string) bool {
	return len(strings.Fields(base)) < 2 && !strings.ContainsFunc(base, unicode.IsNumber) && !strings.ContainsFunc(base, spaceless)
}

// candidate is a conversation that a reply without headers may continue.
type candidate struct {
	Conversation
	match
	unknown bool // its messages are not loaded
}

// bySubject places a reply that lost its headers. The same subject from the same
// contact only makes a conversation a candidate. The decision rests on what the reply
// quotes and says about the original or, if it shows nothing, on there being exactly
// one candidate among the same people. Anything ambiguous begins a new conversation.
//
// A subject and an address can be guessed: unless the sender was authenticated, the
// reply must show a message of the conversation, and it is marked.
func (d *decider) bySubject() (Decision, bool) {
	o := lost(d.in.Message)
	if o == nil || d.anonymous() || d.forged() || d.in.Account.IsZero() || o.cites && d.citesKnown() {
		return Decision{}, false
	}
	how := "no reply headers"
	if o.cites {
		how = "its reply headers name no known message"
	}
	list := d.candidates(o)
	if len(list) == 0 {
		return Decision{}, false
	}
	all := make([]match, len(list))
	for i, c := range list {
		all[i] = c.match
	}
	best := list[0].Conversation
	evidence, ok := o.answers(all)
	switch {
	case ok && (len(list) == 1 || list[0].clearlyBeats(list[1].match)):
		dec := d.join(best, MethodSubject, fmt.Sprintf("%s; same subject as %s, and %s", how, label(best), evidence))
		d.mark(&dec, best)
		return dec, true
	case len(list) != 1 || generic(o.base) || o.evident() || !d.proven() || o.marked && !list[0].unknown || !d.samePeople(best):
		return Decision{}, false
	}
	return d.join(best, MethodSubject, fmt.Sprintf("%s; only %s has this subject and these people", how, label(best))), true
}

// citesKnown reports whether the message cites a message of any conversation.
func (d *decider) citesKnown() bool {
	known := d.idx.ByMessageID(slices.Concat(d.in.Message.References, d.in.Message.InReplyTo))
	return slices.ContainsFunc(known, func(k Known) bool { return k.MessageID != d.in.Message.MessageID })
}

// clearlyBeats reports whether f is quoted clearly more than g, or only f is identified by
// the reply itself.
func (f match) clearlyBeats(g match) bool {
	return (f.named || !f.timed.IsZero()) && !g.named && g.timed.IsZero() || f.quotes > 0 && f.quotes >= 2*g.quotes || f.quotes == 0 && f.echoes >= 2*g.echoes
}

// candidates lists the contact's conversations with the reply's subject, best first.
func (d *decider) candidates(o *orphan) []candidate {
	var list []candidate
	for _, c := range d.idx.Recent(d.in.Account, d.in.Contact) {
		other, _ := baseSubject(c.Subject)
		if other != o.base || c.Account != d.in.Account {
			continue
		}
		c, ok := d.final(c.ID)
		if !ok || c.Account != d.in.Account || !near(d.in.Message.ReceivedAt, c.UpdatedAt) ||
			slices.ContainsFunc(list, func(o candidate) bool { return o.ID == c.ID }) {
			continue
		}
		written := c.written
		if written == nil {
			for _, w := range c.Last[:min(maxLast, len(c.Last))] {
				written = append(written, digest(w))
			}
		}
		list = append(list, candidate{c, o.compare(written), len(written) == 0})
	}
	slices.SortStableFunc(list, func(x, y candidate) int { return x.compareTo(y.match) })
	return list
}

// compare compares an orphan with the messages of one of its author's conversations.
func (o *orphan) compare(written []digested) match {
	f := match{subject: true, own: true}
	for _, w := range written {
		f.named = f.named || slices.Contains(o.attribution.ids, w.id)
		if o.attribution.names(w.from) {
			f.author = true
			if o.attribution.dates(w.at) {
				f.timed = w.at
			}
		}
	}
	shared := func(p passages, of func(digested) passages) (n int) {
		for h := range p {
			if slices.ContainsFunc(written, func(w digested) bool { _, ok := of(w)[h]; return ok }) {
				n++
			}
		}
		return n
	}
	fresh := func(w digested) passages { return w.fresh }
	f.quotes, f.direct = shared(o.quotes, fresh), shared(o.direct, fresh)
	f.echoes = shared(o.direct, func(w digested) passages { return w.direct })
	return f
}

// near reports whether two times are at most subjectWindow apart.
func near(a, b time.Time) bool {
	return a.Sub(b).Abs() <= subjectWindow
}

// samePeople reports whether the sender and everyone in Cc take part in c.
func (d *decider) samePeople(c Conversation) bool {
	return d.participant(c) && !slices.ContainsFunc(d.in.Message.CC, func(a desk.Address) bool {
		return !slices.Contains(c.Participants, lower(a.Email))
	})
}
