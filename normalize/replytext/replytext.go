package replytext

import (
	"strings"
	"switchboard/normalize/plaintext"
)

// NewText returns what the sender wrote anew: the text without the message it
// answers, without signature and without what the program or the firm adds
// below. Between answers to single passages those passages stay, with the line
// that says whose they are, because an answer means nothing without its
// question. A message that the sender passes on is what he has to say, and stays.
//
// It is empty when the text is nothing but quotations. It takes linear time, and
// looks at the first MiB: no person writes more.
func NewText(text string) string { return newText(stripMarks(text)) }

// maxNewText is how many octets of a text are looked at.
const maxNewText = 1 << 20

func newText(text string) string {
	r := readReply(plaintext.Clip(text, maxNewText))
	out := r.fresh()
	if out == "" && r.forward {
		out = tidyReply(r.lines)
	}
	return out
}

// lineKind is what one line of a mail is to its reader.
type lineKind uint8

const (
	lineText    lineKind = iota
	lineBlank            // nothing
	lineQuote            // another's words, marked as such
	lineIntro            // "On DATE NAME wrote:", each line of it
	lineHistory          // from here on all is the message answered
	lineForward          // from here on all is a message passed on
	lineRule             // a rule or a signature's "-- "
	lineDevice           // "Sent from my phone"
	lineFooter           // a disclaimer or a mailing list's own words
	lineDrop             // a mark of the HTML reader
)

// reply is a text on its way to be taken apart.
type reply struct {
	lines   []string
	norm    []string // the same without marks nobody sees, trimmed, lower case
	kind    []lineKind
	forward bool // the text passes a message on
}

// readReply names the kind of every line.
func readReply(text string) *reply {
	r := &reply{lines: strings.Split(text, "\n")}
	r.splitIntros()
	n := len(r.lines)
	r.norm = make([]string, n)
	r.kind = make([]lineKind, n)
	for i, line := range r.lines {
		r.norm[i] = normLine(line)
		if r.norm[i] == "" {
			r.kind[i] = lineBlank
		}
	}
	r.markHTML()
	r.unmarkForward()
	r.markQuotes()
	r.markHistory()
	r.markIntros()
	r.markEndings()
	return r
}

// segment is a run of lines that are either the author's or quoted.
type segment struct {
	from, to int // lines[from:to]
	quote    bool
	intro    bool // the quotation has the line that says whose words they are
}

// fresh puts together what is left when the quotations are gone.
func (r *reply) fresh() string {
	end := len(r.lines)
	for i, k := range r.kind {
		if k == lineHistory || k == lineForward {
			r.forward = k == lineForward
			end = i
			break
		}
	}
	segs := r.trim(r.segments(end))
	keep := interleaved(segs)
	var out []string
	own := false
	for _, s := range segs {
		switch {
		case !s.quote:
			lines := r.own(s, &own)
			out = append(out, lines...)
		case keep || !s.intro && s.to-s.from <= shortQuote:
			out = append(out, r.quoted(s)...)
		}
	}
	if !own {
		return ""
	}
	if r.forward {
		out = append(out, r.passedOn(end)...)
	}
	return tidyReply(out)
}

// shortQuote is the length of a quotation without introduction that is taken
// for a passage the author answers, and not for the whole message.
const shortQuote = 8

// segments splits the lines before end. Blank lines go with what precedes them.
func (r *reply) segments(end int) []segment {
	var segs []segment
	for i := 0; i < end; i++ {
		quote, intro := false, false
		switch r.kind[i] {
		case lineBlank, lineDrop:
			if len(segs) > 0 {
				segs[len(segs)-1].to = i + 1
			}
			continue
		case lineIntro:
			quote, intro = true, true
		case lineQuote:
			quote = true
		}
		if n := len(segs); n > 0 && segs[n-1].quote == quote && (!intro || segs[n-1].intro && r.kind[i-1] == lineIntro) {
			segs[n-1].to = i + 1
		} else if n > 0 && segs[n-1].quote && quote {
			segs = append(segs, segment{i, i + 1, true, intro})
		} else {
			segs = append(segs, segment{i, i + 1, quote, intro})
		}
	}
	return segs
}

// trim takes the last quotation away, which nobody has answered below. When it
// has an introduction, passages the author quoted by hand before it stay.
func (r *reply) trim(segs []segment) []segment {
	end := len(segs)
	for end > 0 && (segs[end-1].quote || !r.speaks(segs[end-1])) {
		end--
	}
	for i := end; i < len(segs); i++ {
		if segs[i].intro {
			return segs[:i]
		}
	}
	return segs[:end]
}

// speaks reports whether a segment holds words of the author, not only the
// marks that end a letter.
func (r *reply) speaks(s segment) bool {
	for i := s.from; i < s.to; i++ {
		switch r.kind[i] {
		case lineText:
			return true
		case lineRule, lineFooter:
			if r.ends(i, s.to) {
				return false
			}
		}
	}
	return false
}

// interleaved reports whether the author answers passage by passage: his words
// stand between two quotations, or below one that nothing introduces.
func interleaved(segs []segment) bool {
	quotes, answered := 0, 0
	for i, s := range segs {
		if !s.quote {
			continue
		}
		quotes++
		if i+1 < len(segs) && !segs[i+1].quote {
			answered++
		}
	}
	return quotes > 1 && answered > 1
}

// own returns the author's lines of a segment up to his signature.
func (r *reply) own(s segment, any *bool) []string {
	var out []string
	divided := false // a rule has turned out to be the author's own
	for i := s.from; i < s.to; i++ {
		switch r.kind[i] {
		case lineDevice, lineDrop:
			continue
		case lineRule, lineFooter:
			if *any && r.ends(i, s.to) && (!divided || !r.divides(i)) {
				return out
			}
			divided = true
		case lineText:
			*any = true
		}
		out = append(out, r.lines[i])
	}
	return out
}

// quoted returns the lines of a quotation without the header block above it.
func (r *reply) quoted(s segment) []string {
	var out []string
	for i := s.from; i < s.to; i++ {
		if !r.marked(i) && (r.kind[i] != lineIntro || !r.fieldAt(i)) {
			out = append(out, r.lines[i])
		}
	}
	return out
}

// passedOn returns the message that begins at a line.
func (r *reply) passedOn(from int) []string {
	out := []string{""}
	for i := from; i < len(r.lines); i++ {
		if !r.marked(i) {
			out = append(out, r.lines[i])
		}
	}
	return out
}

// tidyReply joins lines: none blank at either end, and no two in a row.
func tidyReply(lines []string) string {
	var b strings.Builder
	blank := false
	for _, line := range lines {
		line = strings.TrimRight(line, " \t\r\u00a0")
		if plaintext.IsBlank(line) {
			blank = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if blank {
				b.WriteByte('\n')
			}
		}
		blank = false
		b.WriteString(line)
	}
	return b.String()
}
