package normalize

import (
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// maxReported bounds the recipients taken from one report.
const maxReported = 500

// reportParts are the machine-readable parts seen while composing the body.
type reportParts struct {
	status      []byte // message/delivery-status, RFC 3464 §2
	disposition []byte // message/disposition-notification, RFC 8098 §3
	feedback    []byte // message/feedback-report, RFC 5965 §3
	original    header // of the mail reported on
}

func isReportPart(media string) bool {
	switch media {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/global-disposition-notification",
		"message/feedback-report", "text/rfc822-headers", "text/rfc822-header", "message/global-headers", "message/rfc822-headers":
		return true
	}
	return false
}

func (p *reportParts) add(media string, data []byte) {
	switch {
	case strings.HasSuffix(media, "delivery-status"):
		if p.status == nil {
			p.status = nonNil(data)
		}
	case strings.HasSuffix(media, "disposition-notification"):
		p.disposition = nonNil(data)
	case media == "message/feedback-report":
		p.feedback = nonNil(data)
	default:
		p.addOriginal(data)
	}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (p *reportParts) addOriginal(data []byte) {
	if p.original == nil {
		p.original, _, _ = readHeader(skipBlank(data))
	}
}

// reportInput is what a report is read from.
type reportInput struct {
	parts     reportParts
	head      header   // of the mail that brings it
	hint      string   // charset of raw 8-bit header fields
	text      string   // what it says to people
	inReplyTo []string // identifiers, without angle brackets
}

// buildReport gathers what a report says. kind is desk.Report's.
func buildReport(kind string, r reportInput) *desk.Report {
	rep := &desk.Report{Kind: kind, Recipients: []desk.ReportRecipient{}}
	if o := r.parts.original; o != nil {
		rep.OriginalMessageID = imf.MessageID(o.get("message-id"))
		rep.OriginalSubject = decodeHeader(o.get("subject"), r.hint)
	}
	switch kind {
	case "delivery-status":
		r.deliveryStatus(rep)
		if len(rep.Recipients) == 0 {
			r.failedRecipients(rep)
		}
		if len(rep.Recipients) == 0 || rep.OriginalMessageID == "" {
			readLooseBounce(rep, r.text)
		}
		if len(rep.Recipients) == 0 {
			r.onlyRecipient(rep)
		}
	case "disposition-notification":
		r.dispositionNotice(rep)
	case "feedback-report":
		r.feedback(rep)
	}
	if rep.OriginalMessageID == "" && len(r.inReplyTo) == 1 {
		rep.OriginalMessageID = r.inReplyTo[0]
	}
	return rep
}

// deliveryStatus reads RFC 3464: per-message fields, then a group of fields for
// each recipient. Groups that lost their blank line are told apart by their
// first field.
func (r *reportInput) deliveryStatus(rep *desk.Report) {
	var cur *desk.ReportRecipient
	next := func() *desk.ReportRecipient {
		rep.Recipients = append(rep.Recipients, desk.ReportRecipient{})
		return &rep.Recipients[len(rep.Recipients)-1]
	}
	for rest := r.parts.status; len(rest) > 0 && len(rep.Recipients) < maxReported; {
		var h header
		before := len(rest)
		h, rest, _ = readHeader(skipBlank(rest))
		if len(rest) == before || len(h) == 0 && len(rest) == 0 {
			break
		}
		if len(h) == 0 {
			_, rest = cutLine(rest) // a line that is no field
			continue
		}
		if h.has("final-recipient") {
			cur = nil
		}
		for _, f := range h {
			value := imf.OneLine(decodeText(f.value, r.hint))
			switch f.name {
			case "reporting-mta":
				rep.ReportingMTA = untyped(value)
			case "original-envelope-id":
				rep.EnvelopeID = value
			case "x-original-message-id":
				if rep.OriginalMessageID == "" {
					rep.OriginalMessageID = imf.MessageID(value)
				}
			case "original-recipient", "final-recipient", "action", "status", "diagnostic-code", "remote-mta", "x-actual-recipient":
				if cur == nil || f.name == "final-recipient" && cur.Recipient != "" || f.name == "original-recipient" && cur.Original != "" {
					cur = next()
				}
				setRecipient(cur, f.name, value)
			}
		}
	}
	kept := rep.Recipients[:0]
	for _, rec := range rep.Recipients {
		if rec.Recipient == "" {
			rec.Recipient = rec.Original
		}
		if rec.Recipient != "" || rec.Action != "" || rec.Status != "" {
			kept = append(kept, rec)
		}
	}
	rep.Recipients = kept
}

func setRecipient(rec *desk.ReportRecipient, name, value string) {
	switch name {
	case "original-recipient":
		rec.Original = reportAddress(value)
	case "final-recipient":
		rec.Recipient = reportAddress(value)
	case "x-actual-recipient":
		if rec.Original == "" {
			rec.Original = reportAddress(value)
		}
	case "action":
		rec.Action = strings.ToLower(firstField(value))
	case "status":
		rec.Status = enhancedStatus(value)
		if rec.Status == "" {
			rec.Status = firstField(value)
		}
	case "diagnostic-code":
		rec.Diagnostic = untyped(value)
	case "remote-mta":
		rec.RemoteMTA = untyped(value)
	}
}

// untyped removes the type of a typed field: "rfc822; user@host" (RFC 3464
// §2.1.2).
func untyped(value string) string {
	if kind, rest, ok := strings.Cut(value, ";"); ok && len(kind) < 30 && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		value = rest
	}
	return strings.TrimSpace(value)
}

func reportAddress(value string) string {
	return strings.Trim(untyped(value), "<> ")
}

func firstField(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return strings.Trim(f[0], ";,()")
	}
	return ""
}

// failedRecipients reads the header Exim and Gmail name the failed in.
func (r *reportInput) failedRecipients(rep *desk.Report) {
	for _, box := range imf.ParseAddressList(strings.Join(r.head.all("x-failed-recipients"), ", "), nil) {
		if box.Addr != "" && len(rep.Recipients) < maxReported {
			rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: box.Addr, Action: "failed"})
		}
	}
	if len(rep.Recipients) > 0 {
		status := enhancedStatus(r.text)
		for i := range rep.Recipients {
			rep.Recipients[i].Status = status
			rep.Recipients[i].Diagnostic = diagnosticLine(r.text)
		}
	}
}

// onlyRecipient is whom a mail that came back went to, when it went to one: some
// systems write names where addresses should stand.
func (r *reportInput) onlyRecipient(rep *desk.Report) {
	if r.parts.original == nil {
		return
	}
	to := imf.ParseAddressList(strings.Join(append(r.parts.original.all("to"), r.parts.original.all("cc")...), ", "), nil)
	if len(to) == 1 && imf.ValidAddr(to[0].Addr) {
		rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: to[0].Addr, Action: "failed",
			Status: enhancedStatus(r.text), Diagnostic: diagnosticLine(r.text)})
	}
}

// dispositionNotice reads RFC 8098 §3.
func (r *reportInput) dispositionNotice(rep *desk.Report) {
	h, _, _ := readHeader(skipBlank(r.parts.disposition))
	if id := imf.MessageID(h.get("original-message-id")); id != "" {
		rep.OriginalMessageID = id
	}
	rec := desk.ReportRecipient{Recipient: reportAddress(h.get("final-recipient")), Original: reportAddress(h.get("original-recipient"))}
	_, rec.Action, _ = strings.Cut(imf.OneLine(h.get("disposition")), ";")
	if rec.Action = strings.TrimSpace(rec.Action); rec.Recipient != "" || rec.Action != "" {
		rep.Recipients = append(rep.Recipients, rec)
	}
}

// feedback reads RFC 5965 §3.
func (r *reportInput) feedback(rep *desk.Report) {
	h, _, _ := readHeader(skipBlank(r.parts.feedback))
	rep.FeedbackType = strings.ToLower(imf.OneLine(h.get("feedback-type")))
	if rep.FeedbackType == "" {
		rep.FeedbackType = "abuse"
	}
	rep.ReportingMTA = untyped(imf.OneLine(h.get("reporting-mta")))
	rep.EnvelopeID = imf.OneLine(h.get("original-envelope-id"))
	values := append(h.all("original-rcpt-to"), h.all("removal-recipient")...)
	if o := r.parts.original; o != nil {
		values = append(values, o.all("x-hmxmroriginalrecipient")...)
	} else if m := bouncedID.FindStringSubmatch(clip(r.text, 64<<10)); m != nil {
		rep.OriginalMessageID = imf.MessageID("<" + m[1] + ">")
	}
	for _, value := range values {
		if addr := reportAddress(imf.OneLine(value)); addr != "" && len(rep.Recipients) < maxReported {
			rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: addr})
		}
	}
	if len(rep.Recipients) == 0 && r.parts.original != nil {
		for _, box := range imf.ParseAddressList(r.parts.original.get("to"), nil) {
			if strings.Contains(box.Addr, "@") {
				rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: box.Addr})
			}
		}
	}
}
