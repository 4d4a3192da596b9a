package mailauth

import (
	"bytes"
	"strings"
)

// Limits for verification. The work to verify a signature is proportional to the
// number of field names it lists times the number of fields; legitimate mail stays
// far below these limits.
const (
	maxHeader     = 256 << 10
	maxFields     = 1000
	maxSignature  = 16 << 10
	maxSignatures = 5
)

// field is a header field (RFC 5322 section 2.2) with a folded value.
type field struct {
	name  string // lower case
	value string
	size  int // octets, line ends included
}

type header struct {
	fields    []field
	size      int
	ambiguous bool // parsers may disagree about the fields
	sound     int  // number of fields above the first place they may disagree about
}

// readHeader parses the fields up to the first empty line. A line that is not a
// field makes the header ambiguous: the DKIM verifier and a mail client may disagree
// about where the header ends.
func readHeader(content []byte) (h header) {
	h = readFields(content)
	if !h.ambiguous {
		h.sound = len(h.fields)
	}
	return h
}

// markAmbiguous records that parsers may disagree from here on. The fields so far
// are sound, except the last one if the place is in its continuation.
func (h *header) markAmbiguous(continued bool) {
	if h.ambiguous {
		return
	}
	h.ambiguous, h.sound = true, len(h.fields)
	if continued {
		h.sound = max(h.sound-1, 0)
	}
}

// readFields is readHeader without sound for unambiguous headers.
func readFields(content []byte) (h header) {
	for rest := content; len(rest) > 0; {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if len(line) == 0 && found {
			return h
		}
		rest = after
		h.size += len(line) + 2
		folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		if !found || bytes.ContainsAny(line, "\r\n\x00") {
			h.markAmbiguous(folded)
		}
		if h.size > maxHeader || len(h.fields) >= maxFields {
			h.markAmbiguous(folded)
			return h
		}
		if folded {
			if len(h.fields) == 0 || len(bytes.TrimSpace(line)) == 0 {
				h.markAmbiguous(true)
				continue
			}
			last := &h.fields[len(h.fields)-1]
			last.value += "\r\n" + string(line)
			last.size += len(line) + 2
			continue
		}
		name, value, colon := strings.Cut(string(line), ":")
		if name = strings.TrimRight(name, " \t"); !colon || name == "" || strings.ContainsAny(name, " \t") {
			h.markAmbiguous(false)
			continue
		}
		h.fields = append(h.fields, field{strings.ToLower(name), value, len(line) + 2})
	}
	return h
}

// values returns the unfolded values of the fields with a name (lower case).
func (h header) values(name string) (out []string) {
	for _, f := range h.fields {
		if f.name == name {
			out = append(out, strings.TrimSpace(strings.ReplaceAll(f.value, "\r\n", "")))
		}
	}
	return out
}

// tooExpensive reports whether the header's signatures would take too long to verify.
func (h header) tooExpensive() bool {
	for _, f := range h.fields {
		if f.name == "dkim-signature" && f.size > maxSignature {
			return true
		}
	}
	return h.size > maxHeader || len(h.fields) >= maxFields
}
