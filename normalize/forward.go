package normalize

import (
	"strings"

	"switchboard/desk"
)

// forwardText shows the first forwarded message, for messages with no text of their
// own.
func (e *email) forwardText(data []byte) string {
	if e.depth >= maxForwards {
		return ""
	}
	inner := readEmail(desk.Raw{Bytes: data, ReceivedAt: e.msg.ReceivedAt}, e.depth+1)
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
