package report

import (
	"regexp"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

var (
	enhancedCode = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	replyCode    = regexp.MustCompile(`(?m)(?:^|[\s:>(])([45]\d\d)[ -][^\n]*`)
	bouncedAddr  = regexp.MustCompile(`[A-Za-z0-9._%+'=/-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	bouncedID    = regexp.MustCompile(`(?im)^[>\s]*message-id:\s*<?([^<>\s]{1,250})>?`)
	bouncedTitle = regexp.MustCompile(`(?im)^[>\s]*subject:[ \t]*(\S[^\n]{0,300})`)
)

// enhancedStatus returns the first enhanced status code (RFC 3463) in a text, or "".
// Parts of IP addresses and version numbers do not count.
func enhancedStatus(s string) string {
	s = plaintext.Clip(s, 64<<10)
	for _, at := range enhancedCode.FindAllStringIndex(s, 20) {
		before, after := byte(' '), byte(' ')
		if at[0] > 0 {
			before = s[at[0]-1]
		}
		if at[1] < len(s) {
			after = s[at[1]]
		}
		if before != '.' && before != '[' && before != '/' && !(after == '.' && at[1]+1 < len(s) && s[at[1]+1] >= '0' && s[at[1]+1] <= '9') {
			return s[at[0]:at[1]]
		}
	}
	return ""
}

// diagnosticLine returns the line of a text that quotes an SMTP reply, or "".
func diagnosticLine(s string) string {
	if line := replyCode.FindString(plaintext.Clip(s, 64<<10)); line != "" {
		return plaintext.Clip(imf.OneLine(strings.TrimLeft(line, " \t\n\r:>(")), 500)
	}
	return ""
}

// delaySentences say that a mail system has not given up.
var delaySentences = []string{"will be retried", "not yet been delivered", "has been delayed", "delivery attempts will continue", "will continue to try", "will keep trying", "still being retried", "warning message only", "not need to resend", "noch nicht zugestellt"}

// readLooseBounce extracts what it can from the prose of a bounce: recipients named
// before the returned message, status codes, and the identifier of the returned
// message.
func readLooseBounce(rep *desk.Report, text string) {
	text = plaintext.Clip(text, 64<<10)
	if rep.OriginalMessageID == "" {
		if m := bouncedID.FindStringSubmatch(text); m != nil {
			rep.OriginalMessageID = imf.MessageID("<" + m[1] + ">")
		}
	}
	if rep.OriginalSubject == "" {
		if m := bouncedTitle.FindStringSubmatch(text); m != nil {
			rep.OriginalSubject = imf.OneLine(m[1])
		}
	}
	if len(rep.Recipients) > 0 {
		return
	}
	prose := beforeReturned(text)
	status, diagnostic, action := enhancedStatus(prose), diagnosticLine(prose), proseAction(prose)
	seen := make(map[string]bool)
	for _, addr := range bouncedAddr.FindAllString(prose, 50) {
		addr = strings.Trim(addr, "'") // Exchange writes 'jo@acme.example'
		key := strings.ToLower(addr)
		if seen[key] || imf.IsMailerDaemon(addr) || len(rep.Recipients) >= 20 {
			continue
		}
		seen[key] = true
		rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: addr, Action: action, Status: status, Diagnostic: diagnostic})
	}
}

// proseAction returns what a text says about the delivery, as an action of RFC 3464.
func proseAction(prose string) string {
	status := enhancedStatus(prose)
	if strings.HasPrefix(status, "4.") || status == "" && plaintext.ContainsAny(strings.ToLower(prose), delaySentences) {
		return "delayed"
	}
	return "failed"
}

// beforeReturned returns the text before the copy of the returned message.
func beforeReturned(text string) string {
	lower := imf.FoldASCII(text)
	end := len(text)
	for _, mark := range []string{"--- below this line is a copy", "------ this is a copy of", "----- original message", "-----original message", "----- unsent message", "----- returned mail", "---- original message", "\nreturn-path:", "\nreceived:", "\nmessage-id:", "original message follows", "----- message header follows", "the message header"} {
		if i := strings.Index(lower, mark); i >= 0 && i < end {
			end = i
		}
	}
	return plaintext.Clip(text, end)
}

// HasAddress reports whether a text contains an email address.
func HasAddress(text string) bool { return bouncedAddr.MatchString(text) }

// HasRefusal reports whether a text names an address and quotes a mail server's reply
// or status code about it.
func HasRefusal(text string) bool {
	return HasAddress(text) && (replyCode.MatchString(text) || enhancedStatus(text) != "")
}

// HasDiagnostic reports whether a text contains an email address or the reply of a
// mail server.
func HasDiagnostic(text string) bool {
	return HasAddress(text) || replyCode.MatchString(text) || enhancedStatus(text) != ""
}
