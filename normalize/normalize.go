package normalize

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"switchboard/desk"
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

// previewRunes is the length of the one-line preview.
const previewRunes = 200

// finish sets the fields that every channel derives from the text. NewText is already
// set if it was made from HTML.
func finish(m *desk.Message) {
	if m.NewText == "" {
		m.NewText = replytext.NewText(m.TextBody)
	}
	if strings.TrimSpace(m.NewText) == "" {
		m.NewText = m.TextBody
	}
	m.Preview = preview(m.NewText)
}

// preview returns the beginning of the text as one line.
func preview(s string) string {
	// Enough bytes for that many characters and for white space that collapses.
	if len(s) > 16*previewRunes {
		s = strings.ToValidUTF8(s[:16*previewRunes], "")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= previewRunes {
		return s
	}
	return string([]rune(s)[:previewRunes])
}
