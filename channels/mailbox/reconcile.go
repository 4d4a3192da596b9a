package mailbox

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels/mailbox/checkpoint"
)

// maxFolder limits the memory for a folder's list of UIDs.
const maxFolder = 5_000_000

// Reconciliation is the result of comparing a folder on the server with the journal.
// Missing messages are those below the position that are not in the journal.
type Reconciliation struct {
	Folder    string `json:"folder"`
	Server    int    `json:"server"`    // messages on the server
	Journaled int    `json:"journaled"` // of them in the journal
	Waiting   int    `json:"waiting"`   // of them not read yet, because they are above the position
	Missing   int    `json:"missing"`   // of them below the position but not in the journal
	Fetched   int    `json:"fetched"`   // missing ones that were journaled now
	Skipped   int    `json:"skipped"`   // of them not imported: read, and older than the connection
	Gone      int    `json:"gone"`      // messages in the journal that are no longer on the server
}

// Reconcile compares every folder with the journal and fetches missing messages. It
// can run while this or another node reads the mailbox.
func (m *Mailbox) Reconcile(ctx context.Context) ([]Reconciliation, error) {
	var all []Reconciliation
	for _, f := range m.folders {
		own := *f // with its own strikes and no lease, because the position does not move
		own.fence, own.strikes, own.singly = 0, map[uint32]int{}, 0
		r, err := own.reconcile(ctx)
		if err != nil {
			return all, err
		}
		m.log.Info("Reconciled", "folder", r.Folder, "server", r.Server, "journaled", r.Journaled, "waiting", r.Waiting,
			"missing", r.Missing, "fetched", r.Fetched, "skipped", r.Skipped, "gone", r.Gone)
		all = append(all, r)
	}
	return all, nil
}

// reconcile compares the folder with the journal and fetches missing messages, over a
// connection of its own.
func (f *folder) reconcile(ctx context.Context) (Reconciliation, error) {
	r := Reconciliation{Folder: f.name}
	s, err := connect(ctx, f.cfg)
	if err != nil {
		return r, err
	}
	defer s.close()
	selected, err := s.open(f.name)
	if err != nil {
		return r, err
	}
	// The position first: messages that arrive in between then count as waiting, not
	// as missing.
	cur, err := f.journal.Cursor(ctx, f.cfg.Name, f.name)
	if err != nil {
		return r, fmt.Errorf("read the position: %w", err)
	}
	there, total, err := s.search(0, maxFolder)
	if err != nil {
		return r, err
	}
	if total > len(there) {
		return r, fmt.Errorf("search: the server lists %d messages in %s, more than the limit of %d", total, f.name, maxFolder)
	}
	r.Server = len(there)
	if cur.UIDValidity != selected.UIDValidity {
		r.Waiting = r.Server // it will be read from the beginning
		return r, nil
	}
	journaled, err := f.journal.Journaled(ctx, f.cfg.Name, f.name, cur.UIDValidity)
	if err != nil {
		return r, fmt.Errorf("read the journal: %w", err)
	}
	if err := f.connected(ctx, selected); err != nil {
		return r, err
	}
	missing := r.compare(there, journaled, cur.LastUID)
	for len(missing) > 0 {
		n := min(len(missing), maxSearch)
		fetched, skipped, err := f.recover(ctx, s, missing[:n], cur.UIDValidity)
		r.Fetched, r.Skipped, r.Missing = r.Fetched+fetched, r.Skipped+skipped, r.Missing-skipped
		if err != nil {
			return r, err
		}
		missing = missing[n:]
	}
	return r, nil
}

// compare counts the messages and returns the missing ones in ascending order.
func (r *Reconciliation) compare(there []imap.UID, journaled []uint32, last uint32) (missing []imap.UID) {
	known := make(map[uint32]bool, len(journaled))
	for _, uid := range journaled {
		known[uid] = true
	}
	for _, uid := range there {
		switch {
		case known[uint32(uid)]:
			r.Journaled++
		case uint32(uid) > last:
			r.Waiting++
		default:
			missing = append(missing, uid)
		}
	}
	r.Missing, r.Gone = len(missing), len(known)-r.Journaled
	return missing
}

// recover journals messages regardless of the position, except those that are skipped
// on purpose.
func (f *folder) recover(ctx context.Context, s *session, uids []imap.UID, validity uint32) (fetched, skipped int, err error) {
	known, err := s.sizes(uids)
	if err != nil {
		return 0, 0, err
	}
	uids, skipped = f.history.filter(uids, known)
	for len(uids) > 0 {
		n, size := f.next(uids, known)
		b, err := f.fetchBatch(s, uids[:n], known, size, validity)
		if err != nil {
			return fetched, skipped, err
		}
		receipts, err := f.journal.Commit(ctx, f.batch(checkpoint.Cursor{}, b.raws))
		if err != nil {
			return fetched, skipped, fmt.Errorf("journal: %w", err)
		}
		for i, receipt := range receipts {
			if !receipt.Duplicate && len(b.raws[i].Bytes) > 0 {
				fetched++
			}
		}
		uids = uids[n:]
	}
	return fetched, skipped, nil
}
