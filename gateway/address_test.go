package gateway

import "testing"

// Whoever writes in a name of ours, however it is spelled, is no customer: an
// answer to him would come back to us.
func TestOwnAddresses(t *testing.T) {
	t.Parallel()
	a := newAddresses(Mail{Addresses: []string{"Support@Demo.example", "hilfe@xn--bcher-kva.example"}, CatchAll: []string{"all.example"}})
	for _, tt := range []struct {
		address      string
		own, accepts bool
	}{
		{"support@demo.example", true, true},
		{"SUPPORT+x@demo.example", true, true},
		{`"support"@demo.example`, true, true},
		{`"s\upport"@demo.example`, true, true},
		{"support@demo.example.", true, true},
		{"hilfe@bücher.example", true, true},
		{"hilfe@xn--bcher-kva.example", true, true},
		{"anybody@all.example", true, true},
		{"postmaster@demo.example", true, true},
		{"postmaster", false, true},
		{"postmaster@elsewhere.example", false, false},
		{"jo@demo.example", false, false},
		{"support@sub.demo.example", false, false},
		{"", false, false},
	} {
		if got := a.own(tt.address); got != tt.own {
			t.Errorf("own(%q) = %v", tt.address, got)
		}
		if got := a.accepts(tt.address); got != tt.accepts {
			t.Errorf("accepts(%q) = %v", tt.address, got)
		}
	}
}
