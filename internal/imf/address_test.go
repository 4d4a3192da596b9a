package imf

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseAddressList(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "john@example.com", "|john@example.com"},
		{"angle", "John Doe <john@example.com>", "John Doe|john@example.com"},
		{"quoted name", `"Doe, John" <john@example.com>`, "Doe, John|john@example.com"},
		{"quoted pair", `"John \"JD\" Doe" <john@example.com>`, `John "JD" Doe|john@example.com`},
		{"two", "a@example.com, B <b@example.com>", "|a@example.com; B|b@example.com"},
		{"semicolons", "a@example.com; b@example.com;", "|a@example.com; |b@example.com"},
		{"group", "Team: a@example.com, B <b@example.com>;", "|a@example.com; B|b@example.com"},
		{"group then mailbox", "Team: a@example.com;, c@example.com", "|a@example.com; |c@example.com"},
		{"empty group", "undisclosed-recipients:;", ""},
		{"group without end", "undisclosed-recipients:", ""},
		{"comment as name", "john@example.com (John Doe)", "John Doe|john@example.com"},
		{"nested comment", "john@example.com (John (JD) Doe)", "John (JD) Doe|john@example.com"},
		{"encoded name", "=?utf-8?Q?J=C3=BCrgen?= <j@example.com>", "Jürgen|j@example.com"},
		{"encoded comma", "=?utf-8?Q?Doe,_J?= <j@example.com>", "Doe, J|j@example.com"},
		{"encoded in quotes", `"=?utf-8?Q?J=C3=BCrgen?=" <j@example.com>`, "Jürgen|j@example.com"},
		{"all in one encoded word", "=?utf-8?Q?J=C3=BCrgen_=3Cj=40example=2Ecom=3E?=", "Jürgen|j@example.com"},
		{"bare comma in name", "Doe, John <john@example.com>", "Doe, John|john@example.com"},
		{"address as name", "john@example.com <john@example.com>", "|john@example.com"},
		{"at twice", "john@doe@example.com", "|john@doe@example.com"},
		{"at twice in brackets", "J <john@doe@example.com>", "J|john@doe@example.com"},
		{"no closing bracket", "John <john@example.com", "John|john@example.com"},
		{"no brackets", "John Doe john@example.com", "John Doe|john@example.com"},
		{"double brackets", "John <<john@example.com>>", "John|john@example.com"},
		{"nested brackets", "The Shop <The Shop <hello@shop.example>>", "The Shop|hello@shop.example"},
		{"nested brackets without a name", "<The Shop <hello@shop.example>>, b@example.com", "The Shop|hello@shop.example; |b@example.com"},
		{"nested brackets, quoted name", `"The Shop" <"The Shop" <hello@shop.example>>`, "The Shop|hello@shop.example"},
		{"nested addresses", "Jo <jo@old.example <jo@new.example>>", "Jo|jo@new.example"},
		{"three brackets", "A <B <C <c@example.com>>>", "A|c@example.com"},
		{"two mailboxes without a comma", "A <a@example.com> <b@example.com>", "A|a@example.com"},
		{"name and address swapped", "john@example.com <John Doe>", "John Doe|john@example.com"},
		{"list in one encoded word", "=?utf-8?Q?a=40example.com=2C_J=C3=BC_=3Cb=40example.com=3E?=", "|a@example.com; Jü|b@example.com"},
		{"name encoded inside the brackets", "Jü <=?utf-8?Q?J=C3=BC_=3Cj=40example.com=3E?=>", "Jü|j@example.com"},
		{"trailing dot", "John <john@example.com.>", "John|john@example.com"},
		{"user at host, a character that grows in lower case", "<İ AT example.com>", "|İ@example.com"},
		{"user at host", "john at example.com (John Doe)", "John Doe|john@example.com"},
		{"mailto", "John <mailto:john@example.com>", "John|john@example.com"},
		{"mailto in square brackets", "John [mailto:john@example.com]", "John|john@example.com"},
		{"space inside", "John < john @ example.com >", "John|john@example.com"},
		{"spaced without brackets", "john @ example.com", "|john@example.com"},
		{"route", "<@relay.example,@b.example:john@example.com>", "|john@example.com"},
		{"quoted local part", `"john doe"@example.com`, `|"john doe"@example.com`},
		{"quoted address", `"john@example.com"`, "|john@example.com"},
		{"stray quote", `"John <john@example.com>`, "John|john@example.com"},
		{"name only", "John Doe", "John Doe|"},
		{"local user", "root", "|root"},
		{"daemon", "MAILER-DAEMON (Mail Delivery System)", "Mail Delivery System|MAILER-DAEMON"},
		{"exchange", "John </O=ORG/OU=SITE/CN=RECIPIENTS/CN=JOHN>", "John|/O=ORG/OU=SITE/CN=RECIPIENTS/CN=JOHN"},
		{"empty brackets", "John <>", "John|"},
		{"folded", "John\r\n Doe\r\n\t<john@example.com>", "John Doe|john@example.com"},
		{"raw utf-8", "Jürgen <j@example.com>", "Jürgen|j@example.com"},
		{"control in name", "Jo\x00hn <j@example.com>", "John|j@example.com"},
		{"no space before bracket", "John<john@example.com>", "John|john@example.com"},
		{"domain literal", "john@[192.0.2.1]", "|john@[192.0.2.1]"},
		{"square brackets", "[john@example.com]", "|john@example.com"},
		{"nobody", `"" <>`, ""},
		{"empty elements", ", ,john@example.com,,", "|john@example.com"},
		{"colon in name", "Re: John <john@example.com>", "Re: John|john@example.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range ParseAddressList(tt.in, nil) {
				got = append(got, m.Name+"|"+m.Addr)
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("ParseAddressList(%q)\n got %q\nwant %q", tt.in, s, tt.want)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"a@b", "A <a@b>, \"x\" (c (d)) <<e@f>", "g: a@b, c@d;", "=?utf-8?q?a=2C?= <x@y>", "john at example.com", "\"\\", "<", "(", "a:b:c;;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := ParseAddressList(s, nil)
		for _, m := range list {
			if strings.ContainsAny(m.Name+m.Addr, "\r\n\x00") {
				t.Fatalf("control character survives: %q", fmt.Sprint(m))
			}
			if m.Name == "" && m.Addr == "" {
				t.Fatalf("empty entry from %q", s)
			}
		}
	})
}
