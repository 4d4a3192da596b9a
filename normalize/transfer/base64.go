package transfer

// LooseBase64 decodes the base64 in b and skips everything else: foreign characters,
// missing or early padding, a single last digit.
func LooseBase64(b []byte) []byte {
	out := make([]byte, 0, len(b)/4*3+3)
	quad, n := uint32(0), 0
	for i := 0; i < len(b); {
		if n == 0 {
			i, out = wholeQuads(b, i, out)
			if i == len(b) {
				break
			}
		}
		c := b[i]
		i++
		if c == '=' {
			// Padding ends a run; another run may have been appended.
			out, quad, n = flushQuad(out, quad, n), 0, 0
			continue
		}
		v := base64Value[c]
		if v < 0 {
			continue
		}
		quad, n = quad<<6|uint32(v), n+1
		if n == 4 {
			out = append(out, byte(quad>>16), byte(quad>>8), byte(quad))
			quad, n = 0, 0
		}
	}
	return flushQuad(out, quad, n)
}

// wholeQuads decodes from position i as long as four digits follow one another, which
// is nearly all of the data, and returns the position of the rest.
func wholeQuads(b []byte, i int, out []byte) (int, []byte) {
	for ; i+4 <= len(b); i += 4 {
		v0, v1, v2, v3 := base64Value[b[i]], base64Value[b[i+1]], base64Value[b[i+2]], base64Value[b[i+3]]
		if v0|v1|v2|v3 < 0 {
			break
		}
		quad := uint32(v0)<<18 | uint32(v1)<<12 | uint32(v2)<<6 | uint32(v3)
		out = append(out, byte(quad>>16), byte(quad>>8), byte(quad))
	}
	return i, out
}

func flushQuad(out []byte, quad uint32, n int) []byte {
	switch n {
	case 2:
		out = append(out, byte(quad>>4))
	case 3:
		out = append(out, byte(quad>>10), byte(quad>>2))
	}
	return out
}

var base64Value = func() (t [256]int8) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range t {
		t[i] = -1
	}
	for i := range digits {
		t[digits[i]] = int8(i)
	}
	return t
}()

// IsBase64Digit reports whether c belongs to the base64 alphabet.
func IsBase64Digit(c byte) bool { return base64Value[c] >= 0 }

// HexPair decodes the two hexadecimal digits, of either case, at the start of s.
func HexPair(s string) (c byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	high, ok1 := hexDigit(s[0])
	low, ok2 := hexDigit(s[1])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
