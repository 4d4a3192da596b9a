// Package report reads the reports that programs send in place of a message:
// delivery status notifications (RFC 3464), read receipts (RFC 8098) and abuse
// reports (RFC 5965), as parts of a multipart/report (RFC 6522) or, where a mail
// system writes prose instead, from its text.
package report

import (
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/encodedword"
	"switchboard/normalize/mimeheader"
	"switchboard/normalize/plaintext"
)

// MaxRecipients is the largest number of recipients in one report.
const MaxRecipients = 500

// Parts are the machine-readable parts of a report. A nil part is absent.
type Parts struct {
	Status      []byte            // message/delivery-status, RFC 3464 §2
	Disposition []byte            // message/disposition-notification, RFC 8098 §3
	Feedback    []byte            // message/feedback-report, RFC 5965 §3
	Original    mimeheader.Header // of the message reported on
}

// IsPart reports whether a media type is that of a machine-readable part of a report
// or of the header of the message reported on.
func IsPart(media string) bool {
	switch media {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/global-disposition-notification",
		"message/feedback-report", "text/rfc822-headers", "text/rfc822-header", "message/global-headers", "message/rfc822-headers":
		return true
	}
	return false
}

// Add adds a decoded part, of which IsPart is true.
func (p *Parts) Add(media string, data []byte) {
	switch {
	case strings.HasSuffix(media, "delivery-status"):
		if p.Status == nil {
			p.Status = nonNil(data)
		}
	case strings.HasSuffix(media, "disposition-notification"):
		p.Disposition = nonNil(data)
	case media == "message/feedback-report":
		p.Feedback = nonNil(data)
	default:
		p.AddOriginal(data)
	}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// AddOriginal adds the message reported on, or its header; only the first one counts.
func (p *Parts) AddOriginal(data []byte) {
	if p.Original == nil {
		p.Original, _, _ = mimeheader.Read(plaintext.SkipBlankLines(data))
	}
}

// Input is what a report is read from.
type Input struct {
	Parts         Parts
	Header        mimeheader.Header // of the message that contains the report
	HeaderCharset string            // charset of raw 8-bit header fields
	Text          string            // the human-readable text
	InReplyTo     []string          // identifiers, without angle brackets
	References    []string
	Subject       string
	MailSystem    bool // the reverse-path is null, and the author is a mail system
}

// Build reads a report. kind is the Kind of desk.Report.
func Build(kind string, r Input) *desk.Report {
	rep := &desk.Report{Kind: kind, Recipients: []desk.ReportRecipient{}}
	if o := r.Parts.Original; o != nil {
		rep.OriginalMessageID = imf.MessageID(o.Get("message-id"))
		rep.OriginalSubject = encodedword.Decode(o.Get("subject"), r.HeaderCharset)
	}
	switch kind {
	case "delivery-status":
		r.deliveryStatus(rep)
		if n, ok := readNotification(r.Text); ok && len(rep.Recipients) == 0 {
			n.fill(rep)
			break
		}
		if len(rep.Recipients) == 0 {
			r.failedRecipients(rep)
		}
		if len(rep.Recipients) == 0 || rep.OriginalMessageID == "" {
			readLooseBounce(rep, r.Text)
		}
		if len(rep.Recipients) == 0 {
			r.onlyRecipient(rep)
		}
		rep.Returned = r.returned(rep)
	case "disposition-notification":
		r.dispositionNotice(rep)
	case "feedback-report":
		r.feedback(rep)
	}
	if rep.OriginalMessageID == "" && len(r.InReplyTo) == 1 {
		rep.OriginalMessageID = r.InReplyTo[0]
	}
	return rep
}

// deliveryStatus reads RFC 3464: per-message fields, then a group of fields for each
// recipient. Groups without a blank line between them are told apart by their first
// field.
func (r *Input) deliveryStatus(rep *desk.Report) {
	var cur *desk.ReportRecipient
	next := func() *desk.ReportRecipient {
		rep.Recipients = append(rep.Recipients, desk.ReportRecipient{})
		return &rep.Recipients[len(rep.Recipients)-1]
	}
	for rest := r.Parts.Status; len(rest) > 0 && len(rep.Recipients) < MaxRecipients; {
		var h mimeheader.Header
		before := len(rest)
		h, rest, _ = mimeheader.Read(plaintext.SkipBlankLines(rest))
		if len(rest) == before || len(h) == 0 && len(rest) == 0 {
			break
		}
		if len(h) == 0 {
			_, rest = plaintext.CutLine(rest) // not a field
			continue
		}
		if h.Has("final-recipient") {
			cur = nil
		}
		for _, f := range h {
			value := imf.OneLine(encodedword.DecodeText(f.Value, r.HeaderCharset))
			switch f.Name {
			case "reporting-mta":
				rep.ReportingMTA = untyped(value)
			case "original-envelope-id":
				rep.EnvelopeID = value
			case "x-original-message-id":
				if rep.OriginalMessageID == "" {
					rep.OriginalMessageID = imf.MessageID(value)
				}
			case "original-recipient", "final-recipient", "action", "status", "diagnostic-code", "remote-mta", "x-actual-recipient":
				if cur == nil || f.Name == "final-recipient" && cur.Recipient != "" || f.Name == "original-recipient" && cur.Original != "" {
					cur = next()
				}
				setRecipient(cur, f.Name, value)
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

// setRecipient sets a per-recipient field (RFC 3464 §2.3).
func setRecipient(rec *desk.ReportRecipient, name, value string) {
	switch name {
	case "original-recipient":
		rec.Original = address(value)
	case "final-recipient":
		rec.Recipient = address(value)
	case "x-actual-recipient":
		if rec.Original == "" {
			rec.Original = address(value)
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

// untyped removes the type of a typed field: "rfc822; user@host" (RFC 3464 §2.1.2).
func untyped(value string) string {
	if kind, rest, ok := strings.Cut(value, ";"); ok && len(kind) < 30 && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		value = rest
	}
	return strings.TrimSpace(value)
}

func address(value string) string {
	return strings.Trim(untyped(value), "<> ")
}

func firstField(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return strings.Trim(f[0], ";,()")
	}
	return ""
}

// failedRecipients reads the header field in which Exim and Gmail list the failed
// recipients.
func (r *Input) failedRecipients(rep *desk.Report) {
	for _, box := range imf.ParseAddressList(strings.Join(r.Header.All("x-failed-recipients"), ", "), nil) {
		if box.Addr != "" && len(rep.Recipients) < MaxRecipients {
			rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: box.Addr, Action: "failed"})
		}
	}
	if len(rep.Recipients) > 0 {
		status := enhancedStatus(r.Text)
		for i := range rep.Recipients {
			rep.Recipients[i].Status = status
			rep.Recipients[i].Diagnostic = diagnosticLine(r.Text)
		}
	}
}

// onlyRecipient takes the recipient of the returned message if it has only one: some
// systems write names instead of addresses into their reports.
func (r *Input) onlyRecipient(rep *desk.Report) {
	if r.Parts.Original == nil {
		return
	}
	to := imf.ParseAddressList(strings.Join(append(r.Parts.Original.All("to"), r.Parts.Original.All("cc")...), ", "), nil)
	if len(to) == 1 && imf.ValidAddr(to[0].Addr) {
		rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: to[0].Addr, Action: "failed",
			Status: enhancedStatus(r.Text), Diagnostic: diagnosticLine(r.Text)})
	}
}

// dispositionNotice reads RFC 8098 §3.
func (r *Input) dispositionNotice(rep *desk.Report) {
	h, _, _ := mimeheader.Read(plaintext.SkipBlankLines(r.Parts.Disposition))
	if id := imf.MessageID(h.Get("original-message-id")); id != "" {
		rep.OriginalMessageID = id
	}
	rec := desk.ReportRecipient{Recipient: address(h.Get("final-recipient")), Original: address(h.Get("original-recipient"))}
	_, rec.Action, _ = strings.Cut(imf.OneLine(h.Get("disposition")), ";")
	if rec.Action = strings.TrimSpace(rec.Action); rec.Recipient != "" || rec.Action != "" {
		rep.Recipients = append(rep.Recipients, rec)
	}
}

// feedback reads RFC 5965 §3.
func (r *Input) feedback(rep *desk.Report) {
	h, _, _ := mimeheader.Read(plaintext.SkipBlankLines(r.Parts.Feedback))
	rep.FeedbackType = strings.ToLower(imf.OneLine(h.Get("feedback-type")))
	if rep.FeedbackType == "" {
		rep.FeedbackType = "abuse"
	}
	rep.ReportingMTA = untyped(imf.OneLine(h.Get("reporting-mta")))
	rep.EnvelopeID = imf.OneLine(h.Get("original-envelope-id"))
	values := append(h.All("original-rcpt-to"), h.All("removal-recipient")...)
	if o := r.Parts.Original; o != nil {
		values = append(values, o.All("x-hmxmroriginalrecipient")...)
	} else if m := bouncedID.FindStringSubmatch(plaintext.Clip(r.Text, 64<<10)); m != nil {
		rep.OriginalMessageID = imf.MessageID("<" + m[1] + ">")
	}
	for _, value := range values {
		if addr := address(imf.OneLine(value)); addr != "" && len(rep.Recipients) < MaxRecipients {
			rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: addr})
		}
	}
	if len(rep.Recipients) == 0 && r.Parts.Original != nil {
		for _, box := range imf.ParseAddressList(r.Parts.Original.Get("to"), nil) {
			if strings.Contains(box.Addr, "@") {
				rep.Recipients = append(rep.Recipients, desk.ReportRecipient{Recipient: box.Addr})
			}
		}
	}
}
