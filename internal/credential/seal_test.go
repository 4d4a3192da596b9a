package credential

import (
	"bytes"
	"testing"

	"switchboard/desk"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	sealed, err := Seal("secret", "imap support", []byte("canary"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Seal("secret", "imap support", []byte("canary"))
	if err != nil || bytes.Equal(sealed, again) || bytes.Contains(sealed, []byte("canary")) {
		t.Errorf("sealed %x, then %x: %v", sealed, again, err)
	}
	if plain, err := Open("secret", "imap support", sealed); err != nil || string(plain) != "canary" {
		t.Errorf("opened %q: %v", plain, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another secret":  func() ([]byte, error) { return Open("other", "imap support", sealed) },
		"another context": func() ([]byte, error) { return Open("secret", "imap billing", sealed) },
		"changed bit":     func() ([]byte, error) { return Open("secret", "imap support", changed) },
		"empty":           func() ([]byte, error) { return Open("secret", "imap support", nil) },
	} {
		if plain, err := try(); desk.KindOf(err) != desk.KindDenied || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}
