// Package content reads the parts of a parsed message: it decides what is text and
// what is an attachment, opens signed content, and unpacks the formats that hide text
// and files.
package content

import (
	"switchboard/desk"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/report"
)

// Content is what the parts of a message contain.
type Content struct {
	Body
	Attachments []desk.Part
	// Reports are the machine-readable parts of a report.
	Reports report.Parts
	// Event is a summary of the first calendar part, for messages with no other text.
	Event string
	// Forward is the first forwarded message, not parsed, for messages with no other
	// text.
	Forward []byte

	parser     *mimeparse.Parser
	wrapped    Body // the body of a winmail.dat, for messages with no other text
	signatures []partSignature
	opened     int  // number of opened S/MIME contents
	list       bool // a mailing list distributed the message
}

// Read reads the parts of a message. list says that a mailing list distributed it and
// may have added a footer below a signed text.
func Read(parser *mimeparse.Parser, root *mimeparse.Part, list bool) *Content {
	r := &Content{parser: parser, list: list}
	r.Body = r.compose(root, place{single: true})
	if r.Body.blank() {
		r.Body = r.wrapped
	}
	if r.Body.blank() {
		r.Body = r.aroundParts(root)
	}
	return r
}
