package view

import (
	"time"

	"switchboard/desk"
)

// Webhook is a receiver of events without its secret, which is shown only once.
type Webhook struct {
	ID                desk.WebhookID `json:"id"`
	URL               string         `json:"url"`
	Description       string         `json:"description"`
	Types             []string       `json:"types" doc:"Types of messages that it gets; empty: all"`
	Inboxes           []string       `json:"inboxes" doc:"Keys of the inboxes whose conversations it is told of; empty: all"`
	Restricted        bool           `json:"restricted" doc:"It is told of restricted conversations, too"`
	Enabled           bool           `json:"enabled"`
	State             string         `json:"state" enum:"working,failing,disabled,dead" doc:"failing: every attempt has failed since failing_since; dead: the desk has disabled it, for the reason in problem"`
	Problem           string         `json:"problem" doc:"Why the desk has disabled it; may be empty"`
	Pending           int            `json:"pending" doc:"Messages that are not delivered yet"`
	FailingSince      *time.Time     `json:"failing_since"`
	LastSuccessAt     *time.Time     `json:"last_success_at"`
	PausedUntil       *time.Time     `json:"paused_until" doc:"The receiver asked for a pause"`
	FormerSecretUntil *time.Time     `json:"former_secret_until" doc:"Until then the former secret signs, too; null: there is none"`
	CreatedAt         time.Time      `json:"created_at"`
	UpdatedAt         time.Time      `json:"updated_at"`
}

// The states of a Webhook.
const (
	WebhookWorking  = "working"
	WebhookFailing  = "failing"
	WebhookDisabled = "disabled"
	WebhookDead     = "dead"
)

// WebhookDelivery is a message that goes to a webhook.
type WebhookDelivery struct {
	ID             desk.WebhookSendID  `json:"id"`
	MessageID      string              `json:"message_id" doc:"webhook-id of the request, the same in every attempt"`
	Type           string              `json:"type"`
	ConversationID desk.ConversationID `json:"conversation_id" doc:"Empty: a test"`
	Number         int64               `json:"number" doc:"Of the conversation; 0: a test"`
	State          string              `json:"state" enum:"pending,delivered,failed"`
	Attempts       int                 `json:"attempts"`
	Status         int                 `json:"status" doc:"Of the last response; 0: there was none"`
	LatencyMS      int                 `json:"latency_ms" doc:"Of the last attempt"`
	Response       string              `json:"response" doc:"The first kilobyte of the last response"`
	Error          string              `json:"error" doc:"Why the last attempt was no success; may be empty"`
	CreatedAt      time.Time           `json:"created_at"`
	LastAttemptAt  *time.Time          `json:"last_attempt_at"`
	NextAttemptAt  *time.Time          `json:"next_attempt_at" doc:"Null: none; a message waits for earlier ones of its conversation even if this has passed"`
}

// WebhookPosition is a place in the list of deliveries, newest first.
type WebhookPosition struct {
	At time.Time
	ID desk.WebhookSendID
}

// WebhookReplay says what is sent again.
type WebhookReplay struct {
	Since, Until time.Time // of the messages; used without IDs
	IDs          []desk.WebhookSendID
	FailedOnly   bool
}
