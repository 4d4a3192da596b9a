package desk

import "time"

// DeliveryAction is what a person does to a delivery.
type DeliveryAction string

const (
	DeliveryHold     DeliveryAction = "hold"     // no attempts until it is released
	DeliveryRelease  DeliveryAction = "release"  // ends a hold
	DeliveryRetry    DeliveryAction = "retry"    // an attempt now, and a new retry period
	DeliveryCancel   DeliveryAction = "cancel"   // no further attempts
	DeliveryRedirect DeliveryAction = "redirect" // to another recipient
)

// DeliveryOperation is an operation of a person on a delivery, to be recorded: it changes
// the delivery and adds a row to its attempts. KindConflict if the delivery is no longer in
// the state From.
type DeliveryOperation struct {
	Delivery      DeliveryID
	Action        DeliveryAction
	From, State   DeliveryState // before and afterwards
	OnHold        bool          // afterwards
	NextAttemptAt time.Time     // zero: unchanged
	Reason        string        // what the trail says; may be empty
	By            AgentID
	At            time.Time
}

// DeliveryChanged is the result of an attempt to deliver, or a report about it
// (RFC 3464).
type DeliveryChanged struct {
	DeliveryID   DeliveryID    `json:"delivery_id"`
	MessageID    MessageID     `json:"message_id"`
	Recipient    string        `json:"recipient"`
	State        DeliveryState `json:"state"`
	Source       AttemptSource `json:"source,omitempty" doc:"What reported it: attempt, dsn or client"`
	Attempts     int           `json:"attempts"`
	Code         int           `json:"code,omitempty" doc:"SMTP reply code"`
	EnhancedCode string        `json:"enhanced_code,omitempty" doc:"RFC 3463"`
	Detail       string        `json:"detail,omitempty"`
	NextAttempt  *time.Time    `json:"next_attempt_at" doc:"null: no further attempt"`
	Late         bool          `json:"late,omitempty" doc:"It has been delayed for so long that people are told"`
}

// EventDeliveryOperated is the kind of DeliveryOperated.
const EventDeliveryOperated EventKind = "delivery.operated"

// DeliveryOperated is what a person did to a delivery.
type DeliveryOperated struct {
	DeliveryID DeliveryID     `json:"delivery_id"`
	MessageID  MessageID      `json:"message_id"`
	Recipient  string         `json:"recipient"`
	Action     DeliveryAction `json:"action" enum:"hold,release,retry,cancel,redirect"`
	State      DeliveryState  `json:"state" doc:"The state of the delivery afterwards"`
	To         string         `json:"to,omitempty" doc:"With redirect: the new recipient"`
	Reason     string         `json:"reason,omitempty"`
	ByName     string         `json:"by_name" doc:"Who did it"`
}

func (DeliveryOperated) EventKind() EventKind { return EventDeliveryOperated }
func (DeliveryOperated) EventVersion() int    { return 1 }
