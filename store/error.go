package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"

	"switchboard/desk"
)

var errTxDone = sql.ErrTxDone

// constraintKinds says what the violation of a named constraint means to the
// caller; every other integrity violation is a fault of ours.
var constraintKinds = map[string]desk.Kind{
	"events_seq":           desk.KindConflict, // two writers took one number: read again
	"placements_pkey":      desk.KindConflict,
	"messages_once":        desk.KindConflict, // the same mail is being stored by another node
	"identities_pkey":      desk.KindTemporary,
	"account_domains_pkey": desk.KindTemporary,
	"stints_running":       desk.KindConflict,
	"deliveries_once":      desk.KindConflict,
	"agents_email_key":     desk.KindConflict,
}

// kindOf is the one place where database errors become Kinds.
func kindOf(err error) desk.Kind {
	var pe *pq.Error
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return desk.KindNotFound
	case errors.As(err, &pe):
		return pqKind(pe)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, errTxDone), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return desk.KindTemporary
	}
	var ne net.Error
	if errors.As(err, &ne) {
		return desk.KindTemporary
	}
	return desk.KindInternal
}

// pqKind follows PostgreSQL's error classes (manual, appendix A).
func pqKind(e *pq.Error) desk.Kind {
	// Class 54 names the index of a key that is too long for it.
	if k, ok := constraintKinds[e.Constraint]; ok && e.Code.Class() == "23" {
		return k
	}
	switch e.Code.Class() {
	case "08", "53", "57", "58", "XX": // connection, resources, operator intervention, system, the server's own faults
		return desk.KindTemporary
	case "40": // deadlock, serialization failure
		return desk.KindTemporary
	case "22": // data exception: a NUL in text, a value out of range
		return desk.KindInvalid
	}
	switch e.Code {
	case "55P03", // lock not available
		"25006",          // read-only: a standby, or a server whose role is being changed
		"26000", "0A000": // a prepared statement is gone, or its plan, as after a change of the schema
		return desk.KindTemporary
	}
	return desk.KindInternal
}

// fault is a database error. What the database says is for the log; people are
// told what it means for them.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// Reason says why something could not be stored to whoever finds it in quarantine.
func (f fault) Reason() string {
	var pe *pq.Error
	if errors.As(f.error, &pe) {
		switch pe.Code.Class() {
		case "53":
			return "The database had no room for it: its disk, its memory or its connections were used up. Make room, then try it again."
		case "54":
			return "Something in it is larger than the database can hold. " + reported
		case "22":
			return "Something in it is no value that the database takes. " + reported
		}
	}
	if kindOf(f.error) == desk.KindTemporary {
		return "The database did not answer, or gave up. Try it again when the database is well."
	}
	return "The database refused it, which is a fault of this program. " + reported
}

const reported = "The log has the details; report them, and try it again after an update."
