package agent

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
	"switchboard/internal/placeholder"
	"switchboard/router"
)

// maxSender bounds the octets of the name in From.
const maxSender = 200

// letter is what an inbox adds to replies by mail.
type letter struct {
	router.Letter
	inbox string // its name
}

// policyInbox returns the conversation's inbox as the policy has it.
func (a *act) policyInbox() (router.Inbox, bool) {
	in, _, ok := a.opt.Policy().InboxFor(&a.state.Conversation)
	return in, ok
}

func (a *act) letter() letter {
	in, ok := a.policyInbox()
	if !ok {
		in.Letter.Signature = router.OwnSignature
	}
	return letter{in.Letter, in.Name}
}

// names are what the texts of the policy and of agents can have filled in.
func (d *draft) names() map[string]string {
	name := imf.OneLine(d.by.Shown())
	first, _, _ := strings.Cut(name, " ")
	return map[string]string{"agent.name": name, "agent.first_name": first, "inbox.name": imf.OneLine(d.letter.inbox), "company": imf.OneLine(d.opt.Company)}
}

// fill fills in the names of a text.
func (d *draft) fill(text string) string { return placeholder.Expand(text, d.names()) }

// senderName is the name in From.
func (d *draft) senderName() string {
	pattern := "{{agent.name}}"
	if d.opt.Company != "" {
		pattern = "{{agent.name}} ({{company}})"
	}
	name := imf.OneLine(d.fill(cmp.Or(d.letter.SenderName, pattern)))
	if len(name) > maxSender {
		name = strings.ToValidUTF8(name[:maxSender], "")
	}
	return name
}

// ownLine is a line with nothing but the agent's signature.
var ownLine = regexp.MustCompile(`(?m)^[ \t]*\{\{ *agent\.signature *\}\}[ \t]*(\n|\z)`)

// signature is the text below a reply: the inbox's, with the agent's where it says so. It
// may be empty.
func (d *draft) signature() string {
	names, text := d.names(), d.letter.Signature
	own := strings.TrimSpace(placeholder.Expand(d.by.Signature, names))
	if names["agent.signature"] = own; own == "" {
		text = ownLine.ReplaceAllString(text, "") // leaves no gap
	}
	return strings.TrimSpace(placeholder.Expand(text, names))
}

// sender returns the address that the reply is sent from: the one that the conversation
// came to, or another one of the inbox that its author has chosen.
func (d *draft) sender() (string, error) {
	permitted := d.senders()
	if d.reply.From == "" {
		return d.conversation.ReplyFrom, nil
	}
	for _, a := range permitted {
		if imf.NormalizeAddr(a) == imf.NormalizeAddr(d.reply.From) {
			return a, nil
		}
	}
	return "", desk.Errorf(desk.KindInvalid, "from: replies of this inbox are sent from %s, not from %s", strings.Join(permitted, ", "), imf.OneLine(d.reply.From))
}

// senders are the addresses that the reply may be sent from, the usual one first. What the
// customer answers must arrive here.
func (d *draft) senders() []string {
	var out []string
	if d.conversation.ReplyFrom != "" {
		out = append(out, d.conversation.ReplyFrom)
	}
	for _, a := range d.letter.Addresses {
		if d.opt.Own(a) && !slices.ContainsFunc(out, func(b string) bool { return imf.NormalizeAddr(a) == imf.NormalizeAddr(b) }) {
			out = append(out, a)
		}
	}
	return out
}

// finish adds the signature and the quoted messages to a mail. NewText stays what its author
// wrote.
func (d *draft) finish(m *desk.Message) {
	if s := d.signature(); s != "" {
		m.TextBody = strings.TrimRight(m.TextBody, "\n") + "\n\n-- \n" + s + "\n"
		m.HTMLBody += markdown.Signature(s)
	}
	for _, q := range quoted(d.earlier, m.To, d.letter.Quote) {
		intro := attribution(&q)
		m.TextBody = strings.TrimRight(m.TextBody, "\n") + "\n\n" + intro + "\n" + quoteText(q.Text)
		m.HTMLBody += markdown.Quote(intro, q.Text)
	}
}
