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
		m.NewText = replytext.NewText(m.TextBody)
	}
	if strings.TrimSpace(m.NewText) == "" {
		m.NewText = m.TextBody
	}
	m.Preview = imf.Preview(m.NewText)
}
