package desk

import "time"

// SuppressAfter is after how many deliveries that failed for temporary reasons, with
// nothing heard from the address in between, it gets no more replies.
const SuppressAfter = 3

// AddressFailure is a delivery that failed because of its recipient's address.
type AddressFailure struct {
	Address      string // in lower case
	Permanent    bool   // the mailbox does not exist; otherwise it only counts
	Code         int
	EnhancedCode string
	Detail       string
	At           time.Time
}

// AddressLift ends the suppression of an address.
type AddressLift struct {
	Address string  // in lower case
	By      AgentID // zero: it was reached, or a mail came from it
	At      time.Time
}

// The reasons for which an address is suppressed.
const (
	UnreachableNoMailbox = "no-mailbox" // a mail system says that there is none
	UnreachableRepeated  = "repeated"   // SuppressAfter deliveries have failed
)

// Unreachable is an address that gets no replies.
type Unreachable struct {
	Address      string    `json:"address"`
	Reason       string    `json:"reason" enum:"no-mailbox,repeated" doc:"There is no such mailbox, or several deliveries failed for other reasons"`
	Failures     int       `json:"failures" doc:"Deliveries that failed since it was last reached"`
	Code         int       `json:"code" doc:"SMTP reply code of the last one, 0 if none"`
	EnhancedCode string    `json:"enhanced_code" doc:"RFC 3463"`
	Detail       string    `json:"detail" doc:"What the mail system said"`
	Since        time.Time `json:"since"`
}

// EventAddressLifted is the kind of AddressLifted.
const EventAddressLifted EventKind = "address.lifted"

// AddressLifted means that a person lets replies go to an address again that could not be
// reached.
type AddressLifted struct {
	Address string `json:"address"`
	ByName  string `json:"by_name" doc:"Who did it"`
}

func (AddressLifted) EventKind() EventKind { return EventAddressLifted }
func (AddressLifted) EventVersion() int    { return 1 }
