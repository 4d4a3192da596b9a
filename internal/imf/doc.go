// Package imf implements the parts of the Internet Message Format (RFC 5322) that
// several packages need: message identifiers, base subjects, address lists, dates and
// the header conventions of automatic mail. It is pure. Its parsers never fail: they
// return the best reading of what people really send.
package imf
