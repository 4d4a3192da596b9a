package neutral

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"switchboard/internal/addressmask"
)

var webLink = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>"` + "`" + `|\\^]+`)

// links finds URLs that belong to one customer: with a name, with a query that says who, with a
// secret, or with a number.
func (m *matcher) links(text string) (found []span) {
	for _, at := range webLink.FindAllStringIndex(text, -1) {
		link := trimLink(text[at[0]:at[1]])
		if personalLink(link) || len(m.people(link)) > 0 {
			found = append(found, span{at[0], at[0] + len(link), Link})
		}
	}
	return found
}

// trimLink removes what follows a URL in a sentence or in CommonMark.
func trimLink(link string) string {
	for {
		short := strings.TrimRight(link, ".,;:!?*_'’”]}。、，")
		if strings.HasSuffix(short, ")") && strings.Count(short, ")") > strings.Count(short, "(") {
			short = strings.TrimSuffix(short, ")")
		}
		if short == link {
			break
		}
		link = short
	}
	if end := strings.Index(link, "]("); end >= 0 { // the text of a link is a URL
		link = link[:end]
	}
	return link
}

// harmless are parameters that say nothing about a customer.
var harmless = map[string]bool{"lang": true, "language": true, "hl": true, "locale": true, "q": true, "query": true, "search": true, "page": true, "tab": true, "section": true, "topic": true, "v": true, "version": true, "from": true, "category": true}

func personalLink(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.User != nil || len(addressmask.Find(link)) > 0 {
		return true
	}
	if strings.Contains(u.RawQuery, ";") || strings.ContainsAny(u.Fragment, "=&?/") && !strings.HasPrefix(u.Fragment, ":~:") {
		return true
	}
	for name, values := range u.Query() {
		for _, value := range values {
			if value != "" && (!harmless[strings.ToLower(name)] || secret(value)) || value == "" && secret(name) {
				return true
			}
		}
	}
	for part := range strings.SplitSeq(u.Path+"/"+u.Fragment, "/") {
		if secret(part) {
			return true
		}
	}
	return false
}

// secret reports whether a part of a URL looks like a token or a number of something.
func secret(part string) bool {
	digits, letters, changes, last := 0, 0, 0, 0
	for _, r := range part {
		kind := 0
		switch {
		case unicode.IsDigit(r):
			digits++
			kind = 1
		case unicode.IsLower(r):
			letters++
			kind = 2
		case unicode.IsLetter(r):
			letters++
			kind = 3
		}
		if kind != 0 && last != 0 && kind != last && (kind != 2 || last != 3) {
			changes++
		}
		last = kind
	}
	switch {
	case date.MatchString(part):
		return false
	case digits >= 5, letters+digits >= 16 && digits >= 2 && changes >= 3, letters >= 20 && changes >= 4:
		return true
	}
	return letters+digits >= 32 && !strings.ContainsAny(part, "-_.")
}
