package imf

import "testing"

func TestOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"empty":                       {"", ""},
		"already one line":            {"Where is my order 4711?", "Where is my order 4711?"},
		"letters beyond ASCII":        {"Größe 日本語 שלום", "Größe 日本語 שלום"},
		"header injection":            {"Hello\r\nBcc: victim@example.com", "Hello Bcc: victim@example.com"},
		"bare CR":                     {"a\rb", "a b"},
		"runs of white space":         {"a \t\n  b", "a b"},
		"white space at both ends":    {" \ta b\n ", "a b"},
		"white space only":            {" \r\n\t", ""},
		"C0 and C1 controls":          {"a\x00\x1b[31mb\u0085c\u009fd\x7fe", "a [31mb c d e"},
		"line and paragraph breaks":   {"a\u2028b\u2029c", "a b c"},
		"no-break space":              {"a\u00a0b", "a b"},
		"bidirectional override":      {"invoice\u202efdp.exe", "invoicefdp.exe"},
		"bidirectional isolate":       {"\u2066a\u2069 b", "a b"},
		"byte order mark":             {"\ufeffHello", "Hello"},
		"invisible between blanks":    {"a \ufeff b", "a b"},
		"octets that are not UTF-8":   {"caf\xe9", "caf\ufffd"},
		"a real replacement":          {"caf\ufffd", "caf\ufffd"},
		"joiner of an emoji sequence": {"👩\u200d💻", "👩\u200d💻"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := OneLine(c.in)
			if got != c.want {
				t.Errorf("OneLine(%q) = %q, want %q", c.in, got, c.want)
			}
			if again := OneLine(got); again != got {
				t.Errorf("OneLine(%q) = %q: not idempotent", got, again)
			}
			if isOneLine(c.in) != (got == c.in) {
				t.Errorf("isOneLine(%q) = %v, but the result is %q", c.in, isOneLine(c.in), got)
			}
		})
	}
}
