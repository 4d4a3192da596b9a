package imf

import "strings"

// AutoSubmittedKeyword returns the keyword of an Auto-Submitted field (RFC 3834 §5),
// in lower case and without parameters: "no", "auto-generated", "auto-replied",
// "auto-notified", or "" if the field is absent.
func AutoSubmittedKeyword(value string) string {
	value, _, _ = strings.Cut(dropComments(value), ";")
	return strings.ToLower(strings.TrimSpace(value))
}

// robotLocalParts are local parts that only programs send from.
var robotLocalParts = wordSet("mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mailer_daemon", "mdaemon", "mmdf", "smtp-daemon",
	"postmaster", "mail-delivery-subsystem", "mailsystem", "mail-system", "daemon", "post_master", "post-master", "postoffice", "mailmaster", "system-attendant", "maildelivery", "mail_delivery", "bounce-notification")

// IsMailerDaemon reports whether mail systems send their reports from an address (RFC
// 5321 §4.5.5 leaves the name open; these are in common use).
func IsMailerDaemon(addr string) bool {
	local, _ := SplitAddr(strings.ToLower(addr))
	return robotLocalParts[strings.Trim(local, `"`)] || strings.HasPrefix(local, "mailer-daemon") || strings.HasPrefix(local, "postmaster") || strings.HasPrefix(local, "microsoftexchange")
}

// IsDaemon is IsMailerDaemon without the postmaster, who is a person who also writes
// and reads mail (RFC 5321 §4.5.1).
func IsDaemon(addr string) bool {
	local, _ := SplitAddr(strings.ToLower(addr))
	return IsMailerDaemon(addr) && !strings.HasPrefix(local, "post") && local != "mailmaster"
}

// noReplyWords mark senders that cannot be replied to.
var noReplyWords = []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "dont-reply", "dontreply", "nepasrepondre", "ne-pas-repondre", "no-responder", "noresponder"}

// IsNoReply reports whether an address says that replies to it are not read.
func IsNoReply(addr string) bool {
	local, _ := SplitAddr(strings.ToLower(addr))
	for _, w := range noReplyWords {
		if strings.Contains(local, w) {
			return true
		}
	}
	return false
}

// IsBulkPrecedence reports whether a Precedence value marks mail sent to many
// recipients (RFC 3834 §2 names list, bulk and junk).
func IsBulkPrecedence(value string) bool {
	switch strings.ToLower(strings.TrimSpace(dropComments(value))) {
	case "list", "bulk", "junk", "first-class-bulk":
		return true
	}
	return false
}

// ListID returns the identifier of a List-Id field (RFC 2919), without angle brackets
// and description.
func ListID(value string) string {
	if open := strings.LastIndexByte(value, '<'); open >= 0 {
		value = value[open+1:]
		value, _, _ = strings.Cut(value, ">")
		return cleanID(value)
	}
	f := strings.Fields(dropComments(value))
	if len(f) == 0 {
		return ""
	}
	return cleanID(f[len(f)-1])
}
