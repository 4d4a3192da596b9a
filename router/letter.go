package router

import (
	"slices"
	"strings"
	"unicode"

	"switchboard/internal/nearest"
	"switchboard/internal/placeholder"
)

// Letter is what an inbox adds to its replies by mail.
type Letter struct {
	// Addresses are those that replies may be sent from besides the one that the
	// conversation came to.
	Addresses []string
	// SenderName is the name in From, with LetterNames; empty: the default.
	SenderName string
	// Signature is CommonMark with LetterNames, below the text; empty: none.
	Signature string
	Quote     Quote
}

// Quote says which earlier messages a reply quotes.
type Quote string

const (
	QuoteNone Quote = "none" // the default
	QuoteLast Quote = "last" // the customer's newest one
	QuoteAll  Quote = "all"  // all, the newest first
)

// LetterNames are what signatures and sender names can have filled in.
var LetterNames = []string{"agent.name", "agent.first_name", "inbox.name", "company"}

const (
	maxSignature  = 4000 // octets
	maxSenderName = 200
)

// letterKeys are the keys of an inbox that are about its replies.
func (c *compiler) letterKeys(l *Letter) map[string]func(field) {
	return map[string]func(field){
		"addresses":   func(f field) { l.Addresses = c.addresses(f) },
		"sender_name": func(f field) { l.SenderName = c.senderName(f) },
		"signature":   func(f field) { l.Signature = strings.TrimSpace(c.letterText(f, maxSignature)) },
		"quote":       func(f field) { l.Quote = Quote(c.oneOf(f, string(QuoteNone), string(QuoteLast), string(QuoteAll))) },
	}
}

func (c *compiler) senderName(f field) string {
	s := strings.TrimSpace(c.letterText(f, maxSenderName))
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.fail(f.value, f.path, "must be one line, without control characters")
		return ""
	}
	return s
}

// letterText reads a text with LetterNames.
func (c *compiler) letterText(f field, limit int) string {
	s := c.text(f)
	if len(s) > limit {
		c.fail(f.value, f.path, "has %d octets; at most %d are allowed", len(s), limit)
	}
	for _, n := range placeholder.Unknown(s, LetterNames) {
		c.fail(f.value, f.path, "there is no {{%s}}: use %s%s", n, strings.Join(LetterNames, ", "), nearest.Hint(n, slices.Clone(LetterNames)))
	}
	return s
}
