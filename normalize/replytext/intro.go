package replytext

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

var (
	dateLike = regexp.MustCompile(`\b(?:19|20)\d\d\b|\d{1,2}[:.h]\d\d\b|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}月|\d{1,2}월|(?:19|20)\d\d[年년]|\b\d{1,2}(?:st|nd|rd|th)?\.? ?\p{L}{3,9}\.?|\p{L}{3,9}\.? \d{1,2}\b`)
	mailLike = regexp.MustCompile(`[^\s@<>()\[\]]@[^\s@<>()\[\]]+\.?[^\s@<>()\[\]]|\[mailto:`)
	mailEnd  = regexp.MustCompile(`[<(\[][^<>()\s]*@[^<>()]*[>)\]]+,?\s*[:：]?$`)
	clock    = regexp.MustCompile(`\b(?:19|20)\d\d|\d{1,2}[:.h]\d\d|[年년]`)
)

func hasDate(s string) bool { return strings.ContainsAny(s, "0123456789") && dateLike.MatchString(s) }
func hasMail(s string) bool {
	return strings.Contains(s, "@") && mailLike.MatchString(s) || strings.Contains(s, "[mailto:")
}

// maxIntro is the number of lines that an introduction may be wrapped over.
const maxIntro = 6

// markIntros finds the lines that introduce a quotation.
func (r *reply) markIntros() {
	tries := 0
	for e := range r.lines {
		if r.kind[e] != lineText || len(r.norm[e]) > maxMarkLine {
			continue
		}
		colon := strings.HasSuffix(r.norm[e], ":") || strings.HasSuffix(r.norm[e], "：")
		quoted := (colon || r.kind[min(e+1, len(r.kind)-1)] != lineText) && r.quoteFollows(e)
		if !quoted && !introEnd(r.norm[e]) || !quoted && !r.hasDateBefore(e) {
			continue
		}
		if tries++; tries > maxTries {
			return
		}
		if s := r.introBefore(e, quoted); s >= 0 {
			if quoted = quoted || r.oddQuotes(e+1); !quoted && !r.answersIntro(s, e) {
				continue
			}
			for i := s; i <= e; i++ {
				r.kind[i] = lineIntro
			}
			if !quoted {
				r.kind[s] = lineHistory
				return
			}
		}
	}
}

// oddMark matches quote marks other than ">" at the start of a line.
var oddMark = regexp.MustCompile(`^\s{0,4}(--\]|[|)\]}#%:]>?) ?`)

// elision matches what authors write in place of text they left out.
var elision = regexp.MustCompile(`^(?:\[.{0,60}\]|\(?\.{2,}\)?|…|<?snip>?|[-8<> ]*8<[-8<> ]*)$`)

// oddQuotes examines the text below an introduction whose quotation does not start
// with ">", before all of it is taken for the message replied to: the quote mark may
// be another one, the author may have left out the beginning or may greet first. It
// marks the quoted lines and reports whether there are any.
func (r *reply) oddQuotes(i int) bool {
	j := r.next(i)
	if j >= len(r.lines) || r.kind[j] != lineText {
		return false
	}
	if m := oddMark.FindStringSubmatch(plaintext.Clip(r.lines[j], 12)); m != nil {
		var same []int
		for k := j; k < len(r.lines); k++ {
			if r.kind[k] == lineText && strings.HasPrefix(strings.TrimLeft(plaintext.Clip(r.lines[k], 12), " "), m[1]) {
				same = append(same, k)
			}
		}
		if len(same) < 2 && len(m[1]) < 2 {
			return false
		}
		for _, k := range same {
			r.kind[k] = lineQuote
		}
		return true
	}
	if !r.quoteFollows(j) {
		return false
	}
	if elision.MatchString(r.norm[j]) {
		r.kind[j] = lineQuote
		return true
	}
	return utf8.RuneCountInString(r.norm[j]) <= 30 && strings.HasSuffix(r.norm[j], ",")
}

// maxTries limits how many lines are examined closely. A message has as many
// introductions as the exchange had replies.
const maxTries = 3000

// hasDateBefore reports whether the lines that may form an introduction ending at
// line e contain a digit or an "@": a cheap test for a date or an address.
func (r *reply) hasDateBefore(e int) bool {
	for i := e; i >= 0 && i > e-maxIntro && r.kind[i] == lineText; i-- {
		if strings.ContainsAny(r.norm[i], "0123456789@") {
			return true
		}
	}
	return false
}

// introEnd reports whether an introduction may end with this line.
func introEnd(s string) bool {
	if strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") {
		return true
	}
	s = strings.TrimRight(s, " .,;-–—")
	for _, w := range wroteWords {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return strings.HasSuffix(s, ">") && hasDate(s)
}

// introBefore returns the first line of the introduction that ends at line e, or -1.
// It prefers a line that starts as introductions do over a nearer one that merely
// could.
func (r *reply) introBefore(e int, quoted bool) int {
	joined, weak := "", -1
	for n, s := 0, e; n < maxIntro && s >= 0 && r.kind[s] == lineText && len(joined) < maxMarkLine; n, s = n+1, s-1 {
		joined = strings.TrimSpace(r.norm[s] + " " + joined)
		if strings.Count(joined, ">") > strings.Count(joined, "<") && s > 0 && r.kind[s-1] == lineText && strings.Contains(r.norm[s-1], "<") {
			continue // the address starts on a line above
		}
		if startsIntro(r.norm[s]) && introduces(joined, quoted) {
			return s
		}
		if weak < 0 && introduces(joined, quoted) || weak > s && r.wrapsInto(s) && (dateLead(r.norm[s]) || mailThenDate(r.norm[s])) && introduces(joined, quoted) {
			weak = s
		}
	}
	return weak
}

// wrapsInto reports whether line s is long enough to have been wrapped, and no sentence
// ends with it.
func (r *reply) wrapsInto(s int) bool {
	line := r.norm[s]
	return utf8.RuneCountInString(line) >= wrapAt/2 && !strings.ContainsAny(line[len(line)-1:], ".!?:;")
}

// dateLead reports whether a line starts with a date or a time.
func dateLead(s string) bool {
	s = strings.TrimLeft(s, "*_[(\"' ")
	return s != "" && (s[0] >= '0' && s[0] <= '9' || weekdayStart(s)) && hasDate(plaintext.Clip(s, 60))
}

// mailThenDate reports whether a line has an address in angle brackets and a date after
// it: "Jo <jo@mill.example> 于2026年2月2日".
func mailThenDate(s string) bool {
	name, date, ok := strings.Cut(s, ">")
	return ok && strings.Contains(name, "<") && hasMail(name) && hasDate(date)
}

// answersIntro reports whether the introduction of lines s to e, below which no quote
// marks are, belongs to the message that this one answers.
func (r *reply) answersIntro(s, e int) bool {
	if r.source.Reply {
		return true
	}
	for ; s <= e; s++ {
		if r.source.addresses(r.norm[s]) {
			return true
		}
	}
	return false
}

// startsIntro reports whether a line starts as introductions do.
func startsIntro(s string) bool {
	s = strings.TrimLeft(s, "-*_ ")
	if !plaintext.HasAnyPrefix(s, introStarts) {
		return weekdayStart(s) && strings.ContainsAny(s, "0123456789")
	}
	return strings.ContainsAny(plaintext.Clip(s, 60), "0123456789") || containsWeekday(plaintext.Clip(s, 40)) || strings.HasPrefix(s, "quoting ") || strings.HasPrefix(s, "zitat von ")
}

func weekdayStart(s string) bool {
	end := strings.IndexAny(s, " ,.")
	if end <= 0 {
		return false
	}
	for _, d := range dayStarts {
		if s[:end] == d {
			return true
		}
	}
	return false
}

func containsWeekday(s string) bool {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '.' }) {
		for _, d := range dayStarts {
			if f == d && len(d) > 2 {
				return true
			}
		}
	}
	return false
}

// dateStart reports whether a text starts with a date: a digit early on, followed by
// a year or a time of day.
func dateStart(s string) bool {
	head := plaintext.Clip(s, 90)
	digit := strings.IndexAny(head, "0123456789")
	return digit >= 0 && utf8.RuneCountInString(head[:digit]) <= 26 && strings.Count(head[:digit], " ") <= 4 && clock.MatchString(head)
}

// introduces reports whether a joined line introduces a quotation. quoted says that
// quote marks follow; without them everything below would be cut off, so the rules
// are stricter.
func introduces(s string, quoted bool) bool {
	if utf8.RuneCountInString(s) > 400 {
		return false
	}
	colon := strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
	bare := strings.TrimRight(s, ":： -–—*_>")
	verb := plaintext.ContainsAny(s, wroteWords)
	date, mail := hasDate(s), hasMail(s)
	begins := startsIntro(s) || dateStart(s)
	if quoted {
		switch {
		case colon && verb && utf8.RuneCountInString(s) <= 250:
			return date || mail || utf8.RuneCountInString(s) <= 120
		case colon && mail && (date || mailEnd.MatchString(s)):
			return true
		case colon && begins && date && startsIntro(s) && clock.MatchString(s):
			return true
		case verb && begins && date:
			return true
		case plaintext.HasAnyPrefix(s, quotingStarts):
			return true
		}
		return begins && date && mail && utf8.RuneCountInString(s) <= 200
	}
	if endsSentence(bare) || !mail && plaintext.ContainsAny(s, pronouns) {
		return false
	}
	switch {
	case colon && verb && begins && date:
		return mail || clock.MatchString(s) || startsIntro(s) && containsWeekday(s)
	case colon && verb && mail && date:
		return true
	case colon && verb && date && clock.MatchString(s):
		return utf8.RuneCountInString(s) <= 120 && nameFirst(s)
	case colon && verb && mail && strings.HasSuffix(strings.TrimSpace(strings.TrimSuffix(bare, lastVerb(bare))), ">"):
		return utf8.RuneCountInString(s) <= 120 && nameFirst(s)
	case colon && mailEnd.MatchString(s) && (begins && date || utf8.RuneCountInString(s) < 90 && verb):
		return true
	case !colon && verb && begins && clock.MatchString(s):
		return endsWithVerb(bare) && (mail || startsIntro(s))
	case plaintext.HasAnyPrefix(s, quotingStarts) && colon && mail:
		return true
	}
	return false
}

var quotingStarts = plaintext.Phrases("quoting |zitat von |citando |citát |cytat |citerar |citerer |citeren |selon |citat från ")

// endsWithVerb reports whether a line without a colon ends with the verb.
func endsWithVerb(s string) bool { return lastVerb(s) != "" }

// lastVerb returns the verb that a line ends with, or "".
func lastVerb(s string) string {
	for _, w := range wroteWords {
		if strings.HasSuffix(s, w) {
			return w
		}
	}
	return ""
}

// endsSentence reports whether a joined line contains the end of a sentence.
func endsSentence(s string) bool {
	for _, mark := range []string{"! ", "? "} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// nameFirst reports whether "Jo Miller wrote on 2 May 2024 10:00:" starts with a
// name: only a few words precede the verb.
func nameFirst(s string) bool {
	at := len(s)
	for _, w := range wroteWords {
		if i := strings.Index(s, w); i > 0 && i < at {
			at = i
		}
	}
	if at == len(s) {
		return false
	}
	name := strings.FieldsFunc(s[:at], unicode.IsSpace)
	return len(name) >= 1 && len(name) <= 5
}
