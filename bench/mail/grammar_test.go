package mail

import (
	"bytes"
	"testing"
)

func TestGrow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		b := Grow(seed, 1<<14)
		if len(b) != 1<<14 {
			t.Fatalf("seed %d: %d octets", seed, len(b))
		}
		if !bytes.Equal(b, Grow(seed, 1<<14)) {
			t.Fatalf("seed %d gives different messages", seed)
		}
	}
}
