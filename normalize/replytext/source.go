package replytext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/internal/imf"
)

// Source is what the header of a message says about its text.
type Source struct {
	// Reply means that it answers another message: it has References or In-Reply-To
	// (RFC 5322 §3.6.4) or a subject with "Re:". A header block pasted into any other
	// message is the author's, unless it names a message the recipient wrote.
	Reply   bool
	Name    string   // the author's display name
	Address string   // the author's address
	To      []string // the addresses of the recipients
	Subject string

	words []string // of name and address, in lower case
}

// prepared returns the source with the author's words split.
func (s Source) prepared() Source {
	s.Subject = strings.ToLower(imf.BaseSubject(s.Subject))
	for _, w := range strings.FieldsFunc(strings.ToLower(s.Name+" "+s.Address), func(c rune) bool { return !unicode.IsLetter(c) }) {
		if size := utf8.RuneCountInString(w); (size >= 3 || size == 2 && len(w) > 3) && !commonParts[w] {
			s.words = append(s.words, w)
		}
	}
	return s
}

// commonParts are parts of addresses that do not name anybody.
var commonParts = map[string]bool{"com": true, "net": true, "org": true, "www": true, "mail": true, "info": true, "example": true, "the": true, "and": true, "von": true, "der": true}

// named reports whether the author's name is known.
func (s Source) named() bool { return s.Name != "" && len(s.words) > 0 }

// wrote reports whether a line in lower case contains one of the author's names.
func (s Source) wrote(line string) bool {
	return len(s.words) > 0 && slices.ContainsFunc(strings.FieldsFunc(line, func(c rune) bool { return !unicode.IsLetter(c) }),
		func(w string) bool { return slices.Contains(s.words, w) })
}

// addresses reports whether a line contains the address of a recipient.
func (s Source) addresses(line string) bool {
	return slices.ContainsFunc(s.To, func(to string) bool { return to != "" && strings.Contains(line, strings.ToLower(to)) })
}
