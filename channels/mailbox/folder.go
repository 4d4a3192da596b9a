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
	maxSearch       = 1000 // UIDs whose sizes are fetched at once
	maxSingly       = 50   // UIDs fetched one by one after a batch failed
	maxBadResponses = 3    // failed attempts at one message to which the server responds incorrectly
	maxBrokenConns  = 12   // failed attempts at one message during which the connection breaks
)

// folder reads one folder, over any number of connections.
type folder struct {
	name    string
	cfg     *Config
	journal Journal
	log     *slog.Logger
	fence   int64 // of the lease under which it is read
	backlog *backlog
	// outgoing marks the folder of sent mail.
	outgoing  bool
	readToEnd func() // called whenever the folder has been read to its end
	history   history
	degraded  error // what the server refuses to do after the import; nil if nothing

	// After a batch failed, its messages are fetched one by one. A message that keeps
	// failing is quarantined, so that it does not block the others.
	singly  int            // number of messages still to be fetched one by one
	strikes map[uint32]int // weighted failures by UID; at maxBrokenConns it is quarantined
}

func newFolder(name string, cfg *Config, journal Journal, log *slog.Logger) *folder {
	return &folder{name: name, cfg: cfg, journal: journal, log: log.With("folder", name), strikes: map[uint32]int{}}
}

// batch is the result of one FETCH, to be committed together with its position.
type batch struct {
	raws  []desk.Raw
	cur   checkpoint.Cursor
	uids  imap.UIDSet
	asked int // number of UIDs requested
	// skipped is how many messages up to the position are not imported.
	skipped int
}

// run reads the folder over one connection until the connection breaks or ctx is done.
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
	if err := f.connected(ctx, selected); err != nil {
		return err
	}
	for {
		for {
			uids, total, err := s.search(cur.LastUID, maxSearch)
			if err != nil {
				return err
			}
			f.backlog.found(f.name, total)
			if len(uids) == 0 {
				break
			}
			if err := f.drain(ctx, s, uids, &cur, healthy); err != nil {
				return err
			}
		}
		if err := f.retry(ctx, s, cur.UIDValidity); err != nil {
			return err
		}
		healthy()
		f.readToEnd()
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// position returns where reading continues. A new UIDVALIDITY invalidates all UIDs
// (RFC 9051 section 2.3.1.1): the folder is read again from the beginning, and the
// pipeline recognizes duplicates by their content. The same applies to a folder that
// was restored to an earlier state.
func (f *folder) position(ctx context.Context, selected *imap.SelectData) (checkpoint.Cursor, error) {
	cur, err := f.journal.Cursor(ctx, f.cfg.Name, f.name)
	if err != nil {
		return checkpoint.Cursor{}, f.cfg.journalFault("read the position", err)
	}
	switch {
	case cur.UIDValidity != selected.UIDValidity:
		if cur.UIDValidity != 0 {
			f.log.Warn("FolderRenumbered",
				"was", cur.UIDValidity, "is", selected.UIDValidity)
		}
		cur = checkpoint.Cursor{UIDValidity: selected.UIDValidity}
	case selected.UIDNext != 0 && cur.LastUID >= uint32(selected.UIDNext):
		f.log.Warn("FolderRestored",
			"was", cur.LastUID, "next", selected.UIDNext)
		cur.LastUID = 0
	}
	return cur, nil
}

// connected reads when the folder was first connected.
func (f *folder) connected(ctx context.Context, selected *imap.SelectData) error {
	connection, err := f.journal.Connected(ctx, f.cfg.Name, f.name, selected.UIDValidity, uint32(selected.UIDNext))
	if err != nil {
		return f.cfg.journalFault("read when the folder was connected", err)
	}
	f.history = history{f.cfg.History, connection, selected.UIDValidity}
	return nil
}

// drain journals uids. It fetches the next batch while the journal commits one.
func (f *folder) drain(ctx context.Context, s *session, uids []imap.UID, cur *checkpoint.Cursor, healthy func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan batch)
	committed := make(chan imap.UIDSet, len(uids)) // never blocks: each set has at least one UID
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
		f.backlog.took(f.name, b.asked)
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

// fetchAll fetches uids in batches. It owns the session while it runs.
func (f *folder) fetchAll(ctx context.Context, s *session, uids []imap.UID, cur checkpoint.Cursor, batches chan<- batch, committed <-chan imap.UIDSet) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f.log.Error("Panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	known, err := s.sizes(uids)
	if err != nil {
		return err
	}
	last, skipped := uids[len(uids)-1], 0
	uids, skipped = f.history.filter(uids, known)
	for len(uids) > 0 || skipped > 0 {
		n, size := f.next(uids, known)
		if err := f.afterImport(s, committed); err != nil {
			return err
		}
		b, err := f.fetchBatch(s, uids[:n], known, size, cur.UIDValidity)
		if err != nil {
			return f.strike(s, uids[:n], err)
		}
		b.skipped, b.asked, skipped = skipped, b.asked+skipped, 0
		if n == len(uids) {
			b.cur.LastUID = uint32(last)
		}
		if f.singly > 0 && n > 0 {
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

// next returns how many of uids form the next batch, and their total size.
func (f *folder) next(uids []imap.UID, known map[imap.UID]fetched) (n int, size int64) {
	if f.singly > 0 {
		return min(1, len(uids)), f.cfg.MaxSize
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

// strike records that a batch could not be fetched.
func (f *folder) strike(s *session, uids []imap.UID, err error) error {
	f.singly = maxSingly
	if len(uids) == 1 {
		weight := maxBrokenConns / maxBadResponses
		if s.guard.wasCut() {
			weight = 1
		}
		f.strikes[uint32(uids[0])] += weight
	}
	return err
}

// raw returns the raw item of a message; it is quarantined if problem is set.
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
	if raw.ReceivedAt.Year() < 1970 { // used by some servers for a missing date; the database cannot store every such value
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

// commit journals a batch. If a UID above the position is known nevertheless, it
// belonged to another message before (in a folder that was restored to an earlier
// state). The message is then journaled under a key that includes its content, so
// that the pipeline can decide whether it is new.
func (f *folder) commit(ctx context.Context, b batch) error {
	request := f.batch(b.cur, b.raws)
	request.Skipped = b.skipped
	receipts, err := f.journal.Commit(ctx, request)
	if err != nil {
		return f.cfg.journalFault("journal", err)
	}
	var again []desk.Raw
	for i, r := range receipts {
		if raw := b.raws[i]; r.Duplicate && len(raw.Bytes) > 0 {
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
	if b.skipped > 0 {
		f.log.Info("HistorySkipped", "mails", b.skipped, "uid", b.cur.LastUID, "reason", "read and older than the connection; see history in the configuration")
	}
	f.log.Info("Accepted", "mails", len(b.raws), "uid", b.cur.LastUID, "known", len(again))
	return nil
}

func (f *folder) batch(cur checkpoint.Cursor, raws []desk.Raw) checkpoint.Batch {
	return checkpoint.Batch{Channel: f.cfg.Name, Folder: f.name, Fence: f.fence, Cursor: cur, Raws: raws}
}
