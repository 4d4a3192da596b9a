package condstore

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	selectOption   = regexp.MustCompile(`(?i) \(CONDSTORE\)\s*$`)
	changedSince   = regexp.MustCompile(`(?i) \(CHANGEDSINCE (\d+)\)\s*$`)
	unchangedSince = regexp.MustCompile(`(?i)^(\S+ (?:UID )?STORE \S+) \(UNCHANGEDSINCE (\d+)\) `)
	modSeqItem     = regexp.MustCompile(`(?i)(^|[ (])MODSEQ([ )]|$)`)
	highestItem    = regexp.MustCompile(`(?i)([ (])HIGHESTMODSEQ([ )])`)
	searchKey      = regexp.MustCompile(`(?i)(^|[ (])MODSEQ (?:"[^"]*" \S+ )?(\d+)`)
	fetchItems     = regexp.MustCompile(`(?i)^(\S+ (?:UID )?FETCH \S+) (.*)$`)
)

// command reads what a command says, and returns it without that.
func (c *Conn) command(line []byte) []byte {
	text := strings.TrimRight(string(line), "\r\n")
	c.cmd.Tag, c.cmd.Name = split(line)
	before := text
	switch c.cmd.Name {
	case "ENABLE":
		c.enabled = c.enabled || strings.Contains(strings.ToUpper(text)+" ", " CONDSTORE ")
	case "SELECT", "EXAMINE":
		if selectOption.MatchString(text) {
			text, c.enabled = selectOption.ReplaceAllString(text, ""), true
		}
	case "STATUS", "LIST":
		if highestItem.MatchString(text) {
			c.cmd.Highest, c.enabled = true, true
			text = highestItem.ReplaceAllString(text, "${1}MESSAGES$2")
		}
	case "FETCH", "UID FETCH":
		text = c.fetch(text)
	case "STORE", "UID STORE":
		if m := unchangedSince.FindStringSubmatch(text); m != nil {
			if n, err := strconv.ParseUint(m[2], 10, 64); err == nil {
				c.cmd.UnchangedSince, c.enabled = &n, true
				text = m[1] + " " + text[len(m[0]):]
			}
		}
	case "SEARCH", "UID SEARCH":
		if m := searchKey.FindStringSubmatch(text); m != nil {
			c.cmd.Search, _ = strconv.ParseUint(m[2], 10, 64)
			c.cmd.Search, c.enabled = max(c.cmd.Search, 1), true
			text = searchKey.ReplaceAllString(text, "${1}ALL")
		}
	case "ID":
		text = c.cmd.Tag + " NOOP"
	}
	if text == before {
		return line
	}
	return []byte(text + "\r\n")
}

func (c *Conn) fetch(text string) string {
	if m := changedSince.FindStringSubmatch(text); m != nil {
		c.cmd.ChangedSince, _ = strconv.ParseUint(m[1], 10, 64)
		c.cmd.ModSeq, c.enabled = true, true
		text = changedSince.ReplaceAllString(text, "")
	}
	m := fetchItems.FindStringSubmatch(text)
	if m == nil || !modSeqItem.MatchString(m[2]) {
		return text
	}
	c.cmd.ModSeq, c.enabled = true, true
	return m[1] + " " + modSeqItem.ReplaceAllString(m[2], "${1}UID$2")
}
