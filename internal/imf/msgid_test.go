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

func TestBaseSubject(t *testing.T) {
	tests := []struct {
		in, want       string
		reply, forward bool
	}{
		{"Hello", "Hello", false, false},
		{"Re: Hello", "Hello", true, false},
		{"RE:Hello", "Hello", true, false},
		{"re : Hello", "Hello", true, false},
		{"Re[2]: Hello", "Hello", true, false},
		{"Re(3): Hello", "Hello", true, false},
		{"Re^2: Hello", "Hello", true, false},
		{"Re: Re: AW: Hello", "Hello", true, false},
		{"Fwd: Hello", "Hello", false, true},
		{"Re: Fwd: Hello", "Hello", true, false},
		{"Fwd: Re: Hello", "Hello", true, true},
		{"Hello (fwd)", "Hello", false, false},
		{"[Fwd: Hello]", "Hello", false, true},
		{"[list] Re: Hello", "Hello", true, false},
		{"Re: [list] Hello", "Hello", true, false},
		{"[list]", "[list]", false, false},
		{"[#123] Hello", "Hello", false, false},
		{"WG: Hallo", "Hallo", false, true},
		{"SV: Hej", "Hej", true, false},
		{"Antw: Hoi", "Hoi", true, false},
		{"RV: Hola", "Hola", true, false},
		{"R: Ciao", "Ciao", true, false},
		{"i: foo", "i: foo", false, false},
		{"回复：你好", "你好", true, false},
		{"Odp: Cześć", "Cześć", true, false},
		{"Réf : Bonjour", "Bonjour", true, false},
		{"Ответ: Привет", "Привет", true, false},
		{"Order: 12", "Order: 12", false, false},
		{"Re:", "", true, false},
		{"  many   spaces ", "many spaces", false, false},
	}
	for _, tt := range tests {
		if got := BaseSubject(tt.in); got != tt.want {
			t.Errorf("BaseSubject(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if IsReply(tt.in) != tt.reply || IsForward(tt.in) != tt.forward {
			t.Errorf("%q: reply %v, forward %v", tt.in, IsReply(tt.in), IsForward(tt.in))
		}
	}
}

func TestParseDate(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"},
		{"2 Jan 2006 15:04:05 +0100 (CET)", "2006-01-02T14:04:05Z"},
		{"Mon, 02 Jan 06 15:04 GMT", "2006-01-02T15:04:00Z"},
		{"Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z"},
		{"Mon Jan  2 15:04:05 EST 2006", "2006-01-02T20:04:05Z"},
		{"Mon, 2 January 2006 15:04:05", "2006-01-02T15:04:05Z"},
		{"2006-01-02 15:04:05", "2006-01-02T15:04:05Z"},
		{"2006-01-02T15:04:05+02:00", "2006-01-02T13:04:05Z"},
		{"02-Jan-2006 15:04:05 +0000", "2006-01-02T15:04:05Z"},
		{"01/02/2006 03:04 PM", "2006-01-02T15:04:00Z"},
		{"02.01.2006 15:04", "2006-01-02T15:04:00Z"},
		{"Mon, 02 Jan 2006 15:04:05 GMT+02:00", "2006-01-02T13:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 +0200 Mitteleuropa", "2006-01-02T13:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 Pacific Standard Time", "2006-01-02T23:04:05Z"},
		{"Mon, 03 Jul 2006 15:04:05 Pacific Daylight Time", "2006-07-03T22:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 EST", "2006-01-02T20:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 XYZ", "2006-01-02T15:04:05Z"},
		{"Mon, 02 Jan 2006 15:04:05 +-0500", "2006-01-02T20:04:05Z"},
		{"2006/01/02 Mon 15:04:05 GMT", "2006-01-02T15:04:05Z"},
		{"Mon, 02 Jan 0106 15:04:05 +0000", "2006-01-02T15:04:05Z"},
		{"Mon, 02 Jan 106 15:04:05 +0000", "2006-01-02T15:04:05Z"},
		{"Do, 2 Mär 2006 15:04:05 +0000", "2006-03-02T15:04:05Z"},
		{"Sat, 01 Jan 00 00:00:00 +0000", "2000-01-01T00:00:00Z"},
		{"Mon, 02 Jan 2006 15.04.05 +0000", "2006-01-02T15:04:05Z"},
		{"yesterday", ""},
		{"", ""},
		{"Mon, 42 Jan 2006 15:04:05 +0000", ""},
	}
	for _, tt := range tests {
		got, ok := ParseDate(tt.in)
		s := ""
		if ok {
			s = got.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		if s != tt.want {
			t.Errorf("ParseDate(%q) = %q, want %q", tt.in, s, tt.want)
		}
	}
}

func TestListID(t *testing.T) {
	for in, want := range map[string]string{"List <dev.example.com>": "dev.example.com", "dev.example.com": "dev.example.com", `"x" (c) <a.b>`: "a.b", "": ""} {
		if got := ListID(in); got != want {
			t.Errorf("ListID(%q) = %q, want %q", in, got, want)
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
