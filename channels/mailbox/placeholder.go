package mailbox

import (
	"bufio"
	"bytes"
	"io"
	"net/textproto"
	"regexp"
	"strings"
)

// maxPlaceholder bounds the mails that are looked at: the notices are short.
const maxPlaceholder = 16 << 10

var (
	// The notice's subject ends with the message's number, in every language.
	failedTitle   = regexp.MustCompile(`(?i)^retrieval using the (imap4|pop3) protocol failed for the following message: *\d*`)
	numberedTitle = regexp.MustCompile(`(?i)(imap|pop3).*: *\d+$`)
)

// placeholder reports whether a mail is what Exchange sends in place of a message that
// it cannot convert, and returns its text. Exchange makes it up on the spot: unlike any
// mail that was ever sent, and unlike a copy that someone forwards, it has no Received
// and no Message-ID field, and its author has no address.
func placeholder(mail []byte) (text string, ok bool) {
	if len(mail) == 0 || len(mail) > maxPlaceholder {
		return "", false
	}
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(mail)))
	h, err := r.ReadMIMEHeader()
	from, subject := h.Get("From"), h.Get("Subject")
	if err != nil || h.Get("Received") != "" || h.Get("Message-Id") != "" || strings.Contains(from, "@") || !strings.Contains(from, "Exchange") {
		return "", false
	}
	if !failedTitle.MatchString(subject) && !numberedTitle.MatchString(subject) {
		return "", false
	}
	body, _ := io.ReadAll(r.R) // reads from memory
	return strings.Join(strings.Fields(strings.ToValidUTF8(subject+". "+string(body), "")), " "), true
}
