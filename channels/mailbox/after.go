package mailbox

import (
	"errors"

	"github.com/emersion/go-imap/v2"
)

// afterImport applies the configured action to all messages committed so far. If the
// server refuses it, no mail is lost: reading continues and the channel is degraded.
func (f *folder) afterImport(s *session, committed <-chan imap.UIDSet) error {
	if f.cfg.AfterImport == Leave {
		return nil
	}
	var all imap.UIDSet
	for {
		select {
		case uids := <-committed:
			all.AddSet(uids)
			continue
		default:
		}
		break
	}
	if len(all) == 0 {
		return nil
	}
	err := s.after(all)
	var refused *imap.Error
	if errors.As(err, &refused) {
		f.degraded = f.cfg.refusedAfter(refused)
		f.log.Warn("AfterImportRefused", "after_import", f.cfg.AfterImport, "error", err)
		return nil
	}
	if err != nil {
		return s.protocolError("after import", err)
	}
	f.degraded = nil
	return nil
}

// after applies the configured action to imported messages.
func (s *session) after(uids imap.UIDSet) error {
	s.expect(64 * batchUIDs)
	defer s.guard.quiet()
	switch s.cfg.AfterImport {
	case Flag:
		return s.client.Store(uids, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	case Move:
		_, err := s.client.Move(uids, s.cfg.MoveTo).Wait()
		return err
	}
	return nil
}
