// Package replytext separates what the author of a message wrote from what it quotes,
// forwards and has appended. It knows the conventions of mail programs in about thirty
// languages, in plain text and in HTML.
package replytext

import (
	"slices"
	"strings"

	"switchboard/normalize/plaintext"
)

// NewText returns the new text of a message: without the message it replies to, the
// signature, and what programs, lists and companies append. When the author replies
// to single passages, those passages stay together with their introduction, because
// the replies mean nothing without them. A forwarded message stays as well.
//
// The result is empty if the text consists of quotations only. NewText takes linear
// time and examines the first MiB.
func NewText(text string, src Source) string { return newText(stripMarks(text), src) }

// maxNewText is how many octets of a text are examined.
const maxNewText = 1 << 20

func newText(text string, src Source) string {
	r := readReply(plaintext.Clip(text, maxNewText), src)
	out := r.ownText()
	if out == "" && r.unsign() {
		out = r.ownText()
	}
	if out == "" && r.forward {
		out = tidyReply(r.lines)
	}
	return out
}

// lineKind is the role of a line.
type lineKind uint8

const (
	lineText    lineKind = iota
	lineBlank            // white space only
	lineQuote            // quoted, with a quote mark
	lineIntro            // "On DATE NAME wrote:", each line of it
	lineHistory          // from here on everything is the message replied to
	lineForward          // from here on everything is a forwarded message
	lineRule             // a rule, or the "-- " above a signature
	lineDevice           // "Sent from my phone", or the frame of a clear-signed text
	lineFooter           // a disclaimer or the footer of a mailing list
	lineSigned           // a signature that the program marked in HTML
	lineDrop             // a mark from the HTML reader
)

// reply is a text split into classified lines.
type reply struct {
	source  Source
	lines   []string
	norm    []string // lines without invisible marks, trimmed, lower case
	kind    []lineKind
	forward bool // the text contains a forwarded message
}

// readReply classifies every line.
func readReply(text string, src Source) *reply {
	r := &reply{source: src.prepared(), lines: strings.Split(text, "\n")}
	r.joinIntros()
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

// segment is a run of lines that are either all the author's or all quoted.
type segment struct {
	from, to int // lines[from:to]
	quote    bool
	intro    bool // the quotation has an introduction
}

// ownText returns the text without the quotations.
func (r *reply) ownText() string {
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
			lines := r.ownLines(s, &own)
			out = append(out, lines...)
		case keep || !s.intro && s.to-s.from <= shortQuote:
			out = append(out, r.quotedLines(s)...)
		}
	}
	if !own {
		return ""
	}
	if r.forward {
		out = append(out, r.forwarded(end)...)
	}
	return tidyReply(out)
}

// shortQuote is the length up to which a quotation without an introduction is taken
// for a passage that the author replies to, rather than for the whole message.
const shortQuote = 8

// segments splits the lines before end into segments. Blank lines belong to the
// segment before them.
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

// trim removes the last quotation, which has no reply below. If it has an
// introduction, passages that the author quoted by hand before it stay. Without one it
// stays itself if it is the author's.
func (r *reply) trim(segs []segment) []segment {
	end := len(segs)
	for end > 0 && (segs[end-1].quote || !r.hasOwnWords(segs[end-1])) {
		end--
	}
	for i := end; i < len(segs); i++ {
		if segs[i].intro {
			for i > end && segs[i-1].quote && r.older(segs[i-1]) {
				i--
			}
			return segs[:i]
		}
	}
	if end > 0 && end < len(segs) && r.passage(segs[end]) {
		end++
	}
	return segs[:end]
}

// older reports whether a quotation consists of quotations within quotations: it is
// from a message before the one replied to.
func (r *reply) older(s segment) bool {
	for i := s.from; i < s.to; i++ {
		if mark := strings.ReplaceAll(r.norm[i], " ", ""); r.kind[i] == lineQuote && !strings.HasPrefix(mark, ">>") && !strings.HasPrefix(mark, "||") {
			return false
		}
	}
	return true
}

// passage reports whether a last quotation without an introduction holds words that the
// author quotes as part of the text, rather than the message replied to.
func (r *reply) passage(s segment) bool {
	if s.intro || s.to-s.from > shortQuote+1 || r.older(s) || r.introInside(s) {
		return false
	}
	if !r.source.Reply {
		return true
	}
	i := s.from - 1
	for ; i > 0 && (r.kind[i] == lineBlank || r.kind[i] == lineDrop); i-- {
		if firstMark(r.norm[i]) == markPassage {
			return true
		}
	}
	return i >= 0 && r.kind[i] == lineText && announces(r.norm[i]) && r.sentenceLine(i)
}

// introInside reports whether a quotation begins with an introduction or a header block,
// as in messages of programs that quote these too.
func (r *reply) introInside(s segment) bool {
	joined, lines := "", 0
	for i := s.from; i < s.to && lines < maxIntro; i++ {
		line := strings.TrimLeft(r.norm[i], ">| ")
		if r.kind[i] != lineQuote || line == "" {
			continue
		}
		lines++
		joined = strings.TrimSpace(joined + " " + line)
		if class, _ := headerField(line); class == fieldFrom || class == fieldSent || introEnd(line) && introduces(joined, true) {
			return true
		}
	}
	return false
}

// sentenceLine reports whether line i contains words other than names.
func (r *reply) sentenceLine(i int) bool { return !capitalized(strings.TrimSpace(r.lines[i])) }

// hasOwnWords reports whether a segment contains words of the author before any
// signature or footer.
func (r *reply) hasOwnWords(s segment) bool {
	for i := s.from; i < s.to; i++ {
		switch r.kind[i] {
		case lineText:
			return true
		case lineRule, lineFooter:
			if !r.signedBelow(i) && r.endsText(i, s.to) {
				return r.postscript(i, s.to) < s.to
			}
		}
	}
	return false
}

// interleaved reports whether the author replies passage by passage: between two
// quotations, or below one without an introduction.
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

// ownLines returns the author's lines of a segment, up to the signature, and sets
// found if there is text among them. Before the first text nothing is taken for a
// signature.
func (r *reply) ownLines(s segment, found *bool) []string {
	var out []string
	var own []string // rules that turned out to be the author's
	for i := s.from; i < s.to; i++ {
		switch r.kind[i] {
		case lineDevice, lineDrop, lineSigned:
			continue
		case lineRule, lineFooter:
			switch {
			case r.signedBelow(i):
				continue
			case *found && r.endsText(i, s.to) && !slices.Contains(own, r.norm[i]):
				if i = r.postscript(i, s.to); i == s.to {
					return out
				}
				out = append(out, "")
			case r.norm[i] != "--":
				own = append(own, r.norm[i])
			}
		case lineText:
			*found = true
		}
		out = append(out, r.lines[i])
	}
	return out
}

// signedBelow reports whether the line at i is the delimiter of a signature that the
// program marked.
func (r *reply) signedBelow(i int) bool {
	j := r.next(i + 1)
	return r.norm[i] == "--" && j < len(r.kind) && r.kind[j] == lineSigned
}

// postscript returns the first line below the signature at i that is the author's again,
// or end.
func (r *reply) postscript(i, end int) int {
	for i++; i < end && !r.resumes(i); i++ {
	}
	return i
}

// unsign takes marked signatures for text. It reports whether there were any.
func (r *reply) unsign() (found bool) {
	for i, k := range r.kind {
		if k == lineSigned {
			r.kind[i], found = lineText, true
		}
	}
	return found
}

// quotedLines returns the lines of a quotation without the header block above it.
func (r *reply) quotedLines(s segment) []string {
	var out []string
	for i := s.from; i < s.to; i++ {
		if !r.marked(i) && (r.kind[i] != lineIntro || !r.fieldAt(i)) {
			out = append(out, r.lines[i])
		}
	}
	return out
}

// forwarded returns the forwarded message that starts at a line.
func (r *reply) forwarded(from int) []string {
	out := []string{""}
	for i := from; i < len(r.lines); i++ {
		if !r.marked(i) {
			out = append(out, r.lines[i])
		}
	}
	return out
}

// tidyReply joins lines, without blank lines at either end or in a row.
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
