package threading

import (
	"math/rand/v2"
	"strings"
	"testing"

	"switchboard/desk"
)

func upper(s string) string { return strings.ToUpper(s) }

func TestTokenRoundTrip(t *testing.T) {
	old := Key{ID: 1, Secret: []byte("the key of last year, 32 octets.")}
	fresh := Key{ID: 2, Secret: []byte("the key of this year, 32 octets.")}
	conv := desk.NewID[desk.ConversationID]()
	tests := []struct {
		base      string
		signed    bool // the address carries a token
		recipient bool // and identifies its recipient
	}{
		{"support@demo.example", true, true},
		{"kundenservice@demo.example", true, true},           // 13 + 1 + 50 = 64
		{"customer-service@demo.example", true, false},       // needs the short form
		{"customer-service-eu@demo.example", true, false},    // 19 + 1 + 44 = 64
		{"customer-service-emea@demo.example", false, false}, // no room
		{"not an address", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.base, func(t *testing.T) {
			addr := NewTokens(old).Address(tt.base, conv, "Jo@acme.example")
			if local, _, _ := strings.Cut(addr, "@"); len(local) > 64 && tt.signed {
				t.Errorf("%s: the local part has %d octets", addr, len(local))
			}
			got, issuedTo, ok := NewTokens(fresh, old).Parse(addr)
			if ok != tt.signed {
				t.Fatalf("Parse(%s) = %v, want %v", addr, ok, tt.signed)
			}
			if !ok {
				return
			}
			if got != conv || issuedTo("jo@ACME.example") != tt.recipient || issuedTo("eve@acme.example") || issuedTo("") {
				t.Errorf("Parse(%s) = %v, issued to Jo: %v", addr, got, issuedTo("jo@acme.example"))
			}
			if _, _, ok := NewTokens(fresh).Parse(addr); ok {
				t.Error("accepted after its key was retired")
			}
		})
	}
}

func TestTokensWithoutKey(t *testing.T) {
	for name, tokens := range map[string]*Tokens{"nil": nil, "none": NewTokens(), "too short": NewTokens(Key{Secret: []byte("secret")})} {
		addr := tokens.Address(ours, first, joAddr)
		if addr != ours {
			t.Errorf("%s: Address = %s", name, addr)
		}
		if _, _, ok := tokens.Parse(keys.Address(ours, first, joAddr)); ok {
			t.Errorf("%s: accepted a token", name)
		}
	}
}

// A token with any changed bit is rejected, and so is a random one.
func TestForgedTokens(t *testing.T) {
	addr := keys.Address(ours, first, joAddr)
	token, _ := tokenOf(addr)
	accepted := 0
	try := func(b []byte) {
		if _, _, ok := keys.Parse("support+" + tokenText.EncodeToString(b) + "@demo.example"); ok {
			accepted++
		}
	}
	for bit := range 8 * len(token) {
		b := append([]byte{}, token...)
		b[bit/8] ^= 1 << (bit % 8)
		try(b)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		b := append([]byte{}, token...)
		if i%2 == 0 { // a genuine body with a guessed signature
			for j := len(b) - macSize; j < len(b); j++ {
				b[j] = byte(r.Uint32())
			}
		} else {
			for j := range b {
				b[j] = byte(r.Uint32())
			}
		}
		try(b)
	}
	if accepted != 0 {
		t.Errorf("accepted=%d", accepted)
	}
}

func FuzzToken(f *testing.F) {
	genuine := keys.Address(ours, first, joAddr)
	f.Add(genuine)
	f.Add("<" + upper(genuine) + ">")
	f.Add("support+@demo.example")
	f.Add(strings.Replace(genuine, "+", "++", 1))
	f.Fuzz(func(t *testing.T, addr string) {
		conv, issuedTo, ok := keys.Parse(addr)
		if !ok {
			return
		}
		// Only the one token that was issued may be accepted.
		got, _ := tokenOf(addr)
		want, _ := tokenOf(genuine)
		if conv != first || string(got) != string(want) || !issuedTo(joAddr) {
			t.Errorf("%q was accepted for %v", addr, conv)
		}
	})
}
