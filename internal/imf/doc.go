// Package imf holds the primitives of the Internet Message Format (RFC 5322)
// that more than one part of the desk needs: message identifiers, base
// subjects, address lists, dates and the header conventions of automatic mail.
// It is pure, uses the standard library only and never refuses what people
// really send: each reader returns its best reading.
package imf
