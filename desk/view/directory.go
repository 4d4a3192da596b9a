package view

import (
	"time"

	"switchboard/desk"
)

// Inbox is an inbox with its number of conversations.
type Inbox struct {
	ID         desk.InboxID `json:"id"`
	Key        string       `json:"key"`
	Name       string       `json:"name"`
	Tier       desk.Tier    `json:"tier"`
	TierName   string       `json:"tier_name"`
	Open       int          `json:"open" doc:"Conversations with status open"`
	Unassigned int          `json:"unassigned" doc:"Open conversations without an assignee"`
}

// MaxCount is where counting ends: it means so many or more.
const MaxCount = 1000

// Counts are the numbers of conversations in the views of an agent, up to MaxCount.
type Counts struct {
	Mine       int `json:"mine" doc:"Assigned to you, open or pending"`
	Unassigned int `json:"unassigned" doc:"Open, without an assignee"`
	Open       int `json:"open"`
	Pending    int `json:"pending"`
	Snoozed    int `json:"snoozed"`
	Resolved   int `json:"resolved"`
}

// Agent is a person who answers customers.
type Agent struct {
	ID    desk.AgentID `json:"id"`
	Name  string       `json:"name"`
	Email string       `json:"email"`
	Tiers []desk.Tier  `json:"tiers"`
	Admin bool         `json:"admin"`
}

// AgentOf returns the view of an agent.
func AgentOf(a desk.Agent) Agent {
	tiers := a.Tiers
	if tiers == nil {
		tiers = []desk.Tier{}
	}
	return Agent{ID: a.ID, Name: a.Name, Email: a.Email, Tiers: tiers, Admin: a.Admin}
}

// Account is a customer with its number of open conversations. Contacts is empty in
// lists.
type Account struct {
	ID         desk.AccountID `json:"id"`
	Name       string         `json:"name"`
	Domains    []string       `json:"domains"`
	Segment    string         `json:"segment"`
	Timezone   string         `json:"timezone"`
	Attributes map[string]any `json:"attributes"`
	Tags       []string       `json:"tags"`
	Open       int            `json:"open"`
	Contacts   []Contact      `json:"contacts" doc:"Empty in lists"`
	CreatedAt  time.Time      `json:"created_at"`
}

// Identity is an address of a contact.
type Identity struct {
	Channel    desk.Channel `json:"channel"`
	Address    string       `json:"address"`
	Trust      desk.Trust   `json:"trust" enum:"claimed,aligned,verified"`
	VerifiedAt *time.Time   `json:"verified_at"`
}

// Contact is a person who writes to the desk.
type Contact struct {
	ID         desk.ContactID `json:"id"`
	Name       string         `json:"name"`
	Account    AccountName    `json:"account"`
	Identities []Identity     `json:"identities"`
	CreatedAt  time.Time      `json:"created_at"`
}

// Key is an API key without its secret, which is shown only once.
type Key struct {
	ID         desk.KeyID `json:"id"`
	Name       string     `json:"name"`
	Agent      AgentName  `json:"agent" doc:"The agent whose permissions it has"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"Null: never"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// ByName is a place in a list ordered by name. The zero ByName is the start.
type ByName struct {
	Name string
	ID   [16]byte
}
