package scope

import (
	"slices"
	"strings"
	"testing"
)

func TestAllow(t *testing.T) {
	for _, c := range []struct {
		scopes, need string
		want         bool
	}{
		{"", "conversations:write", true},
		{"", "", true},
		{"reports:read", "", true},
		{"reports:read", "reports:read", true},
		{"reports:read", "reports:write", false},
		{"reports:write", "reports:read", true},
		{"reports:write articles:read", "articles:write", false},
		{"reports:write articles:read", "conversations:read", false},
		{"settings:write", "conversations:read", false},
	} {
		if got := Allow(strings.Fields(c.scopes), c.need); got != c.want {
			t.Errorf("a key with %q may do what needs %q: %v", c.scopes, c.need, got)
		}
	}
}

func TestParse(t *testing.T) {
	got, err := Parse([]string{"reports:read", "articles:write", "reports:read"})
	if err != nil || !slices.Equal(got, []string{"articles:write", "reports:read"}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Parse(nil); err != nil || got == nil || len(got) > 0 {
		t.Errorf("no scopes: %v, %v", got, err)
	}
	for _, wrong := range []string{"report:read", "reports", "events:write", "", "Reports:read"} {
		if _, err := Parse([]string{"articles:read", wrong}); err == nil || !strings.Contains(err.Error(), `"`+wrong+`"`) || !strings.Contains(err.Error(), "conversations:read") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
