package mailauth

import (
	"bytes"
	"strings"
)

// Bounds of what is verified. The work of verifying a signature grows with the
// names it lists times the fields there are; no honest mail comes near these.
const (
	maxHeader     = 256 << 10
	maxFields     = 1000
	maxSignature  = 16 << 10
	maxSignatures = 5
)

// field is a header field (RFC 5322 section 2.2), its value still folded.
type field struct {
	name  string // lower case
	value string
	size  int
}

type header struct {
	fields    []field
	size      int
	ambiguous bool // two readers could see two different headers in it
	sound     int  // how many fields stand above the first such place
}

// readHeader reads the fields up to the first empty line. What is no field makes
// the header ambiguous: the signature's reader and a mail program would not agree
// on where it ends.
func readHeader(content []byte) (h header) {
	h = readFields(content)
	if !h.ambiguous {
		h.sound = len(h.fields)
	}
	return h
}

// doubt marks a place that readers may see differently: the fields up to the last
// one or, in its continuation, above it are the same to all.
func (h *header) doubt(continued bool) {
	if h.ambiguous {
		return
	}
	h.ambiguous, h.sound = true, len(h.fields)
	if continued {
		h.sound = max(h.sound-1, 0)
	}
}

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
			h.doubt(folded)
		}
		if h.size > maxHeader || len(h.fields) >= maxFields {
			h.doubt(folded)
			return h
		}
		if folded {
			if len(h.fields) == 0 || len(bytes.TrimSpace(line)) == 0 {
				h.doubt(true)
				continue
			}
			last := &h.fields[len(h.fields)-1]
			last.value += "\r\n" + string(line)
			last.size += len(line) + 2
			continue
		}
		name, value, colon := strings.Cut(string(line), ":")
		if name = strings.TrimRight(name, " \t"); !colon || name == "" || strings.ContainsAny(name, " \t") {
			h.doubt(false)
			continue
		}
		h.fields = append(h.fields, field{strings.ToLower(name), value, len(line) + 2})
	}
	return h
}

// values returns the unfolded values of the fields of a name (lower case).
func (h header) values(name string) (out []string) {
	for _, f := range h.fields {
		if f.name == name {
			out = append(out, strings.TrimSpace(strings.ReplaceAll(f.value, "\r\n", "")))
		}
	}
	return out
}

// heavy reports a header whose signatures are not worth the work.
func (h header) heavy() bool {
	for _, f := range h.fields {
		if f.name == "dkim-signature" && f.size > maxSignature {
			return true
		}
	}
	return h.size > maxHeader || len(h.fields) >= maxFields
}
