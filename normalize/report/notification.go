package report

import (
	"encoding/json"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// Kinds of a notification.
const (
	NotifiesBounce = "bounce"
	NotifiesOther  = "other" // a delivery, a complaint, the start of a subscription
)

// maxNotification is how much of a text is read as a notification.
const maxNotification = 256 << 10

// notification is an event of a sending service in JSON, as Amazon SES sends it, also by
// way of Amazon SNS, which wraps it as text and appends a footer.
type notification struct {
	Type             string // "Notification" of SNS
	Message          string // the event, in SNS
	NotificationType string // the kind of event; SES writes one of the two
	EventType        string
	Bounce           *struct {
		BouncedRecipients []bouncedRecipient
		ReportingMTA      string
	}
	Mail struct {
		CommonHeaders struct {
			MessageID string
			Subject   string
		}
		Headers []struct{ Name, Value string }
	}
}

type bouncedRecipient struct {
	EmailAddress   string
	Action         string
	Status         string
	DiagnosticCode string
}

// Notification returns the kind of notification that a text is, or "" if it is none.
func Notification(text string) string {
	n, ok := readNotification(text)
	switch {
	case !ok:
		return ""
	case n.Bounce != nil && strings.EqualFold(n.kind(), "bounce"):
		return NotifiesBounce
	}
	return NotifiesOther
}

func (n notification) kind() string {
	if n.NotificationType != "" {
		return n.NotificationType
	}
	return n.EventType
}

// readNotification reads the notification that a text begins with.
func readNotification(text string) (n notification, ok bool) {
	text = strings.TrimSpace(plaintext.Clip(text, maxNotification))
	if !strings.HasPrefix(text, "{") {
		return n, false
	}
	for range 2 { // SNS, then the event inside
		if !decodeFirst(text, &n) {
			return n, false
		}
		if n.kind() != "" {
			return n, true
		}
		if text = strings.TrimSpace(n.Message); !strings.HasPrefix(text, "{") {
			return n, n.Type == "Notification"
		}
	}
	return n, false
}

// decodeFirst decodes the first value of a text. Mail programs wrap lines inside
// strings, which JSON does not allow (RFC 8259 §7).
func decodeFirst(text string, n *notification) bool {
	if json.NewDecoder(strings.NewReader(text)).Decode(n) == nil {
		return true
	}
	*n = notification{}
	return json.NewDecoder(strings.NewReader(strings.ReplaceAll(text, "\n", ""))).Decode(n) == nil
}

// fill adds what the notification says to a report.
func (n notification) fill(rep *desk.Report) {
	if rep.OriginalSubject == "" {
		rep.OriginalSubject = imf.OneLine(n.Mail.CommonHeaders.Subject)
	}
	if rep.OriginalMessageID == "" {
		// Not mail.messageId, which is the service's own.
		rep.OriginalMessageID = imf.MessageID(n.Mail.CommonHeaders.MessageID)
		for _, h := range n.Mail.Headers {
			if strings.EqualFold(h.Name, "Message-ID") {
				rep.OriginalMessageID = imf.MessageID(h.Value)
			}
		}
	}
	if n.Bounce == nil {
		return
	}
	rep.ReportingMTA = untyped(imf.OneLine(n.Bounce.ReportingMTA))
	for _, r := range n.Bounce.BouncedRecipients {
		if addr := imf.OneLine(r.EmailAddress); addr != "" && len(rep.Recipients) < MaxRecipients {
			rec := desk.ReportRecipient{Recipient: strings.Trim(addr, "<> "), Action: strings.ToLower(imf.OneLine(r.Action)), Status: enhancedStatus(r.Status), Diagnostic: untyped(imf.OneLine(r.DiagnosticCode))}
			if rec.Action == "" {
				rec.Action = "failed"
			}
			rep.Recipients = append(rep.Recipients, rec)
		}
	}
}
