package normalize

import (
	"strings"
)

// classify settles who wrote the mail, a person or a program, and reads the
// report that it is.
func (e *email) classify(root *part, parts reportParts) {
	m := &e.msg
	in := evidence{
		head: e.head, subject: m.Subject, text: m.TextBody, replies: len(m.InReplyTo) > 0, replyTo: len(m.ReplyTo) > 0,
		nullPath: nullPath(e.head, e.raw.EnvelopeFrom, len(e.raw.EnvelopeTo) > 0),
		original: parts.original != nil, status: parts.status != nil, disposition: parts.disposition != nil, feedbackReport: parts.feedback != nil,
	}
	if len(m.From) > 0 {
		in.from = m.From[0]
	}
	if root.media == "multipart/report" {
		in.reportType = strings.ToLower(root.params["report-type"])
	}
	class := classify(in)
	m.AutoSubmitted = class.auto
	if class.report != "" {
		m.Report = buildReport(class.report, reportInput{parts: parts, head: e.head, hint: e.hint, text: m.TextBody, inReplyTo: m.InReplyTo})
	}
}
