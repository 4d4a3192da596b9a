package imf

import "strings"

// splitAddresses splits an address field into its entries. It reports whether the
// field contains an empty group, which is the proper way to name no one.
func splitAddresses(s string) (entries []entry, emptyGroup bool) {
	l := addressLexer{s: strings.TrimSpace(s)}
	for l.pos < len(l.s) && len(entries) < 2*maxMailboxes {
		e, end := l.entry()
		if end == ':' {
			// The phrase was the name of a group: drop it, the members follow.
			l.inGroup, l.members = true, 0
			continue
		}
		if e.text() != "" || e.angle != "" || e.comment != "" {
			if l.inGroup {
				l.members++
			}
			entries = append(entries, e)
		}
		if end == ';' && l.inGroup {
			emptyGroup = emptyGroup || l.members == 0
			l.inGroup = false
		}
	}
	return entries, emptyGroup || l.inGroup && l.members == 0
}

type addressLexer struct {
	s       string
	pos     int
	inGroup bool
	members int
	// Positions of the next ">" and ";", so that a field full of opening characters
	// is not searched to its end for each of them.
	angles, semicolons searchCache
}

// searchCache caches where an octet was found last.
type searchCache struct {
	searched bool
	at       int
}

// index returns the first position of c in s at or after a position, or -1. Positions
// passed in must not decrease.
func (a *searchCache) index(s string, c byte, from int) int {
	if !a.searched || a.at >= 0 && a.at < from {
		a.searched, a.at = true, strings.IndexByte(s[from:], c)
		if a.at >= 0 {
			a.at += from
		}
	}
	return a.at
}

// entry reads and returns one entry, up to the next comma, semicolon or group colon.
func (l *addressLexer) entry() (e entry, end byte) {
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			e.phrase = append(e.phrase, word.String())
			e.at = e.at || strings.Contains(word.String(), "@")
			word.Reset()
		}
	}
	defer flush()
	for l.pos < len(l.s) {
		c := l.s[l.pos]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			flush()
			l.pos++
		case c == '"':
			text, closed := l.quoted()
			if !closed {
				l.pos++ // a stray quote
				continue
			}
			// A quoted local part belongs to the address that follows.
			if l.pos < len(l.s) && l.s[l.pos] == '@' || word.Len() > 0 && strings.HasSuffix(word.String(), "@") {
				word.WriteString(`"` + text + `"`)
				continue
			}
			flush()
			if text = strings.TrimSpace(text); text != "" {
				e.phrase = append(e.phrase, text)
				e.at = e.at || strings.Contains(text, "@")
			}
		case c == '(':
			text := l.comment()
			flush()
			if e.comment == "" {
				e.comment = text
			}
		case c == '<':
			flush()
			e.bracketed = true
			e.addAngle(l.angle())
		case c == '\\' && l.pos+1 < len(l.s):
			word.WriteByte(l.s[l.pos+1])
			l.pos += 2
		case c == ',' || c == ';':
			l.pos++
			return e, c
		case c == ':' && l.groupColon(e, word.String()):
			l.pos++
			word.Reset()
			return e, c
		case c == '=' && l.encodedWord(&word):
		default:
			e.at = e.at || c == '@'
			word.WriteByte(c)
			l.pos++
		}
	}
	return e, 0
}

// encodedWord reads an RFC 2047 encoded word as a whole: commas and quotes in its
// text are not delimiters.
func (l *addressLexer) encodedWord(word *strings.Builder) bool {
	n := encodedWordLen(l.s[l.pos:])
	if n == 0 {
		return false
	}
	word.WriteString(l.s[l.pos : l.pos+n])
	l.pos += n
	return true
}

// maxEncodedWord is the longest encoded word that is read. RFC 2047 section 2 allows
// 75 octets, but programs put whole lists into one.
const maxEncodedWord = 16 << 10

// encodedWordLen returns the length of the encoded word at the start of s, 0 if there
// is none.
func encodedWordLen(s string) int {
	if !strings.HasPrefix(s, "=?") {
		return 0
	}
	s = s[:min(len(s), maxEncodedWord)]
	charset := strings.IndexByte(s[2:], '?')
	if charset < 1 || charset > 60 {
		return 0
	}
	i := 2 + charset + 1
	if i+1 >= len(s) || s[i+1] != '?' || !strings.ContainsRune("bBqQ", rune(s[i])) {
		return 0
	}
	end := strings.Index(s[i+2:], "?=")
	if end < 0 || strings.ContainsAny(s[i+2:i+2+end], "<>\r\n") {
		return 0
	}
	return i + 2 + end + 2
}

// quoted reads a quoted string. If it is not closed, pos does not move.
func (l *addressLexer) quoted() (text string, closed bool) {
	var b strings.Builder
	for i := l.pos + 1; i < len(l.s); i++ {
		switch c := l.s[i]; c {
		case '\\':
			if i+1 < len(l.s) {
				i++
				b.WriteByte(l.s[i])
			}
		case '"':
			l.pos = i + 1
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// comment reads a comment, which may contain others, and returns its text.
func (l *addressLexer) comment() string {
	var b strings.Builder
	depth := 0
	for ; l.pos < len(l.s); l.pos++ {
		c := l.s[l.pos]
		switch {
		case c == '\\' && l.pos+1 < len(l.s):
			l.pos++
			b.WriteByte(l.s[l.pos])
		case c == '(':
			if depth++; depth > 1 {
				b.WriteByte(c)
			}
		case c == ')':
			if depth--; depth == 0 {
				l.pos++
				return b.String()
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// addAngle adds the text of brackets, of which an entry should have one pair. In
// "Name <Name <addr>>" the innermost is the address. depth is how many closing brackets
// follow the text; without one, it was cut off at the next bracket or separator.
func (e *entry) addAngle(text string, depth int) {
	address := strings.Contains(text, "@")
	switch known := strings.Contains(e.angle, "@"); {
	case e.angle == "":
		e.angle = text
	case address && !known && len(e.phrase) == 0:
		e.phrase, e.angle = []string{e.angle}, text
	case address && (!known || e.open && depth > 1):
		e.angle = text
	}
	e.open = depth == 0
}

// angle reads "<...>" and counts the closing brackets; without one it ends at a
// separator.
func (l *addressLexer) angle() (text string, depth int) {
	l.pos++
	rest := l.s[l.pos:]
	for strings.HasPrefix(rest, "<") {
		l.pos++
		rest = rest[1:]
	}
	end := l.angles.index(l.s, '>', l.pos) - l.pos
	if end < 0 || strings.IndexByte(rest[:end], '<') >= 0 {
		cut := strings.IndexAny(rest, ",;<")
		if cut < 0 {
			cut = len(rest)
		}
		l.pos += cut
		return strings.TrimSpace(rest[:cut]), 0
	}
	l.pos += end
	for l.pos < len(l.s) && l.s[l.pos] == '>' {
		l.pos++
		depth++
	}
	return strings.TrimSpace(rest[:end]), depth
}

// groupColon reports whether the colon at pos ends the name of a group, rather than
// being part of damage such as "mailto:" or an X.400 address.
func (l *addressLexer) groupColon(e entry, word string) bool {
	if l.inGroup || e.angle != "" || strings.EqualFold(word, "mailto") || strings.EqualFold(word, "[mailto") {
		return false
	}
	if e.at || len(e.phrase) == 0 && word == "" {
		return false
	}
	// A group ends with a semicolon; accept a colon at the end as well, because many
	// programs omit the semicolon.
	return l.semicolons.index(l.s, ';', l.pos+1) >= 0 || l.pos+1 == len(l.s)
}
