package macro

import (
	"strconv"
	"strings"

	"switchboard/internal/imf"
)

// Names are what the variables of a text stand for in a conversation.
type Names struct {
	Contact, Account, Inbox, Subject string
	Number                           int64
}

// Values returns the values of the variables, with those of the author of the text and of the
// site's owner. A name that is an address is no name.
func (n *Names) Values(author, company string) map[string]string {
	contact := imf.OneLine(n.Contact)
	if strings.Contains(contact, "@") {
		contact = ""
	}
	author = imf.OneLine(author)
	return map[string]string{
		"contact.name": contact, "contact.first_name": firstWord(contact), "account.name": imf.OneLine(n.Account),
		"agent.name": author, "agent.first_name": firstWord(author), "company": imf.OneLine(company), "inbox.name": imf.OneLine(n.Inbox),
		"conversation.number": strconv.FormatInt(n.Number, 10), "conversation.subject": imf.OneLine(n.Subject),
	}
}

func firstWord(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}
