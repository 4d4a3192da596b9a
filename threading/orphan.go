package threading

import (
	"fmt"
	"time"

	"switchboard/desk"
)

// orphan is a reply that lost its headers: what may lead it home.
type orphan struct {
	base   string   // its base subject
	quotes passages // that it quotes
	// first are passages that it quotes at first hand: words of the message that it
	// answers. What is quoted in quotes comes from farther back.
	first  passages
	marked bool // its quotes bear quote marks
	said   quotation
	to     []string // its recipients
}

// orphaned returns what is known of a reply without headers; nil for the others.
func orphaned(m *desk.Message) *orphan {
	base, reply := baseSubject(m.Subject)
	if !reply || base == "" || len(m.References) > 0 || len(m.InReplyTo) > 0 || machine(m) {
		return nil
	}
	o := &orphan{base: base, said: quotationOf(m.TextBody)}
	o.quotes, o.first, o.marked = quoted(m.TextBody, m.NewText)
	o.marked = o.marked && len(o.quotes) > 0
	for _, list := range [][]desk.Address{m.To, m.CC} {
		for _, p := range list {
			o.to = append(o.to, lower(p.Email))
		}
	}
	return o
}

// found is a conversation that may be an orphan's: what the two share.
type found struct {
	id desk.ConversationID
	// subject: it has the orphan's base subject. Without that, nothing counts.
	subject bool
	named   bool          // the orphan names the identifier of a message of it
	timed   time.Time     // the orphan says who wrote a message of it, and at what time
	quotes  int           // passages of it that the orphan quotes
	first   int           // of them, those quoted at first hand
	echoes  int           // passages that the orphan quotes at first hand, as a message of it does
	author  bool          // the orphan says that somebody wrote who wrote in it
	own     bool          // it is the conversation of the orphan's author
	to      bool          // the orphan goes to somebody who wrote in it
	apart   time.Duration // from the orphan to the nearest message of it
}

const (
	// Fewer passages that both quote may be a footer or a figure of speech.
	fewEchoes = 3
	// More than these passages that are not new, with no mark to tell a quote from a
	// signature, are a message that is quoted whole.
	longHistory = 20
)

// better orders what was found, best first.
func (f found) better(g found) int {
	for _, c := range [][2]int{
		{is(f.subject), is(g.subject)}, {is(f.named), is(g.named)}, {is(!f.timed.IsZero()), is(!g.timed.IsZero())},
		{f.first, g.first}, {f.quotes, g.quotes}, {f.echoes, g.echoes}, {is(f.author), is(g.author)}, {is(f.to), is(g.to)},
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

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

// answers decides on what an orphan itself shows of the message that it answers.
// The subject is a question; quotes, names and times are answers. list holds what
// was found, best first.
func (o *orphan) answers(list []found) (evidence string, ok bool) {
	if len(list) == 0 || !list[0].subject {
		return "", false
	}
	best := list[0]
	switch {
	case best.named:
		return "it names a message of it", true
	case !best.timed.IsZero():
		return "it says who wrote to it at " + best.timed.UTC().Format("15:04 MST on 2 January"), true
	case best.quotes > 0 && o.recognised(best, list[1:]):
		return fmt.Sprintf("it quotes %d passages of it", best.quotes), true
	case best.quotes == 0 && best.echoes >= fewEchoes && 10*best.echoes >= 3*len(o.first):
		return fmt.Sprintf("it quotes %d passages that are quoted there", best.echoes), true
	}
	return "", false
}

// recognised reports whether best is what the orphan quotes. A reply whose quotes at
// first hand nobody is known to have written answers a message that is not here.
func (o *orphan) recognised(best found, others []found) bool {
	only := true
	for _, f := range others {
		only = only && !f.subject
		if f.subject && f.author && !best.author {
			return false
		}
	}
	switch {
	case len(o.first) == 0: // quoted without marks
		return 10*best.quotes >= len(o.quotes)
	case best.first == 0:
		return only && (best.author || best.own)
	}
	return best.author || best.own || 10*best.first >= 3*len(o.first)
}

// elsewhere reports that an orphan shows what it answers, and nothing of what was
// found is it.
func (o *orphan) elsewhere() bool {
	return o.marked || len(o.quotes) >= longHistory
}
