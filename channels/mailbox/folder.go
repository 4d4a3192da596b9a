package mailbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
)

const (
	round     = 1000 // UIDs searched, and sized, at once
	alone     = 50   // UIDs fetched one by one after a batch failed
	badAnswer = 3    // attempts at one message that the server answers wrongly
	badLink   = 12   // attempts at one message within which the connection breaks
)

// folder reads one folder, over as many sessions as it takes.
type folder struct {
	name    string
	cfg     *Config
	journal Journal
	log     *slog.Logger
	fence   int64 // of the lease under which it is read
	pile    *pile
	// outgoing: it holds what we sent. through is called whenever it has been read
	// to its end.
	outgoing bool
	through  func()
	hindered error // by what the server refuses to do after the import

	// A batch that failed is fetched again one by one, and a message that keeps
	// failing alone goes into quarantine, so that it does not block the others.
	singly  int
	strikes map[uint32]int
}

func newFolder(name string, cfg *Config, journal Journal, log *slog.Logger) *folder {
	return &folder{name: name, cfg: cfg, journal: journal, log: log.With("folder", name), strikes: map[uint32]int{}}
}

// batch is what one FETCH brought, ready to be committed with its position.
type batch struct {
	raws  []desk.Raw
	cur   checkpoint.Cursor
	uids  imap.UIDSet
	asked int // UIDs it was made of
}

// run reads the folder over one connection until it breaks or ctx is done.
func (f *folder) run(ctx context.Context, healthy func()) error {
	s, err := connect(ctx, f.cfg)
	if err != nil {
		return err
	}
	defer s.close()
	selected, err := s.open(f.name)
	if err != nil {
		return err
	}
	s.guard.quiet()
	cur, err := f.position(ctx, selected)
	if err != nil {
		return err
	}
	for {
		for {
			uids, total, err := s.search(cur.LastUID, round)
			if err != nil {
				return err
			}
			f.pile.found(f.name, total)
			if len(uids) == 0 {
				break
			}
			if err := f.drain(ctx, s, uids, &cur, healthy); err != nil {
				return err
			}
		}
		healthy()
		f.through()
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// position is where reading goes on. A new UIDVALIDITY means that no UID means
// what it did (RFC 9051 section 2.3.1.1): the folder is read again from its
// beginning, and the pipeline links what it knows already by content. So it does
// for a folder that was put back to an earlier state.
func (f *folder) position(ctx context.Context, selected *imap.SelectData) (checkpoint.Cursor, error) {
	cur, err := f.journal.Cursor(ctx, f.cfg.Name, f.name)
	if err != nil {
		return checkpoint.Cursor{}, f.cfg.journalFault("read the position", err)
	}
	switch {
	case cur.UIDValidity != selected.UIDValidity:
		if cur.UIDValidity != 0 {
			f.log.Warn("the server renumbered the folder; it is read from the beginning",
				"was", cur.UIDValidity, "is", selected.UIDValidity)
		}
		cur = checkpoint.Cursor{UIDValidity: selected.UIDValidity}
	case selected.UIDNext != 0 && cur.LastUID >= uint32(selected.UIDNext):
		f.log.Warn("the folder was put back to an earlier state; it is read from the beginning",
			"was", cur.LastUID, "next", selected.UIDNext)
		cur.LastUID = 0
	}
	return cur, nil
}

// drain journals uids. One batch is fetched ahead while the journal commits.
func (f *folder) drain(ctx context.Context, s *session, uids []imap.UID, cur *checkpoint.Cursor, healthy func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan batch)
	committed := make(chan imap.UIDSet, len(uids)) // never blocks: a set holds one UID at least
	fetchErr := make(chan error, 1)
	go func() {
		defer close(batches)
		fetchErr <- f.fetchAll(ctx, s, uids, *cur, batches, committed)
	}()
	var commitErr error
	for b := range batches {
		if commitErr != nil {
			continue
		}
		if commitErr = f.commit(ctx, b); commitErr != nil {
			cancel()
			continue
		}
		*cur = b.cur
		f.pile.took(f.name, b.asked)
		committed <- b.uids
		healthy()
	}
	err := <-fetchErr
	if commitErr != nil {
		return commitErr
	}
	if err != nil {
		return err
	}
	return f.afterImport(s, committed)
}

// fetchAll owns the session while it runs.
func (f *folder) fetchAll(ctx context.Context, s *session, uids []imap.UID, cur checkpoint.Cursor, batches chan<- batch, committed <-chan imap.UIDSet) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f.log.Error("panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	known, err := s.sizes(uids)
	if err != nil {
		return err
	}
	for len(uids) > 0 {
		n, size := f.next(uids, known)
		if err := f.afterImport(s, committed); err != nil {
			return err
		}
		b, err := f.fetchBatch(s, uids[:n], known, size, cur.UIDValidity)
		if err != nil {
			return f.strike(s, uids[:n], err)
		}
		if f.singly > 0 {
			f.singly -= n
			delete(f.strikes, uint32(uids[0]))
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		uids = uids[n:]
	}
	return nil
}

// next says how many of uids make the next batch, and their size together.
func (f *folder) next(uids []imap.UID, known map[imap.UID]fetched) (n int, size int64) {
	if f.singly > 0 {
		return 1, f.cfg.MaxSize
	}
	for n < len(uids) && n < batchUIDs {
		one := min(known[uids[n]].size, f.cfg.MaxSize)
		if n > 0 && size+one > batchBytes {
			break
		}
		size += one
		n++
	}
	return n, size
}

// strike remembers that a batch could not be fetched.
func (f *folder) strike(s *session, uids []imap.UID, err error) error {
	f.singly = alone
	if len(uids) == 1 {
		weight := badLink / badAnswer
		if s.guard.wasCut() {
			weight = 1
		}
		f.strikes[uint32(uids[0])] += weight
	}
	return err
}

// fetchBatch makes the raw items of uids. Messages above the limit, and those
// the server cannot deliver, become quarantined items: an agent sees them.
func (f *folder) fetchBatch(s *session, uids []imap.UID, known map[imap.UID]fetched, size int64, validity uint32) (batch, error) {
	b := batch{cur: checkpoint.Cursor{UIDValidity: validity, LastUID: uint32(uids[len(uids)-1])}, asked: len(uids)}
	var whole, large []imap.UID
	problems := map[imap.UID]string{}
	for _, uid := range uids {
		m, there := known[uid]
		switch {
		case !there: // expunged since the search
		case f.strikes[uint32(uid)] >= badLink:
			problems[uid] = fmt.Sprintf("The server could not deliver UID %d of folder %s; it is still there.", uid, f.name)
		case m.size > f.cfg.MaxSize:
			large = append(large, uid)
			problems[uid] = fmt.Sprintf("The mail has %d octets, the limit is %d; only its header was taken. It is UID %d of folder %s.", m.size, f.cfg.MaxSize, uid, f.name)
		default:
			whole = append(whole, uid)
		}
	}
	got, err := f.get(s, whole, size)
	if err != nil {
		return b, err
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
				continue // gone
			}
			m = known[uid]
		}
		b.raws = append(b.raws, f.raw(uid, validity, m, problem))
		b.uids.AddNum(uid)
	}
	return b, nil
}

// get fetches whole messages. What an untagged answer to something else has
// displaced is asked for again; what is then still missing must be gone.
func (f *folder) get(s *session, uids []imap.UID, size int64) (map[imap.UID]fetched, error) {
	if len(uids) == 0 {
		return map[imap.UID]fetched{}, nil
	}
	got, err := s.bodies(uids, size)
	if err != nil {
		return nil, err
	}
	missing := without(uids, got)
	if len(missing) == 0 {
		return got, nil
	}
	again, err := s.bodies(missing, size)
	if err != nil {
		return nil, err
	}
	for uid, m := range again {
		got[uid] = m
	}
	if missing = without(missing, got); len(missing) == 0 {
		return got, nil
	}
	there, err := s.sizes(missing)
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return nil, fmt.Errorf("FETCH: the server gives no content for %d messages", len(there))
	}
	return got, nil
}

func without(uids []imap.UID, got map[imap.UID]fetched) (missing []imap.UID) {
	for _, uid := range uids {
		if got[uid].bytes == nil {
			missing = append(missing, uid)
		}
	}
	return missing
}

func (f *folder) raw(uid imap.UID, validity uint32, m fetched, problem string) desk.Raw {
	raw := desk.Raw{
		ID:         desk.NewID[desk.RawID](),
		Channel:    desk.ChannelEmail,
		Endpoint:   f.cfg.Name,
		SourceKey:  f.name + "/" + strconv.FormatUint(uint64(validity), 10) + "/" + strconv.FormatUint(uint64(uid), 10),
		ReceivedAt: m.internal,
		Size:       int64(len(m.bytes)),
		Bytes:      m.bytes,
		State:      desk.RawPending,
		Outgoing:   f.outgoing,
	}
	if raw.ReceivedAt.Year() < 1970 { // what some servers say for none; not every one is an instant that a database knows
		raw.ReceivedAt = time.Now()
	}
	if f.cfg.Origin != nil && !f.outgoing {
		raw.AuthResults = f.cfg.Origin(m.bytes)
	}
	if problem != "" {
		raw.State, raw.Problem, raw.Size = desk.RawQuarantined, problem, max(m.size, raw.Size)
	}
	if raw.Bytes == nil {
		raw.Bytes = []byte{}
	}
	return raw
}

// commit journals a batch. A UID above the position that is known nevertheless
// was given to another message before (a folder put back to an earlier state):
// it is journaled under a key that holds its content too, for the pipeline to
// tell whether it is new.
func (f *folder) commit(ctx context.Context, b batch) error {
	receipts, err := f.journal.Commit(ctx, f.batch(b.cur, b.raws))
	if err != nil {
		return f.cfg.journalFault("journal", err)
	}
	var again []desk.Raw
	for i, r := range receipts {
		if r.Duplicate {
			raw := b.raws[i]
			sum := sha256.Sum256(raw.Bytes)
			raw.ID, raw.SourceKey = desk.NewID[desk.RawID](), fmt.Sprintf("%s/%x", raw.SourceKey, sum[:8])
			again = append(again, raw)
		}
	}
	if len(again) > 0 {
		if _, err := f.journal.Commit(ctx, f.batch(b.cur, again)); err != nil {
			return f.cfg.journalFault("journal", err)
		}
	}
	f.log.Info("Accepted", "mails", len(b.raws), "uid", b.cur.LastUID, "known", len(again))
	return nil
}

func (f *folder) batch(cur checkpoint.Cursor, raws []desk.Raw) checkpoint.Batch {
	return checkpoint.Batch{Channel: f.cfg.Name, Folder: f.name, Fence: f.fence, Cursor: cur, Raws: raws}
}
