package credential

import (
	"regexp"
	"strings"
	"testing"

	"switchboard/desk"
)

func TestPassword(t *testing.T) {
	hash, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash %q is not in the PHC format", hash)
	}
	again, _ := HashPassword("correct horse")
	if again == hash {
		t.Error("two hashes of one password are equal: no salt")
	}
	for _, c := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"right", hash, "correct horse", true},
		{"wrong", hash, "correct horsf", false},
		{"empty", hash, "", false},
		{"no hash", "", "correct horse", false},
		{"no hash, no password", "", "", false},
		{"garbage", "$argon2id$v=19$m=65536,t=3,p=1$!$!", "correct horse", false},
		{"hostile cost", strings.Replace(hash, "m=65536", "m=4294967295", 1), "correct horse", false},
		{"zero passes", strings.Replace(hash, "t=3", "t=0", 1), "correct horse", false},
		{"too long", hash, strings.Repeat("x", MaxPassword+1), false},
	} {
		if got := VerifyPassword(c.hash, c.password); got != c.want {
			t.Errorf("%s: VerifyPassword = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPasswordBounds(t *testing.T) {
	for _, p := range []string{"", "short", strings.Repeat("x", MaxPassword+1)} {
		if _, err := HashPassword(p); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("HashPassword of %d bytes: %v, want KindInvalid", len(p), err)
		}
	}
}

// TestUnknownUserTiming: verifying against the decoy costs as much as against a new
// hash, and no password matches it.
func TestUnknownUserTiming(t *testing.T) {
	hash, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	known, ok := parseHash(hash)
	unknown, ok2 := parseHash(decoy)
	if !ok || !ok2 {
		t.Fatal("cannot parse a hash")
	}
	if known.memory != unknown.memory || known.passes != unknown.passes || known.lanes != unknown.lanes ||
		len(known.salt) != len(unknown.salt) || len(known.hash) != len(unknown.hash) {
		t.Errorf("known user %+v, unknown user %+v", known, unknown)
	}
	if VerifyPassword("", "correct horse") || VerifyPassword(decoy, "correct horse") {
		t.Error("a password matches the decoy")
	}
}

func TestSecrets(t *testing.T) {
	if k := NewKey(); !regexp.MustCompile(`^sbk_[A-Za-z0-9_-]{43}$`).MatchString(k) {
		t.Errorf("key %q", k)
	}
	if first, second := NewSession(), NewSession(); first == second {
		t.Error("two tokens are equal")
	}
	if len(Digest("x")) != 32 {
		t.Error("digest is not SHA-256")
	}
}
