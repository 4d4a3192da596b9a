package normalize

import (
	"strings"

	"switchboard/normalize/classify"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/report"
)

// classify determines whether a person or a program wrote the message, and reads the
// report if it is one.
func (e *email) classify(root *mimeparse.Part, parts report.Parts) {
	m := &e.msg
	in := classify.Evidence{
		Header: e.head, Subject: m.Subject, Text: m.TextBody, Replies: len(m.InReplyTo) > 0, ReplyTo: len(m.ReplyTo) > 0,
		NullPath: classify.NullReversePath(e.head, e.raw.EnvelopeFrom, len(e.raw.EnvelopeTo) > 0),
		Original: parts.Original != nil, Status: parts.Status != nil, Disposition: parts.Disposition != nil, Notification: report.Notification(m.TextBody), FeedbackReport: parts.Feedback != nil,
	}
	if len(m.From) > 0 {
		in.From = m.From[0]
	}
	if root.Type == "multipart/report" {
		in.ReportType = strings.ToLower(root.Params["report-type"])
	}
	class := classify.Classify(in)
	m.AutoSubmitted, m.NullPath, m.Refuses = class.Auto, in.NullPath, classify.Refuses(e.head)
	if class.Report != "" {
		m.Report = report.Build(class.Report, report.Input{Parts: parts, Header: e.head, HeaderCharset: e.hint, Text: m.TextBody,
			InReplyTo: m.InReplyTo, References: m.References, Subject: m.Subject, MailSystem: in.NullPath && classify.MailSystem(in.From)})
	}
}
