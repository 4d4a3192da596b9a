package holidays

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of the data, because the decoder's time grows with the square of a parameter's
// length, and it calls itself for each level of nesting.
const (
	maxParameters = 1 << 10
	maxDepth      = 8
)

// wanted are the properties that matter. Descriptions and attachments may be long.
var wanted = []string{"UID", "SUMMARY", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}

// relevant returns the lines of the calendar and its events that matter, unfolded (RFC
// 5545 §3.1).
func relevant(data []byte) (io.Reader, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("it is larger than %d octets", MaxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	text := strings.NewReplacer("\n ", "", "\n\t", "").Replace(string(data))
	var out strings.Builder
	var open []string // components
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		name := line[:max(0, strings.IndexAny(line, ":;"))]
		value := ""
		if at := colon(line); at >= 0 {
			value = strings.ToUpper(line[at+1:])
		}
		switch name = strings.ToUpper(name); {
		case name == "BEGIN":
			if open = append(open, value); len(open) > maxDepth {
				return nil, fmt.Errorf("its components are nested more than %d levels deep", maxDepth)
			}
		case name == "END":
			open = open[:max(0, len(open)-1)]
		case len(open) == 0 || open[len(open)-1] != "VEVENT" || !slices.Contains(wanted, name):
			continue
		case colon(line) > maxParameters:
			return nil, errors.New("the parameters of a property are too long")
		}
		out.WriteString(line)
		out.WriteString("\r\n")
	}
	if len(open) > 0 {
		return nil, errors.New("it is incomplete: an END is missing")
	}
	return strings.NewReader(out.String()), nil
}

// colon returns where a property's value begins: at the first colon outside quotes.
func colon(line string) int {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			return i
		}
	}
	return -1
}
