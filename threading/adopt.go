package threading

import (
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
	if p.full() {
		return posting{common}
	}
	return p.some(i)
}

func (p posting) full() bool { return p[len(p)-1] != 0 }

// some adds a message to a posting while there is room.
func (p posting) some(i int) posting {
	for k := range p {
		if p[k] == 0 {
			p[k] = int32(i + 1)
			break
		}
	}
	return p
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
	// A reply without evidence but its subject is adopted only when it comes soon.
	soon = 7 * 24 * time.Hour
	// How far clocks and relays may put a reply before the message it answers.
	skew = 24 * time.Hour
	// What is quoted word for word under the same subject may be long past.
	quoteWindow = 180 * 24 * time.Hour
	// maxSubject bounds the messages of one subject that are looked at for a reply:
	// those before it, the nearest.
	maxSubject = 200
)

// index makes a message findable for replies without headers.
func (a *Archive) index(i int, m *desk.Message) {
	w := digest(WrittenBy(m))
	for h := range w.fresh {
		a.passages[h] = a.passages[h].with(i)
	}
	base, _ := baseSubject(m.Subject)
	if base == "" {
		return
	}
	a.subjects[base] = append(a.subjects[base], i)
	key := hashText(base)
	for h := range w.first {
		h = chain([]uint64{key, h})
		a.echoes[h] = a.echoes[h].some(i)
	}
}

// adopt places replies without headers, in order of their dates, so that one
// can be the parent of the next.
func (a *Archive) adopt() {
	byDate := func(list []int) {
		sort.SliceStable(list, func(x, y int) bool { return a.entries[list[x]].sentAt.Before(a.entries[list[y]].sentAt) })
	}
	var orphans []int
	for i, e := range a.entries {
		if e.orphan != nil {
			orphans = append(orphans, i)
		}
	}
	byDate(orphans)
	for _, list := range a.subjects {
		byDate(list)
	}
	for _, i := range orphans {
		e := &a.entries[i]
		best, evidence, ok := e.orphan.adopted(a.relatives(i), a.final(e.conversation))
		if !ok {
			continue
		}
		a.join(e.conversation, best.id)
		e.method, e.evidence = MethodSubject, "no headers; same subject, "+evidence
	}
}

// search is the look for one orphan's relatives.
type search struct {
	*Archive
	i    int
	own  desk.ConversationID
	byID map[desk.ConversationID]*found
	seen map[desk.ConversationID]bool // of the passage looked at
}

// relatives lists the conversations that share something with an orphan, best first.
func (a *Archive) relatives(i int) []found {
	o := a.entries[i].orphan
	s := search{a, i, a.final(a.entries[i].conversation), map[desk.ConversationID]*found{}, map[desk.ConversationID]bool{}}
	s.sameSubject(o)
	key := hashText(o.base)
	for h := range o.quotes {
		s.each(a.passages[h], func(f *found) { f.quotes++ })
	}
	for h := range o.first {
		s.each(a.passages[h], func(f *found) { f.first++ })
		s.each(a.echoes[chain([]uint64{key, h})], func(f *found) { f.echoes++ })
	}
	list := make([]found, 0, len(s.byID))
	for _, f := range s.byID {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(x, y found) int {
		if c := x.better(y); c != 0 {
			return c
		}
		return strings.Compare(x.id.String(), y.id.String())
	})
	return list
}

// sameSubject looks at the messages before the orphan that have its subject.
func (s search) sameSubject(o *orphan) {
	at := s.entries[s.i].sentAt
	list := s.subjects[o.base]
	end := sort.Search(len(list), func(k int) bool { return s.entries[list[k]].sentAt.Sub(at) > skew })
	for _, j := range list[max(0, end-maxSubject):end] {
		f := s.at(j)
		if f == nil {
			continue
		}
		e := &s.entries[j]
		f.subject = true
		f.named = f.named || slices.Contains(o.said.ids, e.id)
		f.to = f.to || slices.Contains(o.to, lower(e.from.Email))
		if o.said.names(e.from) {
			f.author = true
			if o.said.dates(e.sentAt) {
				f.timed = e.sentAt
			}
		}
	}
}

// at returns the conversation that message j is in; nil if the orphan cannot
// answer it.
func (s search) at(j int) *found {
	e := &s.entries[j]
	id := s.final(e.conversation)
	apart := s.entries[s.i].sentAt.Sub(e.sentAt)
	if j == s.i || apart < -skew || apart > quoteWindow || id == s.own && apart < 0 {
		return nil
	}
	f := s.byID[id]
	if f == nil {
		f = &found{id: id, apart: apart.Abs()}
		s.byID[id] = f
	}
	f.apart = min(f.apart, apart.Abs())
	return f
}

// each calls fn once with every conversation that has a message of the posting.
func (s search) each(p posting, fn func(*found)) {
	clear(s.seen)
	p.each(func(j int) {
		if f := s.at(j); f != nil && !s.seen[f.id] {
			s.seen[f.id] = true
			fn(f)
		}
	})
}

// adopted decides among an orphan's relatives, best first. Where the orphan itself
// does not show which message it answers, the people decide.
func (o *orphan) adopted(list []found, own desk.ConversationID) (best found, evidence string, ok bool) {
	if len(list) > 0 && list[0].id == own && (list[0].named || !list[0].timed.IsZero()) {
		return found{}, "", false
	}
	// Later mail may answer the orphan: that its own conversation is about the same
	// shows nothing.
	list = slices.DeleteFunc(list, func(f found) bool { return f.id == own })
	if evidence, ok := o.answers(list); ok {
		return list[0], evidence, true
	}
	if len(list) == 0 || !list[0].subject || list[0].quotes > 0 || list[0].apart > subjectWindow {
		return found{}, "", false
	}
	best = list[0]
	only := len(list) == 1 || !list[1].subject
	brief := o.marked && len(o.quotes) < fewEchoes // too little to be recognised by
	dated := len(o.said.clocks) > 0                // and nobody wrote at that time
	switch {
	case best.author && (only || !dated) && (!o.elsewhere() || brief):
		return best, "it names an author", true
	case o.elsewhere():
	case best.to:
		return best, "it goes to an author", true
	case only && !dated && best.apart <= soon && !generic(o.base):
		return best, "the only one", true
	}
	return found{}, "", false
}
