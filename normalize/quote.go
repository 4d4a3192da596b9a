package normalize

import (
	"regexp"
	"strings"
)

var wroteLine = regexp.MustCompile(`(?i)^(on|am|le|el|op|den|il|em)\b.{0,300}(wrote|schrieb|écrit|escribió|schreef|skrev|ha scritto|escreveu)\b.{0,80}:\s*$`)

// NewText returns what the sender wrote anew: the text without the quoted
// message below it and without the signature. It may be empty.
func NewText(text string) string {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if line == "-- " || line == "--" || wroteLine.MatchString(trimmed) || strings.HasPrefix(trimmed, "-----Original Message-----") {
			break
		}
		if strings.HasPrefix(line, ">") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
