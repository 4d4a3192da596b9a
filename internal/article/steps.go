package article

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// Part is a step of a runbook, or what is written between steps.
type Part struct {
	Step string // the key, which depends only on the text of the step; empty: not a step
	Text string // CommonMark, of a step without its marker
}

var (
	marker = regexp.MustCompile(`^ ?(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(\S.*)$`)
	rule   = regexp.MustCompile(`^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,})$`)
	fence  = regexp.MustCompile("^ {0,3}(?:```|~~~)")
)

// Steps divides the text of a runbook: each item of its outer lists is a step, with the lines
// that belong to it. Two steps with the same text have different keys.
func Steps(text string) (parts []Part) {
	var step, prose []string
	seen := map[string]int{}
	flush := func() {
		if s := strings.TrimSpace(strings.Join(step, "\n")); s != "" {
			seen[s]++
			sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seen[s], s))
			parts = append(parts, Part{hex.EncodeToString(sum[:8]), s})
		}
		if s := strings.Trim(strings.Join(prose, "\n"), "\n"); strings.TrimSpace(s) != "" {
			parts = append(parts, Part{"", s})
		}
		step, prose = nil, nil
	}
	code, blank := "", false // the fence of the code block that a line is in; the line before is blank
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		found := marker.FindStringSubmatch(line)
		indented := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
		switch empty := strings.TrimSpace(line) == ""; {
		case code == "" && found != nil && !rule.MatchString(line):
			flush()
			step = []string{found[1]}
		case step != nil && (code != "" || empty || indented || !blank && !fence.MatchString(line) && !strings.HasPrefix(line, "#")):
			step = append(step, dedent(line))
		default:
			if step != nil {
				flush()
			}
			prose = append(prose, line)
		}
		blank = strings.TrimSpace(line) == ""
		if within := strings.TrimSpace(line); len(within) >= 3 && (within[:3] == "```" || within[:3] == "~~~") {
			switch code {
			case "":
				code = within[:3]
			case within[:3]:
				code = ""
			}
		}
	}
	flush()
	return parts
}

// dedent removes what belongs to the marker of a list.
func dedent(line string) string {
	for range 3 {
		line = strings.TrimPrefix(line, " ")
	}
	return strings.TrimPrefix(line, "\t")
}
