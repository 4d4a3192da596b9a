// Package mimeheader parses header blocks (RFC 5322 §2.2), tolerating what mail
// programs get wrong.
package mimeheader

import (
	"bytes"
	"strings"

	"switchboard/normalize/mimeparam"
	"switchboard/normalize/plaintext"
)

// MaxSize is the number of octets that are read from one header block.
const MaxSize = 256 << 10

// Field is a header field.
type Field struct {
	Name  string // lower case
	Value string // raw octets, unfolded and trimmed
}

// Header is a header block, in the order of the message.
type Header []Field

// Get returns the first value of a field that is not empty, or "".
func (h Header) Get(name string) string {
	for _, f := range h {
		if f.Name == name && f.Value != "" {
			return f.Value
		}
	}
	return ""
}

// Has reports whether the field is present, even if it is empty.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if f.Name == name {
			return true
		}
	}
	return false
}

// All returns every value of a field, in order.
func (h Header) All(name string) []string {
	var values []string
	for _, f := range h {
		if f.Name == name {
			values = append(values, f.Value)
		}
	}
	return values
}

// First returns the first value of a field that is accepted, or else the first that is
// not empty. A program that adds a field to a message that already has one often adds
// the better one, or a broken one.
func (h Header) First(name string, accept func(value string) bool) string {
	first, more := "", false
	for _, f := range h {
		if f.Name != name || f.Value == "" {
			continue
		}
		if more = first != ""; more {
			break
		}
		first = f.Value
	}
	if !more {
		return first // the usual case
	}
	for _, f := range h {
		if f.Name == name && f.Value != "" && accept(f.Value) {
			return f.Value
		}
	}
	return first
}

// Read splits b into its header block (RFC 5322 §2.2) and body. It tolerates lines
// that are not fields: if fields follow, they were meant as continuations or are junk;
// otherwise the blank line is missing and the body starts there. At most MaxSize
// octets are kept; over reports that there were more.
func Read(b []byte) (h Header, body []byte, over bool) {
	rest := b
	var value []byte // of the current field
	name := ""
	flush := func() {
		if name != "" {
			h = append(h, Field{name, strings.TrimSpace(string(value))})
		}
		name, value = "", nil
	}
	defer func() { flush() }()
	used := 0
	resumes := len(rest) + 1 // octets left where the header is known to continue
	for len(rest) > 0 {
		line, next := plaintext.CutLine(rest)
		if len(line) == 0 {
			return h, next, over
		}
		used += len(line)
		if used > MaxSize {
			over, rest = true, next
			continue
		}
		switch key, val, ok := CutField(line); {
		case line[0] == ' ' || line[0] == '\t':
			if len(bytes.TrimSpace(line)) == 0 && !followedByField(next) {
				// In damaged messages a line of blanks may end the header.
				return h, next, over
			}
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		case ok:
			flush()
			name, value = key, append([]byte(nil), val...)
		case bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From ")):
			// An mbox separator that was left in.
		case name != "" && bytes.HasSuffix(bytes.TrimSpace(value), []byte(";")) && mimeparam.StartsParam(string(plaintext.ClipBytes(line, 80))):
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		default:
			if len(rest) <= resumes {
				left, ok := resumption(next, append(h, Field{Name: name}))
				if name == "" || !ok {
					return h, rest, over
				}
				resumes = left
			}
			if !isJunk(name, value, line) {
				value = append(append(value, ' '), bytes.TrimSpace(line)...)
			}
		}
		rest = next
	}
	return h, rest, over
}

// CutField splits "Name: value" and returns the name in lower case. RFC 5322 §2.2
// allows printable ASCII in names; §4.5 allows blanks before the colon.
func CutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 76 {
		return "", nil, false
	}
	key := bytes.TrimRight(line[:colon], " \t")
	if len(key) == 0 {
		return "", nil, false
	}
	for _, c := range key {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	value = line[colon+1:]
	if bytes.HasPrefix(value, []byte("//")) {
		return "", nil, false // a URL at the start of a body
	}
	return strings.ToLower(string(key)), value, true
}
