package desk

import (
	"errors"
	"fmt"
)

// Kind says what the caller can do about an error. Each edge has one table that
// turns a Kind into its protocol's answer (SMTP code, HTTP status, close code).
type Kind uint8

const (
	KindInternal  Kind = iota // a fault of this program; the caller cannot change anything
	KindInvalid               // the input is wrong; do not repeat it
	KindNotFound              // it does not exist, or the caller must not learn that it does
	KindConflict              // the state has changed; read it again, then decide
	KindDenied                // the caller may not do this
	KindTemporary             // it may work later, unchanged
)

func (k Kind) String() string {
	switch k {
	case KindInvalid:
		return "invalid"
	case KindNotFound:
		return "not-found"
	case KindConflict:
		return "conflict"
	case KindDenied:
		return "denied"
	case KindTemporary:
		return "temporary"
	}
	return "internal"
}

// Error carries a Kind through the layers. Op names the operation that failed
// ("ingest", "smtp receive"); it may be empty.
type Error struct {
	Op   string
	Kind Kind
	Err  error
}

func (e *Error) Error() string {
	if e.Op == "" {
		return e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error of the given kind; %w wraps as in fmt.Errorf.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// KindOf returns the outermost Kind in err's chain; KindInternal if there is no Kind
// in it, even for a nil error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}
