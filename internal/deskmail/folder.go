package deskmail

import (
	"strings"
)

// Delimiter separates the levels of a folder's name.
const Delimiter = '/'

// names are those of the folders that are no inbox.
var names = map[Kind]string{Assigned: "INBOX", Archive: "Archive", Sent: "Sent", Drafts: "Drafts"}

// Names returns the names of folders, which differ. An inbox has the name that the console shows; its key is added
// if another folder has that.
func Names(all []Mailbox) []string {
	out := make([]string, len(all))
	taken := map[string]int{}
	for _, name := range names {
		taken[strings.ToLower(name)]++
	}
	for i, m := range all {
		if out[i] = names[m.Kind]; m.Kind == Inbox {
			out[i] = clean(m.Title)
			taken[strings.ToLower(out[i])]++
		}
	}
	for i, m := range all {
		if m.Kind == Inbox && (out[i] == "" || taken[strings.ToLower(out[i])] > 1) {
			out[i] = strings.TrimSpace(out[i] + " (" + clean(m.Key) + ")")
		}
	}
	return out
}

// clean returns a name without delimiters, wildcards and control characters.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return -1
		case r == Delimiter || r == '*' || r == '%' || r == '\\':
			return '-'
		}
		return r
	}, name)
	return strings.TrimSpace(name)
}

// Special returns the special use of a folder (RFC 6154); "" for none.
func (m *Mailbox) Special() string {
	switch m.Kind {
	case Archive:
		return `\Archive`
	case Sent:
		return `\Sent`
	case Drafts:
		return `\Drafts`
	}
	return ""
}
