package mailbox

import (
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
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
	connected time.Time // zero: the folder was connected by a version that imported everything
}

// age classifies a message. The time is the one at which the server received it
// (INTERNALDATE), because UIDs are lost when the server renumbers the folder.
func (h history) age(m fetched) age {
	switch {
	case h.connected.IsZero() || !m.seen || m.internal.IsZero() || !m.internal.Before(h.connected):
		return ageNew
	case h.setting == HistoryAll, h.setting == HistoryRecent && !m.internal.Before(h.connected.Add(-recentHistory)):
		return agePast
	}
	return ageSkip
}

// filter returns those of uids that are imported, and how many are not.
func (h history) filter(uids []imap.UID, known map[imap.UID]fetched) (wanted []imap.UID, skipped int) {
	wanted = make([]imap.UID, 0, len(uids))
	for _, uid := range uids {
		if m, there := known[uid]; there && h.age(m) == ageSkip {
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
