package plaintext

import (
	"strings"
)

// Unflow joins the soft line breaks of format=flowed text (RFC 3676 §4). With delSp
// the space before the break is deleted.
func Unflow(s string, delSp bool) string {
	out := make([]byte, 0, len(s))
	open, openDepth := false, 0 // the previous line ends in a soft break
	for i, line := range strings.Split(s, "\n") {
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		text := strings.TrimPrefix(line[depth:], " ") // space-stuffing, RFC 3676 §4.4
		// RFC 3676 §4.3: the signature separator is never a soft break.
		signature := text == "-- "
		if open && depth == openDepth && !signature {
			out = append(out, text...)
		} else {
			if i > 0 {
				out = append(out, '\n')
			}
			if depth > 0 {
				out = append(append(out, line[:depth]...), ' ')
			}
			out = append(out, text...)
		}
		open, openDepth = strings.HasSuffix(text, " ") && !signature, depth
		if open && delSp {
			out = out[:len(out)-1]
		}
	}
	return string(out)
}

// FromEnriched removes the commands of text/enriched (RFC 1896) and of the older
// text/richtext: "<bold>", "<param>...</param>". "<<" is a literal "<".
func FromEnriched(s string) string {
	var out strings.Builder
	param := false
	for i := 0; i < len(s); i++ {
		if s[i] != '<' {
			if !param {
				out.WriteByte(s[i])
			}
			continue
		}
		if strings.HasPrefix(s[i:], "<<") {
			out.WriteByte('<')
			i++
			continue
		}
		end := strings.IndexByte(s[i:min(len(s), i+60)], '>')
		if end < 0 {
			out.WriteByte('<')
			continue
		}
		switch strings.ToLower(s[i+1 : i+end]) {
		case "param":
			param = true
		case "/param":
			param = false
		case "nl", "/paragraph":
			out.WriteByte('\n')
		}
		i += end
	}
	return out.String()
}
