package threading

import (
	"fmt"
	"time"

	"switchboard/desk"
)

// orphan is a reply that lost its headers, and the evidence in its text.
type orphan struct {
	base   string   // its base subject
	quotes passages // all quoted text
	// direct is the directly quoted text: words of the message that it answers. Quotes
	// within quotes come from older messages.
	direct      passages
	marked      bool // its quotes have quote marks
	cites       bool // it has reply headers, which name messages that nobody here knows
	unsaid      bool // its subject does not say that it is a reply
	attribution attribution
	to          []string // its recipients
}

// orphaned returns the orphan for a reply without headers, nil for other messages.
func orphaned(m *desk.Message) *orphan {
	if len(m.References) > 0 || len(m.InReplyTo) > 0 {
		return nil
	}
	return lost(m)
}

// lost returns the orphan for a reply whose headers, if it has any, say nothing: some
// providers replace the Message-ID of the mail they send, and a reply then cites one
// that is not known. Without "Re:" a message is a reply if it quotes, with quote marks
// and an introduction.
func lost(m *desk.Message) *orphan {
	base, reply := baseSubject(m.Subject)
	if base == "" || automatic(m) || !reply && !marks(m.TextBody) {
		return nil
	}
	o := &orphan{cites: len(m.References) > 0 || len(m.InReplyTo) > 0, unsaid: !reply, base: base, attribution: attributionOf(m.TextBody)}
	o.quotes, o.direct, o.marked = quoted(m.TextBody, m.NewText)
	o.marked = o.marked && len(o.quotes) > 0
	if o.unsaid && (!o.marked || o.attribution.intro == "") {
		return nil
	}
	for _, list := range [][]desk.Address{m.To, m.CC} {
		for _, p := range list {
			o.to = append(o.to, lower(p.Email))
		}
	}
	return o
}

// evident reports whether the text must show which message it answers, since neither
// its headers nor its subject say that it answers one from here.
func (o *orphan) evident() bool { return o.cites || o.unsaid }

// match is a conversation that an orphan may belong to, and what they share.
type match struct {
	id desk.ConversationID
	// subject means that the base subjects are equal. Without that, nothing else counts.
	subject bool
	named   bool          // the orphan names the identifier of one of its messages
	timed   time.Time     // the orphan names the author and time of one of its messages
	quotes  int           // passages that the orphan quotes from it
	direct  int           // the directly quoted ones among them
	echoes  int           // passages that both the orphan and one of its messages quote directly
	author  bool          // the orphan's quote introduction names one of its authors
	own     bool          // it belongs to the orphan's author
	self    bool          // the orphan quotes words that its author wrote there
	to      bool          // the orphan is addressed to one of its authors
	apart   time.Duration // between the orphan and the nearest of its messages
}

const (
	// Fewer shared quoted passages may be a footer or a common phrase.
	minEchoes = 3
	// This many passages of old text without quote marks are a fully quoted message
	// and not just a signature.
	longHistory = 20
)

// compareTo returns a negative number if f is a better match than g, and a positive one
// if g is better.
func (f match) compareTo(g match) int {
	for _, c := range [][2]int{
		{number(f.subject), number(g.subject)}, {number(f.named), number(g.named)}, {number(!f.timed.IsZero()), number(!g.timed.IsZero())},
		{f.direct, g.direct}, {f.quotes, g.quotes}, {f.echoes, g.echoes}, {number(f.author), number(g.author)}, {number(f.to), number(g.to)},
	} {
		if c[0] != c[1] {
			return c[1] - c[0]
		}
	}
	switch {
	case f.apart < g.apart:
		return -1
	case f.apart > g.apart:
		return 1
	}
	return 0
}

// number returns 1 for true and 0 for false.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// answers decides whether the orphan's own text shows that it belongs to the best
// match. An equal subject alone does not; quotes, identifiers and times do. list is
// sorted, best first.
func (o *orphan) answers(list []match) (evidence string, ok bool) {
	if len(list) == 0 || !list[0].subject {
		return "", false
	}
	best := list[0]
	switch {
	case best.named:
		return "it names one of its messages", true
	case o.evident():
		if !o.mostly(best) {
			return "", false
		}
		return fmt.Sprintf("it quotes %d of its passages", best.quotes), true
	case !best.timed.IsZero():
		return "it names the author and time of a message: " + best.timed.UTC().Format("2 January 15:04 MST"), true
	case best.quotes > 0 && o.recognised(best, list[1:]):
		return fmt.Sprintf("it quotes %d of its passages", best.quotes), true
	case best.quotes == 0 && best.echoes >= minEchoes && 10*best.echoes >= 3*len(o.direct):
		return fmt.Sprintf("both quote the same %d passages", best.echoes), true
	}
	return "", false
}

// mostly reports whether most of what the orphan quotes directly is from best. Others
// may have answered the same message, under the same subject, and some of its words are
// then in quotes of a message that is not here.
func (o *orphan) mostly(best match) bool {
	if len(o.direct) == 0 { // quoted without marks, below a header block
		return best.quotes > 0 && 10*best.quotes >= 6*len(o.quotes)
	}
	return best.direct > 0 && 10*best.direct >= 6*len(o.direct)
}

// recognised reports whether best is what the orphan quotes. If no known message
// contains the directly quoted text, the original is not here.
func (o *orphan) recognised(best match, others []match) bool {
	only := true
	for _, f := range others {
		only = only && !f.subject
		if f.subject && f.author && !best.author {
			return false
		}
	}
	switch {
	case len(o.direct) == 0: // quoted without marks
		return 10*best.quotes >= len(o.quotes)
	case best.direct == 0:
		return only && (best.author || best.own || best.self)
	}
	return best.author || best.own || 10*best.direct >= 3*len(o.direct)
}

// quotesUnknown reports whether the orphan quotes its original, which then must be a
// message that is not in the index.
func (o *orphan) quotesUnknown() bool {
	return o.marked || len(o.quotes) >= longHistory
}
