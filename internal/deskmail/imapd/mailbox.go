package imapd

import (
	"context"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/condstore"
)

// folders returns the agent's folders and their names.
func (s *session) folders(ctx context.Context, as desk.Agent) ([]deskmail.Mailbox, []string, error) {
	all, err := s.server.cfg.Folders.Mailboxes(ctx, as)
	if err != nil {
		return nil, nil, s.failure(err)
	}
	return all, deskmail.Names(all), nil
}

// find returns the folder with a name.
func (s *session) find(ctx context.Context, as desk.Agent, name string) (*deskmail.Mailbox, error) {
	all, names, err := s.folders(ctx, as)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if names[i] == name || names[i] == "INBOX" && strings.EqualFold(name, "INBOX") {
			return &all[i], nil
		}
	}
	return nil, refuse(imap.ResponseCodeNonExistent, "There is no such folder")
}

// flags are those that conversations have, and drafts.
var (
	flags     = []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged}
	allFlags  = []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	permanent = map[deskmail.Kind][]imap.Flag{deskmail.Drafts: {imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted}}
)

// Select implements imapserver.Session.
func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.Unselect() //nolint:errcheck // cannot fail
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer cancel()
	m, err := s.find(ctx, as, name)
	if err != nil {
		return nil, err
	}
	if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
		return nil, s.failure(err)
	}
	f := &folder{Mailbox: *m, name: name, readOnly: options.ReadOnly}
	var next uint32
	f.entries, next, f.modseq, err = s.server.cfg.Folders.MailEntries(ctx, as, m, 0)
	if err != nil {
		return nil, s.failure(err)
	}
	s.mu.Lock()
	s.folder = f
	s.mu.Unlock()
	s.wire.Say(func(a *condstore.Answer) { a.Highest = f.modseq })
	data := &imap.SelectData{Flags: allFlags, PermanentFlags: flags, NumMessages: uint32(len(f.entries)), UIDNext: imap.UID(next), UIDValidity: s.user.UIDValidity(m)}
	if p := permanent[m.Kind]; p != nil {
		data.PermanentFlags = p
	}
	for i, e := range f.entries {
		if !e.Seen {
			data.FirstUnseenSeqNum = uint32(i + 1)
			break
		}
	}
	return data, nil
}

// Unselect implements imapserver.Session.
func (s *session) Unselect() error {
	s.mu.Lock()
	s.folder = nil
	s.mu.Unlock()
	return nil
}

// List implements imapserver.Session.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: deskmail.Delimiter})
	}
	all, names, err := s.folders(ctx, as)
	if err != nil {
		return err
	}
	if options.ReturnStatus != nil {
		if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
			return s.failure(err)
		}
	}
	for i := range all {
		m := &all[i]
		if !matches(names[i], ref, patterns) || options.SelectSpecialUse && m.Special() == "" {
			continue
		}
		var status *imap.StatusData
		if options.ReturnStatus != nil {
			if status, err = s.status(ctx, as, m, names[i], options.ReturnStatus); err != nil {
				return err
			}
		}
		data := &imap.ListData{Mailbox: names[i], Delim: deskmail.Delimiter, Attrs: []imap.MailboxAttr{imap.MailboxAttrHasNoChildren}, Status: status}
		if special := m.Special(); special != "" {
			data.Attrs = append(data.Attrs, imap.MailboxAttr(special))
		}
		if options.ReturnSubscribed || options.SelectSubscribed {
			data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

func matches(name, ref string, patterns []string) bool {
	for _, p := range patterns {
		if imapserver.MatchList(name, deskmail.Delimiter, ref, p) || name == "INBOX" && imapserver.MatchList(name, deskmail.Delimiter, ref, strings.ToUpper(p)) {
			return true
		}
	}
	return false
}

// Status implements imapserver.Session.
func (s *session) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer cancel()
	if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
		return nil, s.failure(err)
	}
	m, err := s.find(ctx, as, name)
	if err != nil {
		return nil, err
	}
	return s.status(ctx, as, m, name, options)
}

func (s *session) status(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	all, next, modseq, err := s.server.cfg.Folders.MailEntries(ctx, as, m, 0)
	if err != nil {
		return nil, s.failure(err)
	}
	s.wire.Say(func(a *condstore.Answer) { a.Highest = modseq })
	var unseen, deleted uint32
	for i := range all {
		if !all[i].Seen {
			unseen++
		}
		if all[i].Deleted {
			deleted++
		}
	}
	total, recent := uint32(len(all)), uint32(0)
	data := &imap.StatusData{Mailbox: name, NumMessages: &total, UIDNext: imap.UID(next), UIDValidity: s.user.UIDValidity(m), NumUnseen: &unseen, NumDeleted: &deleted, NumRecent: &recent}
	if options.Size {
		size, err := s.size(ctx, as, m, all)
		if err != nil {
			return nil, err
		}
		data.Size = &size
	}
	return data, nil
}

// Namespace implements imapserver.SessionNamespace.
func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: deskmail.Delimiter}}}, nil
}

const fixed = "Folders are the inboxes of the desk; they are set up in the policy"

// Create implements imapserver.Session.
func (s *session) Create(string, *imap.CreateOptions) error {
	return refuse(imap.ResponseCodeCannot, fixed)
}

// Delete implements imapserver.Session.
func (s *session) Delete(string) error { return refuse(imap.ResponseCodeCannot, fixed) }

// Rename implements imapserver.Session.
func (s *session) Rename(string, string, *imap.RenameOptions) error {
	return refuse(imap.ResponseCodeCannot, fixed)
}

// Subscribe implements imapserver.Session. Every folder is subscribed to.
func (s *session) Subscribe(name string) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	_, err = s.find(ctx, as, name)
	return err
}

// Unsubscribe implements imapserver.Session. Programs hide what they do not show by themselves.
func (s *session) Unsubscribe(string) error { return nil }
