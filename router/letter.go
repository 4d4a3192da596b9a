package router

import (
	"fmt"
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
	// Signature is CommonMark with SignatureNames, below the text; empty: none.
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

// LetterNames are what sender names and the signatures of agents can have filled in, and
// SignatureNames what those of inboxes can.
var (
	LetterNames    = []string{"agent.name", "agent.first_name", "inbox.name", "company"}
	SignatureNames = append(slices.Clone(LetterNames), "agent.signature")
)

// OwnSignature is the signature of an inbox that does not say another one: the agent's.
const OwnSignature = "{{agent.signature}}"

const (
	maxSignature  = 4000 // octets
	maxSenderName = 200
)

// letterKeys are the keys of an inbox that are about its replies.
func (c *compiler) letterKeys(l *Letter) map[string]func(field) {
	return map[string]func(field){
		"addresses":   func(f field) { l.Addresses = c.addresses(f) },
		"sender_name": func(f field) { l.SenderName = c.senderName(f) },
		"signature":   func(f field) { l.Signature = c.signature(f) },
		"quote":       func(f field) { l.Quote = Quote(c.oneOf(f, string(QuoteNone), string(QuoteLast), string(QuoteAll))) },
	}
}

// signature reads a signature; "none" is that there is none.
func (c *compiler) signature(f field) string {
	if s := strings.TrimSpace(c.letterText(f, maxSignature, SignatureNames)); s != "none" {
		return s
	}
	return ""
}

func (c *compiler) senderName(f field) string {
	s := strings.TrimSpace(c.letterText(f, maxSenderName, LetterNames))
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.fail(f.value, f.path, "must be one line, without control characters")
		return ""
	}
	return s
}

// letterText reads a text with names to be filled in.
func (c *compiler) letterText(f field, limit int, names []string) string {
	s := c.text(f)
	for _, wrong := range letterProblems(s, limit, names) {
		c.fail(f.value, f.path, "%s", wrong)
	}
	return s
}

// letterProblems returns what is wrong with a text.
func letterProblems(s string, limit int, names []string) (all []string) {
	if len(s) > limit {
		all = append(all, fmt.Sprintf("has %d octets; at most %d are allowed", len(s), limit))
	}
	for _, n := range placeholder.Unknown(s, names) {
		all = append(all, fmt.Sprintf("there is no {{%s}}: use %s%s", n, strings.Join(names, ", "), nearest.Hint(n, slices.Clone(names))))
	}
	return all
}

// SignatureProblem returns what is wrong with the signature of an agent; empty: nothing.
func SignatureProblem(s string) string {
	return strings.Join(letterProblems(s, maxSignature, LetterNames), "; ")
}
