package desk

import "time"

// DeliveryState is the state of one recipient's copy.
type DeliveryState string

const (
	DeliveryScheduled DeliveryState = "scheduled" // will be queued at NextAttemptAt, by the timer of its conversation
	DeliveryHeld      DeliveryState = "held"      // may still be undone
	DeliveryQueued    DeliveryState = "queued"    // due at NextAttemptAt
	DeliverySending   DeliveryState = "sending"   // leased by a sender until LeaseUntil
	DeliverySent      DeliveryState = "sent"      // accepted by the next hop
	DeliveryDelivered DeliveryState = "delivered" // confirmed by DSN or the visitor's client
	DeliveryDelayed   DeliveryState = "delayed"   // temporary failure, will be tried again
	DeliveryUnknown   DeliveryState = "unknown"   // the connection broke after the message was sent
	DeliveryFailed    DeliveryState = "failed"    // permanently; Code and Detail say why
	DeliveryCancelled DeliveryState = "cancelled" // undone before it left
)

// Delivery is one message on its way to one recipient.
type Delivery struct {
	ID             DeliveryID
	MessageID      MessageID
	ConversationID ConversationID
	Channel        Channel
	Recipient      string // addr-spec, or a chat session's text form
	ReturnPath     string // reverse-path for SMTP; empty for chat
	EnvelopeID     string // RFC 3461 ENVID
	// Destination is where it goes: the name of a smarthost, or the recipient's domain. The
	// database sets it.
	Destination   string
	State         DeliveryState
	Attempts      int
	NextAttemptAt time.Time
	Code          int    // SMTP reply code of the last attempt; 0: none
	EnhancedCode  string // RFC 3463, "4.2.1"; may be empty
	Detail        string // text of the last reply
	LeaseUntil    time.Time
	// Fence is the number of the claim; a completion with an older one is refused.
	Fence int64
	// OnHold: a person has stopped it, and there are no attempts until it is released.
	OnHold bool
	// PeriodAt is when the retry period began, and PeriodAttempts are the attempts before
	// it: it begins with the delivery, and again when a person retries it. Zero: CreatedAt.
	PeriodAt       time.Time
	PeriodAttempts int
	// WarnedAt is when people were told in this period that it is late; zero: not yet.
	WarnedAt  time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Result is the outcome of one attempt to send.
type Result struct {
	State        DeliveryState // sent, delivered, delayed, unknown or failed
	Server       string        // that it was sent to, "smtp.example.com:587"; empty: none, or not known
	Code         int
	EnhancedCode string
	Detail       string // what the server answered, or what went wrong
	// Late: it has been delayed for so long that people have to know.
	Late bool
	// Unreached: the server was not reached, or refused the connection or the login. That
	// says nothing about this message, and holds for all others to the same destination.
	Unreached bool
}

// AttemptSource says what reported a delivery's result.
type AttemptSource string

const (
	SourceAttempt AttemptSource = "attempt" // the answer to our own attempt, or the lack of one
	SourceDSN     AttemptSource = "dsn"     // a delivery status notification (RFC 3464)
	SourceCopy    AttemptSource = "copy"    // a copy in a Sent folder, or one that came back to us
	SourceClient  AttemptSource = "client"  // the visitor's chat client confirmed it
	SourcePerson  AttemptSource = "person"  // not a result: what a person did to the delivery
)

// DeliveryResult is a result to be recorded: it changes the delivery and adds a
// row to its attempts.
type DeliveryResult struct {
	Delivery DeliveryID
	// Fence is the claim's number, which must still be current (KindConflict); 0 for
	// results without a claim.
	Fence  int64
	Source AttemptSource
	At     time.Time
	Result
	NextAttemptAt time.Time // zero: no further attempt
}

// CancelledMessage is a reply that was taken back before it was sent: its deliveries are
// cancelled, and its author gets its text as a draft. KindConflict if one of them has
// left already.
type CancelledMessage struct {
	Message      MessageID
	Conversation ConversationID
	At           time.Time
}

// ReleasedMessage is a scheduled reply that is sent now: its deliveries are queued.
type ReleasedMessage struct {
	Message MessageID
	At      time.Time
}
