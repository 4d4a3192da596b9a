package router

// cursor walks the characters of a document.
type cursor struct {
	lines        []string
	line, column int // from 0; the column in characters

	runes []rune // of the line read last
	read  int    // its number, from 1
}

// peek returns the character at the cursor; '\n' at a line's end, 0 at the end.
func (c *cursor) peek() rune {
	if c.line >= len(c.lines) {
		return 0
	}
	if c.read != c.line+1 {
		c.runes, c.read = []rune(c.lines[c.line]), c.line+1
	}
	if c.column >= len(c.runes) {
		return '\n'
	}
	return c.runes[c.column]
}

// next moves to the next character.
func (c *cursor) next() {
	switch c.peek() {
	case 0:
	case '\n':
		c.line, c.column = c.line+1, 0
	default:
		c.column++
	}
}

func (c *cursor) skipSpace() {
	for r := c.peek(); r == ' ' || r == '\t' || r == '\n' || r == '\r'; r = c.peek() {
		c.next()
	}
}

// lookahead bounds how much longer an escape may be than the character it stands for.
const lookahead = 12

// find moves past the next r, if it is within lookahead.
func (c *cursor) find(r rune) {
	start := *c
	for range lookahead {
		found := c.peek() == r
		c.next()
		if found {
			return
		}
	}
	*c = start
}
