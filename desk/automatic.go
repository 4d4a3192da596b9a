package desk

import "time"

// AutomaticKind says what an automatic mail to a customer is.
type AutomaticKind string

const (
	AutomaticAcknowledgement AutomaticKind = "acknowledgement" // the message has arrived
	AutomaticOutOfHours      AutomaticKind = "out-of-hours"    // it has arrived, and nobody is there now
	AutomaticSurvey          AutomaticKind = "survey"          // how was it?
	AutomaticArticle         AutomaticKind = "article"         // an article may answer it
	AutomaticAdvisory        AutomaticKind = "advisory"        // a notice to many customers
)

// AutomaticDue is a message that may be answered automatically, or a conversation that
// its customer may be asked about, with everything that the decision needs to know of it.
type AutomaticDue struct {
	ConversationID ConversationID
	MessageID      MessageID     // that is answered; zero for a survey
	Kind           AutomaticKind // AutomaticAcknowledgement stands for whatever answers a message
	At             time.Time     // when to decide
	Facts          AutomaticFacts
}

// AutomaticFacts are what a message says about whether a program may answer it (RFC 3834
// §2). They are kept as JSON until the decision.
type AutomaticFacts struct {
	Channel  Channel   `json:"channel"`
	Address  string    `json:"address"` // whom an answer would go to, lower case; empty: nobody
	Received time.Time `json:"received,omitzero"`
	Trust    Trust     `json:"trust"`
	// Auto is what the message is if a program wrote it, or a list distributed it.
	Auto AutoSubmitted `json:"auto,omitempty"`
	// Refused is the header field that asks for no automatic answer; may be empty.
	Refused  string `json:"refused,omitempty"`
	NullPath bool   `json:"null_path,omitempty"` // the reverse-path is known to be empty
	// Named: a recipient field names one of the desk's addresses.
	Named bool `json:"named,omitempty"`
	Own   bool `json:"own,omitempty"`   // the address is one of the desk's, or an agent's
	Via   bool `json:"via,omitempty"`   // the author wrote for somebody else
	Spam  bool `json:"spam,omitempty"`  // a filter marked it
	Reply bool `json:"reply,omitempty"` // it answers a mail of ours
	// MessageID, References and Subject are those of the message.
	MessageID  string   `json:"message_id,omitempty"`
	References []string `json:"references,omitempty"`
	Subject    string   `json:"subject,omitempty"`
	// Fingerprint is the same for messages that differ in numbers, addresses and layout
	// only. It is empty for a survey.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Answer is the slug of the article with which the policy answers the message; empty: none.
	Answer string `json:"answer,omitempty"`
	// Language is that of the message, ISO 639-1, and Words are those by which articles are
	// found; both only if articles may be sent.
	Language string   `json:"language,omitempty"`
	Words    []string `json:"words,omitempty"`
	// Assignee is who had the conversation when it was resolved; only for a survey, of which
	// Received is that instant.
	Assignee AgentID `json:"assignee,omitzero"`
}

// AutomaticWithheld means that an automatic mail was not sent.
type AutomaticWithheld struct {
	Automatic AutomaticKind `json:"automatic" enum:"acknowledgement,out-of-hours,survey,article"`
	MessageID MessageID     `json:"message_id" doc:"The message that was not answered; empty with survey"`
	Rule      string        `json:"rule" doc:"Which rule withheld it: automatic, list, unverified, budget-address, circuit-breaker, ..."`
	Reason    string        `json:"reason" doc:"The same in words"`
}

// EventAutomaticWithheld is the kind of AutomaticWithheld.
const EventAutomaticWithheld EventKind = "automatic.withheld"

func (AutomaticWithheld) EventKind() EventKind { return EventAutomaticWithheld }
func (AutomaticWithheld) EventVersion() int    { return 1 }
