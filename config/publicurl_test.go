package config

import (
	"errors"
	"strings"
	"testing"
)

// TestPublicURL: what cannot work is refused with what to write instead.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	for value, advice := range map[string]string{
		"":                             "",
		"https://help.example.com":     "",
		"https://help.example.com/":    "",
		"http://127.0.0.1:8080":        "",
		"https://[2001:db8::1]:8443":   "",
		"help.example.com":             "write https://help.example.com",
		"help.example.com:8443":        "write https://help.example.com:8443",
		"//help.example.com":           "write https://help.example.com",
		"ftp://help.example.com":       "write https://help.example.com",
		"https://":                     "has no host",
		"https://:8443":                "has no host",
		"https://ana@help.example.com": "user name",
		"https://example.com/help":     "write https://example.com, without a path",
		"https://example.com?x=1":      "without a path",
		"https://exa mple.com":         "is not a URL",
	} {
		c := Defaults()
		c.PublicURL, c.Mail.Addresses = value, []string{"support@example.com"}
		err := c.Validate()
		if advice == "" {
			if err != nil {
				t.Errorf("%q: %v", value, err)
			}
			continue
		}
		var invalid *Error
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 || invalid.Problems[0].Key != "public_url" || !strings.Contains(err.Error(), advice) {
			t.Errorf("%q: %v, want %q", value, err, advice)
		}
	}
}
