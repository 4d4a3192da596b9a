package content

import (
	"switchboard/desk"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/report"
)

// content is what the parts of a mail hold.
type Content struct {
	Body
	Attachments []desk.Part
	// parts are the machine-readable parts of a report.
	Reports report.Parts
	// event is the text of the first calendar part, for mails with no other text.
	Event string
	// forward is the first forwarded mail, undecoded, likewise.
	Forward []byte

	parser  *mimeparse.Parser
	wrapped Body // the body of a winmail.dat, likewise
	seals   []seal
	opened  int  // signed contents
	list    bool // a mailing list has passed it on
}

// readContent reads the parts of a mail. list says that a mailing list passed the
// mail on, and may have put its footer below a signed text.
func Read(parser *mimeparse.Parser, root *mimeparse.Part, list bool) *Content {
	r := &Content{parser: parser, list: list}
	r.Body = r.compose(root, place{single: true})
	if r.Body.blank() {
		r.Body = r.wrapped
	}
	return r
}
