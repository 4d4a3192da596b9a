package agent

import (
	"time"

	"switchboard/desk"
)

// The data of the events that acts write.

// messageData goes with note.added.
type messageData struct {
	MessageID desk.MessageID `json:"message_id"`
	From      []desk.Address `json:"from"`
	Preview   string         `json:"preview"`
	Channel   desk.Channel   `json:"channel"`
}

func dataOf(m *desk.Message) messageData {
	return messageData{MessageID: m.ID, From: m.From, Preview: m.Preview, Channel: m.Channel}
}

// sentData goes with message.sent.
type sentData struct {
	messageData
	To []desk.Address `json:"to,omitempty"`
	CC []desk.Address `json:"cc,omitempty"`
}

// assignedData goes with conversation.assigned; the empty ID is nobody.
type assignedData struct {
	From   desk.AgentID `json:"from"`
	To     desk.AgentID `json:"to"`
	Name   string       `json:"name,omitempty"` // of the new assignee
	Reason string       `json:"reason,omitempty"`
}

// movedData goes with conversation.moved; From and To are inbox keys.
type movedData struct {
	From       string         `json:"from"`
	To         string         `json:"to"`
	FromTier   desk.Tier      `json:"from_tier"`
	ToTier     desk.Tier      `json:"to_tier"`
	Note       string         `json:"note,omitempty"`
	MessageID  desk.MessageID `json:"message_id"` // the handover note's; empty: none
	Unassigned bool           `json:"unassigned,omitempty"`
}

// statusData goes with conversation.status.
type statusData struct {
	From   desk.Status `json:"from"`
	To     desk.Status `json:"to"`
	Until  *time.Time  `json:"until,omitempty"`
	Reason string      `json:"reason,omitempty"`
}
