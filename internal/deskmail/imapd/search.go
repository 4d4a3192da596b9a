package imapd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/condstore"
)

// Search implements imapserver.Session.
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer cancel()
	f := s.folder
	all := make([]int, 0, len(f.entries))
	for i := range f.entries {
		if !f.entries[i].Gone {
			all = append(all, i)
		}
	}
	found, err := s.matching(ctx, as, criteria, all)
	if err != nil {
		return nil, err
	}
	if least := s.wire.Command().Search; least > 0 {
		found = slices.DeleteFunc(found, func(i int) bool { return f.entries[i].ModSeq < least })
	}
	data := &imap.SearchData{Count: uint32(len(found))}
	var uids imap.UIDSet
	var seqs imap.SeqSet
	var highest uint64
	for n, i := range found {
		e := &f.entries[i]
		number := uint32(i + 1)
		if kind == imapserver.NumKindUID {
			number = e.UID
		}
		if n == 0 {
			data.Min = number
		}
		data.Max = number
		uids.AddNum(imap.UID(e.UID))
		seqs.AddNum(uint32(i + 1))
		highest = max(highest, e.ModSeq)
	}
	if data.All = seqs; kind == imapserver.NumKindUID {
		data.All = uids
	}
	s.wire.Say(func(a *condstore.Answer) { a.Found = highest })
	return data, nil
}

// matching returns those of the messages that match.
func (s *session) matching(ctx context.Context, as desk.Agent, c *imap.SearchCriteria, list []int) ([]int, error) {
	f := s.folder
	list = slices.DeleteFunc(slices.Clone(list), func(i int) bool { return !f.quick(c, i) })
	type field struct{ name, text string }
	var fields []field
	for _, h := range c.Header {
		fields = append(fields, field{h.Key, h.Value})
	}
	for _, b := range c.Body {
		fields = append(fields, field{"body", b})
	}
	for _, t := range c.Text {
		fields = append(fields, field{"", t})
	}
	for _, x := range fields {
		if len(list) == 0 {
			return nil, nil
		}
		has, err := s.containing(ctx, as, x.name, x.text, list)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(i int) bool { return !has[f.entries[i].UID] })
	}
	if c.Larger > 0 || c.Smaller > 0 {
		var err error
		if list, err = s.sized(ctx, as, c, list); err != nil {
			return nil, err
		}
	}
	for i := range c.Not {
		not, err := s.matching(ctx, as, &c.Not[i], list)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(i int) bool { return slices.Contains(not, i) })
	}
	for i := range c.Or {
		one, err := s.matching(ctx, as, &c.Or[i][0], list)
		if err != nil {
			return nil, err
		}
		other, err := s.matching(ctx, as, &c.Or[i][1], list)
		if err != nil {
			return nil, err
		}
		either := map[int]bool{}
		for _, n := range slices.Concat(one, other) {
			either[n] = true
		}
		list = slices.DeleteFunc(list, func(i int) bool { return !either[i] })
	}
	return list, nil
}

// quick reports whether a message matches what is known without its content.
func (f *folder) quick(c *imap.SearchCriteria, i int) bool {
	e := &f.entries[i]
	for _, set := range c.SeqNum {
		if !f.contains(set, i) {
			return false
		}
	}
	for _, set := range c.UID {
		if !f.contains(set, i) {
			return false
		}
	}
	has := flagsOf(e)
	for _, flag := range c.Flag {
		if !slices.Contains(has, flag) {
			return false
		}
	}
	for _, flag := range c.NotFlag {
		if slices.Contains(has, flag) {
			return false
		}
	}
	day := time.Date(e.At.Year(), e.At.Month(), e.At.Day(), 0, 0, 0, 0, time.UTC)
	for _, since := range []time.Time{c.Since, c.SentSince} {
		if !since.IsZero() && day.Before(since) {
			return false
		}
	}
	for _, before := range []time.Time{c.Before, c.SentBefore} {
		if !before.IsZero() && !day.Before(before) {
			return false
		}
	}
	return true
}

// stored are the fields that the database compares. Those of mail that is shown without addresses are compared as they are shown: a search
// must not find out what is hidden.
var stored = map[string]bool{"subject": true, "from": true, "to": true, "cc": true, "body": true, "": true}

// containing returns which messages contain a text in a field.
func (s *session) containing(ctx context.Context, as desk.Agent, field, value string, list []int) (map[uint32]bool, error) {
	f := s.folder
	field = strings.ToLower(field)
	if stored[field] && !as.Masked() && f.Kind != deskmail.Drafts && value != "" {
		found, err := s.server.cfg.Messages.MatchMail(ctx, as, &f.Mailbox, field, value)
		return found, s.failure(err)
	}
	found := map[uint32]bool{}
	value = strings.ToLower(value)
	for part := range slices.Chunk(list, batch) {
		texts, err := s.texts(ctx, as, part)
		if err != nil {
			return nil, err
		}
		for _, i := range part {
			e := &f.entries[i]
			t := texts[e.UID]
			if t == nil {
				continue
			}
			if err := s.complete(ctx, as, e, t); err != nil {
				return nil, err
			}
			if strings.Contains(strings.ToLower(shown(t.bytes, field)), value) {
				found[e.UID] = true
			}
		}
	}
	return found, nil
}

// sized returns those of the messages whose size matches.
func (s *session) sized(ctx context.Context, as desk.Agent, c *imap.SearchCriteria, list []int) (out []int, err error) {
	for part := range slices.Chunk(list, batch) {
		texts, err := s.texts(ctx, as, part)
		if err != nil {
			return nil, err
		}
		for _, i := range part {
			t := texts[s.folder.entries[i].UID]
			if t != nil && (c.Larger == 0 || t.size > c.Larger) && (c.Smaller == 0 || t.size < c.Smaller) {
				out = append(out, i)
			}
		}
	}
	return out, nil
}
