package desk

// ConversationEdited is a change of what describes a conversation; absent: it is as before.
type ConversationEdited struct {
	Subject *TextChange    `json:"subject,omitempty"`
	Contact *ContactChange `json:"contact,omitempty"`
}

// TextChange is a change of a text.
type TextChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ContactChange means that another contact is the customer now.
type ContactChange struct {
	From     ContactID `json:"from"`
	FromName string    `json:"from_name,omitempty"`
	To       ContactID `json:"to"`
	ToName   string    `json:"to_name,omitempty"`
	ReplyTo  string    `json:"reply_to" doc:"The address that replies go to now"`
}

func (ConversationEdited) EventKind() EventKind { return EventConversationEdited }
func (ConversationEdited) EventVersion() int    { return 1 }
