package gateway

import (
	"context"

	"switchboard/agent"
	"switchboard/config"
	"switchboard/internal/localaddr"
	"switchboard/lifecycle"
	"switchboard/store"
)

// Operator returns a desk for what is done on the command line, under the policy that is
// in force in the database. It cannot write messages, and sets the store's policy, so it
// is not for the store of a running gateway.
func Operator(ctx context.Context, st *store.Store, cfg *config.Config) (*agent.Desk, error) {
	policy, err := storedPolicy(ctx, st)
	if err != nil {
		return nil, err
	}
	local := localaddr.New(cfg.Mail.Addresses, cfg.Mail.CatchAll)
	policy.Own = local.Contains
	rules := func() lifecycle.Policy { return policy }
	st.SetPolicy(rules)
	return agent.New(st, agent.Options{Own: local.Contains, Policy: rules}), nil
}
