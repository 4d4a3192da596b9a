package imf

import (
	"strings"
	"testing"
)

func TestMessageIDs(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"one", "<a@b>", "a@b"},
		{"many", "<a@b> <c@d>\r\n\t<e@f>", "a@b c@d e@f"},
		{"no space between", "<a@b><c@d>", "a@b c@d"},
		{"commas", "<a@b>, <c@d>", "a@b c@d"},
		{"repeated", "<a@b> <c@d> <a@b>", "a@b c@d"},
		{"no brackets", "a@b", "a@b"},
		{"no brackets, many", "a@b c@d", "a@b c@d"},
		{"phrase", `Your message of "Mon, 1 Jan" <a@b>`, "a@b"},
		{"folded inside", "<abc\r\n def@b>", "abcdef@b"},
		{"no closing", "<a@b", "a@b"},
		{"no closing then next", "<a@b <c@d>", "a@b c@d"},
		{"no at in brackets", "<abc>", "abc"},
		{"junk only", "none", ""},
		{"empty", "", ""},
		{"empty brackets", "<> <a@b>", "a@b"},
		{"nul", "<a\x00@b>", "a@b"},
		{"longer than a line", "<a@b> <" + strings.Repeat("x", 998) + "@y> <c@d>", "a@b c@d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(MessageIDs(tt.in), " "); got != tt.want {
				t.Errorf("MessageIDs(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestMessageID(t *testing.T) {
	for in, want := range map[string]string{"<a@b>": "a@b", "a@b": "a@b", "abc": "abc", " <> ": "", "": "", "<a@b> (added by relay@x)": "a@b"} {
		if got := MessageID(in); got != want {
			t.Errorf("MessageID(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzMessageIDs(f *testing.F) {
	for _, s := range []string{"<a@b>", "<a@b <c@d>", "a@b c@d", "<<>>", "\x00<a\r\n b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, id := range append(MessageIDs(s), MessageID(s)) {
			if strings.ContainsAny(id, "<> \t\r\n\x00") {
				t.Fatalf("%q from %q", id, s)
			}
		}
		BaseSubject(s)
		ParseDate(s)
	})
}
