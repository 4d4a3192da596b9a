package imf

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"  two\n\n lines\t here ": "two lines here",
		strings.Repeat("é", 200):  strings.Repeat("é", 200),
		strings.Repeat("é", 201):  strings.Repeat("é", 200),
		strings.Repeat("a ", 300): strings.Repeat("a ", 100),
	} {
		if got := Preview(text); got != want {
			t.Errorf("%.20q: got %q, want %q", text, got, want)
		}
	}
	if got := Preview(strings.Repeat("日本語", 5000)); utf8.RuneCountInString(got) != 200 || !utf8.ValidString(got) {
		t.Errorf("a long text: %d characters", utf8.RuneCountInString(got))
	}
}
