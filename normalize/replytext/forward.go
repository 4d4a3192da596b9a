package replytext

import (
	"regexp"
	"strings"

	"switchboard/normalize/plaintext"
)

// Forward is a message that the text of another one contains.
type Forward struct {
	Own  string // what the forwarder wrote above it
	From string // its From line, without the label
	Text string // its text
}

// Forwarded returns the message that a text forwards: below a line such as
// "---------- Forwarded message ---------", or, if the subject says that it is
// forwarded, below the first header block. ok is false if there is none, or if its
// header block has no From line.
func Forwarded(text string, subject bool) (f Forward, ok bool) {
	r := split(plaintext.Clip(stripMarks(text), maxNewText))
	for i := range r.lines {
		if r.kind[i] == lineBlank || len(r.norm[i]) > maxMarkLine {
			continue
		}
		head := i
		switch {
		case r.separator(i) == lineForward, r.announces(i):
			head = i + 1
		case !subject:
			continue
		case dashed.MatchString(r.norm[i]) && r.headerFollows(i):
			head = i + 1 // "-----Original Message-----"
		}
		inner := split(unquoted(strings.Join(r.lines[head:], "\n")))
		start := inner.next(0)
		if start >= len(inner.lines) || head == i && start != 0 {
			continue
		}
		end := inner.headerBlock(start)
		from := inner.fromLine(start, end)
		if from == "" {
			continue
		}
		return Forward{Own: tidyReply(r.lines[:i]), From: from, Text: tidyReply(inner.lines[end:])}, true
	}
	return Forward{}, false
}

// announces reports whether line i says that a forwarded message follows, which is
// quoted: "Begin forwarded message:".
func (r *reply) announces(i int) bool {
	s := strings.TrimRight(r.norm[i], ":： ")
	j := r.next(i + 1)
	return s != r.norm[i] && plaintext.HasAnyPrefix(s, forwardWords) && j < len(r.norm) && strings.HasPrefix(r.norm[j], ">")
}

// split splits a text into lines that are text or blank.
func split(text string) *reply {
	r := &reply{lines: strings.Split(text, "\n")}
	r.norm, r.kind = make([]string, len(r.lines)), make([]lineKind, len(r.lines))
	for i, line := range r.lines {
		if r.norm[i] = normLine(line); r.norm[i] == "" {
			r.kind[i] = lineBlank
		}
	}
	return r
}

// unquoted removes one level of quote marks from a text that begins with one: some
// programs quote what they forward.
func unquoted(text string) string {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), ">") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimPrefix(strings.TrimLeft(line, " \t"), ">")
		lines[i] = strings.TrimPrefix(line, " ")
	}
	return strings.Join(lines, "\n")
}

// fieldLabel matches the label of a header line and what decorates it.
var fieldLabel = regexp.MustCompile(`^[\s*_|]*[^:：|]{1,40}[:：|][*_]*`)

// fromLine returns the value of the From line between two lines of a header block,
// with the line after it if the address was wrapped.
func (r *reply) fromLine(start, end int) string {
	for i := start; i < end; i++ {
		if class, _ := headerField(r.norm[i]); class != fieldFrom {
			continue
		}
		value := fieldLabel.ReplaceAllString(r.lines[i], "")
		if !hasMail(value) && i+1 < end && !r.fieldAt(i+1) {
			value += " " + r.lines[i+1]
		}
		return strings.Trim(strings.ReplaceAll(value, "\u00a0", " "), " \t\r|*_")
	}
	return ""
}
