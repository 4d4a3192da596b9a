package threading

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"switchboard/desk"
)

// posting is the messages that wrote a passage, by number from 1; 0 is none. What
// more than a few wrote is a signature, a footer or a figure of speech and tells
// nothing: its first entry is common.
type posting [4]int32

const common = -1

// with adds a message to a posting.
func (p posting) with(i int) posting {
	if p[0] == common {
		return p
	}
	for k := range p {
		if p[k] == 0 {
			p[k] = int32(i + 1)
			return p
		}
	}
	return posting{common}
}

// each calls fn with every message of a posting.
func (p posting) each(fn func(i int)) {
	for _, n := range p {
		if n > 0 {
			fn(int(n - 1))
		}
	}
}

const (
	// Fewer quoted passages than these may be a greeting or a footer.
	fewPassages = 4
	// A reply without evidence but its subject is adopted only when it comes soon.
	soon = 7 * 24 * time.Hour
	// How far clocks and relays may put a reply before the message it answers.
	skew = 24 * time.Hour
	// What is quoted word for word under the same subject may be long past.
	quoteWindow = 180 * 24 * time.Hour
)

// index makes a message findable for replies without headers.
func (a *Archive) index(i int, m *desk.Message) {
	fresh := passages{}
	fresh.add(m.NewText)
	for h := range fresh {
		a.passages[h] = a.passages[h].with(i)
	}
	if base, _ := baseSubject(m.Subject); base != "" {
		a.subjects[base] = append(a.subjects[base], i)
	}
	for _, f := range m.From {
		for _, name := range []string{lower(f.Email), lower(f.Name)} {
			if name != "" {
				a.authors[name] = append(a.authors[name], i)
			}
		}
	}
}

// orphaned returns what is known of a reply without headers; nil for the others.
func orphaned(m *desk.Message) *orphan {
	base, reply := baseSubject(m.Subject)
	if !reply || len(m.References) > 0 || len(m.InReplyTo) > 0 || machine(m) {
		return nil
	}
	quotes, marked := quoted(m)
	o := &orphan{base: base, quotes: slices.Sorted(maps.Keys(quotes)), quoted: attributed(m.TextBody)}
	o.quotesAny = marked && len(quotes) > 0
	o.quotesMuch = marked && len(quotes) >= fewPassages
	for _, list := range [][]desk.Address{m.To, m.CC} {
		for _, p := range list {
			o.to = append(o.to, lower(p.Email))
		}
	}
	return o
}

// attribution finds whom a line before a quote names: "On Monday, Jo Doe wrote:",
// "Jo Doe <jo@example.com> writes:", "From: Jo Doe".
var attribution = regexp.MustCompile(`(?m)^[>\s]{0,4}(?:(.{1,200}?)\s+(?:wrote|writes|said|schrieb|a écrit|escribió|ha scritto|skrev|schreef)\b.{0,60}$|(?:From|Von|De|Van):\s*(.{1,120})$)`)

var (
	addressIn = regexp.MustCompile(`[\w.+-]+@[\w.-]+\w`)
	nameParts = regexp.MustCompile(`[,<(\[:"]+|\s[-–]\s`)
)

// attributed returns addresses and names that the first attribution lines hold.
func attributed(text string) []string {
	if len(text) > maxPassageText {
		text = text[:maxPassageText]
	}
	var all []string
	for _, m := range attribution.FindAllStringSubmatch(text, 3) {
		line := m[1] + m[2]
		for _, addr := range addressIn.FindAllString(line, 4) {
			all = append(all, lower(addr))
		}
		for _, part := range nameParts.Split(line, -1) {
			if part = strings.Trim(part, " \t>)]'*"); strings.Contains(part, " ") || len(part) > 3 {
				all = append(all, lower(part))
			}
		}
	}
	return all
}

// found is a conversation that may be an orphan's.
type found struct {
	id      desk.ConversationID
	quotes  int  // passages of it that the orphan quotes
	subject bool // it has the orphan's base subject
	quoted  bool // somebody whom the orphan quotes by name wrote in it
	to      bool // somebody to whom the orphan goes wrote in it
	apart   time.Duration
}

// adopt places replies without headers, in order of their dates, so that one
// can be the parent of the next.
func (a *Archive) adopt() {
	var orphans []int
	for i, e := range a.entries {
		if e.orphan != nil {
			orphans = append(orphans, i)
		}
	}
	sort.SliceStable(orphans, func(x, y int) bool {
		return a.entries[orphans[x]].sentAt.Before(a.entries[orphans[y]].sentAt)
	})
	for _, i := range orphans {
		e := &a.entries[i]
		best, evidence, ok := choose(e.orphan, a.relatives(i))
		if !ok {
			continue
		}
		a.join(e.conversation, best.id)
		e.method, e.evidence = MethodSubject, evidence
	}
}

// relatives lists the conversations that share something with an orphan.
func (a *Archive) relatives(i int) []found {
	o, at := a.entries[i].orphan, a.entries[i].sentAt
	own := a.final(a.entries[i].conversation)
	byID := map[desk.ConversationID]*found{}
	look := func(j int) *found {
		e := a.entries[j]
		id := a.final(e.conversation)
		apart := at.Sub(e.sentAt)
		if j == i || id == own || apart < -skew || apart > quoteWindow {
			return nil
		}
		f := byID[id]
		if f == nil {
			f = &found{id: id, apart: apart.Abs()}
			byID[id] = f
		}
		f.apart = min(f.apart, apart.Abs())
		return f
	}
	for _, h := range o.quotes {
		counted := map[desk.ConversationID]bool{}
		a.passages[h].each(func(j int) {
			if f := look(j); f != nil && !counted[f.id] {
				counted[f.id] = true
				f.quotes++
			}
		})
	}
	for _, j := range a.subjects[o.base] {
		if f := look(j); f != nil {
			f.subject = true
		}
	}
	author := func(names []string, mark func(*found)) {
		for _, name := range names {
			for _, j := range a.authors[name] {
				if f := byID[a.final(a.entries[j].conversation)]; f != nil && look(j) != nil {
					mark(f)
				}
			}
		}
	}
	author(o.quoted, func(f *found) { f.quoted = true })
	author(o.to, func(f *found) { f.to = true })
	list := make([]found, 0, len(byID))
	for _, f := range byID {
		list = append(list, *f)
	}
	// Best first: same subject, quoted most, named, nearest.
	slices.SortFunc(list, func(x, y found) int {
		switch {
		case x.subject != y.subject:
			return before(x.subject)
		case x.quotes != y.quotes:
			return y.quotes - x.quotes
		case x.quoted != y.quoted:
			return before(x.quoted)
		case x.to != y.to:
			return before(x.to)
		case x.apart != y.apart:
			return int(min(max(x.apart-y.apart, -1), 1))
		}
		return strings.Compare(x.id.String(), y.id.String())
	})
	return list
}

func before(first bool) int {
	if first {
		return -1
	}
	return 1
}

// choose decides among an orphan's relatives, best first. The subject is a
// question; quotes and names are answers. A reply that quotes what none of the
// conversations said answers something that is not here.
func choose(o *orphan, list []found) (found, string, bool) {
	if len(list) == 0 || !list[0].subject {
		return found{}, "", false
	}
	best := list[0]
	only := len(list) == 1 || !list[1].subject
	switch {
	case best.quotes > 0 && 10*best.quotes >= len(o.quotes):
		return best, fmt.Sprintf("no headers; same subject, quotes %d passages", best.quotes), true
	case best.apart > subjectWindow || o.quotesMuch:
	case best.quoted:
		return best, "no headers; same subject, names an author", true
	case o.quotesAny:
	case best.to:
		return best, "no headers; same subject, goes to an author", true
	case only && best.apart <= soon && !generic(o.base):
		return best, "no headers; same subject, the only one", true
	}
	return found{}, "", false
}
