package localaddr

import "testing"

// TestSet: an address is recognized as local however it is spelled. A reply to a
// sender who uses a local address would come back here.
func TestSet(t *testing.T) {
	t.Parallel()
	s := New([]string{"Support@Demo.example", "hilfe@xn--bcher-kva.example"}, []string{"all.example"})
	for _, tt := range []struct {
		address        string
		local, accepts bool
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
		if got := s.Contains(tt.address); got != tt.local {
			t.Errorf("Contains(%q) = %v", tt.address, got)
		}
		if got := s.Accepts(tt.address); got != tt.accepts {
			t.Errorf("Accepts(%q) = %v", tt.address, got)
		}
	}
}
