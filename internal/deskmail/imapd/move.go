package imapd

import (
	"context"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/deskmail"
)

// Move implements imapserver.SessionMove: it moves the conversations of the messages.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, name string) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	data, moveErr := s.move(ctx, as, set, name)
	if data != nil {
		if err := w.WriteCopyData(data); err != nil {
			return err
		}
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
	return moveErr
}

// Copy implements imapserver.Session. A conversation is in one inbox, so that a copy moves it, too: programs without MOVE copy messages and then
// delete them.
func (s *session) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer cancel()
	return s.move(ctx, as, set, name)
}

// move moves conversations to a folder. It returns the new UIDs of the messages that were named.
func (s *session) move(ctx context.Context, as desk.Agent, set imap.NumSet, name string) (*imap.CopyData, error) {
	f := s.folder
	to, err := s.find(ctx, as, name)
	if err != nil {
		return nil, err
	}
	if err := movable(f, to); err != nil {
		return nil, err
	}
	_, _, before, err := s.server.cfg.Folders.MailEntries(ctx, as, to, 1<<62)
	if err != nil {
		return nil, s.failure(err)
	}
	var named []deskmail.Entry
	var order []desk.ConversationID
	seen := map[desk.ConversationID]bool{}
	for _, i := range f.chosen(set) {
		e := f.entries[i]
		named = append(named, e)
		if !seen[e.ConversationID] {
			seen[e.ConversationID] = true
			order = append(order, e.ConversationID)
		}
	}
	var failed error
	for _, id := range order {
		if err := s.place(ctx, as, f, to, id); err != nil && failed == nil {
			failed = s.failure(err)
		}
	}
	s.server.Wake()
	data, err := s.copied(ctx, as, to, before, named)
	if failed != nil {
		err = failed
	}
	return data, err
}

// movable returns nil if something can be moved between folders.
func movable(from *folder, to *deskmail.Mailbox) error {
	switch {
	case from.readOnly:
		return refuse(imap.ResponseCodeCannot, "The folder was opened to be read only")
	case from.Kind == deskmail.Drafts:
		return refuse(imap.ResponseCodeCannot, "Drafts are sent or deleted, and not moved")
	case to.Kind == deskmail.Sent || to.Kind == deskmail.Drafts:
		return refuse(imap.ResponseCodeCannot, "Conversations can be moved to an inbox, to INBOX, which assigns them to you, and to Archive, which resolves them")
	case from.ID == to.ID:
		return refuse(imap.ResponseCodeCannot, "The conversation is there already")
	}
	return nil
}

// place does what it means to move a conversation from one folder to another.
func (s *session) place(ctx context.Context, as desk.Agent, from *folder, to *deskmail.Mailbox, id desk.ConversationID) error {
	d := s.server.cfg.Desk
	if to.Kind == deskmail.Archive {
		_, err := d.SetStatus(ctx, as, id, agent.Status{To: desk.StatusResolved})
		return advise(err, "Resolve it in the console")
	}
	if to.Kind == deskmail.Inbox {
		// The move comes first: it is refused more often, and nothing else has happened then.
		c, err := d.Move(ctx, as, id, agent.Move{Inbox: to.Key, KeepStatus: from.Kind != deskmail.Archive})
		if err != nil && !(from.Kind == deskmail.Archive && desk.KindOf(err) == desk.KindConflict) {
			return advise(err, "Move it in the console, which asks for what is missing")
		}
		if err == nil && c.Status != desk.StatusResolved && c.Status != desk.StatusClosed {
			return nil
		}
	}
	if from.Kind == deskmail.Archive || from.Kind == deskmail.Sent {
		if _, err := d.SetStatus(ctx, as, id, agent.Status{To: desk.StatusOpen}); err != nil && desk.KindOf(err) != desk.KindConflict {
			return advise(err, "Reopen it in the console")
		}
	}
	if to.Kind == deskmail.Assigned {
		_, err := d.Assign(ctx, as, id, as.ID)
		return err
	}
	return nil
}

// advise adds to a refusal where it is possible.
func advise(err error, what string) error {
	switch desk.KindOf(err) {
	case desk.KindInvalid, desk.KindConflict:
		return desk.Errorf(desk.KindOf(err), "%s. %s", strings.TrimSuffix(err.Error(), "."), what)
	}
	return err
}

// copied returns which UIDs messages have in the folder to which they were moved (RFC 4315 §3).
func (s *session) copied(ctx context.Context, as desk.Agent, to *deskmail.Mailbox, before uint64, named []deskmail.Entry) (*imap.CopyData, error) {
	if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
		return nil, s.failure(err)
	}
	now, _, _, err := s.server.cfg.Folders.MailEntries(ctx, as, to, before)
	if err != nil {
		return nil, s.failure(err)
	}
	data := &imap.CopyData{UIDValidity: s.user.UIDValidity(to)}
	for _, old := range named {
		for _, e := range now {
			if !e.Gone && e.ConversationID == old.ConversationID && e.Seq == old.Seq {
				data.SourceUIDs.AddNum(imap.UID(old.UID))
				data.DestUIDs.AddNum(imap.UID(e.UID))
			}
		}
	}
	if len(data.SourceUIDs) == 0 {
		return nil, nil
	}
	return data, nil
}
