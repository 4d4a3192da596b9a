package normalize

import "switchboard/desk"

// content is what the parts of a mail hold.
type content struct {
	view
	attachments []desk.Part
	// parts are the machine-readable parts of a report.
	parts reportParts
	// event is the text of the first calendar part, for mails with no other text.
	event string
	// forward is the first forwarded mail, undecoded, likewise.
	forward []byte

	parser  *scanner
	wrapped view // the body of a winmail.dat, likewise
	seals   []seal
	opened  int  // signed contents
	list    bool // a mailing list has passed it on
}

// readContent reads the parts of a mail. list says that a mailing list passed the
// mail on, and may have put its footer below a signed text.
func readContent(parser *scanner, root *part, list bool) *content {
	r := &content{parser: parser, list: list}
	r.view = r.compose(root, context{single: true})
	if r.view.blank() {
		r.view = r.wrapped
	}
	return r
}
