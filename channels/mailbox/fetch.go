package mailbox

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// fetched is one message as the server sent it.
type fetched struct {
	bytes    []byte // nil if the server sent none
	internal time.Time
	size     int64 // RFC822.SIZE: a hint, since some servers estimate it
	sized    bool
	answered bool   // the server sent the content, or NIL
	refusal  string // what it sent instead of the content; "" if nothing
	flagged  bool   // the server sent the flags
	seen     bool   // \Seen is among them
}

// merge adds what another response says about the same message: a server may report
// changed flags in a response of its own.
func (m fetched) merge(next fetched) fetched {
	if next.bytes != nil {
		m.bytes = next.bytes
	}
	if !next.internal.IsZero() {
		m.internal = next.internal
	}
	if next.flagged {
		m.flagged, m.seen = true, next.seen
	}
	m.size, m.sized, m.answered = max(m.size, next.size), m.sized || next.sized, m.answered || next.answered
	return m
}

var errTorn = errors.New("the message ended before its announced length")

// sizes fetches the size, date and flags of each message. A UID that is missing from the result was
// expunged in the meantime.
func (s *session) sizes(uids []imap.UID) (map[imap.UID]fetched, error) {
	return s.fetch(uids, &imap.FetchOptions{UID: true, Flags: true, RFC822Size: true, InternalDate: true}, 512*int64(len(uids)))
}

// bodies fetches whole messages with a total of about size octets.
func (s *session) bodies(uids []imap.UID, size int64) (map[imap.UID]fetched, error) {
	// No ENVELOPE and no BODYSTRUCTURE: servers derive them from the mail, which may
	// be hostile, and a response that the library cannot parse ends the connection.
	return s.fetch(uids, &imap.FetchOptions{
		UID: true, RFC822Size: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}, 2*size+mebibyte)
}

// headers fetches the header only.
func (s *session) headers(uids []imap.UID) (map[imap.UID]fetched, error) {
	return s.fetch(uids, &imap.FetchOptions{
		UID: true, RFC822Size: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true, Specifier: imap.PartSpecifierHeader}},
	}, mebibyte)
}

// fetch runs one FETCH command. It returns messages only if the command ended with OK
// or NO and each message had its announced length: if the connection breaks within a
// message, the library returns a shorter message and no error. NO can mean that some
// messages could not be delivered (RFC 9051 section 6.4.5); if it means all of them, it
// is an error.
func (s *session) fetch(uids []imap.UID, options *imap.FetchOptions, budget int64) (map[imap.UID]fetched, error) {
	s.expect(budget)
	s.late.begin(len(options.BodySection) > 0)
	defer s.late.end()
	command := s.client.Fetch(imap.UIDSetNum(uids...), options)
	result := make(map[imap.UID]fetched, len(uids))
	for message := command.Next(); message != nil; message = command.Next() {
		uid, one, err := s.one(message)
		if err != nil {
			err = s.guard.explain(err)
			// Not command.Close: it would read the broken literal again and race with
			// the library's read loop.
			s.client.Close()
			return nil, fmt.Errorf("FETCH: %w", err)
		}
		result[uid] = result[uid].merge(one)
	}
	if err := command.Close(); err != nil {
		no, refused := errors.AsType[*imap.Error](err)
		if !refused || no.Type != imap.StatusResponseTypeNo || len(result) == 0 {
			return nil, fmt.Errorf("FETCH: %w", s.guard.explain(err))
		}
	}
	s.guard.quiet()
	s.late.complete(result)
	return result, nil
}

// one reads the data items of one message.
func (s *session) one(message *imapclient.FetchMessageData) (uid imap.UID, m fetched, err error) {
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			m.internal = item.Time
		case imapclient.FetchItemDataFlags:
			m.flagged, m.seen = true, slices.Contains(item.Flags, imap.FlagSeen)
		case imapclient.FetchItemDataRFC822Size:
			m.size, m.sized = item.Size, true
		case imapclient.FetchItemDataBodySection:
			m.answered = true
			if item.Literal == nil {
				continue // NIL: the message no longer exists
			}
			length := item.Literal.Size()
			if length > s.cfg.MaxSize {
				s.guard.Close()
				io.Copy(io.Discard, item.Literal) // a few octets; this unblocks the read loop
				return uid, m, fmt.Errorf("received a message of %d octets, but %d were announced", length, m.size)
			}
			m.bytes = make([]byte, length)
			if n, err := io.ReadFull(item.Literal, m.bytes); err != nil && length > 0 {
				return uid, m, fmt.Errorf("%w: %d of %d octets: %w", errTorn, n, length, err)
			}
		}
	}
	// Flags alone are a change that the server reports by itself (RFC 9051 section 7.5.2).
	// They do not say that the message was read before the mailbox was connected.
	m.flagged = m.flagged && m.sized
	m.seen = m.seen && m.sized
	return uid, m, nil
}
