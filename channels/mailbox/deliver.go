package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels/mailbox/checkpoint"
)

// fetchBatch returns the raw items of uids. Messages above the size limit, and those
// that the server cannot deliver, become quarantined items, so that agents see them.
func (f *folder) fetchBatch(s *session, uids []imap.UID, known map[imap.UID]fetched, size int64, validity uint32) (batch, error) {
	b := batch{cur: checkpoint.Cursor{UIDValidity: validity}, asked: len(uids)}
	if len(uids) > 0 {
		b.cur.LastUID = uint32(uids[len(uids)-1])
	}
	var whole, large []imap.UID
	problems := map[imap.UID]string{}
	for _, uid := range uids {
		m, there := known[uid]
		switch {
		case !there: // expunged since the search
		case f.strikes[uint32(uid)] >= maxBrokenConns:
			problems[uid] = f.undelivered(uid, "")
		case m.size > f.cfg.MaxSize:
			large = append(large, uid)
			problems[uid] = fmt.Sprintf("The message has %d octets, which exceeds the limit of %d, so only its header was imported. It is UID %d in folder %s.", m.size, f.cfg.MaxSize, uid, f.name)
		default:
			whole = append(whole, uid)
		}
	}
	got, refused, err := f.get(s, whole, known, size)
	if err != nil {
		return b, err
	}
	for uid, refusal := range refused {
		problems[uid] = f.undelivered(uid, refusal)
	}
	if len(large) > 0 {
		headers, err := s.headers(large)
		if err != nil {
			return b, err
		}
		for uid, m := range headers {
			got[uid] = m
		}
	}
	for _, uid := range uids {
		m, problem := got[uid], problems[uid]
		if m.bytes == nil {
			if problem == "" {
				continue // expunged
			}
			m = known[uid]
		}
		raw := f.raw(uid, validity, m, problem)
		raw.History = f.history.age(uid, known[uid]) == agePast
		b.raws = append(b.raws, raw)
		if m.bytes != nil {
			b.uids.AddNum(uid)
		}
	}
	return b, nil
}

// undelivered explains why a message has no content yet.
func (f *folder) undelivered(uid imap.UID, refusal string) string {
	text := fmt.Sprintf("The server could not deliver the message with UID %d in folder %s. It is still on the server and is tried again, at least every hour.", uid, f.name)
	if refusal != "" {
		text += " The server sent this instead: " + refusal
	}
	return text
}

// get fetches whole messages. Those that are missing are requested again one by one,
// as a message that the server cannot deliver may have ended the response for the
// others. Of those that are still missing, the server has removed some, and cannot
// deliver the others: refused says what it sent instead of them.
func (f *folder) get(s *session, uids []imap.UID, known map[imap.UID]fetched, size int64) (got map[imap.UID]fetched, refused map[imap.UID]string, err error) {
	got = map[imap.UID]fetched{}
	if len(uids) == 0 {
		return got, nil, nil
	}
	ask := func(uids []imap.UID) error {
		more, err := s.bodies(uids, size)
		for uid, m := range more {
			got[uid] = m.checked(known[uid].size)
		}
		return err
	}
	if err := ask(uids); err != nil {
		return nil, nil, err
	}
	for _, uid := range without(uids, got) {
		err := ask([]imap.UID{uid})
		if _, no := errors.AsType[*imap.Error](err); err != nil && !(no && len(got) > 0) {
			return nil, nil, err // with NO, the server delivers others: the fault is this message's
		}
	}
	missing := without(uids, got)
	if len(missing) == 0 {
		return got, nil, nil
	}
	there, err := s.sizes(missing)
	if err != nil {
		return nil, nil, err
	}
	refused = map[imap.UID]string{}
	for uid := range there {
		refused[uid] = got[uid].refusal
	}
	return got, refused, nil
}

// checked returns the message without content if what the server sent is not the
// message: nothing, although the message has a size, or a notice that it failed.
func (m fetched) checked(announced int64) fetched {
	if len(m.bytes) == 0 && max(announced, m.size) > 0 {
		m.bytes = nil
	}
	if text, ok := placeholder(m.bytes); ok {
		m.bytes, m.refusal = nil, text
	}
	return m
}

// without returns the uids whose content is not in got.
func without(uids []imap.UID, got map[imap.UID]fetched) (missing []imap.UID) {
	for _, uid := range uids {
		if got[uid].bytes == nil {
			missing = append(missing, uid)
		}
	}
	return missing
}

// retry fetches what the server could not deliver before, as far as it is due.
func (f *folder) retry(ctx context.Context, s *session, validity uint32) error {
	due, err := f.journal.Undelivered(ctx, f.cfg.Name, f.name, validity)
	if err != nil {
		return f.cfg.journalFault("read what is due", err)
	}
	if len(due) == 0 {
		return nil
	}
	uids := make([]imap.UID, len(due))
	for i, uid := range due {
		uids[i] = imap.UID(uid)
	}
	known, err := s.sizes(uids)
	if err != nil {
		return err
	}
	for _, uid := range uids {
		delete(f.strikes, uint32(uid))
		b, err := f.fetchBatch(s, []imap.UID{uid}, known, known[uid].size, validity)
		if _, refused := errors.AsType[*imap.Error](err); refused {
			continue
		}
		if err != nil {
			return err
		}
		if b.cur = (checkpoint.Cursor{}); len(b.uids) == 0 {
			continue
		}
		if _, err := f.journal.Commit(ctx, f.batch(b.cur, b.raws)); err != nil {
			return f.cfg.journalFault("journal", err)
		}
		f.log.Info("DeliveredLate", "uid", uid)
	}
	return nil
}
