package agent

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/router"
)

// Review is an open conversation whose account was changed.
type Review struct {
	Conversation desk.ConversationID
	By           desk.Actor // who changed the account
	Account      desk.Account
}

// Reviews finds conversations whose account was changed. They are stored with the change.
type Reviews interface {
	// Review locks such conversations, at most limit, the longest waiting first and without
	// those that are locked already, removes them from the list, and runs fn, all in one
	// transaction; an error rolls everything back. It does not call fn if there are none,
	// and returns which there were, also with an error.
	Review(ctx context.Context, limit int, fn func(tx Tx, due []Review) error) ([]desk.ConversationID, error)
	// PutOffReview lets a conversation wait before it is tried again.
	PutOffReview(ctx context.Context, id desk.ConversationID, wait time.Duration) error
}

const (
	reviewBatch = 50
	reviewPause = time.Minute // before a conversation that could not be changed is tried again
)

// ReviewAccounts finds out again which segment the conversations of changed accounts are
// in, with all that follows from it: SLA policy and clocks. It returns how many are in
// another one. Several nodes may call it at once: each change is taken into account once.
func (d *Desk) ReviewAccounts(ctx context.Context, s Reviews) (changed int, err error) {
	limit := reviewBatch
	for {
		n := 0
		due, err := s.Review(ctx, limit, func(tx Tx, list []Review) (err error) {
			n, err = d.review(ctx, tx, list)
			return err
		})
		switch {
		case err == nil:
			if changed += n; len(due) < limit {
				return changed, nil
			}
		case len(due) > 1: // so that one that cannot be changed does not keep the others waiting
			limit = 1
		case len(due) == 1:
			d.opt.Log.WarnContext(ctx, "ReviewFailed", "conversation", due[0], "error", err)
			if err := s.PutOffReview(ctx, due[0], reviewPause); err != nil {
				return changed, err
			}
		default:
			return changed, err
		}
	}
}

// review evaluates the segments of locked conversations and saves the changes.
func (d *Desk) review(ctx context.Context, tx Tx, due []Review) (changed int, err error) {
	var all desk.Changes
	for i := range due {
		r := &due[i]
		s := tx.State(r.Conversation)
		if status := s.Conversation.Status; status == desk.StatusResolved || status == desk.StatusClosed || !s.Conversation.MergedInto.IsZero() {
			continue // meanwhile
		}
		out, err := lifecycle.Apply(s, lifecycle.AccountChanged{By: r.By, Account: router.FactsOf(&r.Account)}, d.opt.Policy(), tx.Now())
		if err != nil {
			return 0, err
		}
		if !out.Changed() && out.Facts == nil {
			continue
		}
		out.AddTo(&all)
		for _, e := range out.Events {
			if e.Kind == desk.EventSegmentChanged {
				changed++
				d.opt.Log.InfoContext(ctx, "SegmentChanged", "conversation", r.Conversation, "account", r.Account.ID)
			}
		}
	}
	if len(all.Updated) == 0 {
		return 0, nil
	}
	return changed, tx.Save(ctx, &all)
}
