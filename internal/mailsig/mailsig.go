// Package mailsig verifies the signatures of messages, S/MIME (RFC 8551) and OpenPGP
// (RFC 9580, RFC 3156), with the keys and authorities that the operator trusts. It is
// pure except for reading those files; it makes no network requests, neither to key
// servers nor for revocation.
package mailsig

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Verifier holds the trusted keys and authorities. It is safe for concurrent use; nil
// trusts nothing.
type Verifier struct {
	authorities *authorities
	keys        keyring
}

// Verify verifies a signature as of the time the message was received, because the
// signer's own clock could have been set back. It never fails.
func (v *Verifier) Verify(s *desk.Signed, at time.Time) (out *desk.Signature) {
	out = &desk.Signature{Kind: s.Kind}
	defer func() {
		if fault := recover(); fault != nil {
			// A bug in a parser must not lose the message.
			*out = desk.Signature{Kind: s.Kind}
			setStatus(out, desk.SignatureUnreadable, fmt.Sprintf("the signature could not be read: %v", fault))
		}
	}()
	switch {
	case s.Covers == desk.CoversPart:
		setStatus(out, desk.SignaturePartial, "the signature covers only a part of this message; the rest is not signed")
	case s.Broken != "":
		setStatus(out, desk.SignatureUnreadable, "the signature cannot be verified: "+s.Broken)
	case s.Kind == desk.SignatureSMIME && (v == nil || v.authorities == nil):
		setStatus(out, desk.SignatureUnchecked, "no S/MIME authorities are configured")
	case s.Kind == desk.SignatureOpenPGP && (v == nil || len(v.keys) == 0):
		setStatus(out, desk.SignatureUnchecked, "no OpenPGP keys are configured")
	case s.Kind == desk.SignatureSMIME:
		v.authorities.verify(s, at, out)
	default:
		v.keys.verify(s, at, out)
	}
	out.Footer = s.Footer
	return out
}

func setStatus(out *desk.Signature, status desk.SignatureStatus, reason string) {
	out.Status, out.Reason = status, reason
}

// checkAuthor sets the status of a valid signature by a trusted key: the key must
// also be the author's (RFC 8550 §3), otherwise anyone with a trusted key could sign
// as anyone else.
func checkAuthor(s *desk.Signed, addresses []string, out *desk.Signature) {
	if len(addresses) > 0 {
		out.Email = cleanLine(addresses[0])
	}
	for _, a := range addresses {
		if s.Author != "" && sameAddress(a, s.Author) {
			out.Email = cleanLine(a)
			setStatus(out, desk.SignatureValid, "the text is unchanged since "+out.Email+" signed it")
			if s.Footer != "" {
				out.Reason += ", except for the lines at the end, which a mailing list added"
			}
			return
		}
	}
	signer := out.Email
	if signer == "" {
		signer = "a signer without an address"
	}
	switch s.Author {
	case "":
		setStatus(out, desk.SignatureMismatch, "signed by "+signer+"; the message does not name exactly one author")
	default:
		setStatus(out, desk.SignatureMismatch, "signed by "+signer+", but the message claims to be from "+cleanLine(s.Author))
	}
}

// sameAddress compares addresses. Only ASCII is compared without regard to case: other
// letters have foldings that look alike and are different mailboxes.
func sameAddress(a, b string) bool {
	if imf.NormalizeAddr(a) != imf.NormalizeAddr(b) {
		return false
	}
	la, _ := imf.SplitAddr(a)
	lb, _ := imf.SplitAddr(b)
	return la == lb || ascii(la) && ascii(lb)
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// maxLine limits a text chosen by the signer, in octets.
const maxLine = 200

// cleanLine converts text from a stranger to one clean line.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > maxLine {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// signedAt returns the signing time for display; nil if it is missing or implausible.
func signedAt(t time.Time) *time.Time {
	t = t.UTC() // first, because in some zones the year 9999 is already 10000, which JSON cannot represent
	if t.IsZero() || t.Year() < 1980 || t.Year() > 9999 {
		return nil
	}
	return &t
}
