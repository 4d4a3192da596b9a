package plaintext

import (
	"bytes"
	"strings"
)

// CutLine returns the first line, without its line end, and the rest.
func CutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		line, rest = b[:i], b[i+1:]
	} else {
		line = b
	}
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, rest
}

// SkipBlankLines returns b without its leading blank lines.
func SkipBlankLines(b []byte) []byte {
	for len(b) > 0 {
		line, rest := CutLine(b)
		if strings.TrimSpace(string(line)) != "" {
			return b
		}
		b = rest
	}
	return b
}

// ClipBytes returns at most the first n octets of b.
func ClipBytes(b []byte, n int) []byte {
	if len(b) > n {
		return b[:n]
	}
	return b
}

// Clip cuts s to at most n octets without splitting a character.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
