package deskmail

import (
	"bytes"
	"strings"
)

// Split returns the header of a message, with the empty line, and its body. Complete: the header's end is among the bytes.
func Split(b []byte) (header, body []byte, complete bool) {
	for i := 0; i < len(b); {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			break
		}
		line := b[i : i+n]
		i += n + 1
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return b[:i], b[i:], true
		}
	}
	return b, nil, false
}

// Fields returns the header fields with one of the names, or without them, as they are, and an empty line (RFC 9051 §6.4.5.1).
func Fields(header []byte, names []string, without bool) []byte {
	var out bytes.Buffer
	keep := false
	for line := range bytes.Lines(header) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] != ' ' && text[0] != '\t' {
			name, _, ok := strings.Cut(string(text), ":")
			keep = ok && named(strings.TrimSpace(name), names) != without
		}
		if keep {
			out.Write(text)
			out.WriteString("\r\n")
		}
	}
	out.WriteString("\r\n")
	return out.Bytes()
}

func named(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Wellformed returns a message in whose header every line is a field or continues one, which parsers insist on.
func Wellformed(b []byte) []byte {
	header, body, _ := Split(b)
	var out bytes.Buffer
	ok := true
	keep := false
	for line := range bytes.Lines(header) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] != ' ' && text[0] != '\t' {
			name, _, found := bytes.Cut(text, []byte(":"))
			keep = found && len(name) > 0 && !bytes.ContainsAny(bytes.TrimRight(name, " \t"), " \t") && ascii(name)
		}
		if !keep {
			ok = false
			continue
		}
		out.Write(line)
	}
	if ok {
		return b
	}
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}

func ascii(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r <= ' ' && r != ' ' && r != '\t' || r > '~' })
}

// maxBoundaries is how many multiparts a message may have whose structure is read. Nested ones take quadratic time.
const maxBoundaries = 200

// Flat reports whether a message has so many multiparts that it is shown as one text.
func Flat(b []byte) bool { return bytes.Count(bytes.ToLower(b), []byte("boundary=")) > maxBoundaries }
