package demo

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"switchboard/desk"
)

// letter is a message from a simulated customer.
type letter struct {
	From       string   `json:"from"`
	Name       string   `json:"name"`
	To         string   `json:"to"`
	Subject    string   `json:"subject"`
	Text       string   `json:"text"`
	InReplyTo  string   `json:"in_reply_to"`
	References []string `json:"references"`
	Via        string   `json:"via"` // "smtp" or "imap"
	messageID  string
}

// check returns a KindInvalid error if the message cannot be sent.
func (l letter) check() error {
	for field, value := range map[string]string{"from": l.From, "to": l.To} {
		if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
			return desk.Errorf(desk.KindInvalid, "%s: %q is not a valid address", field, value)
		}
	}
	for _, value := range append([]string{l.Subject, l.InReplyTo, l.Name}, l.References...) {
		if strings.ContainsAny(value, "\r\n\x00") {
			return desk.Errorf(desk.KindInvalid, "header fields must not contain line breaks")
		}
	}
	return nil
}

// compose returns the message as a mail program would send it (RFC 5322).
func (l letter) compose(at time.Time) []byte {
	_, domain, _ := strings.Cut(l.From, "@")
	if l.messageID == "" {
		l.messageID = fmt.Sprintf("%s@%s", strings.ToLower(rand.Text()), domain)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n",
		(&mail.Address{Name: l.Name, Address: l.From}).String(), l.To, mime.QEncoding.Encode("utf-8", l.Subject),
		at.Format(time.RFC1123Z), l.messageID)
	if l.InReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\r\n", l.InReplyTo)
	}
	if len(l.References) > 0 {
		fmt.Fprintf(&b, "References: <%s>\r\n", strings.Join(l.References, ">\r\n <"))
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	body := quotedprintable.NewWriter(&b)
	body.Write([]byte(l.Text)) //nolint:errcheck // a buffer never fails
	body.Close()               //nolint:errcheck // same
	b.WriteString("\r\n")
	return b.Bytes()
}

// post sends a composed message.
func (d *demo) post(l letter, raw []byte) error {
	if l.Via == "imap" {
		return d.box.Append(raw)
	}
	return smtp.SendMail(d.gate.SMTPAddr().String(), nil, l.From, []string{l.To}, raw)
}
