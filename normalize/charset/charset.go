// Package charset converts text in any charset to UTF-8, whether the charset is
// declared correctly, wrongly or not at all.
package charset

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// ToUTF8 decodes b. A declared charset is only a hint in real mail, so the order of
// the attempts, found by measuring real mail, is: ISO-2022 escape sequences; octets
// that are valid UTF-8 and not just ASCII; the declared charset, if it decodes b
// without loss and the text is not plainly in another one; detection; and
// Windows-1252, in which every octet has a meaning. html says that b is an HTML
// document, which may declare its own charset.
//
// wrong reports that the declared charset was not used.
func ToUTF8(b []byte, declared string, html bool) (text string, wrong bool) {
	name := Name(declared)
	if isUTF16(name) || bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		if s, ok := DecodeUTF16(b, name); ok {
			return s, false
		}
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if name == "utf-7" {
		if s, ok := decodeUTF7(b); ok {
			return s, false
		}
	}
	if s, ok := decodeEscaped(b, name); ok {
		return s, false
	}
	if name == "hz-gb-2312" {
		if s, ok := decodeWith(simplifiedchinese.HZGB2312, b); ok {
			return s, false
		}
	}
	if IsASCII(b) {
		return string(b), false
	}
	isUTF8 := utf8.Valid(b)
	if isUTF8 && !(IsDoubleByte(name) && fewPairs(b)) {
		return string(b), name != "" && name != "utf-8" && name != "us-ascii"
	}
	if other := mislabelled(b, name); other != "" {
		if s, ok := DecodeDeclared(b, other); ok {
			return s, true
		}
	}
	if s, ok := DecodeDeclared(b, name); ok {
		return s, false
	}
	if isUTF8 {
		return string(b), true
	}
	if html && (name == "" || name == "us-ascii") {
		if s, ok := DecodeDeclared(b, Name(FromMeta(b))); ok {
			return s, false
		}
	}
	return guess(b, name), true
}

// guess decodes octets that are neither UTF-8 nor valid in the declared charset.
func guess(b []byte, name string) string {
	if s, ok := repairUTF8(b); ok {
		return s
	}
	if s, ok := DecodeDeclared(b, eightBit(b, name)); ok {
		return s
	}
	if enc := lookup(name); enc != nil && name != "us-ascii" {
		// A few invalid octets do not mean that the declared charset is wrong.
		if s, _ := decodeWith(enc, b); countLost(s)*20 < highRunes(s) {
			return withoutHoles(s, name)
		}
	}
	if enc := detectEncoding(b); enc != nil {
		if s, ok := decodeWith(enc, b); ok {
			return s
		}
	}
	s, _ := decodeWith(charmap.Windows1252, b)
	return withoutHoles(s, "windows-1252")
}

// withoutHoles drops the octets that a single-byte charset leaves undefined, which
// are control characters. In East Asian text the replacement character stays, because
// a character was lost there.
func withoutHoles(s, name string) string {
	if IsDoubleByte(name) {
		return s
	}
	return strings.ReplaceAll(s, "\ufffd", "")
}

// DecodeDeclared decodes b from the named charset; ok is false if anything was lost.
func DecodeDeclared(b []byte, name string) (string, bool) {
	if name == "" || name == "utf-8" || name == "us-ascii" {
		return "", false
	}
	enc := lookup(name)
	if enc == nil {
		return "", false
	}
	return decodeWith(enc, b)
}

// decodeWith decodes b; ok is false if anything was lost.
func decodeWith(enc encoding.Encoding, b []byte) (string, bool) {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	s := string(out)
	return s, countLost(s) == 0
}

// countLost counts the replacement characters that decoding left.
func countLost(s string) int { return strings.Count(s, "\ufffd") }

func highRunes(s string) (n int) {
	for _, r := range s {
		if r >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// Name returns a charset label in canonical form: lower case, without quotes,
// comments and the word "charset" itself, aliases resolved.
func Name(label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'<>;`))
	if i := strings.IndexAny(label, " \t;(,"); i > 0 {
		label = label[:i]
	}
	label = strings.TrimPrefix(label, "charset=")
	label = strings.Trim(label, `"'= `)
	if other, ok := aliases[label]; ok {
		return other
	}
	return label
}

// aliases are labels that the WHATWG and IANA tables do not have, or map to a smaller
// charset than mail programs mean by them.
var aliases = map[string]string{
	"utf8": "utf-8", "utf": "utf-8", "utf-8-sig": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf_8": "utf-8", "x-utf-8": "utf-8", "cp65001": "utf-8",
	"utf7": "utf-7", "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "x-utf-7": "utf-7", "unicode-2-0-utf-7": "utf-7",
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "646": "us-ascii", "7bit": "us-ascii", "8bit": "", "unknown": "", "unknown-8bit": "", "x-unknown": "", "default": "", "default_charset": "", "none": "", "binary": "",
	"ansi": "windows-1252", "cp-1252": "windows-1252", "win-1252": "windows-1252", "cp1252": "windows-1252", "iso": "windows-1252", "latin-1": "windows-1252", "iso8859_1": "windows-1252", "iso-8859": "windows-1252", "8859-1": "windows-1252", "iso-8859-1-windows-3.1-latin-1": "windows-1252", "windows1252": "windows-1252", "x-ansi": "windows-1252", "iso_8859_1": "windows-1252", "iso-latin-1": "windows-1252", "en_us": "windows-1252", "western": "windows-1252",
	"windows1251": "windows-1251", "win-1251": "windows-1251", "cp-1251": "windows-1251", "win1251": "windows-1251", "koi8": "koi8-r",
	"windows1250": "windows-1250", "win-1250": "windows-1250", "cp-1250": "windows-1250", "latin-2": "iso-8859-2", "iso8859_2": "iso-8859-2", "latin-9": "iso-8859-15", "latin-15": "iso-8859-15",
	"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "gb2312_charset": "gb18030", "chinesebig5": "big5", "cp950": "big5", "big5-eten": "big5", "big-5": "big5",
	"cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr", "ks_c_5601": "euc-kr", "5601": "euc-kr", "ksc5601": "euc-kr", "x-windows-949": "euc-kr",
	"cp932": "shift_jis", "ms932": "shift_jis", "sjis-win": "shift_jis", "windows-932": "shift_jis", "shift-jisx0213": "shift_jis", "x-sjis-jp": "shift_jis", "eucjp": "euc-jp", "cp51932": "euc-jp", "eucjp-win": "euc-jp",
	"hz": "hz-gb-2312", "hz-gb2312": "hz-gb-2312", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-6-i": "iso-8859-6", "logical": "windows-1255",
	"cp437": "ibm437", "cp850": "ibm850", "cp-850": "ibm850", "cp852": "ibm852", "cp858": "ibm00858", "dos-862": "ibm862", "cp862": "ibm862", "dos-720": "windows-1256", "x-mac-roman": "macintosh", "mac": "macintosh", "x-macroman": "macintosh",
	"tis620": "windows-874", "cp874": "windows-874", "x-user-defined": "windows-1252", "viscii": "windows-1258",
}

var dosCharsets = map[string]encoding.Encoding{
	"ibm437": charmap.CodePage437, "ibm850": charmap.CodePage850, "ibm852": charmap.CodePage852, "ibm855": charmap.CodePage855,
	"ibm00858": charmap.CodePage858, "ibm860": charmap.CodePage860, "ibm862": charmap.CodePage862, "ibm863": charmap.CodePage863, "ibm865": charmap.CodePage865, "ibm866": charmap.CodePage866,
}

// lookup returns the encoding of a charset, named as Name returns it; nil if unknown.
func lookup(name string) encoding.Encoding {
	switch {
	case name == "":
		return nil
	case strings.HasPrefix(name, "iso-2022-jp"), strings.HasPrefix(name, "cp5022"):
		return japanese.ISO2022JP
	}
	if enc, ok := dosCharsets[name]; ok {
		return enc
	}
	if enc, err := htmlindex.Get(name); err == nil {
		if enc == encoding.Replacement {
			return nil
		}
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	return nil
}

// IsDoubleByte reports whether a charset, named as Name returns it, is a double-byte
// one of East Asia.
func IsDoubleByte(name string) bool {
	switch name {
	case "gb18030", "big5", "euc-kr", "shift_jis", "euc-jp", "big5-hkscs", "ks_c_5601-1987", "gb2312":
		return true
	}
	return false
}

// fewPairs reports whether all high octets of b come in at most three two-octet
// groups. So little valid UTF-8 may be a coincidence in a double-byte charset.
func fewPairs(b []byte) bool {
	pairs := 0
	for i := 0; i < len(b); i++ {
		if b[i] < utf8.RuneSelf {
			continue
		}
		if b[i] >= 0xe0 {
			return false
		}
		i++
		if pairs++; pairs > 3 {
			return false
		}
	}
	return true
}

// repairUTF8 accepts text that is UTF-8 except for a few octets, and reads those as
// Windows-1252: a truncated character, a signature pasted in another charset.
func repairUTF8(b []byte) (string, bool) {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		i += n
	}
	if good == 0 || bad > good/4+1 || good < 2 && bad > 0 {
		return "", false
	}
	var out strings.Builder
	out.Grow(len(b))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			if n := cutCharacter(b[i:]); n > 0 {
				i += n
				continue
			}
			r = charmap.Windows1252.DecodeByte(b[i])
		}
		if r != utf8.RuneError || n > 1 {
			out.WriteRune(r)
		}
		i += n
	}
	return out.String(), true
}

// cutCharacter returns the length of the rest of a truncated character at the start
// of b, or 0 if it is more likely a letter of another charset.
func cutCharacter(b []byte) int {
	switch {
	case b[0] == 0xc2 || b[0] == 0xc3:
		return 1
	case b[0] == 0xe2 && len(b) > 1 && b[1] >= 0x80 && b[1] < 0xc0:
		return 2
	}
	return 0
}

// FromMeta returns the charset that an HTML document declares for itself, or "".
func FromMeta(b []byte) string {
	if len(b) > 4096 {
		b = b[:4096]
	}
	lower := bytes.ToLower(b)
	i := bytes.Index(lower, []byte("charset="))
	if i < 0 {
		return ""
	}
	rest := lower[i+len("charset="):]
	rest = bytes.TrimLeft(rest, `"' `)
	if end := bytes.IndexAny(rest, "\"'> ;/"); end >= 0 {
		rest = rest[:end]
	}
	return string(rest)
}

// IsASCII reports whether b has no octet above 0x7f.
func IsASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// CodePage returns the charset name of a Windows code page.
func CodePage(n uint32) string {
	switch n {
	case 65001:
		return "utf-8"
	case 932, 936, 949, 950:
		return fmt.Sprintf("cp%d", n)
	case 20127:
		return "us-ascii"
	case 28591:
		return "iso-8859-1"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	}
	return fmt.Sprintf("windows-%d", n)
}

// Known reports whether the charset of a label can be decoded.
func Known(charset string) bool {
	name := Name(charset)
	return name == "utf-8" || name == "us-ascii" || name == "utf-7" || lookup(name) != nil
}
