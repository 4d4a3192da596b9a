package imapd

import (
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/condstore"
)

// Store implements imapserver.Session.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	s.wire.Hold()
	defer s.wire.Release() //nolint:errcheck // the next write fails, too
	f := s.folder
	if f.readOnly {
		return refuse(imap.ResponseCodeCannot, "The folder was opened to be read only")
	}
	list := f.chosen(set)
	command := s.wire.Command()
	if command.UnchangedSince != nil {
		list = s.unchanged(list, *command.UnchangedSince, strings.HasPrefix(command.Name, "UID"))
	}
	if f.Kind == deskmail.Drafts {
		err = s.flagDrafts(ctx, list, change)
	} else {
		err = s.flag(ctx, as, list, change)
	}
	if err != nil {
		return err
	}
	s.server.Wake()
	uids := map[uint32]bool{}
	for _, i := range list {
		uids[f.entries[i].UID] = true
	}
	u, err := s.catchUp(ctx, as, true)
	if err != nil {
		return err
	}
	for i := range f.entries {
		e := &f.entries[i]
		named := uids[e.UID]
		if !(named && (!change.Silent || s.wire.Enabled()) || !named && slices.Contains(u.Changed, i)) {
			continue
		}
		s.say(e)
		m := w.CreateMessage(uint32(i + 1))
		m.WriteUID(imap.UID(e.UID))
		if !named || !change.Silent {
			m.WriteFlags(flagsOf(e))
		}
		if err := m.Close(); err != nil {
			return err
		}
	}
	s.late = s.late || u.Grown // the Poll that follows says so
	return nil
}

// flag changes flags of messages of conversations. A conversation has one priority, which all its messages show.
func (s *session) flag(ctx context.Context, as desk.Agent, list []int, change *imap.StoreFlags) error {
	if slices.Contains(change.Flags, imap.FlagDeleted) && change.Op != imap.StoreFlagsDel {
		return refuse(imap.ResponseCodeCannot, "Conversations are not deleted. Move them to Archive, which resolves them")
	}
	yes, no := true, false
	value := func(flag imap.Flag) *bool {
		has := slices.ContainsFunc(change.Flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) })
		switch {
		case has && change.Op == imap.StoreFlagsDel:
			return &no
		case has:
			return &yes
		case change.Op == imap.StoreFlagsSet:
			return &no
		}
		return nil
	}
	if err := s.change(ctx, as, list, deskmail.Change{Seen: value(imap.FlagSeen), Answered: value(imap.FlagAnswered)}); err != nil {
		return err
	}
	flagged := value(imap.FlagFlagged)
	if flagged == nil {
		return nil
	}
	done := map[desk.ConversationID]bool{}
	for _, i := range list {
		e := &s.folder.entries[i]
		if e.Flagged == *flagged || done[e.ConversationID] {
			continue
		}
		done[e.ConversationID] = true
		to := desk.PriorityNormal
		if *flagged {
			to = desk.PriorityHigh
		}
		if _, err := s.server.cfg.Desk.SetPriority(ctx, as, e.ConversationID, to); err != nil {
			return s.failure(err)
		}
	}
	return nil
}

// change changes the agent's own flags.
func (s *session) change(ctx context.Context, as desk.Agent, list []int, c deskmail.Change) error {
	if c.Seen == nil && c.Answered == nil {
		return nil
	}
	of := map[desk.ConversationID][]int64{}
	for _, i := range list {
		e := &s.folder.entries[i]
		if (c.Seen == nil || *c.Seen == e.Seen) && (c.Answered == nil || *c.Answered == e.Answered) {
			continue
		}
		of[e.ConversationID] = append(of[e.ConversationID], e.Seq)
	}
	if len(of) == 0 {
		return nil
	}
	if err := s.server.cfg.Flags.SetMailFlags(ctx, as, of, c); err != nil {
		return s.failure(err)
	}
	s.server.Wake()
	return nil
}

// flagDrafts changes flags of drafts.
func (s *session) flagDrafts(ctx context.Context, list []int, change *imap.StoreFlags) error {
	for _, i := range list {
		e := &s.folder.entries[i]
		var now []string
		for _, f := range allFlags {
			has := slices.Contains(flagsOf(e), f)
			named := slices.ContainsFunc(change.Flags, func(g imap.Flag) bool { return strings.EqualFold(string(g), string(f)) })
			if change.Op == imap.StoreFlagsSet && named || change.Op == imap.StoreFlagsAdd && (has || named) || change.Op == imap.StoreFlagsDel && has && !named {
				now = append(now, strings.ToLower(strings.TrimPrefix(string(f), `\`)))
			}
		}
		if err := s.server.cfg.Flags.FlagMailDraft(ctx, &s.folder.Mailbox, e.UID, now); err != nil {
			return s.failure(err)
		}
	}
	return nil
}

// unchanged returns those of the messages that have not changed since, and reports the others (RFC 7162 §3.1.3).
func (s *session) unchanged(list []int, since uint64, uid bool) (left []int) {
	var uids imap.UIDSet
	var seqs imap.SeqSet
	for _, i := range list {
		if e := &s.folder.entries[i]; e.ModSeq > since {
			uids.AddNum(imap.UID(e.UID))
			seqs.AddNum(uint32(i + 1))
			continue
		}
		left = append(left, i)
	}
	if len(uids) > 0 {
		names := seqs.String()
		if uid {
			names = uids.String()
		}
		s.wire.Say(func(a *condstore.Answer) { a.Modified = names })
	}
	return left
}

// Expunge implements imapserver.Session. Only drafts are ever deleted.
func (s *session) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	f := s.folder
	if f.Kind != deskmail.Drafts || f.readOnly {
		return nil
	}
	var gone []uint32
	for i := range f.entries {
		if e := &f.entries[i]; e.Deleted && (uids == nil || f.contains(*uids, i)) {
			gone = append(gone, e.UID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := s.server.cfg.Flags.DropMailDrafts(ctx, &f.Mailbox, gone); err != nil {
		return s.failure(err)
	}
	s.server.Wake()
	if uids == nil && s.wire.Command().Name == "CLOSE" {
		return nil
	}
	u, err := s.catchUp(ctx, as, false)
	if err != nil {
		return err
	}
	for _, n := range u.Expunged {
		if err := w.WriteExpunge(n); err != nil {
			return err
		}
	}
	s.late = s.late || u.Grown
	return nil
}
