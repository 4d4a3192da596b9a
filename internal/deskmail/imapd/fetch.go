package imapd

import (
	"bytes"
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
)

const (
	headOctets = 64 << 10 // that are read of a message at first, and mostly all of it
	batch      = 64       // messages that are read at once
)

// Fetch implements imapserver.Session.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	ctx, cancel, as, err := s.begin()
	if err != nil {
		return err
	}
	defer cancel()
	s.wire.Hold()
	defer s.wire.Release() //nolint:errcheck // the next write fails, too
	f := s.folder
	list := f.chosen(set)
	if since := s.wire.Command().ChangedSince; since > 0 {
		list = slices.DeleteFunc(list, func(i int) bool { return f.entries[i].ModSeq <= since })
	}
	flags := options.Flags
	if reads(options) && !f.readOnly {
		changed, err := s.markSeen(ctx, as, list)
		if err != nil {
			return err
		}
		flags = flags || changed
	}
	if !content(options) {
		for _, i := range list {
			if err := s.write(w, i, options, flags, nil); err != nil {
				return err
			}
		}
		return nil
	}
	for part := range slices.Chunk(list, batch) {
		texts, err := s.texts(ctx, as, part)
		if err != nil {
			return err
		}
		for _, i := range part {
			t, ok := texts[f.entries[i].UID]
			if !ok { // it has gone meanwhile
				continue
			}
			if whole(options) || !t.complete {
				if err := s.complete(ctx, as, &f.entries[i], t); err != nil {
					return err
				}
			}
			if err := s.write(w, i, options, flags, t); err != nil {
				return err
			}
			delete(texts, f.entries[i].UID)
		}
	}
	return nil
}

// reads reports whether a client reads a message (RFC 9051 §6.4.5).
func reads(o *imap.FetchOptions) bool {
	return slices.ContainsFunc(o.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek })
}

// content reports whether more is asked for than the view knows.
func content(o *imap.FetchOptions) bool {
	return o.Envelope || o.BodyStructure != nil || o.RFC822Size || len(o.BodySection) > 0
}

// whole reports whether more is asked for than the header.
func whole(o *imap.FetchOptions) bool {
	return o.BodyStructure != nil || slices.ContainsFunc(o.BodySection, func(b *imap.FetchItemBodySection) bool {
		return len(b.Part) > 0 || b.Specifier != imap.PartSpecifierHeader
	})
}

// markSeen sets \Seen of messages, and reports whether one did not have it.
func (s *session) markSeen(ctx context.Context, as desk.Agent, list []int) (bool, error) {
	var unseen []int
	for _, i := range list {
		if !s.folder.entries[i].Seen {
			unseen = append(unseen, i)
		}
	}
	if len(unseen) == 0 {
		return false, nil
	}
	yes := true
	if err := s.change(ctx, as, unseen, deskmail.Change{Seen: &yes}); err != nil {
		return false, err
	}
	u, err := s.catchUp(ctx, as, true)
	s.late = s.late || u.Grown
	return true, err
}

// text is what is known of a message's bytes.
type text struct {
	size     int64
	bytes    []byte
	complete bool // bytes has the whole header
}

// texts returns at least the headers of messages.
func (s *session) texts(ctx context.Context, as desk.Agent, list []int) (map[uint32]*text, error) {
	f := s.folder
	out := make(map[uint32]*text, len(list))
	if f.Kind == deskmail.Drafts {
		for _, i := range list {
			c, err := s.server.cfg.Messages.MailDraft(ctx, &f.Mailbox, f.entries[i].UID, headOctets)
			if desk.KindOf(err) == desk.KindNotFound && err != nil {
				continue
			}
			if err != nil {
				return nil, s.failure(err)
			}
			out[f.entries[i].UID] = newText(c.Size, c.Bytes)
		}
		return out, nil
	}
	found, err := s.contents(ctx, as, f.entries, list, headOctets)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if c, ok := found[f.entries[i].MessageID]; ok {
			out[f.entries[i].UID] = newText(c.Size, c.Bytes)
		}
	}
	return out, nil
}

func newText(size int64, b []byte) *text {
	_, _, complete := deskmail.Split(b)
	return &text{size, b, complete || int64(len(b)) == size}
}

// contents reads messages, and makes and keeps the bytes of those that have none.
func (s *session) contents(ctx context.Context, as desk.Agent, entries []deskmail.Entry, list []int, head int) (map[desk.MessageID]*deskmail.Content, error) {
	ids := make([]desk.MessageID, len(list))
	for n, i := range list {
		ids[n] = entries[i].MessageID
	}
	all, err := s.server.cfg.Messages.MailContents(ctx, as, ids, head)
	if err != nil {
		return nil, s.failure(err)
	}
	out := make(map[desk.MessageID]*deskmail.Content, len(all))
	made := map[desk.MessageID][]byte{}
	for i := range all {
		c := &all[i]
		if c.Size == 0 {
			if c.Bytes, err = s.server.cfg.Site.Letter(c, as.Masked()); err != nil {
				return nil, s.failure(desk.Errorf(desk.KindInternal, "message %s: %w", c.ID, err))
			}
			c.Size = int64(len(c.Bytes))
			made[c.ID] = c.Bytes
		}
		out[c.ID] = c
	}
	if len(made) > 0 {
		if err := s.server.cfg.Messages.KeepMailTexts(ctx, as, made); err != nil {
			return nil, s.failure(err)
		}
	}
	return out, nil
}

// complete reads all bytes of a message.
func (s *session) complete(ctx context.Context, as desk.Agent, e *deskmail.Entry, t *text) error {
	if int64(len(t.bytes)) == t.size {
		return nil
	}
	if s.folder.Kind == deskmail.Drafts {
		c, err := s.server.cfg.Messages.MailDraft(ctx, &s.folder.Mailbox, e.UID, int(t.size))
		t.bytes, t.complete = c.Bytes, true
		return s.failure(err)
	}
	all, err := s.server.cfg.Messages.MailContents(ctx, as, []desk.MessageID{e.MessageID}, int(t.size))
	if err != nil {
		return s.failure(err)
	}
	if len(all) == 1 {
		t.bytes, t.complete = all[0].Bytes, true
	}
	return nil
}

// size returns how many octets the messages of a folder have.
func (s *session) size(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, all []deskmail.Entry) (total int64, err error) {
	if m.Kind == deskmail.Drafts {
		return 0, nil
	}
	indexes := make([]int, len(all))
	for i := range indexes {
		indexes[i] = i
	}
	for part := range slices.Chunk(indexes, 10*batch) {
		found, err := s.contents(ctx, as, all, part, 1)
		if err != nil {
			return 0, err
		}
		for _, c := range found {
			total += c.Size
		}
	}
	return total, nil
}

// write writes what is asked for about one message.
func (s *session) write(w *imapserver.FetchWriter, i int, o *imap.FetchOptions, flags bool, t *text) error {
	e := &s.folder.entries[i]
	s.say(e)
	m := w.CreateMessage(uint32(i + 1))
	defer m.Close()
	if o.UID || s.wire.Command().ModSeq {
		m.WriteUID(imap.UID(e.UID))
	}
	if flags {
		m.WriteFlags(flagsOf(e))
	}
	if o.InternalDate {
		m.WriteInternalDate(e.At)
	}
	if t == nil {
		return m.Close()
	}
	if o.RFC822Size {
		m.WriteRFC822Size(t.size)
	}
	if o.Envelope {
		m.WriteEnvelope(envelope(t.bytes))
	}
	if o.BodyStructure != nil {
		m.WriteBodyStructure(structure(t.bytes))
	}
	for _, section := range o.BodySection {
		b := extract(t.bytes, section)
		out := m.WriteBodySection(section, int64(len(b)))
		if _, err := bytes.NewReader(b).WriteTo(out); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	return m.Close()
}
