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

// A domain that a public provider offers to everyone is not the site's own.
func TestOwnDomain(t *testing.T) {
	t.Parallel()
	s := New([]string{"support@demo.example", "shop@gmail.com"}, []string{"all.example"})
	for domain, want := range map[string]bool{"demo.example": true, "DEMO.example": true, "all.example": true, "gmail.com": false, "sub.demo.example": false, "": false} {
		if got := s.OwnDomain(domain); got != want {
			t.Errorf("OwnDomain(%q) = %v", domain, got)
		}
	}
}
