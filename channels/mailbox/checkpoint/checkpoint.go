// Package checkpoint defines how far an IMAP folder has been read and what is
// committed together with that position. It has no protocol dependencies, so
// the journal's storage can implement it without importing an IMAP library.
package checkpoint

import (
	"time"

	"switchboard/desk"
)

// Cursor is a position in a folder: every message with a UID up to LastUID under
// UIDValidity (RFC 9051 section 2.3.1.1) has been journaled. The zero Cursor
// means that the folder has never been read.
type Cursor struct {
	UIDValidity uint32
	LastUID     uint32
}

// Connection is the state of a folder when it was first connected.
type Connection struct {
	At          time.Time // zero: it was connected before this was recorded
	UIDValidity uint32
	UIDNext     uint32 // later messages have this UID or a greater one; 0: not known
}

// Batch is a set of messages fetched from one folder and the position to resume
// from once they are committed.
type Batch struct {
	Channel, Folder string
	Fence           int64  // of the lease under which it was read; 0 if leases are not used
	Cursor          Cursor // the new position; the zero Cursor leaves the stored one unchanged
	Raws            []desk.Raw
	Skipped         int // older messages up to the position that are not imported
}
