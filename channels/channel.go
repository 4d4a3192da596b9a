// Package channels holds what every entrance of the gateway shares: the
// contract between an entrance and the journal, and the supervision that keeps
// entrances running. Below it stands one package per channel.
package channels

import (
	"context"
	"errors"

	"switchboard/desk"
)

// Channel is an entrance: it receives bytes from the world and hands them to a
// Sink. Run blocks until ctx is done, finishes what it has in hand within a
// bounded time, and returns nil. Any other return is a failure, after which Run
// is called again on the same Channel.
type Channel interface {
	Run(ctx context.Context, sink Sink) error
}

// Sink is the journal as a Channel sees it. When Accept returns without an
// error the bytes are durable, and only then may the Channel acknowledge them
// to the sender. It is safe for concurrent use. KindInvalid means that the item
// can never be taken; every other error means "not now", and the sender has to
// keep its copy.
type Sink interface {
	Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error)
}

// Fault is an error that a person has to repair: What says in plain words what
// happened, Advice how to mend it, in a sentence or two. Unauthorised is set when
// the other side refused our credentials; such a channel is retried slowly, so
// that no account gets locked.
type Fault struct {
	What         string // a sentence without its full stop; empty: Err's text
	Err          error  // the cause as the libraries tell it; it goes into the log. May be nil beside What
	Advice       string
	Unauthorised bool
}

func (f *Fault) Error() string {
	if f.What != "" || f.Err == nil {
		return f.What
	}
	return f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// health is what the supervisor's Sink offers beside Accept.
type health interface {
	healthy()
	failing(err error)
	hampered(err error)
	standby()
	progressing(p *Progress)
}

// Healthy tells the supervisor behind sink that the channel has just done its
// work, even if nothing had arrived: it listens, or its mailbox was read.
func Healthy(sink Sink) {
	if h, ok := sink.(health); ok {
		h.healthy()
	}
}

// Failing tells the supervisor behind sink that the channel cannot do its work,
// while Run goes on and tries again by itself. err may be a *Fault.
func Failing(sink Sink, err error) {
	if h, ok := sink.(health); ok {
		h.failing(err)
	}
}

// Hampered tells the supervisor behind sink that the channel does its work but
// for something that a person should mend. err may be a *Fault.
func Hampered(sink Sink, err error) {
	if h, ok := sink.(health); ok {
		h.hampered(err)
	}
}

// Standby tells the supervisor behind sink that another node does this channel's
// work, and that the channel is ready to take over.
func Standby(sink Sink) {
	if h, ok := sink.(health); ok {
		h.standby()
	}
}

// Progressing tells the supervisor behind sink how far the channel is with work
// that had piled up; nil when there is none left.
func Progressing(sink Sink, p *Progress) {
	if h, ok := sink.(health); ok {
		h.progressing(p)
	}
}

func adviceOf(err error) (advice string, unauthorised bool) {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault.Advice, fault.Unauthorised
	}
	return "", false
}

// causeOf is what the libraries said, for the log; nil if that is err itself.
func causeOf(err error) error {
	var fault *Fault
	if errors.As(err, &fault) && fault.What != "" {
		return fault.Err
	}
	return nil
}
