// Package letter makes the messages that mail programs see of what is no mail, and says what their addresses and
// identifiers mean. Pure.
package letter

import (
	"strconv"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// Site is what addresses and identifiers are made of.
type Site struct {
	Address string // of support; subaddresses of it stand for conversations
	Domain  string // of identifiers
	Name    string // the company's
	// Mask hides addresses in a text.
	Mask func(string) string
}

// What a subaddress says before the number of a conversation.
const (
	replyTo = "conversation-"
	noteTo  = "note-"
)

// Conversation returns the address that stands for the customer of a conversation: for programs only, as what is sent
// to it from elsewhere is an ordinary mail.
func (s *Site) Conversation(number int64) string {
	return s.sub(replyTo + strconv.FormatInt(number, 10))
}

// Note returns the address that stands for the internal notes of a conversation.
func (s *Site) Note(number int64) string { return s.sub(noteTo + strconv.FormatInt(number, 10)) }

func (s *Site) sub(detail string) string {
	local, domain := imf.SplitAddr(s.Address)
	return local + "+" + detail + "@" + domain
}

// Target is what an address that stands for a conversation means.
type Target struct {
	Number int64
	Note   bool
}

// Target returns what an address of the desk stands for. False: it is that of a person.
func (s *Site) Target(address string) (Target, bool) {
	base, detail := imf.SplitSubaddress(imf.NormalizeAddr(address))
	if own, _ := imf.SplitSubaddress(imf.NormalizeAddr(s.Address)); base != own {
		return Target{}, false
	}
	t := Target{}
	text, ok := strings.CutPrefix(detail, replyTo)
	if !ok {
		text, t.Note = strings.CutPrefix(detail, noteTo)
		if !t.Note {
			return Target{}, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	t.Number = n
	return t, err == nil && n > 0
}

// MessageID returns the identifier of a message that is not a mail, or is shown without addresses.
func (s *Site) MessageID(id desk.MessageID) string { return id.String() + "@" + s.Domain }

// Root returns the identifier by which programs keep the messages of a conversation together. No message has it.
func (s *Site) Root(id desk.ConversationID) string { return id.String() + "@" + s.Domain }

// Cited returns the messages that identifiers name which this site has made; the others are Message-IDs of mail.
func (s *Site) Cited(ids []string) (made []desk.MessageID) {
	for _, id := range ids {
		if local, ok := strings.CutSuffix(id, "@"+s.Domain); ok {
			if m, err := desk.ParseID[desk.MessageID](local); err == nil && !m.IsZero() {
				made = append(made, m)
			}
		}
	}
	return made
}
