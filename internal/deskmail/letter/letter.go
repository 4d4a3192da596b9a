package letter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/imf"
	"switchboard/outbound/render"
)

// Letter returns the bytes of a message that is not shown as it was received or sent: a chat line, a form, a note, a reply that is
// not rendered yet, and every message for an agent who does not see addresses. The same content always gives the same bytes.
func (s *Site) Letter(c *deskmail.Content, masked bool) ([]byte, error) {
	m := c.Message
	plain := m.Channel == desk.ChannelEmail && m.Direction != desk.Note && !masked && imf.MessageID("<"+m.MessageID+">") != ""
	support := desk.Address{Name: s.Name, Email: s.Address}
	customer := desk.Address{Name: cmp.Or(c.Customer, "Customer"), Email: s.Conversation(c.Number)}
	out := desk.Message{ConversationID: m.ConversationID, SentAt: m.ReceivedAt, TextBody: m.TextBody, HTMLBody: m.HTMLBody, AutoSubmitted: desk.AutoNo}
	out.MessageID = s.MessageID(m.ID)
	out.References = []string{s.Root(c.ConversationID)}
	earlier := c.Earlier
	if masked && earlier != "" {
		earlier = s.MessageID(c.EarlierID)
	}
	if imf.MessageID("<"+earlier+">") != "" {
		out.References = append(out.References, earlier)
		out.InReplyTo = []string{earlier}
	}
	if plain {
		out.MessageID = m.MessageID
	}
	out.Subject = cmp.Or(m.Subject, c.Subject, "Conversation "+strconv.FormatInt(c.Number, 10))
	switch m.Direction {
	case desk.Inbound:
		out.From, out.To = []desk.Address{customer}, []desk.Address{support}
		if plain && len(m.From) > 0 {
			out.From = m.From[:1]
		}
		if masked && len(m.From) > 0 {
			out.From[0].Name = cmp.Or(m.From[0].Name, m.From[0].Email, customer.Name)
		}
	case desk.Note:
		out.Subject = "[Internal note] " + out.Subject
		out.From, out.To = []desk.Address{{Name: cmp.Or(c.Author, "Switchboard"), Email: s.Note(c.Number)}}, []desk.Address{{Name: "Internal notes", Email: s.Note(c.Number)}}
	default:
		out.From, out.To = []desk.Address{{Name: cmp.Or(c.Author, s.Name), Email: s.Address}}, []desk.Address{customer}
		if plain && len(m.To) > 0 {
			out.To, out.CC = m.To, m.CC
		}
	}
	out.Attachments = m.Attachments
	if masked {
		s.mask(&out)
	}
	for _, list := range [][]desk.Address{out.From, out.To, out.CC} {
		for i := range list {
			if list[i].Name = imf.OneLine(list[i].Name); !imf.ValidAddr(list[i].Email) {
				list[i].Email = s.Conversation(c.Number)
			}
		}
	}
	out.Subject = imf.OneLine(out.Subject)
	return render.Message(out, "")
}

// mask takes addresses out of a letter, as the console does: its HTML is left out, and files that are messages.
func (s *Site) mask(m *desk.Message) {
	m.HTMLBody = ""
	m.TextBody, m.Subject = s.Mask(m.TextBody), s.Mask(m.Subject)
	for i := range m.From {
		m.From[i].Name = s.Mask(m.From[i].Name)
	}
	for i := range m.To {
		m.To[i].Name = s.Mask(m.To[i].Name)
	}
	m.Attachments = slices.Clone(m.Attachments)
	m.Attachments = slices.DeleteFunc(m.Attachments, func(p desk.Part) bool {
		kind, _, _ := strings.Cut(strings.ToLower(p.Type), "/")
		return kind == "message" || kind == "multipart" || kind == "text" && !utf8.Valid(p.Data)
	})
	for i := range m.Attachments {
		p := &m.Attachments[i]
		if strings.HasPrefix(strings.ToLower(p.Type), "text/") || utf8.Valid(p.Data) {
			p.Data = []byte(s.Mask(string(p.Data)))
		}
		p.Name, p.CID, p.Location = s.Mask(p.Name), "", ""
		p.Disposition = "attachment"
	}
}
