package gateway

import (
	"context"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/explain"
	"switchboard/lifecycle"
	"switchboard/router"
	"switchboard/store"
)

// Explain says why a conversation is where it is and what happens next, under the policy
// that is in force in the database. It changes nothing but the store's policy, so it is
// not for the store of a running gateway.
func Explain(ctx context.Context, st *store.Store, ref view.ConversationRef) (explain.Conversation, error) {
	policy, err := storedPolicy(ctx, st)
	if err != nil {
		return explain.Conversation{}, err
	}
	st.SetPolicy(func() lifecycle.Policy { return policy })
	v, err := st.Conversation(ctx, desk.Agent{Admin: true}, ref)
	if err != nil {
		return explain.Conversation{}, err
	}
	var state lifecycle.State
	err = st.Act(ctx, []desk.ConversationID{v.ID}, func(tx agent.Tx) error {
		state = tx.State(v.ID)
		return nil
	})
	if err != nil {
		return explain.Conversation{}, err
	}
	return explain.Of(&v, state, policy), nil
}

// storedPolicy returns what package lifecycle needs to know, as the database has it.
func storedPolicy(ctx context.Context, st *store.Store) (lifecycle.Policy, error) {
	rules, pilot, err := inForce(ctx, st)
	if err != nil {
		return lifecycle.Policy{}, err
	}
	inboxes, err := st.InboxList(ctx)
	if err != nil {
		return lifecycle.Policy{}, err
	}
	known := &people{store: st}
	if err := known.load(ctx); err != nil {
		return lifecycle.Policy{}, err
	}
	documents := &documents{store: st, known: map[int64]*router.Policy{}}
	return lifecycle.Policy{Rules: rules, Pilot: pilot, Version: documents.at, Inboxes: inboxes, Agent: known.agent}, nil
}
