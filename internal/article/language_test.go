package article

import "testing"

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		with           []string
		customer, want string
	}{
		{nil, "", ""}, {nil, "de", ""}, {[]string{"de"}, "", "de"}, {[]string{"de", "en"}, "", ""}, {[]string{"en", "pt-BR"}, "pt", "pt-BR"}, {[]string{"en"}, "fr", ""},
	} {
		if got := Language(c.with, c.customer); got != c.want {
			t.Errorf("%v for %q: %q, want %q", c.with, c.customer, got, c.want)
		}
	}
}
