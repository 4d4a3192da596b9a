package replytext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// markEndings finds rules, signatures, device lines and footers. Fenced code contains
// none.
func (r *reply) markEndings() {
	fenced := r.fences()
	for i, s := range r.norm {
		if r.kind[i] != lineText || len(s) > maxMarkLine || fenced[i] {
			continue
		}
		switch {
		case isRule(s) || strings.HasPrefix(s, "-- ") && r.paragraph(i) && r.nearEnd(i) && r.dashName(i):
			r.kind[i] = lineRule
		case strings.HasPrefix(s, "-----begin pgp signature"):
			r.kind[i] = lineFooter
		case strings.HasPrefix(s, "-----begin pgp signed message"):
			r.kind[i] = lineDevice
			if i+1 < len(r.kind) && strings.HasPrefix(r.norm[i+1], "hash:") {
				r.kind[i+1] = lineDevice
			}
		case r.deviceLine(i):
			r.kind[i] = lineDevice
			if i+1 < len(r.kind) && r.kind[i+1] == lineText && strings.HasPrefix(r.norm[i+1], "<http") {
				r.kind[i+1] = lineDevice
			}
		case r.paragraph(i) && footers.Start(strings.TrimLeft(s, "*_ ")):
			r.kind[i] = lineFooter
		}
	}
}

// fences returns the lines inside code between lines of "```" or "~~~".
func (r *reply) fences() map[int]bool {
	open := -1
	var inside map[int]bool
	for i, s := range r.norm {
		if !strings.HasPrefix(s, "```") && !strings.HasPrefix(s, "~~~") || r.kind[i] != lineText {
			continue
		}
		if open < 0 || s[0] != r.norm[open][0] {
			open = i
			continue
		}
		if inside == nil {
			inside = map[int]bool{}
		}
		for j := open; j <= i; j++ {
			inside[j] = true
		}
		open = -1
	}
	return inside
}

// isRule reports whether a line consists of rule characters, with at most one blank
// between two of them, or is one of the single characters that programs put above a
// signature.
func isRule(s string) bool {
	n, blank := 0, true
	for _, c := range s {
		switch c {
		case '-', '_', '=', '*', '#', '~', '+', '—', '–':
			n, blank = n+1, false
		case ' ':
			if blank {
				return false
			}
			blank = true
		case 'ᐧ', '⁃':
			return len(s) == utf8.RuneLen(c)
		default:
			return false
		}
	}
	return n >= 2 || s == "—" || s == "–"
}

// dashName reports whether line i is a delimiter followed by the author's name, as
// "-- Jo". A sentence, SQL and Lua have comments that look like it.
func (r *reply) dashName(i int) bool {
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(r.lines[i]), "--"))
	return utf8.RuneCountInString(name) <= 40 && capitalized(name) && !codeLine(name)
}

// nearEnd reports whether only a few lines follow line i.
func (r *reply) nearEnd(i int) bool {
	n := 0
	for i++; i < len(r.kind) && n < 8; i++ {
		switch r.kind[i] {
		case lineHistory, lineForward, lineIntro, lineQuote:
			return true
		case lineText, lineRule, lineDevice:
			n++
		}
	}
	return n < 8
}

// paragraph reports whether a paragraph starts at line i.
func (r *reply) paragraph(i int) bool {
	return i == 0 || r.kind[i-1] != lineText
}

const (
	// maxFooter is how many lines of text a footer may have.
	maxFooter = 25
	// maxSignature is how many lines of text a signature below a rule may have.
	maxSignature = 12
	// maxBelow is how many lines of any kind are examined for that.
	maxBelow = 400
)

// endsText reports whether the rule or footer at line i ends the author's text.
func (r *reply) endsText(i, end int) bool {
	switch {
	case r.kind[i] == lineFooter:
		return r.footerEnds(i, end)
	case r.norm[i] == "--":
		return r.delimits(i, end)
	}
	return r.signs(i, end)
}

// footerEnds reports whether the footer at line i ends the text: little follows it,
// and nobody asks anything there.
func (r *reply) footerEnds(i, end int) bool {
	if strings.HasPrefix(r.norm[i], "-----begin pgp") {
		return true
	}
	text := 0
	for j := i; j < min(end, i+maxBelow); j++ {
		if r.kind[j] != lineText && r.kind[j] != lineFooter {
			continue
		}
		if text++; text > maxFooter+1 || asks(r.norm[j]) {
			return false
		}
	}
	return true
}

// delimits reports whether a line of two hyphens is the signature delimiter. With its
// trailing blank it always is (RFC 3676 §4.3); programs that remove trailing blanks
// make it look like a divider, below which the author goes on.
func (r *reply) delimits(i, end int) bool {
	if strings.HasSuffix(r.lines[i], "-- ") {
		return true
	}
	text := 0
	for j := i + 1; j < min(end, i+maxBelow); j++ {
		if r.kind[j] == lineRule && r.lines[j] == "-- " {
			break
		}
		if r.kind[j] != lineText {
			continue
		}
		if text++; text > maxFooter || asks(r.norm[j]) {
			return false
		}
	}
	return true
}

// resumes reports whether line i is a postscript below a signature.
func (r *reply) resumes(i int) bool {
	return r.kind[i] == lineText && r.paragraph(i) && postscripts.Start(r.norm[i])
}

// asks reports whether a line ends a question.
func asks(s string) bool {
	s = strings.TrimRight(s, " \"'”’)»*_")
	return (strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？") || strings.HasSuffix(s, "؟") || strings.HasSuffix(s, ";") && greek(s)) && !strings.Contains(s, "://") ||
		strings.Contains(s, "? ") || strings.Contains(s, "？")
}

// greek reports whether a line is in Greek, where ";" is the question mark.
func greek(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return unicode.Is(unicode.Greek, c) })
}

// capitalized reports whether the words of a line are names: none of three letters or
// more starts in lower case.
func capitalized(s string) bool {
	words := 0
	for _, w := range strings.Fields(s) {
		c, _ := utf8.DecodeRuneInString(strings.TrimLeft(w, "*_\"'“(«„"))
		if !unicode.IsLetter(c) {
			continue
		}
		if words++; unicode.IsLower(c) && utf8.RuneCountInString(w) >= 3 {
			return false
		}
	}
	return words > 0 && words <= 5
}

var footers = plaintext.NewStarts(footerWords)
