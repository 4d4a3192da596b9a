package replytext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// signs reports whether the rule at line i is the one above a signature or a footer.
// Authors also draw rules between sections and under headings, and pasted logs, forms
// and code contain them. A signature is short, contains names and addresses and no
// sentence.
func (r *reply) signs(i, end int) bool {
	end = min(end, i+maxBelow)
	var below []int
	if !isRule(r.norm[i]) { // the name follows the dashes
		below = append(below, i)
	}
	last := 0 // lines below the last rule
	for j := i + 1; j < end && len(below) <= maxFooter; j++ {
		switch r.kind[j] {
		case lineText:
			below = append(below, j)
			last++
		case lineFooter:
			end = j
		case lineRule:
			if r.norm[j] == "--" || r.listFooter(r.textLines(j+1, end)) {
				end = j
				break
			}
			if len(below) == 0 {
				return false // two rules in a row
			}
			last = 0
		}
	}
	switch {
	case len(below) == 0:
		return r.source.Reply || end >= len(r.kind) || r.kind[end] != lineQuote
	case r.listFooter(below), r.headsHistory(below, end):
		return true
	case len(below) > maxSignature || last > 0 && last < len(below) && r.norm[i] != "" && isRule(r.norm[i]):
		return false
	}
	return !r.leadsOn(i) && r.signature(below)
}

// headsHistory reports whether lines are header fields right above the introduction of
// the message replied to.
func (r *reply) headsHistory(lines []int, end int) bool {
	if end >= len(r.kind) || r.kind[end] != lineHistory && r.kind[end] != lineIntro {
		return false
	}
	return !slices.ContainsFunc(lines, func(i int) bool { return !r.fieldAt(i) })
}

// textLines returns the lines of text between two lines.
func (r *reply) textLines(from, to int) []int {
	var out []int
	for j := from; j < to && len(out) <= maxFooter; j++ {
		if r.kind[j] == lineText {
			out = append(out, j)
		}
	}
	return out
}

// leadsOn reports whether the line above the rule at line i announces what is below:
// it ends with a colon, or is a heading that the rule underlines.
func (r *reply) leadsOn(i int) bool {
	j := i - 1
	for j >= 0 && (r.kind[j] == lineBlank || r.kind[j] == lineDrop) {
		j--
	}
	if j < 0 || r.kind[j] != lineText {
		return false
	}
	if above := r.norm[j]; strings.HasSuffix(above, ":") || strings.HasSuffix(above, "：") {
		return true
	}
	if j < i-1 {
		return false
	}
	d := utf8.RuneCountInString(r.norm[i]) - utf8.RuneCountInString(r.norm[j])
	return d >= -1 && d <= 1
}

// listFooter reports whether lines are what a mailing list or a company appends.
func (r *reply) listFooter(lines []int) bool {
	if len(lines) == 0 || len(lines) > maxFooter {
		return false
	}
	hint := false
	for _, i := range lines {
		s := r.norm[i]
		if asks(s) {
			return false
		}
		hint = hint || plaintext.ContainsAny(s, footerHints)
	}
	return hint
}

// signature reports whether lines are a signature: they begin with a name, and either
// contain the author's name or a way to reach them or are nothing but names.
func (r *reply) signature(lines []int) bool {
	named, reach, names := false, false, len(lines) <= 4
	for k, i := range lines {
		s, line := r.norm[i], strings.TrimSpace(r.lines[i])
		contact := contactLine(s)
		if k == 0 && !nameLine(line, s) || asks(s) || codeLine(line) || !contact && sentence(line) {
			return false
		}
		reach = reach || contact
		named = named || r.source.wrote(s)
		names = names && capitalized(line)
	}
	return named || reach || names && !r.source.named()
}

// nameLine reports whether a signature may begin with a line.
func nameLine(line, norm string) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, "*_\"'“„«([-– "))
	return unicode.IsLetter(c) && !contactLine(norm) && !strings.Contains(norm, ": ") && !strings.HasSuffix(norm, ":") &&
		utf8.RuneCountInString(line) <= 70 && len(strings.Fields(line)) <= 9
}

// contactLine reports whether a line in lower case has an address, a link or a
// telephone number.
func contactLine(s string) bool {
	if hasMail(s) || strings.Contains(s, "://") || strings.Contains(s, "www.") {
		return true
	}
	digits, other := 0, 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune(" +()-/.|,:", c):
			other++
		}
	}
	return digits >= 6 && (other == 0 || contacts.Start(strings.TrimLeft(s, "*_( ")))
}

// sentence reports whether a line is part of a sentence rather than a name, a title or
// an address.
func sentence(line string) bool {
	words, lower, caseless := 0, 0, 0
	for _, w := range strings.Fields(line) {
		w = strings.TrimLeft(w, "*_\"'“„«([")
		c, size := utf8.DecodeRuneInString(w)
		if !unicode.IsLetter(c) {
			continue
		}
		words++
		switch {
		case unicode.IsLower(c) && len(w) > size:
			lower++
		case !unicode.IsUpper(c) && !unicode.IsLower(c):
			caseless += utf8.RuneCountInString(w)
		}
	}
	ended := strings.HasSuffix(strings.TrimRight(line, " \"'”’)»*_"), ".") || strings.HasSuffix(line, "!")
	return ended && words >= 2 && lower >= 1 || lower >= 5 || lower*2 > words && words >= 6 ||
		strings.ContainsAny(line, "。！") || caseless >= 25 || ended && caseless >= 8
}

// codeLine reports whether a line looks like program text, a log, a table or a list.
func codeLine(line string) bool {
	if strings.HasSuffix(line, ";") && !greek(line) || strings.HasSuffix(line, "{") || strings.HasSuffix(line, "}") || strings.HasPrefix(line, "```") {
		return true
	}
	if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "$ ") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "- ") ||
		strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "• ") || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "> ") {
		return true
	}
	if strings.Contains(line, " = ") || strings.Contains(line, "()") || strings.Contains(line, " == ") || strings.Contains(line, "\t") && !contactLine(strings.ToLower(line)) {
		return true
	}
	// "1. Turn it left", "10:01 disk full", "2026-02-03 error"
	n := 0
	for n < len(line) && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	if n == 0 || n+1 >= len(line) {
		return false
	}
	return (line[n] == '.' || line[n] == ')') && line[n+1] == ' ' || n <= 2 && line[n] == ':' && digit(line[n+1]) || n == 4 && line[n] == '-' && digit(line[n+1])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

var (
	contacts    = plaintext.NewStarts(contactWords)
	postscripts = plaintext.NewStarts(postscriptWords)
)
