package mimeparse

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/normalize/charset"
	"switchboard/normalize/mimeheader"
	"switchboard/normalize/plaintext"
)

// headerCharset returns the charset to assume for raw 8-bit header fields: the first one
// that the message declares if the fields may be in it, otherwise the detected one.
func headerCharset(b []byte) string {
	b = plaintext.ClipBytes(b, 16<<10)
	name := ""
	for _, key := range []string{"charset=", "CHARSET=", "Charset="} {
		i := bytes.Index(b, []byte(key))
		if i < 0 {
			continue
		}
		value := bytes.TrimLeft(plaintext.ClipBytes(b[i+len(key):], 48), ` "'`)
		if end := bytes.IndexAny(value, "\r\n\"';"); end >= 0 {
			value = value[:end]
		}
		name = charset.Name(string(value))
		break
	}
	if raw := rawFields(b); len(raw) > 0 {
		name = charset.Of(raw, name)
	}
	if name == "" || name == "us-ascii" {
		name = charset.Detect(b)
	}
	return name
}

// rawFields returns the lines of the header that have 8-bit text other than UTF-8: each
// of them is too short to detect its charset.
func rawFields(b []byte) (raw []byte) {
	for b = bytes.TrimLeft(b, "\r\n"); ; {
		line, rest := plaintext.CutLine(b)
		if len(line) == 0 {
			return raw
		}
		if !utf8.Valid(line) {
			raw = append(append(raw, line...), '\n')
		}
		b = rest
	}
}

// findStart skips anything before the header: a byte order mark, blank lines, an mbox
// separator, text that the message was pasted under. Bare CR line ends become LF.
func (s *Parser) findStart(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') >= 0 || mixedLineEnds(b) {
		for _, end := range []string{"\r\n", "\n\r", "\r"} {
			b = bytes.ReplaceAll(b, []byte(end), []byte("\n"))
		}
	}
	if text, ok := charset.DecodeUTF16(plaintext.ClipBytes(b, 1<<20), ""); ok && (bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff})) {
		b = []byte(text)
	}
	trimmed := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	trimmed = bytes.TrimLeft(trimmed, " \t\r\n\x00")
	for bytes.HasPrefix(trimmed, []byte("From ")) || bytes.HasPrefix(trimmed, []byte(">From ")) {
		_, trimmed = plaintext.CutLine(trimmed)
	}
	if len(trimmed) == 0 {
		return b
	}
	trimmed = repairTrace(trimmed)
	if line, _ := plaintext.CutLine(trimmed); startsHeader(line) {
		if head, body, _ := mimeheader.Read(trimmed); isMailHeader(head) || !startsMail(body) {
			return trimmed
		}
	}
	// Look for a header further down.
	for rest, n := trimmed, 0; n < 100 && len(rest) > 0; n++ {
		if startsMail(rest) {
			if n > 0 {
				s.Report("text-before-header", "text before the header of the message was left out")
			}
			return rest
		}
		_, rest = plaintext.CutLine(rest)
	}
	if line, _ := plaintext.CutLine(trimmed); startsHeader(line) {
		return trimmed
	}
	s.Report("no-header", "no message header was found; everything is shown as text")
	return append([]byte("\n"), b...)
}

// mixedLineEnds reports whether a field of the header starts after a bare CR, which RFC
// 5322 §2.3 forbids: gateways join the fields of systems with other line ends.
func mixedLineEnds(b []byte) bool {
	for rest := plaintext.ClipBytes(b, 64<<10); ; {
		line, next := plaintext.CutLine(rest)
		if len(line) == 0 {
			return false
		}
		for {
			i := bytes.IndexByte(line, '\r')
			if i < 0 {
				break
			}
			line = line[i+1:]
			field := line
			if end := bytes.IndexByte(field, '\r'); end >= 0 {
				field = field[:end]
			}
			if name, _, ok := mimeheader.CutField(field); ok && mimeheader.IsCommonField(name) {
				return true
			}
		}
		rest = next
	}
}

// repairTrace removes a byte order mark or blank lines between the trace fields that
// servers prepended (RFC 5321 section 4.4) and the header.
func repairTrace(b []byte) []byte {
	rest := b
	for {
		line, after := plaintext.CutLine(rest)
		name, _, ok := mimeheader.CutField(line)
		if !ok || !traceField[strings.ToLower(name)] {
			break
		}
		for len(after) > 0 && (after[0] == ' ' || after[0] == '\t') {
			_, after = plaintext.CutLine(after)
		}
		rest = after
	}
	header := bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("\xef\xbb\xbf")), "\r\n\x00")
	if len(header) == len(rest) || len(rest) == len(b) || !startsMail(header) {
		return b
	}
	return slices.Concat(b[:len(b)-len(rest)], header)
}

var traceField = map[string]bool{"received": true, "return-path": true, "delivered-to": true, "x-original-to": true}

func startsHeader(line []byte) bool {
	_, _, ok := mimeheader.CutField(line)
	return ok
}

// isMailHeader reports whether a header has at least one field that every message
// has.
func isMailHeader(h mimeheader.Header) bool {
	for _, name := range []string{"from", "to", "subject", "date", "received", "message-id", "return-path", "content-type"} {
		if h.Has(name) {
			return true
		}
	}
	return false
}

// startsMail reports whether b starts with at least two common fields, among them one
// that shows a message rather than text that quotes one.
func startsMail(b []byte) bool {
	line, _ := plaintext.CutLine(b)
	if name, _, ok := mimeheader.CutField(line); !ok || !mimeheader.IsCommonField(name) {
		return false
	}
	head, _, _ := mimeheader.Read(plaintext.ClipBytes(b, 16<<10))
	usual := 0
	for _, f := range head {
		if mimeheader.IsCommonField(f.Name) {
			usual++
		}
	}
	if usual < 2 || usual*2 < len(head) {
		return false
	}
	if head.Has("from") || head.Has("received") || head.Has("return-path") {
		return true
	}
	// Without a From field: what a person would not write above a text.
	return usual >= 3 && (head.Has("to") || head.Has("subject")) && (head.Has("mime-version") || head.Has("message-id") || head.Has("date") && head.Has("content-type"))
}
