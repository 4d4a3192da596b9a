package mimeheader

import (
	"bytes"
	"strings"
	"switchboard/normalize/plaintext"
)

// The limits of what is read.
const (
	MaxSize   = 256 << 10 // octets of one header block
	MaxParams = 64        // parameters of one field, continuations included
)

// field is one header field as it stands in the mail.
type Field struct {
	Name  string // lower case
	Value string // raw bytes, unfolded, trimmed
}

type Header []Field

// get returns the first non-empty value of a field.
func (h Header) Get(name string) string {
	for _, f := range h {
		if f.Name == name && f.Value != "" {
			return f.Value
		}
	}
	return ""
}

// has reports whether the field is there at all, empty or not.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if f.Name == name {
			return true
		}
	}
	return false
}

// all returns every value of a field, in order.
func (h Header) All(name string) []string {
	var values []string
	for _, f := range h {
		if f.Name == name {
			values = append(values, f.Value)
		}
	}
	return values
}

// readHeader takes the header block off b (RFC 5322 §2.2). It goes on over lines
// that are no fields: one that is followed by fields was meant as a
// continuation; otherwise the blank line was forgotten and the body begins.
// At most maxHeader octets are kept; over reports that there were more.
func Read(b []byte) (h Header, body []byte, over bool) {
	rest := b
	var value []byte // of the field being read
	name := ""
	flush := func() {
		if name != "" {
			h = append(h, Field{name, strings.TrimSpace(string(value))})
		}
		name, value = "", nil
	}
	defer func() { flush() }()
	used := 0
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
				// A line of blanks that ends the header in damaged mail.
				return h, next, over
			}
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		case ok:
			flush()
			name, value = key, append([]byte(nil), val...)
		case bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From ")):
			// An mbox separator that was left inside.
		case name != "" && (followedByField(next) || bytes.HasSuffix(bytes.TrimSpace(value), []byte(";")) && startsParam(string(plaintext.ClipBytes(line, 80)))):
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		default:
			return h, rest, over
		}
		rest = next
	}
	return h, rest, over
}

// cutField takes "Name: value" apart. RFC 5322 §2.2 allows printable ASCII in
// names; §4.5 allows blanks before the colon.
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

// followedByField reports whether the header goes on after a line that is no
// field: the next line is a field with a usual name, or continues one.
func followedByField(b []byte) bool {
	for n := 0; n < 3; n++ {
		line, rest := plaintext.CutLine(b)
		if len(line) == 0 {
			return false
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, ok := CutField(line)
			return ok && IsCommonField(name)
		}
		b = rest
	}
	return false
}

// usualField says that a name is one that mail headers really have, so that
// "Note: ..." in a body is not taken for a header field.
func IsCommonField(name string) bool {
	if strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "list-") ||
		strings.HasPrefix(name, "resent-") || strings.HasPrefix(name, "arc-") || strings.HasPrefix(name, "dkim-") {
		return true
	}
	return commonFields[name]
}

var commonFields = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "sender": true, "reply-to": true, "message-id": true,
	"in-reply-to": true, "references": true, "mime-version": true, "received": true, "received-spf": true, "return-path": true, "delivered-to": true,
	"envelope-to": true, "user-agent": true, "precedence": true, "importance": true, "priority": true, "thread-topic": true, "thread-index": true,
	"authentication-results": true, "auto-submitted": true, "organization": true, "errors-to": true, "status": true, "delivery-date": true,
	"comments": true, "keywords": true, "mailing-list": true, "disposition-notification-to": true, "return-receipt-to": true, "accept-language": true,
	"domainkey-signature": true, "feedback-id": true, "lines": true, "newsgroups": true, "path": true, "sensitivity": true, "original-recipient": true,
}
