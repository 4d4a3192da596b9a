package socket

import (
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/live"
)

// ReadyFrame is the first frame from the server.
type ReadyFrame struct {
	Type   string      `json:"type" enum:"ready"`
	Cursor desk.Cursor `json:"cursor" doc:"Where the socket starts; all later events follow"`
}

// EventFrame carries one event, replayed or live.
type EventFrame struct {
	Type  string     `json:"type" enum:"event"`
	Event view.Event `json:"event"`
}

// SignalFrame carries a typing or presence signal of someone else.
type SignalFrame struct {
	Type  string     `json:"type" enum:"signal"`
	Topic live.Topic `json:"topic" doc:"The conversation's id"`
	Kind  string     `json:"kind" enum:"typing,presence"`
	From  string     `json:"from,omitempty" doc:"The agent's or the visitor's session's id"`
	Data  *Presence  `json:"data,omitempty" doc:"Absent when a visitor is typing. A visitor's presence has the states viewing and gone, and no name"`
}

// Presence is the data of an agent's signal.
type Presence struct {
	State string `json:"state" enum:"viewing,replying,gone," doc:"Empty with typing"`
	Name  string `json:"name" doc:"The agent's name"`
}

// AuthFrame is the first frame of a client that could not send credentials with
// the request.
type AuthFrame struct {
	Type string `json:"type" enum:"auth"`
	Key  string `json:"key" doc:"An API key"`
}

// PresenceFrame says what the agent does in a conversation; repeat it at least
// every 45 s.
type PresenceFrame struct {
	Type           string `json:"type" enum:"presence"`
	ConversationID string `json:"conversation_id"`
	State          string `json:"state" enum:"viewing,replying,gone"`
}

// TypingFrame says that the agent is typing.
type TypingFrame struct {
	Type           string `json:"type" enum:"typing"`
	ConversationID string `json:"conversation_id"`
}
