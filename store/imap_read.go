package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/internal/deskmail"
)

type imapReadQueries struct {
	Entries     *sqlx.Stmt `query:"imap-entries"`
	Changes     *sqlx.Stmt `query:"imap-changes"`
	PositionOf  *sqlx.Stmt `query:"imap-position-of"`
	Contents    *sqlx.Stmt `query:"imap-contents"`
	KeepTexts   *sqlx.Stmt `query:"imap-keep-texts"`
	Match       *sqlx.Stmt `query:"imap-match"`
	Blobs       *sqlx.Stmt `query:"imap-blobs"`
	Drafts      *sqlx.Stmt `query:"imap-drafts"`
	Draft       *sqlx.Stmt `query:"imap-draft"`
	Find        *sqlx.Stmt `query:"imap-find"`
	UnseenAfter *sqlx.Stmt `query:"imap-unseen-after"`
}

// entryRow is an entry as the driver reads it.
type entryRow struct {
	deskmail.Entry
	UID    int64
	ModSeq int64
}

func entries(rows []entryRow) []deskmail.Entry {
	out := make([]deskmail.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.Entry
		out[i].UID, out[i].ModSeq = uint32(r.UID), uint64(r.ModSeq)
		utc(&out[i].At)
	}
	return out
}

// mailPosition is where a folder is.
type mailPosition struct {
	UIDNext int64
	ModSeq  int64
}

// MailEntries returns the newest messages of a folder as an agent sees them, in the order of their UIDs, or with since
// what has changed after that modification sequence. next and modseq are the folder's as of before the entries were read.
func (s *Store) MailEntries(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, since uint64) (out []deskmail.Entry, next uint32, modseq uint64, err error) {
	var rows []entryRow
	err = s.snapshot(ctx, func(tx *sqlx.Tx) error {
		var at mailPosition
		if err := tx.StmtxContext(ctx, s.q.imapRead.PositionOf).GetContext(ctx, &at, m.ID, as.ID); err != nil {
			return missing("folder", err)
		}
		next, modseq = uint32(at.UIDNext), uint64(at.ModSeq)
		if since > 0 && modseq == since {
			return nil
		}
		limits, tiers := viewer(as)
		switch {
		case m.Kind == deskmail.Drafts:
			err = tx.StmtxContext(ctx, s.q.imapRead.Drafts).SelectContext(ctx, &rows, m.ID, int64(since))
		case since == 0:
			err = tx.StmtxContext(ctx, s.q.imapRead.Entries).SelectContext(ctx, &rows, limits, tiers, as.ID, m.ID, deskmail.MaxEntries)
			for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
				rows[i], rows[j] = rows[j], rows[i]
			}
		default:
			err = tx.StmtxContext(ctx, s.q.imapRead.Changes).SelectContext(ctx, &rows, limits, tiers, as.ID, m.ID, int64(since))
		}
		return wrap("read a folder", err)
	})
	return entries(rows), next, modseq, err
}

// snapshot runs fn in a transaction whose queries see the same state.
func (s *Store) snapshot(ctx context.Context, fn func(*sqlx.Tx) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "set transaction isolation level repeatable read read only"); err != nil {
			return wrap("configure the transaction", err)
		}
		return fn(tx)
	})
}

// contentRow is a content as the driver reads it.
type contentRow struct {
	ID                  desk.MessageID
	ConversationID      desk.ConversationID
	Seq, Number         int64
	ConversationSubject string
	ReplyChannel        desk.Channel
	Direction           desk.Direction
	Channel             desk.Channel
	MessageID           string
	Addresses           []byte
	Subject             string
	TextBody            string
	HTMLBody            string
	Attachments         []byte
	AutoSubmitted       desk.AutoSubmitted
	AuthorID            desk.AgentID
	ThirdParty          bool
	SentAt, ReceivedAt  time.Time
	Author, Customer    string
	Earlier             string
	EarlierID           desk.MessageID
	Size                int64
	Bytes               []byte
}

// MailContents reads messages that the agent may read, at most head octets of those whose bytes are stored. The others
// come with everything that bytes are made of.
func (s *Store) MailContents(ctx context.Context, as desk.Agent, ids []desk.MessageID, head int) ([]deskmail.Content, error) {
	limits, tiers := viewer(as)
	var which column
	for _, id := range ids {
		which.uuid(id)
	}
	var rows []contentRow
	if err := s.q.imapRead.Contents.SelectContext(ctx, &rows, limits, tiers, &which, as.Masked(), head); err != nil {
		return nil, wrap("read messages", err)
	}
	out := make([]deskmail.Content, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].content(); err != nil {
			return nil, err
		}
		if out[i].Size == 0 {
			if err := s.fillParts(ctx, out[i].Message.Attachments); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (r *contentRow) content() (deskmail.Content, error) {
	var who struct {
		From    []desk.Address `json:"from"`
		To      []desk.Address `json:"to"`
		CC      []desk.Address `json:"cc"`
		ReplyTo []desk.Address `json:"reply_to"`
	}
	var parts []desk.Part
	for from, to := range map[*[]byte]any{&r.Addresses: &who, &r.Attachments: &parts} {
		if len(*from) == 0 {
			continue
		}
		if err := json.Unmarshal(*from, to); err != nil {
			return deskmail.Content{}, desk.Errorf(desk.KindInternal, "message %s in the database: %w", r.ID, err)
		}
	}
	utc(&r.SentAt, &r.ReceivedAt)
	m := desk.Message{ID: r.ID, ConversationID: r.ConversationID, Seq: r.Seq, Direction: r.Direction, Channel: r.Channel, MessageID: r.MessageID,
		From: who.From, To: who.To, CC: who.CC, ReplyTo: who.ReplyTo, Subject: r.Subject, TextBody: r.TextBody, HTMLBody: r.HTMLBody, Attachments: parts,
		AutoSubmitted: r.AutoSubmitted, AuthorID: r.AuthorID, ThirdParty: r.ThirdParty, SentAt: r.SentAt, ReceivedAt: r.ReceivedAt}
	return deskmail.Content{ID: r.ID, ConversationID: r.ConversationID, Number: r.Number, Subject: r.ConversationSubject, Channel: r.ReplyChannel, Message: m,
		Author: r.Author, Customer: r.Customer, Earlier: r.Earlier, EarlierID: r.EarlierID, Size: r.Size, Bytes: r.Bytes}, nil
}

// fillParts reads the content of files.
func (s *Store) fillParts(ctx context.Context, parts []desk.Part) error {
	if len(parts) == 0 {
		return nil
	}
	var hashes column
	for _, p := range parts {
		hashes.text(p.BlobID)
	}
	var blobs []struct {
		SHA256 string
		Bytes  []byte
	}
	if err := s.q.imapRead.Blobs.SelectContext(ctx, &blobs, &hashes); err != nil {
		return wrap("read files", err)
	}
	for i := range parts {
		for _, b := range blobs {
			if b.SHA256 == parts[i].BlobID {
				parts[i].Data = b.Bytes
			}
		}
	}
	return nil
}

// KeepMailTexts stores the bytes that were made of messages, unless there are some already.
func (s *Store) KeepMailTexts(ctx context.Context, as desk.Agent, texts map[desk.MessageID][]byte) error {
	var ids, made column
	for id, text := range texts {
		ids.uuid(id)
		made.bytes(text)
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.imapRead.KeepTexts).ExecContext(ctx, &ids, as.Masked(), &made)
		return wrap("keep the bytes of messages", err)
	})
}

// MatchMail returns the UIDs of a folder's messages that contain a text in a field: subject, from, to, cc, body, or "" for
// anywhere. It compares what is stored, also addresses.
func (s *Store) MatchMail(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, field, text string) (map[uint32]bool, error) {
	limits, tiers := viewer(as)
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(clean(text)) + "%"
	var uids []int64
	if err := s.q.imapRead.Match.SelectContext(ctx, &uids, limits, tiers, m.ID, pattern, field); err != nil {
		return nil, wrap("search a folder", err)
	}
	found := make(map[uint32]bool, len(uids))
	for _, uid := range uids {
		found[uint32(uid)] = true
	}
	return found, nil
}

// MailDraft returns the first octets of a draft, and its size.
func (s *Store) MailDraft(ctx context.Context, m *deskmail.Mailbox, uid uint32, head int) (deskmail.Content, error) {
	var row struct {
		Size  int64
		Bytes []byte
	}
	if err := s.q.imapRead.Draft.GetContext(ctx, &row, m.ID, int64(uid), head); err != nil {
		return deskmail.Content{}, missing("draft", err)
	}
	return deskmail.Content{Size: row.Size, Bytes: row.Bytes}, nil
}

// FindMail returns the messages with a Message-ID or an id that the agent may read.
func (s *Store) FindMail(ctx context.Context, as desk.Agent, headers []string, ids []desk.MessageID) (found []deskmail.Found, err error) {
	limits, tiers := viewer(as)
	var texts, which column
	for _, h := range headers {
		texts.text(clean(h))
	}
	for _, id := range ids {
		which.uuid(id)
	}
	return found, wrap("find messages", s.q.imapRead.Find.SelectContext(ctx, &found, limits, tiers, &texts, &which))
}

// SeenUntil returns the number up to which an agent has seen a conversation if they have seen the message numbered seq: that of
// the message before the first later one that they have neither read nor written.
func (s *Store) SeenUntil(ctx context.Context, as desk.Agent, id desk.ConversationID, seq, last int64) (int64, error) {
	var until *int64
	if err := s.q.imapRead.UnseenAfter.GetContext(ctx, &until, as.ID, id, seq); err != nil {
		return 0, wrap("read how far an agent has read", err)
	}
	if until == nil {
		return max(seq, last), nil
	}
	return max(seq, *until), nil
}
