package imf

import "strings"

// maxMessageIDs limits a References field; RFC 5322 §3.6.4 sets no limit, and such a
// long thread only needs its newest ancestors.
const maxMessageIDs = 1000

// maxMessageID is the longest identifier that fits on a line (RFC 5322 §2.1.1). No
// other program will repeat a longer one.
const maxMessageID = 998

// MessageIDs parses a Message-ID, In-Reply-To or References value (RFC 5322 §3.6.4)
// and returns its identifiers in order, without angle brackets and without
// duplicates. Folding inside an identifier is removed, words around identifiers are
// skipped (the obsolete phrase syntax of §4.5.4), and a value without any angle
// brackets yields its words that contain an "@".
func MessageIDs(s string) []string {
	var c idCollector
	rest, bracketed := s, false
	for {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		bracketed = true
		rest = rest[open+1:]
		end := strings.IndexAny(rest, "<>")
		switch {
		case end < 0:
			// Truncated: only the first word is certain.
			c.add(firstWord(rest))
			rest = ""
		case rest[end] == '<':
			c.add(firstWord(rest[:end]))
			rest = rest[end:]
		default:
			c.add(rest[:end])
			rest = rest[end+1:]
		}
	}
	if !bracketed {
		for _, word := range strings.FieldsFunc(s, isIDSeparator) {
			if strings.Contains(word, "@") {
				c.add(word)
			}
		}
	}
	return c.ids
}

// MessageID parses a Message-ID field, which should contain one identifier: it
// returns the first one, or the whole word if there are neither brackets nor an "@".
// It returns "" if nothing is usable.
func MessageID(s string) string {
	if ids := MessageIDs(s); len(ids) > 0 {
		return ids[0]
	}
	if id := cleanID(firstWord(strings.Trim(strings.TrimSpace(s), "<>"))); len(id) <= maxMessageID {
		return id
	}
	return ""
}

type idCollector struct {
	ids  []string
	seen map[string]bool
}

func (c *idCollector) add(id string) {
	id = cleanID(id)
	if id == "" || id == "@" || len(id) > maxMessageID || len(c.ids) >= maxMessageIDs || c.seen[id] {
		return
	}
	if c.seen == nil {
		c.seen = make(map[string]bool)
	}
	c.seen[id] = true
	c.ids = append(c.ids, id)
}

func isIDSeparator(r rune) bool {
	return r <= ' ' || r == ',' || r == ';' || r == '(' || r == ')' || r == '"'
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// cleanID removes white space, control characters and stray brackets, which can only
// come from folding or damage: a msg-id contains none.
func cleanID(id string) string {
	clean := true
	for i := 0; i < len(id); i++ {
		if c := id[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' {
			clean = false
			break
		}
	}
	if !clean {
		id = strings.Map(func(r rune) rune {
			if r <= ' ' || r == 0x7f || r == '<' || r == '>' {
				return -1
			}
			return r
		}, id)
	}
	return strings.ToValidUTF8(id, "?")
}
