package normalize

import (
	"encoding/json"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/normalize/plaintext"
)

// chatDomain and formDomain are the domains of identifiers derived from chat lines
// and form submissions; RFC 2606 §2 reserves the top level.
const (
	chatDomain = "chat.invalid"
	formDomain = "form.invalid"
)

// Chat reads a desk.ChatLine. Any other bytes are KindInvalid: Switchboard wrote them
// itself, so rejecting them loses no one's message.
func Chat(raw desk.Raw) (desk.Message, error) {
	var line desk.ChatLine
	if err := json.Unmarshal(raw.Bytes, &line); err != nil {
		return desk.Message{}, desk.Errorf(desk.KindInvalid, "chat line: %w", err)
	}
	m := desk.Message{
		Direction: desk.Inbound, Channel: desk.ChannelChat, RawID: raw.ID,
		ReceivedAt: raw.ReceivedAt, SentAt: raw.ReceivedAt, AutoSubmitted: desk.AutoNo,
		MessageID: derivedID(chatDomain, line.Session.String(), line.ClientID),
		TextBody:  plaintext.TrimBlankLines(plaintext.Clean(strings.ToValidUTF8(line.Text, "\ufffd"))),
	}
	if line.Session.IsZero() || line.ClientID == "" {
		m.MessageID = derivedID(chatDomain, raw.SourceKey, string(raw.Bytes))
	}
	if name, email := imf.OneLine(line.Name), imf.OneLine(line.Email); name != "" || email != "" {
		m.From = []desk.Address{{Name: name, Email: email}}
		if email != "" && !imf.ValidAddr(email) {
			m.AddProblem("from-broken", "the visitor's address is not valid")
		}
	}
	finish(&m)
	// Chat lines have no signatures and no quotations.
	m.NewText = m.TextBody
	m.Preview = imf.Preview(m.TextBody)
	return m, nil
}

// derivedID derives a message identifier from what makes the item unique.
func derivedID(domain string, parts ...string) string {
	id := generatedID([]byte(strings.Join(parts, "\x00")))
	local, _ := imf.SplitAddr(id)
	return local + "@" + domain
}
