package replytext

import (
	"regexp"
	"strings"

	"switchboard/normalize/plaintext"
)

// midIntro finds an introduction that starts in the middle of a line.
var midIntro = regexp.MustCompile(`[\s.!?,)-](?:On|Le|Am|El|Il|Em|Op|Den|Dne|W dniu) (?:\p{L}{2,10}[.,]{0,2} )?(?:\p{L}{3,10} )?\d[^\n]{6,400}$`)

// midStarts are the words that midIntro looks for; checking them first is faster.
var midStarts = plaintext.Phrases("On |Le |Am |El |Il |Em |Op |Den |Dne |W dniu ")

// splitIntros moves an introduction onto its own line if a program put it right
// behind the author's last word.
func (r *reply) splitIntros() {
	var out []string
	for i, line := range r.lines {
		at := -1
		if len(line) < 2000 && plaintext.ContainsAny(line, midStarts) && !strings.HasPrefix(strings.TrimSpace(line), ">") {
			if m := midIntro.FindStringIndex(line); m != nil {
				at = m[0] + 1
			}
		}
		if at < 0 || !r.introAfter(i, line[at:]) {
			if out != nil {
				out = append(out, line)
			}
			continue
		}
		if out == nil {
			out = append(make([]string, 0, len(r.lines)+1), r.lines[:i]...)
		}
		out = append(out, strings.TrimRight(line[:at], " -"), line[at:])
	}
	if out != nil {
		r.lines = out
	}
}

// joinIntros joins the lines of an introduction that a program broke inside the angle
// brackets of its address, so that its last line looks quoted:
//
//	On Tue, 2 Apr 2024 Nora Quist
//	<
//	mailto:nora@shop.example
//	> wrote:
func (r *reply) joinIntros() {
	var out []string // the lines up to i, if any were joined
	for i, line := range r.lines {
		start := -1
		if trimmed := strings.TrimSpace(plaintext.Clip(line, 80)); strings.HasPrefix(trimmed, ">") {
			if bare := normLine(strings.TrimLeft(trimmed, ">")); len(bare) < 60 && (bare == ":" || bare == "：" || introEnd(bare) && !strings.Contains(bare, "@")) {
				if out == nil {
					out = append(make([]string, 0, len(r.lines)), r.lines[:i]...)
				}
				start = brokenIntro(out)
			}
		}
		if start >= 0 {
			out = append(out[:start], strings.Join(strings.Fields(strings.Join(append(out[start:], line), " ")), " "))
		} else if out != nil {
			out = append(out, line)
		}
	}
	if out != nil {
		r.lines = out
	}
}

// brokenIntro returns where an introduction begins in lines whose last ones contain an
// open angle bracket and an address, or -1.
func brokenIntro(lines []string) int {
	open, mail, blanks := -1, false, 0
	for j := len(lines) - 1; j >= 0 && j >= len(lines)-8 && open < 0; j-- {
		s := plaintext.Clip(lines[j], 400)
		trimmed := strings.TrimSpace(s)
		if strings.HasPrefix(trimmed, ">") {
			return -1
		}
		mail = mail || strings.Contains(s, "@")
		if strings.Count(s, "<") > strings.Count(s, ">") {
			open = j
		}
	}
	if open < 0 || !mail {
		return -1
	}
	// The name and the date may be on the lines above.
	for j := open; j >= 0 && j >= open-5; j-- {
		s := normLine(lines[j])
		if s == "" {
			if blanks++; blanks > 1 {
				break
			}
			continue
		}
		if startsIntro(s) || dateLead(s) {
			return j
		}
	}
	if strings.TrimSpace(lines[open])[0] == '<' {
		return -1
	}
	return open
}

// introAfter reports whether s, alone or with the line after i, is a complete
// introduction with an address and a verb.
func (r *reply) introAfter(i int, s string) bool {
	s = normLine(s)
	for k := i; ; k++ {
		if hasMail(s) && strings.HasSuffix(s, ":") && plaintext.ContainsAny(s, wroteWords) {
			return true
		}
		if k > i || k+1 >= len(r.lines) {
			return false
		}
		s += " " + normLine(r.lines[k+1])
	}
}
