package autoreply

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"switchboard/internal/imf"
)

// listAddress reports whether an address belongs to the software of a mailing list: RFC
// 3834 §2 names owner- and -request.
func listAddress(address string) bool {
	local, _ := imf.SplitAddr(strings.ToLower(address))
	for _, start := range []string{"owner-", "majordomo", "listserv", "mailman", "sympa", "bounce", "autoreply", "auto-reply", "autoresponder", "auto-responder"} {
		if strings.HasPrefix(local, start) {
			return true
		}
	}
	for _, end := range []string{"-request", "-owner", "-bounces", "-bounce", "-relay", "-admin", "-errors"} {
		if strings.HasSuffix(local, end) {
			return true
		}
	}
	return false
}

// Organization returns the domain under which an organization makes names: of
// "a@b.acme.example" acme.example. Addresses that change all the time share it.
func Organization(address string) string {
	domain := imf.Domain(imf.NormalizeAddr(address))
	if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return o
	}
	return domain
}

// maxFingerprint bounds how much of a text a fingerprint is made of.
const maxFingerprint = 2000

// Fingerprint returns a value that messages share if they differ in numbers, addresses
// and layout only, as the answers of a program do. A text without a letter has none.
func Fingerprint(subject, text string) string {
	var b strings.Builder
	letters := 0
	for _, word := range strings.Fields(imf.BaseSubject(subject) + "\n" + text) {
		if letters > maxFingerprint {
			break
		}
		if strings.ContainsAny(word, "@/0123456789") {
			continue
		}
		for _, r := range word {
			if unicode.IsLetter(r) {
				b.WriteRune(unicode.ToLower(r))
				letters++
			}
		}
	}
	if letters == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}

// Echoes reports whether a subject repeats that of an automatic mail of the desk, as the
// answers to it do.
func Echoes(subject, ours string) bool {
	a, b := plain(subject), plain(ours)
	return len(b) >= minEcho && strings.Contains(a, b)
}

// minEcho is the length from which on a subject is the desk's own.
const minEcho = 12

// plain returns the letters of a text in lower case.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
