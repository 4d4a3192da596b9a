package view

import (
	"time"

	"switchboard/desk"
)

// OutboxPart is the part of the outbox that a delivery is in.
type OutboxPart string

// Queued is a delivery in the outbox.
type Queued struct {
	ID            desk.DeliveryID    `json:"id"`
	Part          OutboxPart         `json:"part" enum:"waiting,sending,delayed,on_hold,unknown,failed,sent,cancelled" doc:"Where the outbox shows it"`
	State         desk.DeliveryState `json:"state" enum:"scheduled,held,queued,sending,sent,delivered,delayed,unknown,failed,cancelled"`
	OnHold        bool               `json:"on_hold" doc:"A person has stopped it: there are no attempts until it is released"`
	Recipient     string             `json:"recipient"`
	Domain        string             `json:"domain" doc:"Of the recipient, in lower case"`
	Conversation  OutboxConversation `json:"conversation"`
	Inbox         InboxName          `json:"inbox"`
	MessageID     desk.MessageID     `json:"message_id"`
	Author        *AgentName         `json:"author" doc:"The agent who wrote the message; null: nobody did"`
	Attempts      int                `json:"attempts"`
	NextAttemptAt *time.Time         `json:"next_attempt_at" doc:"Null when no attempt is scheduled"`
	Code          int                `json:"code" doc:"SMTP reply code of the last attempt, 0 if none"`
	EnhancedCode  string             `json:"enhanced_code" doc:"RFC 3463"`
	Detail        string             `json:"detail" doc:"What the server answered, or what went wrong"`
	CreatedAt     time.Time          `json:"created_at"`
	UpdatedAt     time.Time          `json:"updated_at"`
}

// OutboxConversation identifies the conversation of a delivery.
type OutboxConversation struct {
	ID      desk.ConversationID `json:"id"`
	Number  int64               `json:"number"`
	Subject string              `json:"subject"`
}

// OutboxFilter selects deliveries.
type OutboxFilter struct {
	Part   OutboxPart // empty: all that have not been sent or cancelled
	Inbox  string     // key; empty: any
	Domain string     // of the recipient; empty: any
}

// OutboxCounts are how many deliveries have not been sent.
type OutboxCounts struct {
	Parts   []OutboxPartCount   `json:"parts" doc:"Of all destinations; without sent and cancelled"`
	Domains []OutboxDomainCount `json:"domains" doc:"The destinations with the most deliveries in this part, at most 50"`
}

// OutboxPartCount counts the deliveries in a part of the outbox.
type OutboxPartCount struct {
	Part  OutboxPart `json:"part" enum:"waiting,sending,delayed,on_hold,unknown,failed"`
	Count int64      `json:"count"`
}

// OutboxDomainCount counts the deliveries to a domain.
type OutboxDomainCount struct {
	Domain string `json:"domain"`
	Count  int64  `json:"count"`
}
