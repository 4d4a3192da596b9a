// Package normalize turns raw bytes into a desk.Message: email (RFC 5322 and MIME),
// chat lines and form submissions. It is pure: the same bytes always give the same
// message. Email is never rejected: what cannot be read completely is read in part,
// and the message's Problems say what is missing.
//
// This package puts together the steps, which are packages of their own. mimeparse
// reads the MIME structure, with mimeheader, mimeparam, encodedword, transfer,
// charset and charsetdetect. content decides what is text and what is an attachment,
// with htmltext, plaintext, tnef, rtf, uuencode, calendar and filename for the
// formats. classify distinguishes people from programs, and report reads delivery
// reports. replytext separates new text from quotations.
//
// Displaying HTML safely is not part of normalization: see htmlview.
package normalize
