package mimeheader

import (
	"bytes"
	"strings"

	"switchboard/normalize/plaintext"
)

// maxStray is how many lines in a row that are neither fields nor indented may be part
// of a header. Gateways that lose the indentation of a folded signature leave dozens.
const maxStray = 60

// resumption finds where the header h continues after a line that is not a field: at a
// field with a common name, before any blank line. left is the number of octets from
// there on.
func resumption(b []byte, h Header) (left int, ok bool) {
	for n := 0; n < maxStray; n++ {
		line, rest := plaintext.CutLine(b)
		if len(line) == 0 {
			return 0, false
		}
		if name, _, ok := CutField(line); ok && line[0] != ' ' && line[0] != '\t' && IsCommonField(name) {
			return len(b), n == 0 || continues(h, name)
		}
		b = rest
	}
	return 0, false
}

// continues reports whether a field that follows several stray lines belongs to the
// header. If the blank line below the header is missing, the lines are the body, and
// the field may be from a message quoted in it: a field that the header already has
// once, or a field of a message in the header of a part.
func continues(h Header, name string) bool {
	switch name {
	case "status", "priority", "importance", "comments", "keywords", "lines", "path", "organization", "sensitivity", "newsgroups":
		return false // also words of forms and tables
	case "from", "to", "cc", "bcc", "subject", "date", "sender", "reply-to", "message-id":
	default:
		return true
	}
	part := true
	for _, f := range h {
		if f.Name == name {
			return false
		}
		part = part && strings.HasPrefix(f.Name, "content-")
	}
	return !part
}

// isJunk reports whether a line in the header that is not a field cannot be the
// continuation of the field above it either: a rule, or anything after a complete
// value of a field that has only one.
func isJunk(name string, value, line []byte) bool {
	line, value = bytes.TrimSpace(line), bytes.TrimSpace(value)
	if len(line) >= 3 && len(bytes.Trim(line, string(line[:1]))) == 0 && bytes.IndexByte([]byte("-_=*#~.+"), line[0]) >= 0 {
		return true
	}
	if len(value) == 0 {
		return false
	}
	switch name {
	case "mime-version", "content-transfer-encoding":
		return true
	case "date":
		return bytes.Count(value, []byte(":")) > 0 // it has a time
	case "message-id", "return-path", "content-id":
		return value[len(value)-1] == '>'
	case "from", "sender", "reply-to", "to", "cc", "bcc":
		last := value[bytes.LastIndexByte(value, ' ')+1:]
		return bytes.IndexByte(last, '@') >= 0 && last[len(last)-1] != ',' && bytes.IndexByte(line, '@') < 0 && line[0] != '('
	}
	return false
}

// followedByField reports whether the header continues after a line that is not a
// field: the next line is a field with a common name, or a continuation of one.
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

// IsCommonField reports whether name is in use in mail headers, so that "Note: ..."
// in a body is not taken for a field.
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
