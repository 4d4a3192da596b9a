package imf

import "testing"

func TestListID(t *testing.T) {
	for in, want := range map[string]string{"List <dev.example.com>": "dev.example.com", "dev.example.com": "dev.example.com", `"x" (c) <a.b>`: "a.b", "": ""} {
		if got := ListID(in); got != want {
			t.Errorf("ListID(%q) = %q, want %q", in, got, want)
		}
	}
}
