package redact

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/threading"
)

func TestTokensAreNotLogged(t *testing.T) {
	t.Parallel()
	tokens := threading.NewTokens(threading.Key{ID: 1, Secret: bytes.Repeat([]byte("k"), 32)})
	conversation := desk.NewID[desk.ConversationID]()
	for _, base := range []string{"support@demo.example", "customer.support@demo.example"} { // with and without the recipient's hash
		addr := tokens.Address(base, conversation, "jo@acme.example")
		secret := addr[strings.IndexByte(addr, '+')+1 : strings.IndexByte(addr, '@')]
		var out bytes.Buffer
		log := slog.New(Handler(Handler(slog.NewJSONHandler(&out, nil)))).With("at", addr).WithGroup("g")
		log.Info("to "+addr, "from", strings.ToUpper(addr), "to", []string{addr, "jo@acme.example"}, "error", fmt.Errorf("550 <%s>: %w", addr, errors.New("no")),
			slog.Group("mail", "rcpt", addr), "url", "/x?to=support%2B"+secret+"%40demo.example", "n", 7, "addr", struct{ A string }{addr}, "bytes", []byte("x"))
		line := out.String()
		if strings.Contains(strings.ToLower(line), secret) {
			t.Errorf("the token is in the log: %s", line)
		}
		local, _, _ := strings.Cut(base, "@")
		for _, want := range []string{local + "+[token]@demo.example", "jo@acme.example", `"n":7`, "550 <"} {
			if !strings.Contains(line, want) {
				t.Errorf("%q is missing: %s", want, line)
			}
		}
	}
}

// TestOtherTextStays: ordinary subaddresses and base32 text without a plus.
func TestOtherTextStays(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "billing+42@desk.example", "billing+orders.2026@desk.example", strings.Repeat("a", 50) + "@desk.example", "1+1", "+49 30 123456"} {
		if got := Text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
