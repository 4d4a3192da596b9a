package mailbox

import (
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"switchboard/channels/mailbox/checkpoint"
)

// History is which of the messages that were already in a folder when it was first
// connected are imported, if they had been read. What is unread has probably not been
// dealt with, and is imported like new mail.
type History string

const (
	HistoryNone   History = "none"
	HistoryRecent History = "30d" // those received in the 30 days before
	HistoryAll    History = "all"
)

// recentHistory is the period of HistoryRecent.
const recentHistory = 30 * 24 * time.Hour

// age is what a message is to the desk.
type age int

const (
	ageNew  age = iota // imported like any new mail
	agePast            // imported as closed history
	ageSkip            // not imported
)

// history decides about the messages of one folder.
type history struct {
	setting   History
	connected checkpoint.Connection // At is zero if a version connected it that imported everything
	validity  uint32                // the folder's UIDVALIDITY now
}

// age classifies a message. One that came into the folder after the connection is new,
// however old it is: someone has moved it there to have it dealt with. Once the server
// has renumbered the folder, only the time tells at which it received the message
// (INTERNALDATE).
func (h history) age(uid imap.UID, m fetched) age {
	at := h.connected.At
	later := h.connected.UIDNext != 0 && h.validity == h.connected.UIDValidity && uint32(uid) >= h.connected.UIDNext
	switch {
	case later || at.IsZero() || !m.seen || m.internal.IsZero() || !m.internal.Before(at):
		return ageNew
	case h.setting == HistoryAll, h.setting == HistoryRecent && !m.internal.Before(at.Add(-recentHistory)):
		return agePast
	}
	return ageSkip
}

// filter returns those of uids that are imported, and how many are not.
func (h history) filter(uids []imap.UID, known map[imap.UID]fetched) (wanted []imap.UID, skipped int) {
	wanted = make([]imap.UID, 0, len(uids))
	for _, uid := range uids {
		if m, there := known[uid]; there && h.age(uid, m) == ageSkip {
			skipped++
			continue
		}
		wanted = append(wanted, uid)
	}
	return wanted, skipped
}

func (h History) check() error {
	switch h {
	case HistoryNone, HistoryRecent, HistoryAll:
		return nil
	}
	return fmt.Errorf("history %q must be none, 30d or all", h)
}
