// Package undeliverable decides whether a failed delivery says something about its
// recipient's address: that there is no such mailbox, or only that it was not reached this
// time. Refusals for policy, spam or authentication say nothing about it.
package undeliverable

import (
	"regexp"
	"strings"
)

// Verdict is what a failure says about an address.
type Verdict int

const (
	Nothing   Verdict = iota // about the address
	Temporary                // it was not reached: a full mailbox, or a server that did not answer for days
	Permanent                // there is no such mailbox
)

var (
	// policy is in refusals that are about us or about the content.
	policy = regexp.MustCompile(`(?i)\b(spam|spamhaus|blacklist|blocklist|block(ed)? list|blocked|policy|reputation|dmarc|dkim|spf|relay(ing)?|virus|content|rate limit|too many|sender)\b`)
	full   = regexp.MustCompile(`(?i)(mailbox|inbox|quota|storage|account|user)\b.{0,40}\b(full|exceeded|over ?quota)|over ?quota|quota exceeded|\bout of storage\b|insufficient (system )?storage`)
	absent = regexp.MustCompile(`(?i)(user|recipient|mailbox|address|account|alias|addressee)\b.{0,60}\b(unknown|not (be )?found|does(n't| not) exist|no longer (exists|available|valid)|disabled|inactive|unavailable|invalid|rejected: access denied)|` +
		`(unknown|no such|invalid|nonexistent|non-existent) (local )?(user|recipient|mailbox|address|account|person)|no mailbox (here )?by that name|not (our|a valid) (customer|recipient|mailbox|user)|(host|domain) (or domain name )?(name )?not found|unrouteable address|nullmx|null mx`)
)

// Judge returns what the failure of a delivery says about the address: the codes of
// RFC 5321 and RFC 3463, where there are any, and what the server said.
func Judge(code int, enhanced, detail string) Verdict {
	class, rest, _ := strings.Cut(enhanced, ".")
	transient := class == "4" || class == "" && code/100 == 4
	switch {
	case code == 0 && enhanced == "":
		return Nothing // our own server was not reached, or somebody gave up
	case full.MatchString(detail) || rest == "2.2":
		return Temporary
	case strings.HasPrefix(rest, "7.") || rest == "1.7" || rest == "1.8" || strings.HasPrefix(rest, "6."):
		return Nothing // security and policy, the sender's address, the content
	case transient:
		if strings.HasPrefix(rest, "1.") || strings.HasPrefix(rest, "2.") || strings.HasPrefix(rest, "4.") {
			return Temporary
		}
		return Nothing
	}
	switch rest {
	case "1.1", "1.2", "1.3", "1.6", "1.10", "2.1":
		if policy.MatchString(detail) && !absent.MatchString(detail) {
			return Nothing
		}
		return Permanent
	case "4.7":
		return Temporary // delivery time expired
	}
	if !policy.MatchString(detail) && absent.MatchString(detail) {
		return Permanent
	}
	return Nothing
}
