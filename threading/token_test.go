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
		{"kundenservice@demo.example", true, true},   // 13 + 1 + 50 = 64
		{"kundenservices@demo.example", true, false}, // one octet more needs the short form
		{"customer-service@demo.example", true, false},
		{"customer-service-eu@demo.example", true, false},   // 19 + 1 + 44 = 64
		{"customer-service-euu@demo.example", false, false}, // one octet more has no room
		{"customer-service-emea@demo.example", false, false},
		{"not an address", false, false},
		{"@demo.example", false, false},
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

// Addresses that were sent years ago must stay valid.
func TestTokensAreStable(t *testing.T) {
	const long, short = "support+aeaaaaaaaaaaaaaaaaaaaaaaaebj2ep7or6mz5rjjm5epbauxa@demo.example", "customer-service+aeaaaaaaaaaaaaaaaaaaaaaaaebf7q4xrpo34xrbh2la@demo.example"
	if got := keys.Address(ours, first, joAddr); got != long {
		t.Errorf("the long form is %s", got)
	}
	if got := keys.Address("customer-service@demo.example", first, joAddr); got != short {
		t.Errorf("the short form is %s", got)
	}
	if got := keys.Address(ours, desk.ConversationID{}, joAddr); got != ours {
		t.Errorf("no conversation has the reply address %s", got)
	}
	if conv, issuedTo, ok := keys.Parse(long); !ok || conv != first || !issuedTo(joAddr) || issuedTo(eveAddr) {
		t.Errorf("the long form is read as %v, %v", conv, ok)
	}
}

func TestNotATokenAddress(t *testing.T) {
	genuine := keys.Address(ours, first, joAddr)
	local, domain, _ := strings.Cut(genuine, "@")
	for _, addr := range []string{"", "@", "+", "support@demo.example", "a+b", local, local[:len(local)-1] + "@" + domain, strings.Replace(genuine, "+", "", 1), "a+b@" + genuine[len("support+"):]} {
		if _, _, ok := keys.Parse(addr); ok {
			t.Errorf("%q was accepted", addr)
		}
	}
	for _, addr := range []string{genuine, " <" + genuine + ">\t", strings.Replace(genuine, "support", "", 1), strings.Replace(genuine, "support", "+", 1), strings.Replace(genuine, "support", `"a@b"`, 1)} {
		if _, _, ok := keys.Parse(addr); !ok {
			t.Errorf("%q was refused", addr)
		}
	}
}

func TestSecretLength(t *testing.T) {
	for n, want := range map[int]bool{15: false, 16: true} {
		if addr := NewTokens(Key{Secret: make([]byte, n)}).Address(ours, first, joAddr); (addr != ours) != want {
			t.Errorf("a secret of %d octets signs %s", n, addr)
		}
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
