package article

import (
	"slices"
	"testing"
)

func TestRoutes(t *testing.T) {
	for _, c := range []struct{ path, want []string }{
		{nil, nil},
		{[]string{"segment: gold", "sla: t2"}, nil},
		{[]string{"segment: gold", "routing: api", "sla: t2"}, []string{"api"}},
		{[]string{"routing: api/webhook/retry"}, []string{"api", "api/webhook", "api/webhook/retry"}},
		{[]string{"routing: Störung/データ"}, []string{"Störung", "Störung/データ"}},
	} {
		if got := Routes(c.path); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.path, got, c.want)
		}
	}
}
