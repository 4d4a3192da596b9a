package smtpd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
)

// with names the protocol (RFC 3848; RFC 6531 section 4.3).
func with(lmtp, encrypted, utf8 bool) string {
	name := "ESMTP"
	switch {
	case lmtp && utf8:
		name = "UTF8LMTP"
	case lmtp:
		name = "LMTP"
	case utf8:
		name = "UTF8SMTP"
	}
	if encrypted {
		name += "S"
	}
	return name
}

// received returns the trace field (RFC 5321 section 4.4) that this server adds, with
// its CRLF.
func received(raw *desk.Raw, helo, domain, protocol string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Received: from %s (%s)\r\n\tby %s with %s id %s", printable(helo), literal(raw.RemoteAddr), domain, protocol, raw.ID)
	if len(raw.EnvelopeTo) == 1 { // with several it would disclose them to each other
		fmt.Fprintf(&b, "\r\n\tfor <%s>", printable(raw.EnvelopeTo[0]))
	}
	fmt.Fprintf(&b, ";\r\n\t%s\r\n", raw.ReceivedAt.Format(time.RFC1123Z))
	return []byte(b.String())
}

// LocalSubmission returns the raw item of a message that a local program submitted without
// SMTP. It has the same source key as the same message received over SMTP, so that it
// is stored once if it arrives both ways.
func LocalSubmission(domain, from string, to []string, content []byte) desk.Raw {
	raw := desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelEmail, Endpoint: endpoint,
		EnvelopeFrom: from, EnvelopeTo: to, SourceKey: sourceKey(from, to, content), ReceivedAt: time.Now()}
	raw.Bytes = append(received(&raw, "localhost", domain, "local"), content...)
	raw.Size = int64(len(raw.Bytes))
	return raw
}

// literal returns the address literal of host:port (RFC 5321 section 4.1.3).
func literal(remote string) string {
	if remote == "" {
		return "local"
	}
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	if strings.Contains(host, ":") {
		return "[IPv6:" + host + "]"
	}
	return "[" + host + "]"
}

// printable removes what would let a client's text end the header field.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("()<>;", r) {
			return '_'
		}
		return r
	}, s)
}

// sourceKey identifies a message that a sender delivers again because it did not
// receive the 250: it has the same reverse-path, forward-paths and content, apart from
// the trace fields that each relay adds at the top.
func sourceKey(reverse string, forward []string, content []byte) string {
	paths := make([]string, len(forward))
	for i, path := range forward {
		paths[i] = strings.ToLower(path)
	}
	slices.Sort(paths)
	h := sha256.New()
	for _, path := range append(slices.Compact(paths), reverse) {
		fmt.Fprintf(h, "%d:%s\n", len(path), path)
	}
	h.Write(withoutTrace(content))
	return hex.EncodeToString(h.Sum(nil))
}

var traceFields = map[string]bool{"received": true, "return-path": true, "delivered-to": true, "x-original-to": true}

// withoutTrace removes the trace fields at the top of a header.
func withoutTrace(content []byte) []byte {
	for {
		field := firstField(content)
		name, _, ok := bytes.Cut(field, []byte(":"))
		if !ok || !traceFields[strings.ToLower(string(bytes.TrimRight(name, " \t")))] {
			return content
		}
		content = content[len(field):]
	}
}

// firstField returns the first header field with its continuation lines and its
// line end (RFC 5322 section 2.2.3), or nothing at the end of the header.
func firstField(b []byte) []byte {
	if len(b) == 0 || b[0] == '\r' || b[0] == '\n' {
		return nil
	}
	end := 0
	for {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			return b
		}
		end += i + 1
		if end == len(b) || b[end] != ' ' && b[end] != '\t' {
			return b[:end]
		}
	}
}

// Loops reports whether a message has passed through so many servers that it must be
// in a mail loop.
func Loops(content []byte) bool { return hops(content) > defaultMaxHops }

// hops returns the number of Received fields of a header (RFC 5321 section 6.3).
func hops(content []byte) int {
	n := 0
	for {
		field := firstField(content)
		if len(field) == 0 {
			return n
		}
		if len(field) > 9 && bytes.EqualFold(field[:9], []byte("Received:")) {
			n++
		}
		content = content[len(field):]
	}
}
