package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/charset"
	"switchboard/normalize/classify"
	"switchboard/normalize/content"
	"switchboard/normalize/encodedword"
	"switchboard/normalize/htmltext"
	"switchboard/normalize/mimeheader"
	"switchboard/normalize/mimeparse"
	"switchboard/normalize/plaintext"
	"switchboard/normalize/replytext"
)

// missingIDDomain is the domain of identifiers generated for messages without one;
// RFC 2606 §2 reserves the top level, so they cannot collide with others.
const missingIDDomain = "missing-message-id.invalid"

// maxForwards is the depth to which forwarded messages within forwarded messages are
// read.
const maxForwards = 3

// Email reads an email message (RFC 5322, RFC 2045). It never fails: bytes that are
// not a message become its text.
func Email(raw desk.Raw) (m desk.Message) {
	defer func() {
		// A bug here must not lose the message.
		if fault := recover(); fault != nil {
			m = bareMessage(raw)
			m.AddProblem("unreadable", fmt.Sprintf("the message could not be parsed and is shown as received: %v", fault))
		}
	}()
	m = readEmail(raw, 0)
	finish(&m)
	return m
}

// readEmail does the work of Email; depth counts the forwarded messages around this
// one.
func readEmail(raw desk.Raw, depth int) desk.Message {
	e := &email{raw: raw, depth: depth, msg: desk.Message{Direction: desk.Inbound, Channel: desk.ChannelEmail, RawID: raw.ID, ReceivedAt: raw.ReceivedAt}}
	parser := mimeparse.New(raw.Bytes, e.problem)
	root := parser.Parse(raw.Bytes)
	e.head, e.hint = root.Header, parser.HeaderCharset
	e.fields()
	c := content.Read(parser, root, classify.IsListMail(root.Header))
	e.body(c)
	e.msg.Attachments = c.Attachments
	markInline(e.msg.HTMLBody, e.msg.Attachments)
	e.classify(root, c.Reports)
	e.msg.Origin = e.origin(c.Forward)
	if e.msg.Signed = c.Signed(root); e.msg.Signed != nil && e.msg.Signed.Covers != desk.CoversPart {
		e.msg.Signed.Author = e.author()
	}
	return e.msg
}

// email is a message being read.
type email struct {
	raw   desk.Raw
	msg   desk.Message
	head  mimeheader.Header
	hint  string // charset of raw 8-bit header fields
	depth int    // forwarded messages around this one
	// borrowedText: the mail has no text of its own, and shows that of the message it
	// forwards.
	borrowedText bool
}

// problem records a problem that the agent should see, once per code.
func (e *email) problem(code, detail string) {
	for _, p := range e.msg.Problems {
		if p.Code == code {
			return
		}
	}
	e.msg.AddProblem(code, detail)
}

// bareMessage returns the message as plain text, without parsing it.
func bareMessage(raw desk.Raw) desk.Message {
	text, _ := charset.ToUTF8(raw.Bytes, "", false)
	m := desk.Message{
		Direction: desk.Inbound, Channel: desk.ChannelEmail, RawID: raw.ID, ReceivedAt: raw.ReceivedAt, SentAt: raw.ReceivedAt,
		MessageID: generatedID(raw.Bytes), TextBody: plaintext.Clean(text), AutoSubmitted: desk.AutoNo,
	}
	if path := reversePath(raw); path != "" {
		m.From = []desk.Address{{Email: path}}
	}
	finish(&m)
	return m
}

// reversePath returns the envelope's reverse-path, or "" if it is too long to be an
// address.
func reversePath(raw desk.Raw) string {
	if len(raw.EnvelopeFrom) > imf.MaxAddr {
		return ""
	}
	return imf.OneLine(raw.EnvelopeFrom)
}

// generatedID replaces a missing Message-ID. The same message always gets the same one.
func generatedID(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]) + "@" + missingIDDomain
}

// fields reads the header of the message.
func (e *email) fields() {
	m, h := &e.msg, e.head
	m.Subject = encodedword.Decode(h.Get("subject"), e.hint)
	m.From = e.addresses("from")
	m.Sender = e.addresses("sender")
	m.ReplyTo = e.addresses("reply-to")
	m.To = e.addresses("to")
	m.CC = e.addresses("cc")
	m.BCC = e.addresses("bcc")
	if len(h.All("from")) > 1 {
		e.problem("duplicate-from", "the message has more than one From field; the first one with an address is used")
	}
	e.fillFrom()

	if m.MessageID = imf.MessageID(unwrapped(h.First("message-id", func(v string) bool { return imf.MessageID(unwrapped(v)) != "" }))); m.MessageID == "" {
		m.MessageID = generatedID(e.raw.Bytes)
		e.problem("no-message-id", "the message has no Message-ID; one was generated")
	}
	m.InReplyTo = identifiers(h, "in-reply-to")
	m.References = identifiers(h, "references")
	m.ListID = imf.ListID(imf.OneLine(h.Get("list-id")))
	m.SentAt = e.date()
}

// identifiers reads the identifiers of all fields of a name.
func identifiers(h mimeheader.Header, name string) []string {
	var values []string
	for _, v := range h.All(name) {
		values = append(values, unwrapped(v))
	}
	return imf.MessageIDs(strings.Join(values, " "))
}

// unwrapped decodes the value of a structured field that a program encoded as a whole,
// although RFC 2047 §5 allows that in text only. An identifier that merely contains
// what looks like an encoded word keeps its spelling.
func unwrapped(value string) string {
	if strings.HasPrefix(strings.TrimSpace(value), "=?") {
		return encodedword.Decode(value, "")
	}
	return value
}

// addresses reads an address list. Repeated To, Cc and Bcc fields are joined (RFC
// 5322 §3.6 forbids them, forwarders add them); of the others the first with an
// address counts.
func (e *email) addresses(name string) []desk.Address {
	h := e.head
	if name == "to" || name == "cc" || name == "bcc" {
		return e.mailboxes(strings.Join(h.All(name), ", "))
	}
	return e.mailboxes(h.First(name, func(v string) bool { return slices.ContainsFunc(e.mailboxes(v), hasAddress) }))
}

func hasAddress(a desk.Address) bool { return strings.Contains(a.Email, "@") }

// mailboxes reads the value of an address field.
func (e *email) mailboxes(value string) []desk.Address {
	if strings.TrimSpace(value) == "" {
		return nil
	}
	var list []desk.Address
	for _, box := range imf.ParseAddressList(value, func(s string) string { return encodedword.Decode(s, e.hint) }) {
		list = append(list, desk.Address{Name: imf.OneLine(box.Name), Email: imf.OneLine(box.Addr)})
	}
	return list
}

// fillFrom completes a From field without an address from other fields that should
// name the same sender.
func (e *email) fillFrom() {
	m := &e.msg
	for _, a := range m.From {
		if strings.Contains(a.Email, "@") {
			if !imf.ValidAddr(a.Email) {
				e.problem("from-broken", "the From address is not valid and was kept unchanged: "+a.Email)
			}
			return
		}
	}
	missing, borrowed := len(m.From) == 0, ""
	for _, list := range [][]desk.Address{m.Sender, m.ReplyTo, e.addresses("return-path"), {{Email: reversePath(e.raw)}}} {
		if len(list) > 0 && strings.Contains(list[0].Email, "@") {
			borrowed = imf.OneLine(list[0].Email)
			if len(m.From) == 0 {
				m.From = []desk.Address{{Name: list[0].Name}}
			}
			break
		}
	}
	switch {
	case missing && borrowed != "":
		m.From[0].Email = borrowed
		e.problem("no-from", "the message has no From field; Sender, Reply-To or the envelope sender is used instead")
	case missing:
		e.problem("no-from", "the message has no From field")
	case borrowed != "" && m.From[0].Email == "":
		m.From[0].Email = borrowed
		e.problem("from-broken", "the From field has no address; that of Sender, Reply-To or the envelope is used instead")
	default:
		if m.From[0].Email == "" && len(m.From[0].Name) <= imf.MaxAddr {
			m.From[0].Email = m.From[0].Name
		}
		e.problem("from-broken", "the From field has no address")
	}
}

// A Date outside these bounds comes from a broken clock or is forged, and would sort
// the message wrongly.
const (
	earliestYear = 1980
	maxAhead     = 7 * 24 * time.Hour
)

// date returns the time of the Date field, or of the newest trace field (RFC 5321
// §4.4), or the time of receipt.
func (e *email) date() time.Time {
	h, receivedAt := e.head, e.raw.ReceivedAt
	value := h.First("date", func(v string) bool { _, ok := imf.ParseDate(imf.OneLine(encodedword.Decode(v, ""))); return ok })
	if value == "" {
		value = h.Get("delivery-date")
		e.problem("no-date", "the message has no Date field; another time is used instead")
	}
	plausible := func(t time.Time) bool {
		return t.Year() >= earliestYear && (receivedAt.IsZero() || t.Before(receivedAt.Add(maxAhead)))
	}
	if t, ok := imf.ParseDate(imf.OneLine(encodedword.Decode(value, ""))); ok && plausible(t) {
		return t
	} else if value != "" {
		e.problem("date-broken", "the Date field is not plausible: "+imf.OneLine(plaintext.Clip(value, 60)))
	}
	if i := strings.LastIndexByte(h.Get("received"), ';'); i >= 0 {
		if t, ok := imf.ParseDate(h.Get("received")[i+1:]); ok && plausible(t) {
			return t
		}
	}
	return receivedAt
}

// body sets the text and HTML, with substitutes if the message has no text of its
// own.
func (e *email) body(c *content.Content) {
	m := &e.msg
	v := c.Body
	m.TextBody = plaintext.TrimBlankLines(v.Text)
	if v.Rich {
		m.HTMLBody = v.HTML
		if !v.Plain {
			m.NewText = replytext.NewTextHTML(v.HTML, source(m))
		}
	}
	if plaintext.IsBlank(m.TextBody) {
		m.TextBody = ""
		switch {
		case v.Rich:
			m.TextBody = htmltext.Describe(v.HTML)
		case c.Event != "":
			m.TextBody = c.Event
		case c.Forward != nil:
			m.TextBody, e.borrowedText = e.forwardText(c.Forward), true
		}
	}
}

// markInline marks the images that the HTML shows (RFC 2392) as inline. Everything
// else stays an attachment, even if its sender called it inline; otherwise it would
// not be displayed.
func markInline(body string, attachments []desk.Part) {
	if body == "" || len(attachments) == 0 {
		return
	}
	lower := strings.ToLower(body)
	for i := range attachments {
		a := &attachments[i]
		if a.CID != "" && (strings.Contains(lower, "cid:"+strings.ToLower(a.CID)) || strings.Contains(lower, "cid:"+percentCID(a.CID))) {
			a.Disposition = "inline"
		}
	}
}

func percentCID(cid string) string {
	return strings.ReplaceAll(strings.ToLower(cid), "@", "%40")
}

// author returns the address of the From field, or "" unless there is exactly one
// field with one valid address.
func (e *email) author() string {
	from := e.addresses("from")
	if len(e.head.All("from")) != 1 || len(from) != 1 || !imf.ValidAddr(from[0].Email) {
		return ""
	}
	return from[0].Email
}
