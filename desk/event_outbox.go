package desk

import "time"

// Kinds of events about replies before they leave.
const (
	EventMessageScheduled EventKind = "message.scheduled" // MessageScheduled
	EventMessageCancelled EventKind = "message.cancelled" // MessageCancelled
)

// MessageScheduled is a reply that will be sent later. When it is sent, MessageSent
// follows with the same message.
type MessageScheduled struct {
	MessageSummary
	To     []Address `json:"to,omitempty"`
	CC     []Address `json:"cc,omitempty"`
	SendAt time.Time `json:"send_at"`
	Then   Status    `json:"then,omitempty" doc:"The status of the conversation once it is sent; missing: pending"`
	Until  time.Time `json:"until,omitzero" doc:"With then snoozed: when the conversation opens again"`

	ThirdParty bool `json:"third_party,omitempty" doc:"It goes to a third party; third-party.sent follows"`
}

// MessageCancelled is a reply that was taken back before it was sent. It is no longer
// in the conversation; its author has it as a draft.
type MessageCancelled struct {
	MessageID MessageID  `json:"message_id"`
	AuthorID  AgentID    `json:"author_id" doc:"Who wrote it"`
	SendAt    *time.Time `json:"send_at" doc:"When it would have been sent, if it was scheduled; else null"`
	Reason    string     `json:"reason,omitempty" doc:"Why it was withheld; missing: an agent took it back"`
}

func (MessageScheduled) EventKind() EventKind { return EventMessageScheduled }
func (MessageCancelled) EventKind() EventKind { return EventMessageCancelled }

func (MessageScheduled) EventVersion() int { return 1 }
func (MessageCancelled) EventVersion() int { return 1 }
