package rtf

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestDecompress uses the examples of [MS-OXRTFCP] §3.
func TestDecompress(t *testing.T) {
	for packed, want := range map[string]string{
		"2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0": "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
		"1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0":                                       "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
	} {
		b, err := hex.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Decompress(b); !ok || got != want {
			t.Errorf("%q, %v", got, ok)
		}
		if got, ok := Decompress(b[:20]); !ok || !strings.HasPrefix(want, got) {
			t.Errorf("truncated: %q, %v", got, ok)
		}
	}
}

func TestText(t *testing.T) {
	for rtf, want := range map[string]string{
		`{\rtf1\ansi Hello\par World}`:                                                     "Hello\nWorld",
		`{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}`:                                "Привет",
		`{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator x;}a\tab b}`:                            "a\tb",
		`{\rtf1\uc1 \u1055?\u8364?\{x\}}`:                                                  "П€{x}",
		`{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf\par\htmlrtf0 text{\*\htmltag72 </p>}}`: "text",
		`{\rtf1 unbalanced`:                                                                "unbalanced",
		`}}}\`:                                                                             "",
	} {
		if got := Text(rtf); got != want {
			t.Errorf("Text(%s) = %q, want %q", rtf, got, want)
		}
	}
}
