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

// subjectWindow is how far apart a reply without headers and the conversation
// may lie.
const subjectWindow = 14 * 24 * time.Hour

// baseSubject returns the comparable base subject (RFC 5256 section 2.1) and
// whether the subject is marked as a reply.
func baseSubject(s string) (base string, reply bool) {
	return lower(imf.BaseSubject(s)), imf.IsReply(s)
}

// generic subjects say nothing of what the mail is about: one word and no number.
func generic(base string) bool {
	return len(strings.Fields(base)) < 2 && !strings.ContainsFunc(base, unicode.IsNumber) && !strings.ContainsFunc(base, spaceless)
}

// candidate is a conversation that a reply without headers may continue.
type candidate struct {
	Conversation
	quotes  int  // passages of it that the reply quotes
	unknown bool // its texts are not known
}

// bySubject places a reply that lost its headers. The same subject of the same
// contact is a question, never an answer: what decides is the text it quotes, or,
// where it quotes nothing, that exactly one conversation among the same people
// is possible. Everything ambiguous begins a new conversation.
func (d *decider) bySubject() (Decision, bool) {
	m := d.in.Message
	base, reply := baseSubject(m.Subject)
	if !reply || base == "" || len(m.References) > 0 || len(m.InReplyTo) > 0 || machine(m) || d.forged() || d.in.Account.IsZero() {
		return Decision{}, false
	}
	quotes, marked := quoted(m)
	list := d.candidates(base, quotes)
	if best, ok := mostQuoted(list); ok {
		return d.join(best.Conversation, MethodSubject,
			fmt.Sprintf("no headers; subject of %s, and it quotes %d passages of it", label(best.Conversation), best.quotes)), true
	}
	if len(list) != 1 || generic(base) || marked && len(quotes) > 0 && !list[0].unknown || !d.samePeople(list[0].Conversation) {
		return Decision{}, false
	}
	return d.join(list[0].Conversation, MethodSubject,
		fmt.Sprintf("no headers; subject and people of %s, the only one", label(list[0].Conversation))), true
}

func (d *decider) candidates(base string, quotes passages) []candidate {
	var list []candidate
	for _, c := range d.idx.Recent(d.in.Account, d.in.Contact) {
		other, _ := baseSubject(c.Subject)
		if other != base || c.Account != d.in.Account {
			continue
		}
		c, ok := d.final(c.ID)
		if !ok || c.Account != d.in.Account || !near(d.in.Message.ReceivedAt, c.UpdatedAt) ||
			slices.ContainsFunc(list, func(o candidate) bool { return o.ID == c.ID }) {
			continue
		}
		texts := c.passages
		if texts == nil {
			texts = passages{}
			for _, t := range c.LastTexts {
				texts.add(t)
			}
		}
		list = append(list, candidate{c, quotes.shared(texts), len(texts) == 0})
	}
	return list
}

func near(a, b time.Time) bool {
	return a.Sub(b).Abs() <= subjectWindow
}

// mostQuoted returns the candidate that is quoted clearly more than any other.
func mostQuoted(list []candidate) (candidate, bool) {
	var best candidate
	second := 0
	for _, c := range list {
		if c.quotes > best.quotes {
			best, second = c, best.quotes
		} else {
			second = max(second, c.quotes)
		}
	}
	return best, best.quotes > 0 && best.quotes >= 2*second
}

// samePeople: the sender and every Cc take part in the conversation.
func (d *decider) samePeople(c Conversation) bool {
	return d.participant(c) && !slices.ContainsFunc(d.in.Message.CC, func(a desk.Address) bool {
		return !slices.Contains(c.Participants, lower(a.Email))
	})
}
