package slareference_test

import (
	"fmt"
	"testing"

	"switchboard/internal/slareference"
)

// check tests what must be true of every result, whatever the policy.
func check(results []slareference.Result) error {
	for _, r := range results {
		if err := checkStints(r); err != nil {
			return fmt.Errorf("%s: %w", r.Conversation, err)
		}
		open := map[string]bool{}
		for _, k := range r.Clocks {
			if err := checkClock(k); err != nil {
				return fmt.Errorf("%s: %s of %s: %w", r.Conversation, k.Metric, k.StartedAt, err)
			}
			if k.EndedAt == "" && open[k.Metric] {
				return fmt.Errorf("%s: two open clocks of %s", r.Conversation, k.Metric)
			}
			open[k.Metric] = open[k.Metric] || k.EndedAt == ""
		}
	}
	return nil
}

// checkStints tests that stints tile the time.
func checkStints(r slareference.Result) error {
	for i, s := range r.Stints {
		last := i == len(r.Stints)-1
		if last != (s.EndedAt == "") || !last && s.EndedAt != r.Stints[i+1].StartedAt {
			return fmt.Errorf("stint %d ends at %q", i, s.EndedAt)
		}
	}
	s := r.Stints[len(r.Stints)-1]
	if s.Inbox != r.Inbox || s.Tier != r.Tier || s.Assignee != r.Assignee {
		return fmt.Errorf("the last stint is not the current place")
	}
	return nil
}

func checkClock(k slareference.Clock) error {
	late := k.Used >= k.Target
	switch {
	case k.BreachedAt != "" && k.BreachedAt != k.DueAt:
		return fmt.Errorf("breached at %s, due at %s", k.BreachedAt, k.DueAt)
	case k.BreachedAt != "" && !late:
		return fmt.Errorf("breached with time left")
	case k.State == "running" && (late || k.DueAt == ""):
		return fmt.Errorf("runs with %d s of %d s used, due at %q", k.Used, k.Target, k.DueAt)
	case k.State == "paused" && k.DueAt != "":
		return fmt.Errorf("is paused and due at %s", k.DueAt)
	case (k.State == "met") != (k.MetAt != "") || k.MetAt != "" && k.MetAt != k.EndedAt:
		return fmt.Errorf("is %s, met at %q, ended at %q", k.State, k.MetAt, k.EndedAt)
	}
	for i, w := range k.Warnings {
		if w.At < k.StartedAt || k.EndedAt != "" && w.At > k.EndedAt || i > 0 && w.At < k.Warnings[i-1].At {
			return fmt.Errorf("warned at %s", w.At)
		}
	}
	return nil
}

// TestReference tests that what must be true of every result is true of random cases, that
// they exercise every part of the rules, and that the text defines what nearly all mean.
func TestReference(t *testing.T) {
	count := map[slareference.Feature]int{}
	undefined := 0
	for seed := range uint64(400) {
		c := generate(seed)
		out, err := slareference.Simulate(c)
		if err != nil {
			t.Fatal(err)
		}
		if out.Undefined != "" {
			undefined++
		}
		if err := check(out.Results); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, slareference.Encode(out.Results))
		}
		for f := range slareference.FeatureCount {
			if out.Features.Has(f) {
				count[f]++
			}
		}
	}
	for f := range slareference.FeatureCount {
		if count[f] < 4 {
			t.Errorf("feature %d in only %d cases", f, count[f])
		}
	}
	if undefined > 20 {
		t.Errorf("%d of 400 cases have no defined meaning", undefined)
	}
}
