package imf

import "strings"

// maxMessageIDs bounds a References field; RFC 5322 §3.6.4 sets no limit, and a
// thread that long needs no more than its newest ancestors.
const maxMessageIDs = 1000

// maxMessageID is the longest identifier that a line can hold (RFC 5322
// §2.1.1). A longer one names nothing that another program will name again.
const maxMessageID = 998

// MessageIDs reads a Message-ID, In-Reply-To or References value (RFC 5322
// §3.6.4) and returns its identifiers in order, without angle brackets and
// without repetition. Folding inside an identifier is removed, words around
// identifiers are skipped (the obsolete phrase syntax of §4.5.4), and a value
// with no angle brackets at all yields its words that contain an "@".
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
			// Cut off in the middle: the first word is all that is sure.
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

// MessageID reads a Message-ID field, which should hold one identifier: the
// first one, or the whole word when it has neither brackets nor an "@". It is
// empty when nothing usable is there.
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

// cleanID drops white space, control characters and stray brackets, which can
// only come from folding or damage: none may occur in a msg-id.
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
