package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
)

// TestSameBytes pins the output: results of different days are only comparable if they
// come from the same messages.
func TestSameBytes(t *testing.T) {
	sum := sha256.New()
	for _, m := range New(300, 1) {
		sum.Write(m.Raw)
	}
	if got, want := hex.EncodeToString(sum.Sum(nil)), "34bace9a63a3ea3331474f33932706a23a75ec446d57aa73a2be0694a8ef5765"; got != want {
		t.Errorf("300 mails of seed 1 hash to %s, want %s", got, want)
	}
}

func TestTruth(t *testing.T) {
	all := New(1000, 7)
	if len(all) != 1000 {
		t.Fatalf("%d messages, want 1000", len(all))
	}
	kinds, seen := map[string]int{}, map[string]int{}
	for i, m := range all {
		kinds[m.Kind]++
		if m.Seq != i+1 || m.Bytes != len(m.Raw) || m.Text == "" {
			t.Errorf("message %d: Seq %d, Bytes %d of %d, Text %q", i, m.Seq, m.Bytes, len(m.Raw), m.Text)
		}
		if (m.Kind == "duplicate") != (m.DupOf != 0) || m.DupOf != seen[m.MessageID] {
			t.Errorf("message %d: %s of %d, but its ID first occurs in %d", m.Seq, m.Kind, m.DupOf, seen[m.MessageID])
		}
		if m.DupOf == 0 {
			seen[m.MessageID] = m.Seq
		}
	}
	for _, kind := range []string{"customer", "autoreply", "bounce", "duplicate"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among 1000 messages", kind)
		}
	}
	late := slices.IndexFunc(all, func(m Message) bool { return m.OutOfOrder })
	if late < 0 {
		t.Error("no reply is delivered before its parent")
	}
}
