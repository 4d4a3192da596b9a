// Package rtf extracts the text of RTF documents, including the compressed ones of
// Exchange and Outlook ([MS-OXRTFCP]).
package rtf

import (
	"encoding/binary"
	"strconv"
	"strings"

	"switchboard/normalize/charset"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/transfer"
)

// maxSize limits the size of the decompressed RTF.
const maxSize = 8 << 20

// dictionary is the initial dictionary of [MS-OXRTFCP] §2.1.2.1.
const dictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// Decompress decompresses RTF ([MS-OXRTFCP]). ok is false if b is not compressed RTF;
// truncated data yields what there is.
func Decompress(b []byte) (string, bool) {
	if len(b) < 16 {
		return "", false
	}
	size := int(binary.LittleEndian.Uint32(b[4:]))
	kind := string(b[8:12])
	b = b[16:]
	switch {
	case kind == "MELA": // uncompressed
		return string(b[:min(size, len(b))]), true
	case kind != "LZFu" || size < 0 || size > maxSize:
		return "", false
	}
	var window [4096]byte
	pos := copy(window[:], dictionary)
	out := make([]byte, 0, min(size, 1<<20))
	put := func(c byte) {
		out = append(out, c)
		window[pos] = c
		pos = (pos + 1) % len(window)
	}
	for len(b) > 0 && len(out) < size {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return string(out), true
			}
			token := binary.BigEndian.Uint16(b)
			b = b[2:]
			from, n := int(token>>4), int(token&0xf)+2
			if from == pos {
				return string(out), true // end marker
			}
			for range n {
				put(window[from])
				from = (from + 1) % len(window)
			}
		}
	}
	return string(out), true
}

// hiddenDestinations are destinations that contain no text.
var hiddenDestinations = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "header": true, "footer": true, "object": true, "generator": true, "themedata": true, "listtable": true, "listoverridetable": true,
}

// state is what a group inherits and restores.
type state struct {
	hidden bool
	skip   int // fallback characters after \u
}

// Text returns the text of an RTF document. HTML that Exchange encapsulated in RTF
// ([MS-OXRTFEX]) loses its tags, which are in ignorable groups.
func Text(s string) string {
	r := reader{s: s, state: state{skip: 1}, charset: "windows-1252"}
	for r.pos < len(r.s) {
		r.step()
	}
	r.flush()
	return plaintext.TrimBlankLines(r.out.String())
}

type reader struct {
	s       string
	pos     int
	state   state
	stack   []state
	out     strings.Builder
	pending []byte // octets in the document's charset
	charset string
	htmlRTF bool // inside \htmlrtf: for RTF readers only
	eat     int  // fallback characters still to skip
}

// flush decodes the pending octets.
func (r *reader) flush() {
	if len(r.pending) > 0 {
		text, _ := charset.ToUTF8(r.pending, r.charset, false)
		r.out.WriteString(text)
		r.pending = r.pending[:0]
	}
}

// emit adds an octet of text, unless it is a fallback character or hidden.
func (r *reader) emit(c byte) {
	if r.eat > 0 {
		r.eat--
		return
	}
	if !r.state.hidden && !r.htmlRTF {
		r.pending = append(r.pending, c)
	}
}

func (r *reader) emitText(s string) {
	if !r.state.hidden && !r.htmlRTF {
		r.flush()
		r.out.WriteString(s)
	}
}

// step reads one character, control or group delimiter.
func (r *reader) step() {
	c := r.s[r.pos]
	r.pos++
	switch c {
	case '{':
		if len(r.stack) < 1000 {
			r.stack = append(r.stack, r.state)
		}
	case '}':
		if n := len(r.stack); n > 0 {
			r.state, r.stack = r.stack[n-1], r.stack[:n-1]
		}
	case '\\':
		r.control()
	case '\r', '\n':
	default:
		r.emit(c)
	}
}

// control reads what follows a backslash: a symbol, or a word with an optional number.
func (r *reader) control() {
	if r.pos >= len(r.s) {
		return
	}
	c := r.s[r.pos]
	if c < 'a' || c > 'z' {
		r.pos++
		switch c {
		case '\'':
			if octet, ok := transfer.HexPair(r.s[r.pos:]); ok {
				r.emit(octet)
				r.pos += 2
			}
		case '*':
			r.state.hidden = true
		case '~':
			r.emit(' ')
		case '\\', '{', '}':
			r.emit(c)
		}
		return
	}
	start := r.pos
	for r.pos < len(r.s) && r.s[r.pos] >= 'a' && r.s[r.pos] <= 'z' {
		r.pos++
	}
	word := r.s[start:r.pos]
	start = r.pos
	for r.pos < len(r.s) && r.pos-start < 11 && (r.s[r.pos] >= '0' && r.s[r.pos] <= '9' || r.s[r.pos] == '-' && r.pos == start) {
		r.pos++
	}
	number, err := strconv.Atoi(r.s[start:r.pos])
	if r.pos < len(r.s) && r.s[r.pos] == ' ' {
		r.pos++
	}
	r.word(word, number, err == nil)
}

// word carries out a control word. numbered says that the number n follows it.
func (r *reader) word(word string, n int, numbered bool) {
	switch word {
	case "par", "line", "sect", "page", "row":
		r.emitText("\n")
	case "tab", "cell":
		r.emitText("\t")
	case "u":
		r.emitText(string(rune(uint16(n))))
		r.eat = r.state.skip
	case "uc":
		r.state.skip = max(0, min(n, 10))
	case "ansicpg":
		r.flush()
		r.charset = charset.CodePage(uint32(n))
	case "htmlrtf":
		r.htmlRTF = !numbered || n != 0
	case "emdash", "endash":
		r.emitText("-")
	case "lquote", "rquote":
		r.emitText("'")
	case "ldblquote", "rdblquote":
		r.emitText(`"`)
	case "bullet":
		r.emitText("*")
	default:
		if hiddenDestinations[word] {
			r.state.hidden = true
		}
	}
}
