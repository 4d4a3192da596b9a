package threading

import (
	"slices"
	"sort"
	"strings"
	"time"

	"switchboard/desk"
)

// posting lists the messages that contain a passage, numbered from 1; 0 is an unused
// entry. A passage in more than a few messages is a signature, a footer or a common
// phrase and proves nothing: the first entry is then common.
type posting [4]int32

const common = -1

// with returns the posting with a message added, or a common one if it is full.
func (p posting) with(i int) posting {
	if p[0] == common {
		return p
	}
	if p.full() {
		return posting{common}
	}
	return p.sample(i)
}

func (p posting) full() bool { return p[len(p)-1] != 0 }

// sample returns the posting with a message added if there is room.
func (p posting) sample(i int) posting {
	for k := range p {
		if p[k] == 0 {
			p[k] = int32(i + 1)
			break
		}
	}
	return p
}

// each calls fn for every message of a posting.
func (p posting) each(fn func(i int)) {
	for _, n := range p {
		if n > 0 {
			fn(int(n - 1))
		}
	}
}

const (
	// A reply with no evidence except its subject must come this soon.
	soon = 7 * 24 * time.Hour
	// Because of wrong clocks, a reply may be dated this much before its original.
	skew = 24 * time.Hour
	// A message quoted under the same subject may be this old.
	quoteWindow = 180 * 24 * time.Hour
	// maxSubject bounds how many messages with the same subject are compared with a
	// reply: the nearest ones before it.
	maxSubject = 200
)

// index records a message, so that replies without headers can be matched to it.
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
	for h := range w.direct {
		h = chain([]uint64{key, h})
		a.echoes[h] = a.echoes[h].sample(i)
	}
}

// adopt places replies without headers by date, so that one can be the parent of the
// next.
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
		if a.cited(e) {
			continue
		}
		best, evidence, ok := e.orphan.adopted(a.relatives(i), a.final(e.conversation))
		if !ok {
			continue
		}
		a.merge(e.conversation, best.id)
		how := "no reply headers"
		if e.orphan.cites {
			how = "its reply headers name no known message"
		}
		e.method, e.evidence = MethodSubject, how+"; same subject, "+evidence
	}
}

// cited reports whether a message that an orphan refers to arrived after it, or another
// conversation refers to that message too.
func (a *Archive) cited(e *entry) bool {
	own := a.final(e.conversation)
	return slices.ContainsFunc(a.memory.ByMessageID(e.cites), func(k Known) bool {
		return k.MessageID != e.id && (k.Own || a.final(k.Conversation) != own)
	})
}

// search collects the candidates for one orphan.
type search struct {
	*Archive
	i    int
	own  desk.ConversationID
	byID map[desk.ConversationID]*match
	seen map[desk.ConversationID]bool // for the current passage
}

// relatives returns the conversations that have something in common with an orphan,
// best first.
func (a *Archive) relatives(i int) []match {
	o := a.entries[i].orphan
	s := search{a, i, a.final(a.entries[i].conversation), map[desk.ConversationID]*match{}, map[desk.ConversationID]bool{}}
	s.sameSubject(o)
	key := hashText(o.base)
	for h := range o.quotes {
		s.each(a.passages[h], func(f *match) { f.quotes++ })
		a.passages[h].each(func(j int) {
			if f := s.at(j); f != nil {
				f.self = f.self || a.sameAuthor(i, j)
			}
		})
	}
	for h := range o.direct {
		s.each(a.passages[h], func(f *match) { f.direct++ })
		s.each(a.echoes[chain([]uint64{key, h})], func(f *match) { f.echoes++ })
	}
	list := make([]match, 0, len(s.byID))
	for _, f := range s.byID {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(x, y match) int {
		if c := x.compareTo(y); c != 0 {
			return c
		}
		return strings.Compare(x.id.String(), y.id.String())
	})
	return list
}

// sameAuthor reports whether two messages have the same author.
func (a *Archive) sameAuthor(i, j int) bool {
	return a.entries[i].from.Email != "" && strings.EqualFold(a.entries[i].from.Email, a.entries[j].from.Email)
}

// sameSubject adds the messages before the orphan that have its subject.
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
		f.named = f.named || slices.Contains(o.attribution.ids, e.id)
		f.to = f.to || slices.Contains(o.to, lower(e.from.Email))
		if o.attribution.names(e.from) {
			f.author = true
			if o.attribution.dates(e.sentAt) {
				f.timed = e.sentAt
			}
		}
	}
}

// at returns the conversation of message j, nil if the orphan cannot be an answer to it.
func (s search) at(j int) *match {
	e := &s.entries[j]
	id := s.final(e.conversation)
	apart := s.entries[s.i].sentAt.Sub(e.sentAt)
	if j == s.i || apart < -skew || apart > quoteWindow || id == s.own && apart < 0 {
		return nil
	}
	f := s.byID[id]
	if f == nil {
		f = &match{id: id, apart: apart.Abs()}
		s.byID[id] = f
	}
	f.apart = min(f.apart, apart.Abs())
	return f
}

// each calls fn once for every conversation that has a message in the posting.
func (s search) each(p posting, fn func(*match)) {
	clear(s.seen)
	p.each(func(j int) {
		if f := s.at(j); f != nil && !s.seen[f.id] {
			s.seen[f.id] = true
			fn(f)
		}
	})
}

// adopted picks one of an orphan's relatives, given best first. If the orphan itself
// does not show which message it answers, the people involved decide.
func (o *orphan) adopted(list []match, own desk.ConversationID) (best match, evidence string, ok bool) {
	if len(list) > 0 && list[0].id == own && (list[0].named || !list[0].timed.IsZero()) {
		return match{}, "", false
	}
	// Its own conversation may hold later answers to the orphan, which are no evidence.
	list = slices.DeleteFunc(list, func(f match) bool { return f.id == own })
	if evidence, ok := o.answers(list); ok {
		return list[0], evidence, true
	}
	if len(list) == 0 || !list[0].subject || list[0].quotes > 0 || o.evident() || list[0].apart > subjectWindow {
		return match{}, "", false
	}
	best = list[0]
	only := len(list) == 1 || !list[1].subject
	brief := o.marked && len(o.quotes) < minEchoes // too little to compare
	dated := len(o.attribution.clocks) > 0         // it names a time, and no message has it
	switch {
	case best.author && (only || !dated) && (!o.quotesUnknown() || brief):
		return best, "it names an author there", true
	case o.quotesUnknown():
	case best.to:
		return best, "it is addressed to an author there", true
	case only && !dated && best.apart <= soon && !generic(o.base):
		return best, "which no other conversation has", true
	}
	return match{}, "", false
}
