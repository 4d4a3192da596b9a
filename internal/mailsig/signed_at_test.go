package mailsig

import (
	"testing"
	"time"
)

// TestSigningTimeFitsJSON: a signer's clock may have any value.
func TestSigningTimeFitsJSON(t *testing.T) {
	t.Parallel()
	west := time.FixedZone("", -3600)
	for _, at := range []time.Time{{}, time.Date(0, 1, 1, 0, 0, 0, 0, west), time.Date(9999, 12, 31, 23, 59, 59, 0, west)} {
		if got := signedAt(at); got != nil {
			t.Errorf("%s became %s", at, got)
		}
	}
	if got := signedAt(time.Date(2026, 11, 21, 23, 30, 0, 0, west)); got == nil || got.Day() != 22 {
		t.Errorf("got %v", got)
	}
}
