package normalize

import (
	"fmt"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/replytext"
)

// Message normalizes one raw item by the rules of its channel. Email is never
// rejected. The error is KindInvalid for an unknown channel, and for chat or form
// bytes that are not the JSON that Switchboard writes.
func Message(raw desk.Raw) (desk.Message, error) {
	switch raw.Channel {
	case desk.ChannelEmail:
		return Email(raw), nil
	case desk.ChannelForm:
		return Form(raw)
	case desk.ChannelChat:
		return Chat(raw)
	}
	return desk.Message{}, &desk.Error{Op: "normalize", Kind: desk.KindInvalid, Err: fmt.Errorf("unknown channel %q", raw.Channel)}
}

// finish sets the fields that every channel derives from the text. NewText is already
// set if it was made from HTML.
func finish(m *desk.Message) {
	if m.NewText == "" {
		m.NewText = replytext.NewText(m.TextBody, source(m))
	}
	if strings.TrimSpace(m.NewText) == "" {
		m.NewText = m.TextBody
	}
	m.Preview = imf.Preview(m.NewText)
}

// source returns what the header of a message says about its text.
func source(m *desk.Message) replytext.Source {
	s := replytext.Source{Reply: len(m.References) > 0 || len(m.InReplyTo) > 0 || imf.IsReply(m.Subject), Subject: m.Subject}
	if len(m.From) > 0 {
		s.Name, s.Address = m.From[0].Name, m.From[0].Email
	}
	for _, to := range m.To {
		s.To = append(s.To, to.Email)
	}
	return s
}
