package agent

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
)

const (
	maxText       = 1 << 20 // octets of a reply's or a note's text, and of its HTML
	maxReferences = 50
)

// draft is the input that a reply is composed from.
type draft struct {
	conversation desk.Conversation
	subject      string // of a mail that starts the conversation; empty: it is a reply
	head         Head
	by           desk.Agent
	reply        Reply
	files        []Upload // what the reply attaches
	now          time.Time
	held         time.Duration             // before it is sent
	letter       letter                    // what its inbox adds; only to mail
	earlier      []Earlier                 // what it may quote
	outside      func(address string) bool // a third party's; nil: there are none
	opt          *Options
}

// compose returns the message and its deliveries, one per recipient; the caller sets
// Seq. KindInvalid means that the input is wrong, KindConflict that this conversation
// cannot be replied to.
func (d *draft) compose() (desk.Message, []desk.Delivery, error) {
	c := &d.conversation
	if err := d.answerable(); err != nil {
		return desk.Message{}, nil, err
	}
	text, err := bodyText("text", d.reply.Text)
	if err != nil {
		return desk.Message{}, nil, err
	}
	html, err := bodyText("html", d.reply.HTML)
	if err != nil {
		return desk.Message{}, nil, err
	}
	if strings.TrimSpace(text) == "" {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "text: the reply is empty")
	}
	id := desk.NewID[desk.MessageID]()
	m := desk.Message{
		ID: id, ConversationID: c.ID, Direction: desk.Outbound, Channel: c.ReplyChannel, MessageID: d.opt.MessageID(id),
		SentAt: d.now, ReceivedAt: d.now, Preview: imf.Preview(markdown.Text(text)), TextBody: text, NewText: text,
		AutoSubmitted: desk.AutoNo, AuthorID: d.by.ID, ThreadMethod: "reply",
	}
	if hasControl(d.by.Shown()) {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "your name contains a line break or another control character; ask an admin to correct it")
	}
	if c.ReplyChannel == desk.ChannelChat {
		return d.chat(m)
	}
	if err := d.content(&m, text, html); err != nil {
		return desk.Message{}, nil, err
	}
	return d.mail(m)
}

// answerable returns nil if a conversation can be replied to, or the reason why it
// cannot.
func (d *draft) answerable() error {
	c := &d.conversation
	switch {
	case !c.MergedInto.IsZero():
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; reply there", c.Number)
	case c.Status == desk.StatusClosed:
		return desk.Errorf(desk.KindConflict, "conversation #%d is closed; reopen it to reply", c.Number)
	case c.ReplyTo == "" && (len(d.reply.To) == 0 || c.ReplyChannel == desk.ChannelChat):
		return desk.Errorf(desk.KindInvalid, "conversation #%d has no address to reply to: the sender left none", c.Number)
	}
	return nil
}

// chat completes m as a chat line with one delivery.
func (d *draft) chat(m desk.Message) (desk.Message, []desk.Delivery, error) {
	if len(d.reply.CC) > 0 {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "cc: a chat reply cannot have copies")
	}
	if len(d.reply.BCC) > 0 {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "bcc: a chat reply cannot have copies")
	}
	if len(d.reply.To) > 0 {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "to: a chat reply goes to the visitor; it cannot have other recipients")
	}
	if d.reply.From != "" {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "from: a chat reply has no sender address to choose")
	}
	if len(d.files) > 0 {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "attachments: a chat reply cannot have files; send a link instead")
	}
	m.From = []desk.Address{{Name: d.by.Shown()}}
	return m, []desk.Delivery{d.delivery(&m, d.conversation.ReplyTo, "")}, nil
}

// mail completes m as a mail with a delivery for each recipient.
func (d *draft) mail(m desk.Message) (desk.Message, []desk.Delivery, error) {
	c := &d.conversation
	if !imf.ValidAddr(c.ReplyFrom) {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "conversation #%d has no support address to reply from", c.Number)
	}
	to, cc, bcc, err := d.recipients()
	if err != nil {
		return desk.Message{}, nil, err
	}
	from, err := d.sender()
	if err != nil {
		return desk.Message{}, nil, err
	}
	m.From = []desk.Address{{Name: d.senderName(), Email: from}}
	m.To, m.CC, m.BCC = to, cc, bcc
	d.finish(&m)
	// What is stored is what is sent, and the recipient's program may show it less
	// carefully than the console.
	m.HTMLBody = htmlview.Sanitize(m.HTMLBody)
	if m.Subject = d.subject; m.Subject == "" {
		m.Subject = "Re: " + baseSubject(d.head.Subject, c.Subject)
	}
	if d.head.MessageID != "" {
		m.InReplyTo = []string{d.head.MessageID}
		m.References = references(d.head.References, d.head.MessageID)
	}
	var ds []desk.Delivery
	for _, a := range slices.Concat(to, cc, bcc) {
		ds = append(ds, d.delivery(&m, a.Email, from))
	}
	return m, ds, nil
}

// own reports whether an address belongs to the desk, with or without a reply token.
func (d *draft) own(address string) bool {
	base, _ := imf.SplitSubaddress(imf.NormalizeAddr(address))
	ours, _ := imf.SplitSubaddress(imf.NormalizeAddr(d.conversation.ReplyFrom))
	return base == ours || d.opt.Own(address)
}

// recipientName returns the name under which the recipient wrote, if any.
func (d *draft) recipientName(address string) string {
	for _, list := range [][]desk.Address{d.head.ReplyTo, d.head.From, d.head.To} {
		for _, a := range list {
			if imf.NormalizeAddr(a.Email) == imf.NormalizeAddr(address) {
				return imf.OneLine(a.Name)
			}
		}
	}
	return ""
}

// delivery returns the delivery of m to one recipient, held if the reply can be undone.
func (d *draft) delivery(m *desk.Message, recipient, returnPath string) desk.Delivery {
	id := desk.NewID[desk.DeliveryID]()
	out := desk.Delivery{
		ID: id, MessageID: m.ID, ConversationID: m.ConversationID, Channel: m.Channel, Recipient: recipient,
		ReturnPath: returnPath, EnvelopeID: id.String(), State: desk.DeliveryQueued, NextAttemptAt: d.now,
		CreatedAt: d.now, UpdatedAt: d.now,
	}
	switch {
	case !d.reply.At.IsZero():
		out.State, out.NextAttemptAt = desk.DeliveryScheduled, d.reply.At
	case d.held > 0:
		out.State, out.NextAttemptAt = desk.DeliveryHeld, d.now.Add(d.held)
	case m.Channel == desk.ChannelChat:
		// The transaction that stores a chat line puts it where the visitor's socket
		// reads it: there is no next hop and nothing to attempt.
		out.State = desk.DeliverySent
	}
	return out
}

// note composes an internal note.
func note(c *desk.Conversation, by desk.Agent, text string, now time.Time, opt *Options) (desk.Message, error) {
	text, err := bodyText("text", text)
	if err != nil {
		return desk.Message{}, err
	}
	if strings.TrimSpace(text) == "" {
		return desk.Message{}, desk.Errorf(desk.KindInvalid, "text: the note is empty")
	}
	id := desk.NewID[desk.MessageID]()
	return desk.Message{
		ID: id, ConversationID: c.ID, Direction: desk.Note, Channel: desk.ChannelNote, MessageID: opt.MessageID(id),
		From: []desk.Address{{Name: imf.OneLine(by.Name), Email: by.Email}}, SentAt: now, ReceivedAt: now, Preview: imf.Preview(text),
		TextBody: text, NewText: text, AutoSubmitted: desk.AutoNo, AuthorID: by.ID, ThreadMethod: "note",
	}, nil
}

// references returns the parent's References and the parent (RFC 5322 §3.6.4). A
// long chain keeps its root, by which some programs thread, and its newest ids
// (RFC 5537 §3.4.4).
func references(parents []string, parent string) []string {
	out := make([]string, 0, len(parents)+1)
	for _, id := range append(parents[:len(parents):len(parents)], parent) {
		if id != "" && (len(out) == 0 || out[len(out)-1] != id) {
			out = append(out, id)
		}
	}
	if over := len(out) - maxReferences; over > 0 {
		out = append(out[:1:1], out[1+over:]...)
	}
	return out
}

// baseSubject returns the first subject that is not empty after "Re:" and similar
// prefixes are removed, or a default.
func baseSubject(subjects ...string) string {
	for _, s := range subjects {
		if base := imf.BaseSubject(imf.OneLine(s)); base != "" {
			return base
		}
	}
	return "your message"
}

// bodyText checks a text that an agent wrote and returns it with LF line ends.
func bodyText(field, s string) (string, error) {
	switch {
	case len(s) > maxText:
		return "", desk.Errorf(desk.KindInvalid, "%s: %d bytes are too many; at most %d are allowed", field, len(s), maxText)
	case !utf8.ValidString(s):
		return "", desk.Errorf(desk.KindInvalid, "%s: not valid UTF-8", field)
	case strings.ContainsRune(s, 0):
		return "", desk.Errorf(desk.KindInvalid, "%s: contains a NUL character", field)
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
