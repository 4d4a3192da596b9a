package addressmask

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	t.Parallel()
	m := Mask{Shown: func(a string) bool { return strings.HasSuffix(a, "@desk.example") }}
	for text, want := range map[string]string{
		"jo@acme.example": "j…@acme.example",
		"Write to Jo <jo.doe+x@acme.example>, please": "Write to Jo <j…@acme.example>, please",
		"help@desk.example and JO@ACME.EXAMPLE.":      "help@desk.example and J…@ACME.EXAMPLE.",
		"Help@Desk.Example":                           "Help@Desk.Example",
		"mailto:jo@acme.example?subject=x":            "mailto:j…@acme.example?subject=x",
		"https://x.example/?u=jo%40acme.example":      "https:/…@acme.example",
		"jo&#64;acme.example":                         "j…@acme.example",
		"jo＠acme.example":                             "j…@acme.example",
		`"jo doe"@acme.example`:                       "j…@acme.example",
		"bounce+jo=acme.example@list.example":         "b…@list.example",
		"jörg@müller.example":                         "j…@müller.example",
		"日本@例え.テスト":                                   "日…@例え.テスト",
		"root@localhost":                              "r…@localhost",
		"j…@acme.example":                             "j…@acme.example",
		"50 % off & more, see @acme":                  "50 % off & more, see @acme",
		"a@b@acme.example":                            "a…@acme.example",
	} {
		got := m.Text(text)
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := m.Text(got); again != got {
			t.Errorf("%q: masked again %q", got, again)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := Mask{}.JSON([]byte(`{"a":["Jo \u003cjo\u0040acme.example\u003e",12345678901234567890],"jo@acme.example":{"b":null}}`))
	if want := `{"a":["Jo <j…@acme.example>",12345678901234567890],"j…@acme.example":{"b":null}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// FuzzText: masking twice is masking once, and no plain address survives.
func FuzzText(f *testing.F) {
	f.Add("Jo <jo@acme.example>", "x")
	f.Fuzz(func(t *testing.T, before, after string) {
		got := Mask{}.Text(before + " secret.person@acme.example " + after)
		if strings.Contains(got, "secret.person@") {
			t.Errorf("%q", got)
		}
	})
}
