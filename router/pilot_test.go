package router

import (
	"math"
	"testing"

	"switchboard/desk"
)

// TestPilotShare: the share of the accounts is that of the pilot, the choice of an account
// stays, and those of two pilots have nothing to do with each other.
func TestPilotShare(t *testing.T) {
	t.Parallel()
	const accounts = 100_000
	other := &Pilot{Policy: &Policy{Version: 9}, Share: 50}
	for _, share := range []int{1, 10, 50, 99, 100} {
		p := &Pilot{Policy: &Policy{Version: 8}, Share: share}
		taken, both := 0, 0
		for range accounts {
			id := desk.NewID[desk.AccountID]()
			takes := p.Takes(id, "")
			if again := (&Pilot{Policy: &Policy{Version: 8}, Share: share}).Takes(id, "enterprise"); again != takes {
				t.Fatalf("%s is once in the pilot and once not", id)
			}
			if wider := (&Pilot{Policy: &Policy{Version: 8}, Share: min(share+1, 100)}).Takes(id, ""); takes && !wider {
				t.Fatalf("%s is not in the pilot with a larger share", id)
			}
			if takes {
				if taken++; other.Takes(id, "") {
					both++
				}
			}
		}
		if got := 100 * float64(taken) / accounts; math.Abs(got-float64(share)) > 1 {
			t.Errorf("%d %%: took %.2f %%", share, got)
		}
		if got := 100 * float64(both) / float64(taken); taken > 5000 && math.Abs(got-50) > 2.5 {
			t.Errorf("of the accounts in a pilot with %d %%, %.2f %% are in the other one", share, got)
		}
	}
}

func TestPilotSegment(t *testing.T) {
	t.Parallel()
	id := desk.NewID[desk.AccountID]()
	for _, test := range []struct {
		pilot   Pilot
		segment string
		takes   bool
		text    string
	}{
		{Pilot{Share: 100}, "", true, "version 3, 100 % of the accounts"},
		{Pilot{Share: 100, Segment: "enterprise"}, "enterprise", true, "version 3, accounts in enterprise"},
		{Pilot{Share: 100, Segment: "enterprise"}, "", false, "version 3, accounts in enterprise"},
		{Pilot{Share: 100, Segment: "enterprise"}, "startup", false, "version 3, accounts in enterprise"},
		{Pilot{Share: 50, Segment: "enterprise"}, "startup", false, "version 3, 50 % of the accounts in enterprise"},
	} {
		test.pilot.Policy = &Policy{Version: 3}
		if got := test.pilot.Takes(id, test.segment); got != test.takes {
			t.Errorf("%s: an account in %q: %v", &test.pilot, test.segment, got)
		}
		if got := test.pilot.String(); got != test.text {
			t.Errorf("got %q, want %q", got, test.text)
		}
	}
}
