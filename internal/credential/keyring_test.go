package credential

import (
	"bytes"
	"strings"
	"testing"

	"switchboard/desk"
)

func TestKeyring(t *testing.T) {
	t.Parallel()
	ring := func(text string) *Keyring {
		t.Helper()
		r, err := NewKeyring(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, second := NewSecretKey(), NewSecretKey()
	old, rotated, other := ring(first+"\n"), ring("\n "+second+" \n"+first+"\n"), ring(second)
	plain := []byte("canary")
	sealed, err := old.Seal("reply-token-1", plain)
	if err != nil || bytes.Contains(sealed, plain) {
		t.Fatalf("sealed as %q (%v)", sealed, err)
	}
	for name, c := range map[string]struct {
		ring  *Keyring
		value []byte
		stale bool
		fails bool
	}{
		"the same key":            {old, sealed, false, false},
		"a former key":            {rotated, sealed, true, false},
		"another key":             {other, sealed, false, true},
		"no key":                  {nil, sealed, false, true},
		"not encrypted":           {old, plain, true, false},
		"not encrypted, no key":   {nil, plain, false, false},
		"cut off":                 {old, sealed[:len(sealMark)+2], false, true},
		"changed":                 {old, append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1), false, true},
		"cut off after the mark":  {old, sealMark, false, true},
		"cut off after the key's": {old, sealed[:len(sealMark)+4], false, true},
	} {
		got, stale, err := c.ring.Open("reply-token-1", c.value)
		if (err != nil) != c.fails || err == nil && (!bytes.Equal(got, plain) || stale != c.stale) {
			t.Errorf("%s: %q, stale %t, %v", name, got, stale, err)
		}
		if err != nil && desk.KindOf(err) != desk.KindDenied {
			t.Errorf("%s: kind %s", name, desk.KindOf(err))
		}
	}
	if _, _, err := old.Open("image-url", sealed); err == nil {
		t.Error("a secret was opened under the name of another one")
	}
	for _, text := range []string{"", " \n", "short", strings.Repeat("x", MinKey-1)} {
		if _, err := NewKeyring(text); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("key %q: %v", text, err)
		}
	}
}
