package replytext

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// markQuotes finds the lines that start with a quote mark, and the ends of such lines
// that a program wrapped without repeating it.
func (r *reply) markQuotes() {
	for i, s := range r.norm {
		if r.kind[i] == lineText && (strings.HasPrefix(s, ">") || strings.HasPrefix(s, "＞") || strings.HasPrefix(s, "&gt;")) && !r.escapedFrom(i) {
			r.kind[i] = lineQuote
		}
	}
	r.markBars()
	r.markBrokenOff()
	r.markInitials()
}

// markBars marks lines quoted with "| ", as some programs do. A table has more bars in
// its lines.
func (r *reply) markBars() {
	for i := 0; i < len(r.norm); i++ {
		end := i
		for end < len(r.norm) && r.kind[end] == lineText && barQuote(r.norm[end]) {
			end++
		}
		if end-i >= 2 {
			for j := i; j < end; j++ {
				r.kind[j] = lineQuote
			}
		}
		i = max(i, end-1)
	}
}

// barQuote reports whether a line starts with bars and has no others.
func barQuote(s string) bool {
	if !strings.HasPrefix(s, "| ") && strings.Trim(s, "| ") != "" || s == "" {
		return false
	}
	return !strings.Contains(strings.TrimLeft(s, "| "), "|") && !strings.HasPrefix(s, "||")
}

// escapedFrom reports whether the ">" of line i was added by an mbox file to a line
// that starts with "From ".
func (r *reply) escapedFrom(i int) bool {
	if !strings.HasPrefix(r.lines[i], ">From ") {
		return false
	}
	quoted := func(j int) bool { return j >= 0 && j < len(r.lines) && strings.HasPrefix(r.lines[j], ">") }
	return !quoted(i-1) && !quoted(i+1)
}

// markBrokenOff marks the ends of quoted lines that a program wrapped. If one line
// certainly was, shorter ones are too.
func (r *reply) markBrokenOff() {
	wraps := false
	for i := 1; i < len(r.kind); i++ {
		if r.kind[i] == lineText && r.kind[i-1] == lineQuote && r.brokenOff(i) {
			r.kind[i] = lineQuote
			wraps = wraps || r.paragraphGoesOn(i)
		}
	}
	for i := 1; i < len(r.kind); i++ {
		if r.kind[i] == lineText && r.kind[i-1] == lineQuote && r.endsQuoted(i, wraps) {
			r.kind[i] = lineQuote
		}
	}
}

// paragraphGoesOn reports whether line i starts in lower case between quoted lines.
func (r *reply) paragraphGoesOn(i int) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimSpace(r.lines[i]))
	return unicode.IsLower(c) && i+1 < len(r.kind) && r.kind[i+1] == lineQuote
}

// endsQuoted reports whether line i ends the sentence that the quoted line above it
// began, although that is short: the sentence is not complete there, and a quoted line
// follows. wraps says that other lines were wrapped. An author would have left a blank
// line.
func (r *reply) endsQuoted(i int, wraps bool) bool {
	above := strings.TrimLeft(r.norm[i-1], ">| ")
	if above == "" || strings.ContainsRune(".!?:;,…)", rune(above[len(above)-1])) || !r.paragraphGoesOn(i) || utf8.RuneCountInString(r.norm[i]) > 40 {
		return false
	}
	ended := strings.ContainsAny(r.norm[i][len(r.norm[i])-1:], ".!?")
	blank := strings.Trim(r.norm[i+1], ">| ") == ""
	return utf8.RuneCountInString(above) >= 25 && (wraps || ended && blank)
}

// wrapAt is the length from which a quoted line may have been wrapped.
const wrapAt = 60

// brokenOff reports whether line i is the wrapped end of the quoted line before it.
func (r *reply) brokenOff(i int) bool {
	before, s := r.norm[i-1], r.norm[i]
	if linkRest.MatchString(s) && strings.Contains(before, "http") || onlyLink.MatchString(s) {
		return true
	}
	if utf8.RuneCountInString(before) < wrapAt || utf8.RuneCountInString(s) > wrapAt {
		return false
	}
	follows := i+1 < len(r.kind) && r.kind[i+1] == lineQuote
	if strings.HasSuffix(before, ".") || strings.HasSuffix(before, "?") || strings.HasSuffix(before, "!") || strings.HasSuffix(before, ":") {
		return follows && utf8.RuneCountInString(s) <= 12 && !strings.ContainsAny(s, ".!?")
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(r.lines[i]))
	return follows && utf8.RuneCountInString(s) <= 40 || unicode.IsLower(first) && utf8.RuneCountInString(s) <= 30
}

var (
	// linkRest matches the end of a link that started on the line above.
	linkRest = regexp.MustCompile(`^[^\s()<>]+[)>]\s*>?$`)
	// onlyLink matches a link in brackets, as programs write it after its text.
	onlyLink = regexp.MustCompile(`^[(<]https?://\S+[)>]\s*>?$`)
	// initialQuote matches an older way of quoting, with the initials of the author:
	// "JM> text".
	initialQuote = regexp.MustCompile(`^([A-Z]{1,3})> `)
)

// markInitials marks lines that start with the same initials and a quote mark.
func (r *reply) markInitials() {
	count := map[string]int{}
	for i, line := range r.lines {
		if m := initialQuote.FindStringSubmatch(plaintext.Clip(line, 8)); m != nil && r.kind[i] == lineText {
			count[m[1]]++
		}
	}
	for i, line := range r.lines {
		if len(count) == 0 {
			return
		}
		if m := initialQuote.FindStringSubmatch(plaintext.Clip(line, 8)); m != nil && r.kind[i] == lineText && count[m[1]] > 1 {
			r.kind[i] = lineQuote
		}
	}
}
