package threading

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
)

// attribution is what a reply says about the message it answers, in the attribution line
// ("On Monday, Jo Doe wrote:") or header block that introduces the quote. It works for
// any language.
type attribution struct {
	intro  string   // the introduction in lower case
	ids    []string // identifiers in it
	clocks []clock
}

// clock is a time of day without the hour, which depends on the time zone used for
// display. second is -1 if it is not given.
type clock struct{ minute, second int }

const (
	maxIntroLines = 4   // an introduction may wrap
	maxIntroLine  = 300 // octets
	maxIntros     = 2
)

var (
	// "at 12:05:33", "12h05", "12.05 Uhr", "12時05分".
	clockIn = regexp.MustCompile(`\b\d{1,2} ?([:.h時点點시]) ?([0-5]\d)(?:[:.]([0-5]\d))?\b`)
	idIn    = regexp.MustCompile(`<([^<>\s@]{1,200}@[^<>\s@]{1,200})>`)
)

// attributionOf reads the lines before the first quotes of a text, and header blocks
// ("From: Jo Doe"), which some programs put before text quoted without marks.
func attributionOf(text string) attribution {
	if len(text) > maxPassageText {
		text = text[:maxPassageText]
	}
	var all, last []string
	fields, found, blank := 0, 0, false
	take := func() {
		if len(last) > 0 {
			all = append(all, last...)
			found++
		}
		last, fields = nil, 0
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			if fields >= 2 {
				take()
			}
			blank = true
			continue
		case quoteMark(line) >= 0:
			take()
		case blank || len(line) > maxIntroLine:
			last, fields = nil, 0
		}
		blank = false
		if found >= maxIntros {
			break
		}
		if quoteMark(line) >= 0 || len(line) > maxIntroLine {
			continue
		}
		if fieldLine(line) {
			fields++
		}
		if last = append(last, line); len(last) > maxIntroLines && fields < 2 {
			last = slices.Delete(last, 0, 1)
		}
	}
	if fields >= 2 {
		take()
	}
	return introduced(strings.Join(all, "\n"))
}

// introduced returns the attribution with the given introduction.
func introduced(intro string) attribution {
	q := attribution{intro: lower(intro)}
	for _, id := range idIn.FindAllStringSubmatch(intro, 4) {
		q.ids = append(q.ids, id[1])
	}
	for _, at := range clockIn.FindAllStringSubmatchIndex(intro, 8) {
		c := clock{second: -1}
		c.minute, _ = strconv.Atoi(intro[at[4]:at[5]])
		if at[6] >= 0 {
			c.second, _ = strconv.Atoi(intro[at[6]:at[7]])
		}
		if intro[at[2]:at[3]] != "." || !dotted(intro[:at[0]], intro[at[1]:], c) {
			q.clocks = append(q.clocks, c)
		}
	}
	return q
}

// dotted reports whether a match with a dot is the date "02.03.2026" and not the time
// "12.05".
func dotted(before, after string, c clock) bool {
	return strings.HasSuffix(before, ".") || c.second >= 0 && c.minute <= 12 ||
		len(after) > 1 && after[0] == '.' && after[1] >= '0' && after[1] <= '9'
}

// fieldLine reports whether a line looks like "From: Jo Doe" or "*Gesendet:* Montag".
func fieldLine(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	return ok && value != "" && len(name) < 24 && len(strings.Fields(name)) <= 3 && quoteMark(line) < 0
}

// dates reports whether the introduction contains the time at which a message was sent.
func (q attribution) dates(sent time.Time) bool {
	return !sent.IsZero() && slices.ContainsFunc(q.clocks, func(c clock) bool {
		return c.minute == sent.Minute() && (c.second < 0 || c.second == sent.Second())
	})
}

// names reports whether the introduction contains a person's name or address.
func (q attribution) names(who desk.Address) bool {
	return who.Email != "" && strings.Contains(q.intro, lower(who.Email)) || len(who.Name) > 3 && strings.Contains(q.intro, lower(who.Name))
}
