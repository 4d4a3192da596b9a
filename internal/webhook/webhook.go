// Package webhook decides what other systems are told over HTTP: which events go to which
// webhook, in which form, signed how, and what follows from the result of an attempt. It
// is pure; package dispatch sends.
package webhook

import (
	"time"

	"switchboard/desk"
)

// Webhook is a receiver of events.
type Webhook struct {
	ID          desk.WebhookID
	URL         string
	Description string
	Types       []string // empty: all
	Inboxes     []string // keys; empty: all
	Restricted  bool     // also events of restricted conversations
	Enabled     bool
}

// Secrets sign what is sent. Until has passed, the former one does, too.
type Secrets struct {
	Current, Former string // whsec_...
	Until           time.Time
}

// Conversation is what an event says about its conversation.
type Conversation struct {
	ID         desk.ConversationID `json:"id"`
	Number     int64               `json:"number"`
	Subject    string              `json:"subject"`
	Status     desk.Status         `json:"status"`
	Priority   desk.Priority       `json:"priority"`
	Tier       desk.Tier           `json:"tier"`
	Inbox      string              `json:"inbox"`
	AssigneeID desk.AgentID        `json:"assignee_id"`
	AccountID  desk.AccountID      `json:"account_id"`
	Account    string              `json:"account"`
	ContactID  desk.ContactID      `json:"contact_id"`
	Restricted bool                `json:"restricted"`
}

// Message is an event in the form in which it is sent. Its bytes never change, so that
// every attempt sends the same.
type Message struct {
	ID           string // webhook-id
	Type         string
	Conversation desk.ConversationID
	Seq          int64
	Body         []byte
}

// Delivery is a message that is to be sent now.
type Delivery struct {
	Message
	SendID     desk.WebhookSendID
	Webhook    Webhook
	Secrets    Secrets
	Attempts   int       // with this one
	Since      time.Time // attempts end Window after it
	Restricted bool      // the conversation is now
}

// Window is for how long a message is tried to be delivered, and how long a receiver may
// only fail before its webhook is disabled.
const Window = 24 * time.Hour

// Attempt is what came of an attempt.
type Attempt struct {
	Status     int // of the response; 0: there was none
	RetryAfter time.Duration
	Latency    time.Duration
	Response   string // its beginning
	Error      string // why it was no success
	Withheld   bool   // nothing was sent, and nothing will be
}

// State of a delivery.
type State string

// The states of a delivery.
const (
	Pending   State = "pending"
	Delivered State = "delivered"
	Failed    State = "failed"
)

// Verdict is what follows from an attempt.
type Verdict struct {
	State State
	Again time.Duration // until the next attempt, if it is Pending
	Pause time.Duration // of all attempts of the webhook; 0: none
	Gone  bool          // the receiver wants no more: disable the webhook
}

// The pauses between attempts double from the first to the longest one.
const (
	firstPause   = 5 * time.Second
	longestPause = 2 * time.Hour
)

// Decide says what follows from an attempt. spread is from 0 to 1, at random: receivers
// that come back do not get everything at once.
func Decide(a Attempt, attempts int, age time.Duration, spread float64) Verdict {
	switch {
	case a.Error == "":
		return Verdict{State: Delivered}
	case a.Status == 410: // RFC 9110 §15.5.11
		return Verdict{State: Failed, Gone: true}
	case a.Withheld, age >= Window:
		return Verdict{State: Failed}
	}
	pause := longestPause
	if n := max(attempts, 1) - 1; n < 16 {
		pause = min(pause, firstPause<<n)
	}
	pause = time.Duration(float64(pause) * (0.8 + 0.4*spread))
	v := Verdict{State: Pending, Again: pause}
	if a.RetryAfter > 0 {
		v.Pause = min(a.RetryAfter, Window)
		v.Again = max(v.Again, v.Pause)
	}
	v.Again = min(v.Again, max(Window-age, time.Second)) // the last attempt is at the end of the window
	return v
}
