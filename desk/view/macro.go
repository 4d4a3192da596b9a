package view

import (
	"time"

	"switchboard/desk"
)

// Macro is a text for replies, actions, or both.
type Macro struct {
	ID         desk.MacroID       `json:"id"`
	Name       string             `json:"name"`
	Scope      string             `json:"scope" enum:"shared,private" doc:"private: yours alone"`
	Inboxes    []string           `json:"inboxes" doc:"Keys of the inboxes whose conversations it is for; empty: all"`
	Text       string             `json:"text" doc:"CommonMark with variables such as {{contact.first_name|there}}; empty: actions only"`
	Actions    []desk.MacroAction `json:"actions"`
	Editable   bool               `json:"editable" doc:"You may change and remove it"`
	Uses       int64              `json:"uses" doc:"How often it was used"`
	LastUsedAt *time.Time         `json:"last_used_at"`
	CreatedAt  time.Time          `json:"created_at"`
	UpdatedAt  time.Time          `json:"updated_at"`
}
