// Package mimeparam parses the parameters of MIME fields (RFC 2045 §5.1, RFC 2231),
// tolerating what mail programs get wrong.
package mimeparam

import (
	"sort"
	"strconv"
	"strings"

	"switchboard/normalize/charset"
	"switchboard/normalize/encodedword"
	"switchboard/normalize/transfer"
)

// Max is the number of parameters that are read from one field, continuations included.
const Max = 64

// Parse parses a Content-Type or Content-Disposition value into its main value,
// in lower case, and its parameters, with lower-case names and decoded values. RFC
// 2231 continuations are joined. Violations of the grammar of RFC 2045 §5.1 (missing
// semicolons, unquoted blanks, unclosed or nested quotes) are read as they were
// meant, and so are values that a gateway encoded as a whole (RFC 2047 §5 forbids
// encoded words in parameters). Only the first Max parameters are read; over reports that there were
// more.
func Parse(value, hint string) (main string, params map[string]string, over bool) {
	if strings.HasPrefix(strings.TrimSpace(value), "=?") {
		value = encodedword.Decode(value, hint)
	}
	main, rest := cutMain(value)
	p := paramReader{s: rest, hint: hint}
	found := make(map[string]string)
	var pieces []piece
	for n := 0; ; n++ {
		name, val, ok := p.next()
		if !ok {
			break
		}
		if n >= Max {
			over = true
			break
		}
		if strings.Contains(name, "*") {
			if pc, ok := parsePiece(name, val); ok {
				pieces = append(pieces, pc)
			}
			continue
		}
		if _, twice := found[name]; !twice {
			found[name] = decodeParam(val, hint)
		}
	}
	joinPieces(pieces, found, hint)
	return main, found, over
}

// cutMain separates "text/plain" from the parameters, with or without a semicolon.
func cutMain(value string) (main, rest string) {
	value = strings.TrimSpace(value)
	end := strings.IndexByte(value, ';')
	if end < 0 {
		end = len(value)
	}
	main = strings.TrimSpace(value[:end])
	if i := strings.IndexAny(main, " \t("); i > 0 {
		end, main = i, main[:i]
	}
	if strings.Contains(main, "=") {
		return "", value // parameters without a type
	}
	return strings.ToLower(strings.Trim(main, `"'<>, `)), value[end:]
}

type paramReader struct {
	s       string
	hint    string // charset of raw 8-bit text
	decoded bool   // encoded parameters were decoded
}

// next returns the next parameter; ok is false at the end.
func (p *paramReader) next() (name, value string, ok bool) {
	for {
		p.s = strings.TrimLeft(p.s, "; \t\r\n,")
		if p.s == "" {
			return "", "", false
		}
		if p.s[0] == '(' {
			end := strings.IndexByte(p.s, ')')
			if end < 0 {
				return "", "", false
			}
			p.s = p.s[end+1:]
			continue
		}
		if !p.decoded && strings.HasPrefix(p.s, "=?") {
			// Parameters are encoded, with their names.
			p.s, p.decoded = encodedword.Decode(p.s, p.hint), true
			continue
		}
		eq := strings.IndexAny(p.s, "=;")
		if eq < 0 {
			return "", "", false
		}
		if p.s[eq] == ';' {
			p.s = p.s[eq:] // a word without a value
			continue
		}
		name = strings.ToLower(strings.TrimSpace(p.s[:eq]))
		if i := strings.LastIndexAny(name, " \t"); i >= 0 {
			name = name[i+1:]
		}
		p.s = strings.TrimLeft(p.s[eq+1:], " \t\r\n")
		value = p.value()
		if name = strings.Trim(name, `"'`); name == "" {
			continue
		}
		return name, value, true
	}
}

// value reads a value, quoted or not.
func (p *paramReader) value() string {
	if strings.HasPrefix(p.s, `"`) {
		return p.quoted()
	}
	end := len(p.s)
	for i := 0; i < len(p.s); i++ {
		if p.s[i] == ';' || (p.s[i] == ' ' || p.s[i] == '\t') && StartsParam(p.s[i:]) {
			end = i
			break
		}
	}
	value := strings.TrimSpace(p.s[:end])
	p.s = p.s[end:]
	return value
}

// quoted reads a quoted string. A quote closes it only where a parameter may end, so
// that file names with unescaped quotes stay complete.
func (p *paramReader) quoted() string {
	var b strings.Builder
	last := strings.LastIndexByte(p.s, '"')
	for i := 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '\\' && i+1 < len(p.s) && (p.s[i+1] == '"' || p.s[i+1] == '\\'):
			i++
			b.WriteByte(p.s[i])
		case c == '"' && (i == last || closesQuote(p.s[i+1:])):
			p.s = p.s[i+1:]
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.s = ""
	return b.String()
}

func closesQuote(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\r\n")
	return rest == "" || rest[0] == ';' || rest[0] == ',' || rest[0] == '(' || StartsParam(rest)
}

// StartsParam reports whether s starts with "name=", possibly after blanks.
func StartsParam(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	for i := 0; i < len(s) && i < 40; i++ {
		c := s[i]
		switch {
		case c == '=':
			return i > 0 && i+1 < len(s) && s[i+1] != '='
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '*', i > 0 && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return false
}

// decodeParam decodes the value of an ordinary parameter. RFC 2047 forbids encoded
// words here, but most programs write them; some put the RFC 2231 form into a plain
// parameter.
func decodeParam(value, hint string) string {
	if label, rest, ok := cutExtended(value); ok && label != "" && charset.Known(label) && strings.Contains(rest, "%") {
		text, _ := charset.ToUTF8(unpercent(rest), label, false)
		return text
	}
	return encodedword.DecodeText(value, hint)
}

// piece is an RFC 2231 parameter: name*, name*0, name*1* and so on.
type piece struct {
	name    string
	number  int
	encoded bool
	value   string
}

func parsePiece(name, value string) (piece, bool) {
	base, tail, _ := strings.Cut(name, "*")
	pc := piece{name: base, value: value}
	if tail == "" {
		pc.encoded = true
		return pc, base != ""
	}
	tail, pc.encoded = strings.CutSuffix(tail, "*")
	n, err := strconv.Atoi(tail)
	pc.number = n
	return pc, err == nil && n >= 0 && base != ""
}

// joinPieces joins continuations (RFC 2231 §3) and decodes them (§4). An extended
// value takes precedence over a plain one of the same name.
func joinPieces(pieces []piece, found map[string]string, hint string) {
	sort.SliceStable(pieces, func(i, j int) bool {
		if pieces[i].name != pieces[j].name {
			return pieces[i].name < pieces[j].name
		}
		return pieces[i].number < pieces[j].number
	})
	for i := 0; i < len(pieces); {
		j := i
		var octets []byte
		label, plain := hint, true
		for ; j < len(pieces) && pieces[j].name == pieces[i].name; j++ {
			value := pieces[j].value
			if !pieces[j].encoded {
				octets = append(octets, value...)
				continue
			}
			plain = false
			if j == i {
				if c, rest, ok := cutExtended(value); ok {
					value = rest
					if c != "" {
						label = c
					}
				}
			}
			octets = append(octets, unpercent(value)...)
		}
		if plain {
			found[pieces[i].name] = decodeParam(string(octets), hint)
		} else if text, _ := charset.ToUTF8(octets, label, false); text != "" {
			found[pieces[i].name] = encodedword.DecodeText(text, hint)
		}
		i = j
	}
}

// cutExtended splits charset'language'value. ok is false if there are fewer than two
// apostrophes, or if the first word is not a charset.
func cutExtended(value string) (label, rest string, ok bool) {
	first := strings.IndexByte(value, '\'')
	if first < 0 || first > 40 {
		return "", value, false
	}
	second := strings.IndexByte(value[first+1:], '\'')
	if second < 0 || second > 20 {
		return "", value, false
	}
	label = value[:first]
	if label != "" && !charset.Known(label) {
		return "", value, false
	}
	return label, value[first+1+second+1:], true
}

// unpercent decodes %XX (RFC 2231 §4).
func unpercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if octet, ok := transfer.HexPair(s[i+1:]); ok {
				c = octet
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}

// MediaType repairs a type/subtype; ok is false if nothing usable is there.
func MediaType(s string) (string, bool) {
	kind, sub, slash := strings.Cut(s, "/")
	kind, sub = token(kind), token(sub)
	switch {
	case slash && kind != "" && sub != "":
		return kind + "/" + sub, true
	case kind == "text" || kind == "plain":
		return "text/plain", true
	case kind == "html":
		return "text/html", true
	case kind == "multipart":
		return "multipart/mixed", true
	case kind == "message":
		return "message/rfc822", true
	case slash && (kind == "application" || kind == "image" || kind == "audio" || kind == "video"):
		return "application/octet-stream", true
	}
	return "", false
}

// token removes the characters that RFC 2045 does not allow in a token.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?=`, r) {
			return -1
		}
		return r
	}, s)
}
