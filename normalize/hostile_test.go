package normalize

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/normalize/content"
	"switchboard/normalize/hostiletest"
)

// hostile returns messages made to consume time or memory, most of about 1 MiB.
func hostile() map[string]string {
	head := "From: a@example.com\r\nSubject: x\r\n"
	nest := func(levels int, closed bool) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range levels {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		b.WriteString("Content-Type: text/plain\r\n\r\nthe innermost text\r\n")
		for i := levels - 1; i >= 0 && closed; i-- {
			fmt.Fprintf(&b, "--b%d--\r\n", i)
		}
		return b.String()
	}
	repeat := func(s string, size int) string { return strings.Repeat(s, size/len(s)) }
	var pieces strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&pieces, ";\r\n name*%d=x%d", i, i)
	}
	html := head + "Content-Type: text/html; charset=utf-8\r\n\r\n"
	return map[string]string{
		"unclosed-multiparts-22":    nest(22, false),
		"unclosed-multiparts-40":    nest(40, false),
		"nested-6000":               nest(6000, false),
		"nested-6000-closed":        nest(6000, true),
		"rfc2231-pieces":            head + "Content-Type: text/plain" + pieces.String() + "\r\n\r\ntext\r\n",
		"parts-100000":              head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 100000) + "--b--\r\n",
		"empty-parts":               head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n", hostiletest.Size),
		"bad-base64":                head + "Content-Transfer-Encoding: base64\r\nContent-Type: application/pdf\r\n\r\n" + repeat("!@#$%^&*()\r\n", 4*hostiletest.Size),
		"mostly-bad-base64":         head + "Content-Transfer-Encoding: base64\r\nContent-Type: application/pdf\r\n\r\n" + repeat("QUJD", hostiletest.Size) + repeat("!\xff", 4*hostiletest.Size),
		"bad-quoted-printable":      head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=ZZ", hostiletest.Size),
		"header-of-a-mebibyte":      head + repeat("X-A: b\r\n", hostiletest.Size) + "\r\ntext",
		"folded-subject":            "Subject: " + repeat("a\r\n ", hostiletest.Size) + "\r\n\r\ntext",
		"encoded-word-starts":       "Subject: " + repeat("=?", hostiletest.Size/5) + "\r\n\r\ntext",
		"encoded-words":             "Subject: " + repeat("=?utf-8?q?a?= ", hostiletest.Size/5) + "\r\n\r\ntext",
		"encoded-words-nested":      "Subject: " + repeat("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?= ", hostiletest.Size/5) + "\r\n\r\ntext",
		"from-brackets":             "From: " + repeat("<", hostiletest.Size/5) + "\r\n\r\ntext",
		"from-comments":             "From: " + repeat("(", hostiletest.Size/5) + "\r\n\r\ntext",
		"from-quotes":               "From: " + repeat("\"\\", hostiletest.Size/5) + "\r\n\r\ntext",
		"from-stray-quotes":         "From: " + repeat("\" ", hostiletest.Size/5) + "\"\r\n\r\ntext",
		"from-commas":               "From: " + repeat("a,", hostiletest.Size/5) + "\r\n\r\ntext",
		"from-commas-then-address":  "From: " + repeat("a,", hostiletest.Size/5) + "<b@c>\r\n\r\ntext",
		"from-groups":               "From: " + repeat("a:", hostiletest.Size/5) + ";\r\n\r\ntext",
		"to-colons":                 "To: x " + repeat("a: ", hostiletest.Size) + "b\r\n\r\ntext",
		"to-open-brackets":          "To: " + repeat("a <b ", hostiletest.Size) + "\r\n\r\ntext",
		"to-open-words":             "To: " + repeat("=?x?q?a: ", hostiletest.Size) + "\r\n\r\ntext",
		"to-blobs":                  "To: \"a" + repeat("Subject: [a] (b) ", hostiletest.Size) + "\r\n\r\ntext",
		"to-signs":                  "To: " + repeat("a", hostiletest.Size/2) + repeat("@ ", hostiletest.Size/2) + "\r\n\r\ntext",
		"references":                "References: " + repeat("<a@b> ", hostiletest.Size/5) + "\r\n\r\ntext",
		"subject-of-replies":        "Subject: " + repeat("Re: ", hostiletest.Size/5) + "\r\n\r\ntext",
		"subject-of-blobs":          "Subject: " + repeat("[a] ", hostiletest.Size/5) + "\r\n\r\ntext",
		"parameters":                head + "Content-Type: text/plain" + repeat("; a=\"b\"", hostiletest.Size/5) + "\r\n\r\ntext",
		"parameter-quotes":          head + "Content-Type: text/plain; name=\"" + repeat("\"a ", hostiletest.Size/5) + "\r\n\r\ntext",
		"html-divs":                 html + repeat("<div>", hostiletest.Size),
		"html-anchors":              html + repeat("<a href=http://x.example/>", hostiletest.Size),
		"html-anchors-closed":       html + repeat("<a href=http://x.example/>", hostiletest.Size/2) + repeat("</a>", hostiletest.Size/2),
		"html-quotes":               html + repeat("<blockquote>a", hostiletest.Size),
		"html-comments":             html + repeat("<!--", hostiletest.Size),
		"html-hidden":               html + repeat("<p style=display:none>", hostiletest.Size),
		"html-entities":             html + repeat("&#1;&lt;", hostiletest.Size),
		"html-attributes":           html + "<p " + repeat("a=b ", hostiletest.Size) + ">",
		"html-lists":                html + repeat("<ol><li>a", hostiletest.Size),
		"quote-marks":               head + "\r\n" + repeat(">", hostiletest.Size),
		"quote-lines":               head + "\r\n" + repeat("> a\r\n", hostiletest.Size),
		"rules":                     head + "\r\na\r\n" + repeat("----\r\n", hostiletest.Size),
		"underscores":               head + "\r\na\r\n" + repeat("____\r\n", hostiletest.Size),
		"enriched":                  head + "Content-Type: text/enriched\r\n\r\n" + repeat("8<", hostiletest.Size),
		"flowed":                    head + "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + repeat("a \r\n", hostiletest.Size),
		"uuencode-begins":           head + "\r\n" + repeat("begin 644 a\r\nM\r\n", hostiletest.Size),
		"utf7":                      head + "Content-Type: text/plain; charset=utf-7\r\n\r\n" + repeat("+AGE", hostiletest.Size),
		"iso2022":                   head + "\r\n" + repeat("\x1b$B\x1b(B", hostiletest.Size),
		"high-octets":               head + "\r\n" + repeat("\xff\xfe\x80", hostiletest.Size),
		"delivery-status":           head + "Content-Type: message/delivery-status\r\n\r\n" + repeat("\r\nFinal-Recipient: rfc822; a@b\r\n", hostiletest.Size),
		"bounce-text":               "From: MAILER-DAEMON@example.com\r\nSubject: Undeliverable\r\n\r\n" + repeat("a@b.example 5.1.1 ", hostiletest.Size),
		"calendar":                  head + "Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n" + repeat("SUMMARY\r\n :a\r\n", hostiletest.Size),
		"tnef-properties":           head + "Content-Type: application/ms-tnef\r\n\r\n" + "\x78\x9f\x3e\x22\x01\x00\x01\x03\x90\x06\x00\xff\xff\xff\x00\xff\xff\xff\xff" + repeat("\x02\x01\x01\x37", hostiletest.Size),
		"rtf-bomb":                  head + "Content-Type: application/ms-tnef\r\n\r\n" + "\x78\x9f\x3e\x22\x01\x00\x01\x03\x90\x06\x00\x00\x00\x10\x00\x01\x00\x00\x00\x02\x01\x09\x10\x01\x00\x00\x00\xf0\xff\x0f\x00\x00\x00\x00\x00\xff\xff\x7f\x00LZFu\x00\x00\x00\x00" + repeat("\xff\x00\x1f", hostiletest.Size),
		"boundaries-of-one-letter":  head + "Content-Type: multipart/mixed; boundary=\"-\"\r\n\r\n" + repeat("-", hostiletest.Size),
		"forward-in-forward":        head + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 20000),
		"mbox-lines":                repeat("From \r\n", hostiletest.Size),
		"no-header":                 repeat("word word word\r\n", hostiletest.Size),
		"received-fields-no-header": "banner\r\n" + repeat("Received: x\r\n", hostiletest.Size),
		"opaque-endless":            opaque(repeat("\x30\x80", hostiletest.Size)),
		"opaque-small-pieces":       opaque(opaqueStart + repeat("\x04\x01a", hostiletest.Size)),
		"opaque-in-opaque":          opaque(opaqueStart + strings.Repeat("\x24\x80", 5000) + repeat("\x04\x01a", hostiletest.Size)),
		"clear-signed-begins":       head + "\r\n" + repeat(content.PGPSigned+"\r\n\r\n", hostiletest.Size),
		"clear-signed-open":         head + "\r\n" + content.PGPSigned + "\r\n\r\n" + repeat("- -\r\n", hostiletest.Size),
		"multipart-signed-nested":   nested("multipart/signed; protocol=\"application/pgp-signature\"", 400),
		"nul":                       strings.Repeat("\x00", hostiletest.Size),
		"cr":                        strings.Repeat("\r", hostiletest.Size),
	}
}

// opaqueStart is the beginning of a SignedData whose content is a string in pieces,
// all of indefinite length.
const opaqueStart = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00" +
	"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80"

func opaque(der string) string {
	return "From: a@example.com\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(der)) + "\r\n"
}

// nested returns multiparts of a type nested in one another.
func nested(media string, levels int) string {
	var b strings.Builder
	b.WriteString("From: a@example.com\r\n")
	for i := range levels {
		fmt.Fprintf(&b, "Content-Type: %s; boundary=b%d\r\n\r\n--b%d\r\n", media, i, i)
	}
	return b.String() + "\r\nthe innermost text\r\n"
}

// TestHostile limits every message to one second of processor time per MiB and to 256
// MiB of allocations.
func TestHostile(t *testing.T) {
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			raw := desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: received, Bytes: []byte(body)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := hostiletest.ProcessorTime(t)
			m := Email(raw)
			htmlview.Sanitize(m.HTMLBody)
			took := hostiletest.ProcessorTime(t) - start
			runtime.ReadMemStats(&after)
			if limit := hostiletest.Slowdown * time.Second * time.Duration(1+len(body)>>20); took > limit {
				t.Errorf("took %v of processor time", took)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; hostiletest.Slowdown == 1 && used > 256 {
				t.Errorf("allocated %d MiB", used)
			}
			for _, p := range m.Problems {
				if p.Code == "unreadable" {
					t.Error(p.Detail)
				}
			}
			if m.MessageID == "" || m.SentAt.IsZero() {
				t.Errorf("id %q, date %v", m.MessageID, m.SentAt)
			}
		})
	}
}
