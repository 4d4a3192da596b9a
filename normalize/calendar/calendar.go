// Package calendar summarizes iCalendar invitations (RFC 5545).
package calendar

import "strings"

// Summary returns the first event of an iCalendar text (RFC 5545) as lines to read:
// title, start, end, location and description.
func Summary(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\n ", ""), "\n\t", "") // RFC 5545 §3.1
	found := make(map[string]string)
	inEvent := false
	for _, line := range strings.Split(s, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(strings.ToUpper(name), ";")
		switch {
		case name == "BEGIN" && strings.EqualFold(value, "VEVENT"):
			inEvent = true
		case name == "BEGIN" && strings.EqualFold(value, "VALARM"), name == "END" && strings.EqualFold(value, "VEVENT"):
			inEvent = false
		case inEvent && found[name] == "":
			found[name] = strings.TrimSpace(unescape.Replace(value))
		}
	}
	var lines []string
	for _, row := range [][2]string{{"SUMMARY", ""}, {"DTSTART", "Start: "}, {"DTEND", "End: "}, {"LOCATION", "Location: "}, {"DESCRIPTION", "\n"}} {
		if v := found[row[0]]; v != "" {
			lines = append(lines, row[1]+v)
		}
	}
	return strings.Join(lines, "\n")
}

var unescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)
