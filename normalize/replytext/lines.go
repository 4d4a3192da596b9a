package replytext

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// maxMarkLine is the length of the longest line that can be an introduction, a header
// field or a rule. Longer lines are text.
const maxMarkLine = 600

// normLine prepares a line for comparison. Programs that write from right to left add
// direction marks to their introductions.
func normLine(line string) string {
	line = strings.TrimSpace(plaintext.Clip(strings.TrimLeft(line, " \t"), maxMarkLine+200))
	plain := true
	for i := 0; i < len(line) && plain; i++ {
		plain = line[i] >= ' ' && line[i] < 0x7f && (line[i] < 'A' || line[i] > 'Z')
	}
	if plain {
		return line
	}
	clean := func(r rune) rune {
		switch {
		case r == '\u00a0', r == '\u202f', r == '\u2007', r == '\u3000', r == '\t', r == '\r':
			return ' '
		case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2069', r == '\ufeff', r == '\u00ad':
			return -1
		}
		return unicode.ToLower(r)
	}
	return strings.TrimSpace(strings.Map(clean, line))
}

// next returns the first line from i on that is not blank, or len(lines).
func (r *reply) next(i int) int {
	for i < len(r.lines) && (r.kind[i] == lineBlank || r.kind[i] == lineDrop) {
		i++
	}
	return i
}

// quoteFollows reports whether the first text after line i is quoted.
func (r *reply) quoteFollows(i int) bool {
	j := r.next(i + 1)
	return j < len(r.kind) && (r.kind[j] == lineQuote || r.kind[j] == lineIntro)
}

var (
	dashed = regexp.MustCompile(`^[-_*=~—–>+#|. ]*[-_*=~—–]{2,}[-_*=~—–. ]*([^-_*=~—–].*?)[-_*=~—–:. ]*$`)
)

// markHistory finds the lines that separate the author's text from the message
// replied to or forwarded.
func (r *reply) markHistory() {
	for i := 0; i < len(r.lines); i++ {
		s := r.norm[i]
		if r.kind[i] != lineText || len(s) > maxMarkLine {
			continue
		}
		if k := r.separator(i); k != lineText {
			r.kind[i] = k
		} else if end := r.headerBlock(i); end > i {
			if r.quoteFollows(end-1) || r.answersBlock(i, end) {
				r.setHistory(i, end)
			}
			i = end - 1
		}
	}
}

// answersBlock reports whether the header block of lines i to end belongs to the
// message that this one answers. In a message that is no reply, it has to be a paragraph
// that names one which its recipient wrote under the same subject, and when.
func (r *reply) answersBlock(i, end int) bool {
	if r.source.Reply {
		return true
	}
	known, subject, date := false, false, false
	if !r.paragraph(i) {
		return false
	}
	for ; i < end; i++ {
		switch class, value := headerField(r.norm[i]); class {
		case fieldFrom:
			known = known || r.source.addresses(value)
		case fieldSent:
			date = date || hasDate(value)
		case fieldSubj:
			subject = subject || value != "" && strings.ToLower(imf.BaseSubject(value)) == r.source.Subject
		}
	}
	return known && subject && date
}

// setHistory marks a header block. If quote marks follow it, they show where the
// quotation ends, and a reply may follow.
func (r *reply) setHistory(i, end int) {
	if !r.quoteFollows(end-1) && !r.oddQuotes(end) {
		r.kind[i] = lineHistory
		return
	}
	for ; i < end; i++ {
		r.kind[i] = lineIntro
	}
}

// separator classifies a line such as "-----Original Message-----".
func (r *reply) separator(i int) lineKind {
	s := r.norm[i]
	words := s
	var m []string
	if s != "" && (!unicode.IsLetter(rune(s[0])) || s[0] >= utf8.RuneSelf) { // most lines start with a letter, which dashed excludes
		m = dashed.FindStringSubmatch(s)
	}
	if m != nil {
		words = strings.TrimSpace(m[1])
	}
	if len(words) > 160 {
		return lineText
	}
	bare := strings.Trim(words, "-_*=~—–:. ")
	switch {
	case (m != nil || strings.HasSuffix(s, ":")) && plaintext.HasAnyPrefix(bare, forwardWords) && (m != nil || r.headerFollows(i)):
		return lineForward
	case (plaintext.HasAnyPrefix(bare, originalWords) || m != nil && bare == "original" && r.headerFollows(i)) && (m != nil || len(bare) < 40 && r.headerFollows(i)):
		last := i
		if j := r.next(i + 1); j < len(r.lines) {
			last = max(i, r.headerBlock(j)-1)
		}
		if r.quoteFollows(last) {
			return lineIntro
		}
		return lineHistory
	case m != nil && plaintext.ContainsAny(words, wroteWords) && (hasMail(words) || hasDate(words)):
		if r.quoteFollows(i) || r.oddQuotes(i+1) {
			return lineIntro
		}
		return lineHistory
	case (m != nil || strings.ContainsAny(s, "-#=")) && plaintext.ContainsAny(words, replyAboveWords):
		return lineHistory
	case strings.HasPrefix(s, ">>> ") && groupWise.MatchString(s) && (hasMail(s) || hasDate(s)):
		return lineHistory
	}
	return lineText
}

// groupWise matches the introduction that GroupWise writes above text without quote
// marks.
var groupWise = regexp.MustCompile(`^>>> .* >>>$`)

// headerFollows reports whether the next line with text is a header field.
func (r *reply) headerFollows(i int) bool {
	j := r.next(i + 1)
	if j >= len(r.lines) {
		return false
	}
	class, _ := headerField(r.norm[j])
	return class != fieldNone
}

// headerField parses a line such as "From: Jo", also with the asterisks or bars that
// bold type and tables leave behind.
func headerField(s string) (fieldClass, string) {
	if class, value := tableField(s); class != fieldNone {
		return class, value
	}
	s = strings.TrimLeft(s, "*_| ")
	head := plaintext.Clip(s, 60)
	at := strings.IndexAny(head, ":：")
	if at <= 0 {
		return fieldNone, ""
	}
	label := strings.TrimRight(strings.TrimSpace(s[:at]), "*_ ")
	class := headerLabels[label]
	if class == fieldNone {
		return fieldNone, ""
	}
	_, size := utf8.DecodeRuneInString(s[at:])
	return class, strings.TrimSpace(strings.TrimLeft(s[at+size:], "*_ "))
}

// tableField parses a line such as "| From | Jo |", which NetEase's phone app writes.
func tableField(s string) (fieldClass, string) {
	if !strings.HasPrefix(s, "|") {
		return fieldNone, ""
	}
	label, value, ok := strings.Cut(s[1:], "|")
	if !ok {
		return fieldNone, ""
	}
	return headerLabels[strings.TrimSpace(label)], strings.Trim(value, "| ")
}

// headerBlock returns the end of the header block that starts at line i, or i if
// there is none.
func (r *reply) headerBlock(i int) int {
	class, value := headerField(r.norm[i])
	if class == fieldNone || class == fieldMore {
		return i
	}
	var seen [fieldMore + 1]bool
	fields, mail, date, end := 0, false, false, i
	rest := 0 // lines since the last field
	for j := i; j < len(r.lines) && j < i+30; j++ {
		if r.kind[j] == lineBlank && (j+1 >= len(r.lines) || !r.fieldAt(j+1) || rest > 1) {
			break
		}
		c, v := headerField(r.norm[j])
		if c == fieldNone {
			if rest++; rest > 3 {
				break
			}
			mail = mail || rest == 1 && hasMail(r.norm[j])
			continue
		}
		if seen[c] && c != fieldMore && c != fieldCopy {
			break
		}
		if !seen[c] {
			fields++
		}
		seen[c], rest, end = true, 0, j+1
		mail = mail || (c != fieldSubj && hasMail(v))
		date = date || c == fieldSent && hasDate(v)
	}
	switch {
	case fields >= 3 && (seen[fieldFrom] || seen[fieldSent]) && (mail || seen[fieldSubj]),
		fields == 2 && seen[fieldFrom] && (mail && (seen[fieldSubj] || seen[fieldTo]) || seen[fieldSent] && (mail || date && end == i+2)), // not just "From: Berlin", "Via: Rome"
		fields == 2 && seen[fieldSent] && date && mail:
		return end
	case fields == 1 && class == fieldFrom && r.isolated(i) && onlyMail.MatchString(value):
		return i + 1
	}
	return i
}

// onlyMail matches a header value that is nothing but an address, with or without a
// name.
var onlyMail = regexp.MustCompile(`^(?:[^@<>\[\]]{0,60}[<\[(])?[^\s@<>]+@[^\s@<>]+[>\])]?$`)

func (r *reply) fieldAt(i int) bool {
	c, _ := headerField(r.norm[i])
	return c != fieldNone
}

// isolated reports whether line i is between blank lines.
func (r *reply) isolated(i int) bool {
	return i > 0 && r.kind[i-1] == lineBlank && i+1 < len(r.kind) && r.kind[i+1] == lineBlank
}
