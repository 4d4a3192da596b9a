package imapd

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/condstore"
)

// Poll implements imapserver.Session: it tells the client what has changed.
func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.folder == nil {
		return nil
	}
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	return s.refresh(ctx, as, w, allowExpunge)
}

// Idle implements imapserver.Session.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.use.Lock()
	defer s.use.Unlock()
	for {
		if err := s.Poll(w, true); err != nil {
			if errors.Is(err, errEnded) {
				return nil
			}
			return err
		}
		select {
		case <-stop:
			return nil
		case <-s.server.ctx.Done():
			return nil
		case <-s.woken:
		}
	}
}

// refresh compares the view with the database, and tells the client what has changed.
func (s *session) refresh(ctx context.Context, as desk.Agent, w *imapserver.UpdateWriter, allowExpunge bool) error {
	u, err := s.catchUp(ctx, as, !allowExpunge)
	if err != nil {
		return err
	}
	return s.tell(w, u, nil)
}

// catchUp brings the view up to date. With keep, messages that are gone stay in it.
func (s *session) catchUp(ctx context.Context, as desk.Agent, keep bool) (deskmail.Update, error) {
	f := s.folder
	if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
		return deskmail.Update{}, s.failure(err)
	}
	changes, _, modseq, err := s.server.cfg.Folders.MailEntries(ctx, as, &f.Mailbox, f.modseq)
	if err != nil {
		return deskmail.Update{}, s.failure(err)
	}
	var u deskmail.Update
	f.entries, u = deskmail.Apply(f.entries, changes, keep)
	f.modseq = max(modseq, f.modseq)
	return u, nil
}

// tell writes an update. Flags of the messages in told are left out.
func (s *session) tell(w *imapserver.UpdateWriter, u deskmail.Update, told map[uint32]bool) error {
	for _, n := range u.Expunged {
		if err := w.WriteExpunge(n); err != nil {
			return err
		}
	}
	if u.Grown || s.late {
		s.late = false
		if err := w.WriteNumMessages(uint32(len(s.folder.entries))); err != nil {
			return err
		}
	}
	for _, i := range u.Changed {
		e := &s.folder.entries[i]
		if told[e.UID] {
			continue
		}
		s.say(e)
		if err := w.WriteMessageFlags(uint32(i+1), imap.UID(e.UID), flagsOf(e)); err != nil {
			return err
		}
	}
	return nil
}

// say announces the message of the next FETCH response.
func (s *session) say(e *deskmail.Entry) {
	s.wire.Say(func(a *condstore.Answer) { a.Message = e.ModSeq })
}

func flagsOf(e *deskmail.Entry) []imap.Flag {
	list := []imap.Flag{}
	for _, f := range []struct {
		set  bool
		flag imap.Flag
	}{{e.Seen, imap.FlagSeen}, {e.Answered, imap.FlagAnswered}, {e.Flagged, imap.FlagFlagged}, {e.Deleted, imap.FlagDeleted}, {e.Draft, imap.FlagDraft}} {
		if f.set {
			list = append(list, f.flag)
		}
	}
	return list
}

// chosen returns the indexes of the messages that a set of numbers names.
func (f *folder) chosen(set imap.NumSet) (list []int) {
	n := uint32(len(f.entries))
	if n == 0 {
		return nil
	}
	for i := range f.entries {
		if f.entries[i].Gone {
			continue
		}
		if f.contains(set, i) {
			list = append(list, i)
		}
	}
	return list
}

// contains reports whether a set names the message with an index. "*" is the last one (RFC 9051 §9).
func (f *folder) contains(set imap.NumSet, i int) bool {
	last := len(f.entries) - 1
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			if within(uint32(i+1), r.Start, r.Stop, uint32(last+1)) {
				return true
			}
		}
	case imap.UIDSet:
		for _, r := range set {
			if within(f.entries[i].UID, uint32(r.Start), uint32(r.Stop), f.entries[last].UID) {
				return true
			}
		}
	}
	return false
}

// within reports whether a number is in a range, where 0 stands for the last one.
func within(n, start, stop, last uint32) bool {
	if start == 0 {
		start = last
	}
	if stop == 0 {
		stop = last
	}
	return min(start, stop) <= n && n <= max(start, stop)
}
