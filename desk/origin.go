package desk

// Origin is what a mail says about its author besides From.
type Origin struct {
	// Authors are the authors before a list or a group put itself into From: Author
	// (RFC 9057), X-Original-From, X-Original-Sender.
	Authors []Address
	// Via: From says that the mail came "via" a list or a service, or names the list.
	Via bool
	// Program: a program such as a web site's contact form wrote the mail for someone.
	Program   bool
	Forwarded *Forwarded
}

// Forwarded is a message that a mail forwards, in its text or as an attachment.
type Forwarded struct {
	From     Address
	Own      string // what the forwarder wrote
	Text     string // of the forwarded message
	HTML     string // of the forwarded message; empty if there is none or if it is not separate
	NewText  string // its text without quotes and signature
	Attached bool   // it is an attachment
}
