package desk

// Kinds of events about third parties. The customer never sees what they are about.
const (
	EventThirdPartySent     EventKind = "third-party.sent"     // ThirdPartySent
	EventThirdPartyReceived EventKind = "third-party.received" // ThirdPartyReceived
)

// ThirdPartySent is a mail to a third party: messages of the conversation that an agent
// forwards or passes on, or an answer to them.
type ThirdPartySent struct {
	MessageSummary
	To         []Address   `json:"to,omitempty"`
	CC         []Address   `json:"cc,omitempty"`
	Forwarded  []MessageID `json:"forwarded,omitempty" doc:"The messages that it forwards"`
	Redirected MessageID   `json:"redirected,omitzero" doc:"The message that was passed on unchanged (RFC 5322 §3.6.6); missing: none"`
	Method     string      `json:"method,omitempty" doc:"For a mail that was not written at the desk: why it is in this conversation"`
}

// ThirdPartyReceived is a mail from a third party.
type ThirdPartyReceived struct {
	MessageSummary
	Method        string        `json:"method" doc:"Why it is in this conversation: reply-token, references, ..."`
	AutoSubmitted AutoSubmitted `json:"auto_submitted"`
	Unverified    bool          `json:"unverified" doc:"The sender is not somebody mail was forwarded to, or nothing confirms the address"`
	Trust         Trust         `json:"trust" doc:"How far the sender's address can be trusted"`
}

func (ThirdPartySent) EventKind() EventKind     { return EventThirdPartySent }
func (ThirdPartyReceived) EventKind() EventKind { return EventThirdPartyReceived }

func (ThirdPartySent) EventVersion() int     { return 1 }
func (ThirdPartyReceived) EventVersion() int { return 1 }
