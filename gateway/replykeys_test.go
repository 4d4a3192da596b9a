package gateway

import (
	"log/slog"
	"testing"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
	"switchboard/threading"
)

// TestReplyKeys: a new key signs, the former one is accepted while it is listed.
func TestReplyKeys(t *testing.T) {
	t.Parallel()
	st, err := store.Open(t.Context(), store.Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	c := desk.NewID[desk.ConversationID]()
	address := func(numbers ...int) (string, func(string) bool) {
		keys, err := replyKeys(t.Context(), st, numbers)
		if err != nil {
			t.Fatal(err)
		}
		tokens := threading.NewTokens(keys...)
		return tokens.Address("help@desk.example", c, "jo@acme.example"), func(a string) bool {
			got, _, ok := tokens.Parse(a)
			return ok && got == c
		}
	}
	first, _ := address()
	second, accepts := address(2, 1)
	if first == second || !accepts(first) || !accepts(second) {
		t.Errorf("after the rotation: %s and %s", first, second)
	}
	if again, accepts := address(2); again != second || accepts(first) || !accepts(second) {
		t.Errorf("after the retirement: %s", again)
	}
}
