package imf

import "testing"

func TestASCIIAddr(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"jo@acme.example": "jo@acme.example", "jo@bücher.example": "jo@xn--bcher-kva.example", "jö@acme.example": "jö@acme.example", "": "", "jo": "jo",
		"jo@-bad-.example": "jo@-bad-.example",
	} {
		if got := ASCIIAddr(addr); got != want {
			t.Errorf("ASCIIAddr(%q) = %q, want %q", addr, got, want)
		}
	}
}
