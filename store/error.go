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

// constraintKinds maps the constraints whose violation a caller can handle to a
// Kind; any other integrity violation is a bug.
var constraintKinds = map[string]desk.Kind{
	"events_seq":           desk.KindConflict, // two writers took the same number: read again
	"placements_pkey":      desk.KindConflict,
	"messages_once":        desk.KindConflict, // the same mail is being stored by another node
	"identities_pkey":      desk.KindTemporary,
	"account_domains_pkey": desk.KindTemporary,
	"stints_running":       desk.KindConflict,
	"deliveries_once":      desk.KindConflict,
	"agents_email_key":     desk.KindConflict,
	"macros_name":          desk.KindConflict,
	"saved_reports_name":   desk.KindConflict,
	"saved_views_name":     desk.KindConflict,
	"articles_slug":        desk.KindConflict,
}

// kindOf maps database errors to Kinds.
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
	// Class 54 also names a constraint: the index whose key is too long.
	if k, ok := constraintKinds[e.Constraint]; ok && e.Code.Class() == "23" {
		return k
	}
	switch e.Code.Class() {
	case "08", "53", "57", "58", "XX": // connection, resources, operator intervention, system, internal errors of the server
		return desk.KindTemporary
	case "40": // deadlock, serialization failure
		return desk.KindTemporary
	case "22": // data exception: a NUL in text, a value out of range
		return desk.KindInvalid
	}
	switch e.Code {
	case "55P03", // lock not available
		"25006",          // read-only: a standby, or a server whose role is changing
		"26000", "0A000": // a prepared statement or its plan is gone, for example after a schema change
		return desk.KindTemporary
	}
	return desk.KindInternal
}

// fault is a database error. Its text is for the log; Reason is for people.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// Reason explains, to a person who looks at a quarantined item, why it could not be stored.
func (f fault) Reason() string {
	var pe *pq.Error
	if errors.As(f.error, &pe) {
		switch pe.Code.Class() {
		case "53":
			return "The database ran out of disk space, memory or connections. Free some, then retry."
		case "54":
			return "A part of it is larger than the database can store. " + reported
		case "22":
			return "It contains a value that the database does not accept. " + reported
		}
	}
	if kindOf(f.error) == desk.KindTemporary {
		return "The database did not answer or cancelled the operation. Retry when the database is available."
	}
	return "The database rejected it because of a bug in this program. " + reported
}

// NoStorage reports whether the database's disk is full.
func (f fault) NoStorage() bool {
	var pe *pq.Error
	return errors.As(f.error, &pe) && pe.Code == "53100" // disk_full
}

const reported = "The log has the details: report them, and retry after an update."

// isViolation reports whether err is the violation of a constraint.
func isViolation(err error, constraint string) bool {
	pe := new(pq.Error)
	return errors.As(err, &pe) && pe.Code.Class() == "23" && pe.Constraint == constraint
}
