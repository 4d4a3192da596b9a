// Package channels defines what all channels share: the contract between a channel
// and the journal, and the supervision that keeps channels running. Each channel is
// in a package of its own below this one.
package channels

import (
	"context"
	"errors"

	"switchboard/desk"
)

// Channel receives messages from outside and passes them to a Sink. Run blocks
// until ctx is done, finishes the work in progress within a bounded time and
// returns nil. Any other return is a failure, after which Run is called again on
// the same Channel.
type Channel interface {
	Run(ctx context.Context, sink Sink) error
}

// Sink is the journal as a Channel sees it. When Accept returns without an error
// the bytes are durable, and only then may the Channel acknowledge them to the
// sender. It is safe for concurrent use. KindInvalid means that the item can never
// be accepted; after any other error the sender has to keep its copy and retry.
type Sink interface {
	Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error)
}

// Fault is an error that an operator has to fix: What describes the problem and
// Advice says how to fix it, in a sentence or two. Unauthorised is set when the
// other side refused our credentials; such a channel is retried slowly, so that
// the account does not get locked.
type Fault struct {
	What         string // a sentence without its full stop; if it is empty, Err's text is used
	Err          error  // the cause as the libraries report it, for the log; may be nil if What is set
	Advice       string
	Unauthorised bool
}

// Error returns What or, if that is empty, the text of Err.
func (f *Fault) Error() string {
	if f.What != "" || f.Err == nil {
		return f.What
	}
	return f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// health is what the supervisor's Sink offers besides Accept.
type health interface {
	healthy()
	failing(err error)
	degraded(err error)
	standby()
	progressing(p *Progress)
}

// Healthy reports to the supervisor behind sink that the channel works, even if
// nothing has arrived: it is listening, or its mailbox was read.
func Healthy(sink Sink) {
	if h, ok := sink.(health); ok {
		h.healthy()
	}
}

// Failing reports to the supervisor behind sink that the channel does not work at
// the moment; Run keeps running and retries. err may be a *Fault.
func Failing(sink Sink, err error) {
	if h, ok := sink.(health); ok {
		h.failing(err)
	}
}

// Degraded reports to the supervisor behind sink that the channel works, except for
// a problem that an operator should fix. err may be a *Fault.
func Degraded(sink Sink, err error) {
	if h, ok := sink.(health); ok {
		h.degraded(err)
	}
}

// Standby reports to the supervisor behind sink that another node runs this channel
// and that this node is ready to take over.
func Standby(sink Sink) {
	if h, ok := sink.(health); ok {
		h.standby()
	}
}

// Progressing reports to the supervisor behind sink how far the channel has got
// with a backlog; nil means that there is no backlog.
func Progressing(sink Sink, p *Progress) {
	if h, ok := sink.(health); ok {
		h.progressing(p)
	}
}

// adviceOf returns the advice of a Fault, and whether our credentials were refused.
func adviceOf(err error) (advice string, unauthorised bool) {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.Advice, fault.Unauthorised
	}
	return "", false
}

// causeOf returns the underlying library error for the log, or nil if that is err
// itself.
func causeOf(err error) error {
	var fault *Fault
	if errors.As(err, &fault) && fault.What != "" {
		return fault.Err
	}
	return nil
}
