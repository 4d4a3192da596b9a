package normalize

import (
	"path/filepath"
	"testing"
)

// traps are known problems of mail, with the golden files that cover each. Every
// pattern must match a message; hostile ones that are too large for a file are in
// hostile_test.go.
var traps = map[string][]string{
	"nested multiparts that never close":                      {"hostile-unclosed-multiparts", "hostile-deep-nesting", "body-boundary-unclosed"},
	"parameters in thousands of pieces":                       {"hostile-rfc2231-pieces"},
	"a part without Content-Type":                             {"body-part-without-content-type", "body-part-without-header"},
	"several texts in one mail":                               {"body-apple-interleaved", "body-apple-interleaved-html", "body-two-plain-parts", "body-html-and-plain-footer"},
	"short UTF-8 without charset":                             {"charset-undeclared-utf8-short"},
	"UTF-7, encoded words damaged or with an unknown charset": {"charset-utf-7", "head-word-utf-7", "head-word-bad-padding", "head-word-unknown-charset"},
	"8-bit headers and file names":                            {"head-raw-*", "name-raw-8bit"},
	"RFC 2231 names":                                          {"name-rfc2231-cp1251", "name-rfc2231-cp1252", "name-rfc2231-apostrophe"},
	"an attachment with a broken Content-Type":                {"name-content-type-empty", "name-content-type-malformed"},
	"text before the header: blank line, BOM, banner":         {"head-leading-blank-line", "head-byte-order-mark", "head-under-a-banner", "body-content-type-malformed"},
	"a From that is not an address":                           {"from-at-twice", "from-no-bracket", "from-trailing-dot", "from-user-at-host", "from-not-an-address"},
	"file names that are paths":                               {"name-path", "name-windows-path", "name-dots"},
	"line ends in decoded headers and names":                  {"head-word-with-line-end", "name-control"},
	"CR and NUL in texts":                                     {"body-bare-cr", "body-nul-and-control"},
	"an empty text beside HTML, HTML alone":                   {"body-empty-plain-beside-html", "body-html-only"},
	"TNEF, uuencode, yEnc":                                    {"tnef-*", "body-uuencode", "body-yenc"},
	"remote pictures":                                         {"body-html-remote-pictures", "body-html-image-only"},
	"attachments without name, pictures shown":                {"name-missing", "inline-picture", "inline-picture-not-shown"},
	"charsets that are wrong or missing":                      {"charset-undeclared-*", "charset-latin1-is-*", "charset-utf8-is-latin1"},
	"format=flowed":                                           {"body-flowed", "body-flowed-delsp"},
	"Reply-To that is not From":                               {"head-reply-to-differs", "human-contact-form"},
	"no Message-ID, no Date, an implausible Date":             {"head-no-message-id-no-date", "head-date-odd", "head-date-absurd", "head-date-from-received"},
	"bounces, standard and non-standard":                      {"dsn-*", "bounce-*", "arf-abuse", "complaint-hotmail", "mdn-displayed"},
	"vacation notices":                                        {"auto-reply-header", "auto-reply-subject-only", "auto-reply-null-path-only", "auto-reply-exchange-german"},
	"people about absences and bounces":                       {"human-away-next-week", "list-about-out-of-office", "bounce-asked-about-by-a-person", "bounce-forwarded-by-a-person"},
	"mail in mail":                                            {"body-forward-only", "body-forward-with-text", "body-digest"},
	"signed and encrypted mail":                               {"signed-pgp", "signed-smime", "encrypted-pgp", "encrypted-pgp-inline", "encrypted-smime", "smime-compressed"},
	"signed text that hides in its signature":                 {"signed-smime-opaque", "signed-smime-opaque-stream", "signed-smime-opaque-twice", "signed-smime-opaque-damaged", "signed-smime-certs-only", "signed-pgp-clear"},
	"signed text beside text that is not":                     {"signed-beside-unsigned", "signed-third-part", "signed-pgp-clear-text-around", "signed-pgp-list-footer", "signed-pgp-clear-list-footer"},
	"calendars, external bodies, partial messages":            {"body-calendar-*", "body-external-body", "body-message-partial"},
	"two From, spoofed names, text from right to left":        {"head-duplicates", "from-spoofed-name", "head-bidi-in-subject", "name-bidi"},
}

func TestEveryTrapHasAGoldenFile(t *testing.T) {
	t.Parallel()
	for trap, patterns := range traps {
		for _, pattern := range patterns {
			for _, kind := range []string{".eml", ".json"} {
				if found, err := filepath.Glob("testdata/" + pattern + kind); err != nil || len(found) == 0 {
					t.Errorf("%s: no %s%s (%v)", trap, pattern, kind, err)
				}
			}
		}
	}
}
