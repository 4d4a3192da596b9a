package charset

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"switchboard/normalize/transfer"
)

// These charsets cannot be decoded octet by octet: escape sequences, shift
// characters, base64 runs or a byte order mark determine what the octets mean.

// IsStateful reports whether octets of a charset, named as Name returns it, have
// meanings of their own: UTF-16 has NUL, ISO-2022 has shift characters.
func IsStateful(name string) bool {
	return isUTF16(name) || strings.HasPrefix(name, "iso-2022-") || strings.HasPrefix(name, "cp5022") || name == "utf-7" || name == "hz-gb-2312"
}

// decodeEscaped decodes ISO-2022 by its escape sequences, whatever charset is
// declared.
func decodeEscaped(b []byte, name string) (string, bool) {
	if bytes.IndexByte(b, 0x1b) < 0 {
		return "", false
	}
	if bytes.Contains(b, []byte("\x1b$)C")) {
		return decodeWith(korean.EUCKR, unshiftKR(b))
	}
	for _, escape := range []string{"\x1b$B", "\x1b$@", "\x1b(J", "\x1b(I", "\x1b$(D"} {
		if bytes.Contains(b, []byte(escape)) {
			s, ok := decodeWith(japanese.ISO2022JP, b)
			return s, ok || strings.HasPrefix(name, "iso-2022-jp")
		}
	}
	return "", false
}

func isUTF16(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") || name == "ucs-2" || name == "unicode" || name == "iso-10646-ucs-2"
}

// DecodeUTF16 decodes UTF-16, recognized by its byte order mark or the charset name.
// ok is false for text that only claims to be UTF-16.
func DecodeUTF16(b []byte, name string) (string, bool) {
	if strings.HasPrefix(name, "utf-32") {
		return "", false
	}
	marked := bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff})
	if !marked && (bytes.IndexByte(b, 0) < 0 || len(b) < 2) {
		return "", false
	}
	order := unicode.BigEndian
	if strings.HasSuffix(name, "le") || !marked && len(b) > 1 && b[1] == 0 {
		order = unicode.LittleEndian
	}
	out, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	return string(out), err == nil && utf8.Valid(out) && countLost(string(out)) == 0
}

// decodeUTF7 decodes UTF-7 (RFC 2152). It fails on octets above ASCII and on base64
// runs that are not UTF-16, so that mislabelled text is left to the other rules.
func decodeUTF7(b []byte) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c >= utf8.RuneSelf {
			return "", false
		}
		if c != '+' {
			out.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(b) && transfer.IsBase64Digit(b[end]) {
			end++
		}
		if end == i+1 {
			out.WriteByte('+')
			if end < len(b) && b[end] == '-' {
				i++
			}
			continue
		}
		octets := transfer.LooseBase64(b[i+1 : end])
		units := make([]uint16, 0, len(octets)/2)
		for k := 0; k+1 < len(octets); k += 2 {
			units = append(units, uint16(octets[k])<<8|uint16(octets[k+1]))
		}
		s := string(utf16.Decode(units))
		if countLost(s) > 0 {
			return "", false
		}
		out.WriteString(s)
		i = end - 1
		if end < len(b) && b[end] == '-' {
			i = end
		}
	}
	return out.String(), true
}

// unshiftKR converts ISO-2022-KR (RFC 1557) to EUC-KR, which has high bits in place
// of the shift characters.
func unshiftKR(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case shifted && c > ' ' && c < 0x7f:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return out
}
