package mail

import (
	"fmt"
	"strings"
)

// Attack is a message designed to be expensive to parse.
type Attack struct {
	Name string
	Raw  []byte
}

// Attacks returns a hostile message of each kind, of the given size in bytes.
func Attacks(size int) []Attack {
	mail := func(head, body string) []byte {
		return []byte("From: a@one.example\r\nTo: b@two.example\r\nSubject: x\r\nMessage-ID: <x@one.example>\r\nMIME-Version: 1.0\r\n" + head + "\r\n" + body)
	}
	fill := func(piece string) string { return strings.Repeat(piece, max(1, size/len(piece))) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	html := "Content-Type: text/html; charset=utf-8\r\n"
	plain := "Content-Type: text/plain; charset=utf-8\r\n"
	var open, parts strings.Builder
	for i := 0; open.Len() < size; i++ {
		fmt.Fprintf(&open, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	for parts.Len() < size {
		parts.WriteString("--b0\r\n\r\nx\r\n")
	}
	mixed := "Content-Type: multipart/mixed; boundary=b0\r\n"
	return []Attack{
		{"unclosed multiparts", mail(mixed, open.String())},
		{"parts", mail(mixed, parts.String())},
		{"one boundary again and again", mail(mixed, fill("--b0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"))},
		{"forwarded in forwarded", mail("Content-Type: message/rfc822\r\n", fill("Content-Type: message/rfc822\r\n\r\n"))},
		{"pieces of a name", mail("Content-Type: text/plain; "+numbered("name*%d=a;\r\n ")+"x=y\r\n", "x")},
		{"parameters", mail("Content-Type: text/plain; "+numbered("p%d=a;")+"\r\n", "x")},
		{"header fields", mail(numbered("X-F%d: a\r\n"), "x")},
		{"one long field", mail("X-Long: "+fill("a ")+"\r\n", "x")},
		{"folded field", mail("Subject: "+fill("a\r\n ")+"\r\n", "x")},
		{"encoded words", mail("Subject: "+fill("=?utf-8?q?a?= ")+"\r\n", "x")},
		{"open encoded words", mail("Subject: "+fill("=?utf-8?q?")+"\r\n", "x")},
		{"addresses", mail("Cc: "+fill("a@b.example, ")+"\r\n", "x")},
		{"comments in comments", mail("Cc: "+fill("(")+"\r\n", "x")},
		{"open quotes in addresses", mail("Cc: "+fill("\"<@")+"\r\n", "x")},
		{"references", mail("References: "+fill("<a@b> ")+"\r\n", "x")},
		{"nested elements", mail(html, fill("<div>"))},
		{"nested quotes", mail(html, fill("<blockquote>"))},
		{"nested tables", mail(html, fill("<table><tr><td>"))},
		{"nested formats", mail(html, fill("<b><i><font>"))},
		{"misnested formats", mail(html, fill("<a><b></a><p>"))},
		{"attributes", mail(html, "<p "+numbered("a%d=b ")+">x")},
		{"style", mail(html, "<p style=\""+fill("color:red;")+"\">x")},
		{"entities", mail(html, fill("&amp;&lt;"))},
		{"open comments", mail(html, fill("<!--"))},
		{"quote marks", mail(plain, fill(">"))},
		{"lines of quotes", mail(plain, fill("> x\r\n"))},
		{"introductions", mail(plain, fill("On Mon, Jo wrote\r\n"))},
		{"introductions in one line", mail(plain, fill("On Mon, Jo wrote "))},
		{"signatures", mail(plain, fill("-- \r\n"))},
		{"header blocks", mail(plain, fill("From: a\r\nSent: b\r\n"))},
		{"spaces", mail(plain, fill(" "))},
		{"blank lines", mail(plain, fill("\r\n"))},
		{"uuencode", mail(plain, fill("begin 644 x\r\n"))},
		{"base64 of line ends", mail("Content-Transfer-Encoding: base64\r\n"+plain, fill("=\r\n"))},
		{"soft line breaks", mail("Content-Transfer-Encoding: quoted-printable\r\n"+plain, fill("=\r\n"))},
		{"flowed", mail("Content-Type: text/plain; format=flowed\r\n", fill("> a \r\n"))},
		{"escapes of ISO-2022", mail("Content-Type: text/plain; charset=iso-2022-jp\r\n", fill("\x1b$B\x1b(B"))},
		{"shifts of UTF-7", mail("Content-Type: text/plain; charset=utf-7\r\n", fill("+-+AGE-"))},
		{"calendar", mail("Content-Type: text/calendar\r\n", fill("BEGIN:VEVENT\r\n"))},
		{"report", mail("Content-Type: message/delivery-status\r\n", fill("Final-Recipient: rfc822; a@b\r\n\r\n"))},
		{"rich text", mail("Content-Type: text/enriched\r\n", fill("<bold>"))},
		{"line ends of one kind", mail(plain, fill("\r"))},
		{"zeros", mail(plain, fill("\x00"))},
		{"wrong bytes", mail(plain, fill("\xc3\xff"))},
	}
}
