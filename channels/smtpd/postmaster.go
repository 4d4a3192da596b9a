package smtpd

import (
	"bytes"
	"regexp"
)

// bare is RCPT for postmaster without a domain, in any case (RFC 5321 section 4.1.1.3).
var bare = regexp.MustCompile(`(?i)^(RCPT TO: *<"?postmaster"?)>`)

// chunk is the verb after which octets may be content (RFC 3030).
var chunk = regexp.MustCompile(`(?i)^BDAT `)

// addDomain adds the server's domain to postmaster without one, which RFC 5321 section
// 4.5.1 requires to be accepted and the library's parser refuses. p has been read while
// only commands are expected; atStart reports whether it begins with a new line. It
// returns p unless there is something to add. After a BDAT nothing is changed until the
// end of the transaction, because content may look like a command.
func (w *wire) addDomain(p []byte, atStart bool) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase != phaseCommand || w.chunked {
		return p
	}
	out, changed := make([]byte, 0, len(p)), false
	for line := range bytes.Lines(p) {
		if m := bare.FindSubmatchIndex(line); atStart && m != nil && !w.chunked {
			out = append(append(append(out, line[:m[3]]...), "@"+w.cfg.Domain...), line[m[3]:]...)
			changed = true
		} else {
			out = append(out, line...)
		}
		w.chunked = w.chunked || atStart && chunk.Match(line)
		atStart = true
	}
	if !changed {
		return p
	}
	return out
}
