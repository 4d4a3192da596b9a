package nearest

import (
	"slices"
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	t.Parallel()
	keys := []string{"segment", "segments", "tier", "inbox", "calendar", "first_response", "next_response", "billing", "api"}
	days := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	for _, tt := range []struct {
		word  string
		known []string
		want  string
	}{
		{"segmnt", keys, "segment"},
		{"segemnt", keys, "segment"}, // two swapped characters are one mistake
		{"segmenst", keys, "segment"},
		{"Inbox", keys, "inbox"},
		{"first-response", keys, "first_response"},
		{"First Response", keys, "first_response"},
		{"firstresponse", keys, "first_response"},
		{"frist_repsonse", keys, "first_response"},
		{"bill", keys, "billing"},
		{"teir", keys, "tier"},
		{"monday", days, "mon"},
		{"tues", days, "tue"},
		{"wen", days, "wed"},
		{"größe", []string{"grösse", "größer"}, "größer"},
		{"inbox", keys, ""}, // known
		{"colour", keys, ""},
		{"ap", keys, ""}, // too short
		{"", keys, ""},
		{"x", nil, ""},
		{"resp", []string{"response", "respond"}, ""}, // not unique
		{strings.Repeat("a", 70), []string{strings.Repeat("a", 69)}, ""},
	} {
		if got := Name(tt.word, tt.known); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := Hint("teir", keys); got != `; did you mean "tier"?` {
		t.Error(got)
	}
	if got := Hint("colour", keys); got != "" {
		t.Error(got)
	}
}

// FuzzName: the result is one of the known names, or empty.
func FuzzName(f *testing.F) {
	f.Add("segmnt", "segment,tier,\xff")
	f.Add("\xff\xfe", "a")
	f.Fuzz(func(t *testing.T, word, list string) {
		known := strings.Split(list, ",")
		if got := Name(word, known); got != "" && (!slices.Contains(known, got) || slices.Contains(known, word)) {
			t.Errorf("%q of %q: %q", word, known, got)
		}
	})
}
