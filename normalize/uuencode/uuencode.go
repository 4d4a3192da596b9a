// Package uuencode finds uuencoded files in text, as mail programs sent attachments
// before MIME.
package uuencode

import "strings"

// File is a file that was uuencoded in a text.
type File struct {
	Name string
	Data []byte
}

// maxFiles limits the files extracted from one text.
const maxFiles = 50

// Extract removes uuencoded files from a text and returns both: "begin 644 name",
// lines that start with their length, "end". Text that only resembles a file stays.
func Extract(s string) (string, []File) {
	if !strings.HasPrefix(s, "begin ") && !strings.Contains(s, "\nbegin ") {
		return s, nil
	}
	var out strings.Builder
	var files []File
	for rest := s; rest != ""; {
		line, next := cutTextLine(rest)
		if name, ok := beginLine(line); ok && len(files) < maxFiles {
			if data, after, ok := body(next); ok {
				files = append(files, File{name, data})
				rest = after
				continue
			}
		}
		out.WriteString(rest[:len(rest)-len(next)])
		rest = next
	}
	if len(files) == 0 {
		return s, nil
	}
	return out.String(), files
}

func cutTextLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// beginLine parses "begin <octal mode> <name>".
func beginLine(line string) (name string, ok bool) {
	tail, ok := strings.CutPrefix(line, "begin ")
	if !ok {
		return "", false
	}
	mode, name, ok := strings.Cut(strings.TrimLeft(tail, " "), " ")
	if !ok || len(mode) < 3 || len(mode) > 6 || strings.Trim(mode, "01234567") != "" {
		return "", false
	}
	name = strings.TrimSpace(name)
	return name, name != ""
}

// body decodes lines up to "end". Truncated data counts if at least one line was
// decoded; a malformed line means that this is not uuencoded data.
func body(s string) (data []byte, rest string, ok bool) {
	for rest = s; rest != ""; {
		line, next := cutTextLine(rest)
		if strings.TrimRight(line, " ") == "end" {
			return data, next, true
		}
		if line == "" || line == "`" || line == " " {
			rest = next
			continue
		}
		n := int(line[0]-' ') & 0x3f
		want := (n + 2) / 3 * 4
		digits := line[1:]
		if n == 0 || line[0] > '`' || len(digits) > want+2 || len(digits) < want-4 {
			return nil, s, false
		}
		data = appendLine(data, digits, n)
		rest = next
	}
	return data, "", len(data) > 0
}

// appendLine decodes the digits of one line, which has n octets, and appends them.
func appendLine(data []byte, digits string, n int) []byte {
	value := func(i int) byte {
		if i >= len(digits) || digits[i] < ' ' {
			return 0 // trailing blanks that were stripped in transport
		}
		return (digits[i] - ' ') & 0x3f
	}
	var line []byte
	for i := 0; len(line) < n; i += 4 {
		a, b, c, d := value(i), value(i+1), value(i+2), value(i+3)
		line = append(line, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return append(data, line[:n]...)
}
