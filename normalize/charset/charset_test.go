package charset

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDetectRepeatedOctets: one repeated letter says nothing about the language, so
// the text is read as Windows-1252, every time.
func TestDetectRepeatedOctets(t *testing.T) {
	t.Parallel()
	b := []byte("anna `le *\xe6\xe6\xe6\xe6\xe6\xe6\xe6\xe67!1supp1*1xample.net m")
	for range 100 {
		if got, _ := ToUTF8(b, "", false); !strings.Contains(got, "ææææ") {
			t.Fatalf("decoded as %q, want ææææ in it", got)
		}
	}
}

// FuzzToUTF8 checks that the result is valid UTF-8 and always the same.
func FuzzToUTF8(f *testing.F) {
	for _, c := range undeclared {
		b, err := lookup(c.charset).NewEncoder().String(c.text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(b), "")
		f.Add([]byte(b), c.charset)
	}
	f.Add([]byte("+AGE-"), "utf-7")
	f.Add([]byte("\x1b$)C\x0e0!\x0f"), "iso-2022-kr")
	f.Add([]byte("\xff\xfea\x00"), "utf-16")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		got, _ := ToUTF8(b, label, false)
		if !utf8.ValidString(got) {
			t.Errorf("%q as %q is not UTF-8: %q", b, label, got)
		}
		if again, _ := ToUTF8(b, label, false); again != got {
			t.Errorf("%q as %q gave %q, then %q", b, label, got, again)
		}
	})
}
