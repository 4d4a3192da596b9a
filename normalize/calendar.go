package normalize

import (
	"strings"

	"switchboard/desk"
)

// noteCalendar keeps a few lines about an invitation (RFC 5545), to be shown
// when the mail has no other text.
func (r *reader) noteCalendar(p *part, data []byte) {
	if r.event != "" {
		return
	}
	s, _ := toUTF8(data, p.params["charset"], false)
	r.event = calendarText(cleanText(s))
}

// calendarText names the first event: what, when, where and why.
func calendarText(s string) string {
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
			found[name] = strings.TrimSpace(calendarUnescape.Replace(value))
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

var calendarUnescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

// forwardText shows the first forwarded mail, for mails that say nothing else.
func (r *reader) forwardText() string {
	if r.depth >= maxForwards {
		return ""
	}
	inner := readEmail(desk.Raw{Bytes: r.forward, ReceivedAt: r.msg.ReceivedAt}, r.depth+1)
	var b strings.Builder
	b.WriteString("---------- Forwarded message ----------\n")
	row := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	row("From", addressLine(inner.From))
	if !inner.SentAt.IsZero() {
		row("Date", inner.SentAt.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	row("Subject", inner.Subject)
	row("To", addressLine(inner.To))
	b.WriteString("\n" + inner.TextBody)
	return b.String()
}

func addressLine(list []desk.Address) string {
	var parts []string
	for _, a := range list {
		switch {
		case a.Name == "" || a.Name == a.Email:
			parts = append(parts, a.Email)
		default:
			parts = append(parts, a.Name+" <"+a.Email+">")
		}
	}
	return strings.Join(parts, ", ")
}
