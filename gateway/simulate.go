package gateway

import (
	"context"
	"fmt"
	"time"

	"switchboard/internal/holidayfeed"
	"switchboard/internal/simulation"
	"switchboard/router"
	"switchboard/store"
)

// Simulate replays the conversations since an instant through a draft, next to the live
// policy. The error is a *router.PolicyError if the draft is not valid.
func Simulate(ctx context.Context, st *store.Store, document string, since time.Time, opt simulation.Options) (r simulation.SimulationResult, err error) {
	draft, err := router.Compile([]byte(document))
	if err != nil {
		return r, err
	}
	stored, err := st.LatestPolicy(ctx)
	if err != nil {
		return r, err
	}
	live, err := router.Compile([]byte(stored.Document))
	if err != nil {
		return r, fmt.Errorf("the published policy version %d no longer compiles: %w", stored.Version, err)
	}
	live.Version = stored.Version
	for _, p := range []**router.Policy{&live, &draft} {
		if *p, err = holidayfeed.Stored(ctx, st, *p, time.Now()); err != nil {
			return r, err
		}
	}
	run := simulation.New(live, draft, opt)
	err = st.Openings(ctx, since, func(o *simulation.Opening) error { run.Add(o); return nil })
	return run.Result(), err
}

// Simulate implements api.Simulator.
func (v versions) Simulate(ctx context.Context, document string, since time.Time, opt simulation.Options) (simulation.SimulationResult, error) {
	return Simulate(ctx, v.Store, document, since, opt)
}
