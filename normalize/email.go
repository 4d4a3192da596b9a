package normalize

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// missingIDDomain follows the identifiers made for mails that came without one;
// RFC 2606 §2 reserves the top level, so that no other can be the same.
const missingIDDomain = "missing-message-id.invalid"

// maxForwards is how deep a forwarded mail inside a forwarded mail is read.
const maxForwards = 3

// Email reads a mail (RFC 5322, RFC 2045). It never fails: what is no mail at
// all becomes a message whose text is the bytes.
func Email(raw desk.Raw) (m desk.Message) {
	defer func() {
		// A fault of ours must cost the desk a clean text, not the mail.
		if fault := recover(); fault != nil {
			m = bareMessage(raw)
			m.AddProblem("unreadable", fmt.Sprintf("the mail could not be taken apart and is shown as it came: %v", fault))
		}
	}()
	m = readEmail(raw, 0)
	finish(&m)
	return m
}

// readEmail does the work of Email without its safety net; depth counts the
// forwarded mails around this one.
func readEmail(raw desk.Raw, depth int) desk.Message {
	m := desk.Message{Direction: desk.Inbound, Channel: desk.ChannelEmail, RawID: raw.ID, ReceivedAt: raw.ReceivedAt}
	scan := &scanner{hint: headerHint(raw.Bytes)}
	root := &part{}
	var over bool
	root.head, root.body, over = readHeader(findStart(raw.Bytes, scan))
	if over {
		scan.problem("header-too-long", fmt.Sprintf("the header is longer than %d KiB; the rest was not read", maxHeader>>10))
	}
	scan.read(root, "text/plain", 1)

	r := &reader{scan: scan, msg: &m, depth: depth, list: listed(root.head)}
	r.fields(root.head, raw)
	v := r.compose(root, context{single: true})
	r.body(v)
	r.markInline()
	r.classify(root, raw)
	r.signed(root)
	m.Problems = append(m.Problems, scan.problems...)
	return m
}

// bareMessage is a mail of which only the octets are known.
func bareMessage(raw desk.Raw) desk.Message {
	text, _ := toUTF8(raw.Bytes, "", false)
	m := desk.Message{
		Direction: desk.Inbound, Channel: desk.ChannelEmail, RawID: raw.ID, ReceivedAt: raw.ReceivedAt, SentAt: raw.ReceivedAt,
		MessageID: madeUpID(raw.Bytes), TextBody: cleanText(text), AutoSubmitted: desk.AutoNo,
	}
	if path := reversePath(raw); path != "" {
		m.From = []desk.Address{{Email: path}}
	}
	finish(&m)
	return m
}

// reversePath is the envelope's, if a line can hold it; else it is nobody's.
func reversePath(raw desk.Raw) string {
	if len(raw.EnvelopeFrom) > imf.MaxAddr {
		return ""
	}
	return oneLine(raw.EnvelopeFrom)
}

// madeUpID stands for a missing Message-ID: the same mail always gets the same.
func madeUpID(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]) + "@" + missingIDDomain
}

// headerHint is the charset that tells how raw 8-bit headers are meant: the one
// the mail declares first, or else the one its octets look like.
func headerHint(b []byte) string {
	b = clipBytes(b, 16<<10)
	name := ""
	for _, key := range []string{"charset=", "CHARSET=", "Charset="} {
		i := bytes.Index(b, []byte(key))
		if i < 0 {
			continue
		}
		value := bytes.TrimLeft(clipBytes(b[i+len(key):], 48), ` "'`)
		if end := bytes.IndexAny(value, "\r\n\"';"); end >= 0 {
			value = value[:end]
		}
		name = charsetName(string(value))
		break
	}
	if name == "" || name == "us-ascii" {
		name = detectName(b)
	}
	return name
}

// findStart skips what stands before the header: a byte order mark, blank lines,
// an mbox separator, a banner someone pasted the mail under. Files with bare CR
// line ends are given LF.
func findStart(b []byte, s *scanner) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	if text, ok := decodeWide(clipBytes(b, 1<<20), ""); ok && (bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff})) {
		b = []byte(text)
	}
	trimmed := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	trimmed = bytes.TrimLeft(trimmed, " \t\r\n\x00")
	for bytes.HasPrefix(trimmed, []byte("From ")) || bytes.HasPrefix(trimmed, []byte(">From ")) {
		_, trimmed = cutLine(trimmed)
	}
	if len(trimmed) == 0 {
		return b
	}
	trimmed = mendTrace(trimmed)
	if line, _ := cutLine(trimmed); startsHeader(line) {
		if head, body, _ := readHeader(trimmed); isMailHeader(head) || !startsMail(body) {
			return trimmed
		}
	}
	// Look for a header further down.
	for rest, n := trimmed, 0; n < 100 && len(rest) > 0; n++ {
		if startsMail(rest) {
			if n > 0 {
				s.problem("text-before-header", "the mail stands under other text, which was left out")
			}
			return rest
		}
		_, rest = cutLine(rest)
	}
	if line, _ := cutLine(trimmed); startsHeader(line) {
		return trimmed
	}
	s.problem("no-header", "no mail header was found; the whole is shown as text")
	return append([]byte("\n"), b...)
}

// mendTrace drops the byte order mark or blank lines between the trace fields
// that servers on the way set on top (RFC 5321 section 4.4) and the header.
func mendTrace(b []byte) []byte {
	rest := b
	for {
		line, after := cutLine(rest)
		name, _, ok := cutField(line)
		if !ok || !traceField[strings.ToLower(name)] {
			break
		}
		for len(after) > 0 && (after[0] == ' ' || after[0] == '\t') {
			_, after = cutLine(after)
		}
		rest = after
	}
	header := bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("\xef\xbb\xbf")), "\r\n\x00")
	if len(header) == len(rest) || len(rest) == len(b) || !startsMail(header) {
		return b
	}
	return slices.Concat(b[:len(b)-len(rest)], header)
}

var traceField = map[string]bool{"received": true, "return-path": true, "delivered-to": true, "x-original-to": true}

func startsHeader(line []byte) bool {
	_, _, ok := cutField(line)
	return ok
}

// isMailHeader says that a header has what every mail has some of.
func isMailHeader(h header) bool {
	for _, name := range []string{"from", "to", "subject", "date", "received", "message-id", "return-path", "content-type"} {
		if h.has(name) {
			return true
		}
	}
	return false
}

// startsMail says that b begins with at least two usual fields, From or Received
// among the first ones.
func startsMail(b []byte) bool {
	line, _ := cutLine(b)
	if name, _, ok := cutField(line); !ok || !usualField(name) {
		return false
	}
	head, _, _ := readHeader(clipBytes(b, 16<<10))
	usual := 0
	for _, f := range head {
		if usualField(f.name) {
			usual++
		}
	}
	return usual >= 2 && (head.has("from") || head.has("received") || head.has("return-path")) && usual*2 >= len(head)
}

// fields reads the header of the message.
func (r *reader) fields(h header, raw desk.Raw) {
	m, hint := r.msg, r.scan.hint
	m.Subject = oneLine(decodeHeader(h.get("subject"), hint))
	m.From = r.addresses(h, "from")
	m.Sender = r.addresses(h, "sender")
	m.ReplyTo = r.addresses(h, "reply-to")
	m.To = r.addresses(h, "to")
	m.CC = r.addresses(h, "cc")
	m.BCC = r.addresses(h, "bcc")
	if len(h.all("from")) > 1 {
		r.note("duplicate-from", "the mail has more than one From field; the first was used")
	}
	r.completeFrom(h, raw)

	if m.MessageID = imf.MessageID(h.get("message-id")); m.MessageID == "" {
		m.MessageID = madeUpID(raw.Bytes)
		r.note("no-message-id", "the mail has no Message-ID; one was made")
	}
	m.InReplyTo = imf.MessageIDs(strings.Join(h.all("in-reply-to"), " "))
	m.References = imf.MessageIDs(strings.Join(h.all("references"), " "))
	m.ListID = imf.ListID(oneLine(h.get("list-id")))
	m.SentAt = r.date(h, raw.ReceivedAt)
}

// addresses reads a list field. A repeated destination field adds to the first
// (RFC 5322 §3.6 forbids it and forwarders do it); a repeated From does not.
func (r *reader) addresses(h header, name string) []desk.Address {
	value := h.get(name)
	if name == "to" || name == "cc" || name == "bcc" {
		value = strings.Join(h.all(name), ", ")
	}
	if strings.TrimSpace(value) == "" {
		return nil
	}
	var list []desk.Address
	for _, box := range imf.ParseAddressList(value, func(s string) string { return decodeHeader(s, r.scan.hint) }) {
		list = append(list, desk.Address{Name: oneLine(box.Name), Email: oneLine(box.Addr)})
	}
	return list
}

// completeFrom sees to it that somebody has written the mail: a From without an
// address borrows one from the fields that should say the same.
func (r *reader) completeFrom(h header, raw desk.Raw) {
	m := r.msg
	for _, a := range m.From {
		if strings.Contains(a.Email, "@") {
			if !imf.ValidAddr(a.Email) {
				r.note("from-broken", "the From address breaks the rules and was kept as it stands: "+a.Email)
			}
			return
		}
	}
	missing, borrowed := len(m.From) == 0, ""
	for _, list := range [][]desk.Address{m.Sender, m.ReplyTo, r.addresses(h, "return-path"), {{Email: reversePath(raw)}}} {
		if len(list) > 0 && strings.Contains(list[0].Email, "@") {
			borrowed = oneLine(list[0].Email)
			if len(m.From) == 0 {
				m.From = []desk.Address{{Name: list[0].Name}}
			}
			break
		}
	}
	switch {
	case missing && borrowed != "":
		m.From[0].Email = borrowed
		r.note("no-from", "the mail has no From; Sender, Reply-To or the envelope stands in")
	case missing:
		r.note("no-from", "the mail has no From")
	case borrowed != "" && m.From[0].Email == "":
		m.From[0].Email = borrowed
		r.note("from-broken", "From holds no address; the one of Sender, Reply-To or the envelope stands in")
	default:
		if m.From[0].Email == "" && len(m.From[0].Name) <= imf.MaxAddr {
			m.From[0].Email = m.From[0].Name
		}
		r.note("from-broken", "From holds no address")
	}
}

// A Date outside these bounds is a broken clock or a lie and would sort the
// message wrongly.
const (
	earliestYear = 1980
	maxAhead     = 7 * 24 * time.Hour
)

// date returns the Date field's time; failing that the newest trace field's
// (RFC 5321 §4.4), failing that the time of receipt.
func (r *reader) date(h header, receivedAt time.Time) time.Time {
	value := h.get("date")
	if value == "" {
		value = h.get("delivery-date")
		r.note("no-date", "the mail has no Date; another time stands in")
	}
	plausible := func(t time.Time) bool {
		return t.Year() >= earliestYear && (receivedAt.IsZero() || t.Before(receivedAt.Add(maxAhead)))
	}
	if t, ok := imf.ParseDate(oneLine(decodeHeader(value, ""))); ok && plausible(t) {
		return t
	} else if value != "" {
		r.note("date-broken", "the Date cannot be right: "+oneLine(clip(value, 60)))
	}
	if i := strings.LastIndexByte(h.get("received"), ';'); i >= 0 {
		if t, ok := imf.ParseDate(h.get("received")[i+1:]); ok && plausible(t) {
			return t
		}
	}
	return receivedAt
}

// body settles what is read when the mail's own text is missing.
func (r *reader) body(v view) {
	m := r.msg
	if v.blank() {
		v = r.wrapped
	}
	m.TextBody, m.HTMLBody = tidyText(v.text), ""
	if v.rich {
		m.HTMLBody = v.html
		if !v.plain {
			m.NewText = NewTextHTML(v.html)
		}
	}
	if isBlank(m.TextBody) {
		m.TextBody = ""
		switch {
		case v.rich:
			m.TextBody = htmlFallback(v.html)
		case r.event != "":
			m.TextBody = r.event
		case r.forward != nil:
			m.TextBody = r.forwardText()
		}
	}
}

// tidyText trims blank lines around a text; those inside are the sender's.
func tidyText(s string) string {
	s = strings.Trim(s, "\n")
	return strings.TrimRight(s, " \t\n")
}

// markInline finds the pictures that the HTML shows (RFC 2392): they are part of
// the text. All else is an attachment, also what its sender called inline, or
// nobody would see it.
func (r *reader) markInline() {
	if r.msg.HTMLBody == "" || len(r.msg.Attachments) == 0 {
		return
	}
	lower := strings.ToLower(r.msg.HTMLBody)
	for i := range r.msg.Attachments {
		a := &r.msg.Attachments[i]
		if a.CID != "" && (strings.Contains(lower, "cid:"+strings.ToLower(a.CID)) || strings.Contains(lower, "cid:"+percentCID(a.CID))) {
			a.Disposition = "inline"
		}
	}
}

func percentCID(cid string) string {
	return strings.ReplaceAll(strings.ToLower(cid), "@", "%40")
}
