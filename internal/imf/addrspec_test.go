package imf

import (
	"strings"
	"testing"
)

func TestSubaddress(t *testing.T) {
	for _, tt := range []struct{ in, base, detail string }{
		{"help+abc@example.com", "help@example.com", "abc"},
		{"help+a+b@example.com", "help@example.com", "a+b"},
		{"help@example.com", "help@example.com", ""},
		{"+abc@example.com", "+abc@example.com", ""},
		{"help+abc", "help", "abc"},
	} {
		base, detail := SplitSubaddress(tt.in)
		if base != tt.base || detail != tt.detail {
			t.Errorf("SplitSubaddress(%q) = %q, %q", tt.in, base, detail)
		}
	}
}

func TestValidAddr(t *testing.T) {
	for addr, want := range map[string]bool{
		"john@example.com": true, "john+x@example.com": true, "jürgen@exämple.de": true, "o'neil@example.com": true,
		"john": false, "@example.com": false, "john@": false, "a b@example.com": false, "a\r\nb@example.com": false, "a@b@example.com": false,
		"a@-x.com": false, "a@x..com": false, ".a@x.com": false, strings.Repeat("a", 65) + "@x.com": false,
	} {
		if ValidAddr(addr) != want {
			t.Errorf("ValidAddr(%q) = %v", addr, !want)
		}
	}
}

// Different spellings of an address are one address.
func TestCanonicalSpelling(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`"jo"@acme.example`, "jo@acme.example"},
		{`"j\o"@acme.example`, "jo@acme.example"},
		{`"jo doe"@acme.example`, `"jo doe"@acme.example`},
		{`"jo@home"@acme.example`, `"jo@home"@acme.example`},
		{`""@acme.example`, `""@acme.example`},
		{"jo@xn--bcher-kva.example", "jo@bücher.example"},
		{"jo@BÜCHER.example", "jo@bücher.example"},
		{"jo@acme。example", "jo@acme.example"},
		{"jo@acme.example\u200b", "jo@acme.example"},
		{"jo@\u0430cme.example", "jo@\u0430cme.example"}, // a Cyrillic a is a different letter
		{"jo@xn--\u00fc.example", "jo@xn--\u00fc.example"},
	} {
		if got := NormalizeAddr(tt.in); got != tt.want {
			t.Errorf("NormalizeAddr(%q) = %q, want %q", tt.in, got, tt.want)
		}
		list := ParseAddressList("Jo <"+tt.in+">", nil)
		if len(list) != 1 || !strings.EqualFold(list[0].Addr, tt.want) {
			t.Errorf("ParseAddressList(%q) = %q, want %q", tt.in, list, tt.want)
		}
	}
}
