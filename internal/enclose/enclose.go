// Package enclose adds messages to a mail that passes them on: below its own text, each with
// the header fields that a reader needs, and with their files. Pure.
package enclose

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
)

const (
	maxText = 2 << 20 // octets of all enclosed texts
	rule    = "---------- Forwarded message ----------"
)

// Add adds messages to a mail. maxFiles bounds the octets of the mail's files together.
// KindInvalid: it would be too large.
func Add(m *desk.Message, list []desk.Message, maxFiles int64) error {
	size := 0
	for i := range list {
		e := &list[i]
		if size += len(e.TextBody) + len(e.HTMLBody); size > maxText {
			return desk.Errorf(desk.KindInvalid, "messages: their texts have more than %d MB; forward fewer of them", maxText>>20)
		}
		shown := attach(m, e, i+1)
		m.TextBody = strings.TrimRight(m.TextBody, "\n")
		if m.TextBody != "" {
			m.TextBody += "\n\n"
		}
		if e.Channel == desk.ChannelChat {
			m.TextBody += chatLine(e) + "\n"
			m.HTMLBody += markdown.Quote(chatIntro(e), e.TextBody)
			continue
		}
		m.TextBody += plain(e)
		m.HTMLBody += rich(e, shown)
	}
	total := int64(0)
	for _, p := range m.Attachments {
		total += p.Size
	}
	if total > maxFiles {
		return desk.Errorf(desk.KindInvalid, "messages: with their files the mail has more than %d MB, which most mail servers refuse; forward fewer of them", maxFiles>>20)
	}
	return nil
}

// header returns the fields of a message that are shown above it.
func header(e *desk.Message) [][2]string {
	out := [][2]string{{"From", people(e.From)}, {"Date", e.SentAt.UTC().Format(time.RFC1123Z)}, {"Subject", imf.OneLine(e.Subject)}, {"To", people(e.To)}, {"Cc", people(e.CC)}}
	return slices.DeleteFunc(out, func(f [2]string) bool { return f[1] == "" })
}

func people(list []desk.Address) string {
	var out []string
	for _, a := range list {
		switch name := imf.OneLine(a.Name); {
		case a.Email == "":
			out = append(out, name)
		case name == "" || name == a.Email:
			out = append(out, a.Email)
		default:
			out = append(out, name+" <"+a.Email+">")
		}
	}
	return strings.Join(out, ", ")
}

// plain is a message in the plain text of a mail.
func plain(e *desk.Message) string {
	var b strings.Builder
	b.WriteString(rule + "\n")
	for _, f := range header(e) {
		b.WriteString(f[0] + ": " + f[1] + "\n")
	}
	return b.String() + "\n" + strings.TrimRight(e.TextBody, "\n") + "\n"
}

// rich is a message in the HTML of a mail. shown are the Content-IDs of its pictures and
// those that they have in the mail.
func rich(e *desk.Message, shown func(cid string) string) string {
	var b strings.Builder
	b.WriteString(`<div style="margin:1em 0 .5em">` + rule + "<br>\n")
	for _, f := range header(e) {
		b.WriteString("<b>" + f[0] + ":</b> " + html.EscapeString(f[1]) + "<br>\n")
	}
	b.WriteString("</div>\n<div>\n")
	if e.HTMLBody != "" {
		safe, _ := htmlview.Render(e.HTMLBody, htmlview.Options{CID: shown, RemoteImages: true})
		b.WriteString(safe)
	} else {
		b.WriteString(strings.ReplaceAll(html.EscapeString(strings.TrimRight(e.TextBody, "\n")), "\n", "<br>\n"))
	}
	return b.String() + "\n</div>\n"
}

// attach adds the files of message number n, and returns a function that tells what is shown
// for the Content-ID of a picture. The same one may mean different pictures in two messages.
func attach(m *desk.Message, e *desk.Message, n int) (shown func(cid string) string) {
	first := len(m.Attachments)
	cids := map[string]int{}
	for _, p := range e.Attachments {
		if p.CID != "" {
			cids[p.CID] = len(m.Attachments)
		}
		p.PartID, p.Disposition, p.Location, p.Enclosed = strconv.Itoa(len(m.Attachments)+1), "attachment", "", true
		if p.CID != "" {
			p.CID = fmt.Sprintf("f%d.%d.%s", n, len(m.Attachments)-first, p.CID)
		}
		m.Attachments = append(m.Attachments, p)
	}
	return func(cid string) string {
		at, ok := cids[cid]
		if !ok {
			return ""
		}
		p := &m.Attachments[at]
		p.Disposition = "inline"
		return "cid:" + p.CID
	}
}

func chatIntro(e *desk.Message) string {
	name := people(e.From)
	if name == "" {
		name = "Visitor"
	}
	return name + " (" + e.SentAt.UTC().Format("2006-01-02 15:04 UTC") + "):"
}

func chatLine(e *desk.Message) string {
	return chatIntro(e) + " " + strings.ReplaceAll(strings.TrimSpace(e.TextBody), "\n", "\n  ")
}
