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
	Tasks      int          `json:"tasks" doc:"Tasks of the inbox that are open or in progress"`
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
	Breaching  int `json:"breaching" doc:"Late, or due within an hour"`
	Gaps       int `json:"gaps" doc:"Without owner, clock or next action for longer than the policy allows"`
	Notices    int `json:"notices" doc:"Notices that you have not acknowledged"`
	Tasks      int `json:"tasks" doc:"Tasks assigned to you that are open or in progress"`
	Swarming   int `json:"swarming" doc:"Conversations of others with which you were asked to help: open, pending or snoozed"`
}

// Agent is a person who answers customers.
type Agent struct {
	ID    desk.AgentID `json:"id"`
	Name  string       `json:"name"`
	Email string       `json:"email"`
	Tiers []desk.Tier  `json:"tiers"`
	Admin bool         `json:"admin"`

	Disabled      bool         `json:"disabled" doc:"Cannot sign in; their history remains"`
	Inboxes       []string     `json:"inboxes" doc:"Keys of the inboxes that they are limited to; empty: all inboxes of their tiers"`
	InboxesOnly   bool         `json:"inboxes_only" doc:"They read only what is in the inboxes in which they work"`
	MaskAddresses bool         `json:"mask_addresses" doc:"They do not see the addresses of customers"`
	Skills        []string     `json:"skills"`
	Capacity      int          `json:"capacity" doc:"Open conversations that may be assigned automatically; 0: as the inbox says"`
	Leads         []string     `json:"leads" doc:"Keys of the inboxes that they lead"`
	Timezone      string       `json:"timezone" doc:"IANA name, of hours; empty: UTC"`
	Hours         desk.Hours   `json:"hours" doc:"Weekly working hours, as in the calendars of the policy: {\"mon-fri\": [\"09:00-17:00\"]}; empty: always"`
	DisplayName   string       `json:"display_name" doc:"The name that customers see; empty: name"`
	Signature     string       `json:"signature" doc:"CommonMark below their replies by mail, where the inbox has {{agent.signature}}"`
	Availability  Availability `json:"availability"`
	Open          int          `json:"open" doc:"Open conversations assigned to them that wait for us"`
}

// Availability says whether an agent takes new work now.
type Availability struct {
	State  desk.Availability `json:"state" enum:"available,away,offline" doc:"At the time of the response"`
	Reason string            `json:"reason" enum:",chosen,outside-hours,disconnected" doc:"Why they are not available"`
	Chosen desk.Availability `json:"chosen" enum:"available,away" doc:"What the agent set"`
	Until  *time.Time        `json:"until" doc:"With away: when it ends; null: when the agent ends it"`
	SeenAt *time.Time        `json:"seen_at" doc:"When the console was last connected, to about a minute; null: never"`
}

// AgentOf returns the view of a member of the roster.
func AgentOf(m desk.Member) Agent {
	a := m.Agent
	v := Agent{ID: a.ID, Name: a.Name, Email: a.Email, Tiers: filled(a.Tiers), Admin: a.Admin, Disabled: a.Disabled, Inboxes: filled(a.Inboxes),
		InboxesOnly: a.InboxesOnly, MaskAddresses: a.MaskAddresses, Skills: filled(a.Skills), Capacity: a.Capacity, Leads: filled(a.Leads), Timezone: a.Timezone, Hours: a.Hours, DisplayName: a.DisplayName, Signature: a.Signature, Open: m.Open(),
		Availability: Availability{State: m.Availability, Reason: m.Reason, Chosen: m.Chosen, SeenAt: optional(m.SeenAt)}}
	if m.Reason == desk.ReasonChosen {
		v.Availability.Until = optional(m.Until)
	} else {
		v.Availability.Chosen = desk.Available // an absence that is over
	}
	if v.Hours == nil {
		v.Hours = desk.Hours{}
	}
	return v
}

// filled returns a list that is never null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// optional returns a timestamp, null for the zero one.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
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
	Plan       string         `json:"plan" doc:"The attribute plan, if it is a string"`
	Owner      *AgentName     `json:"owner" doc:"The agent who looks after it; null: none"`
	ExternalID string         `json:"external_id" doc:"Its key in another system; may be empty"`
	Open       int            `json:"open"`
	Contacts   []Contact      `json:"contacts" doc:"Empty in lists"`
	MayEdit    []string       `json:"may_edit" doc:"The properties that you may change"`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at" doc:"When a person or an import last changed it; pass it as based_on"`
}

// Identity is an address of a contact.
type Identity struct {
	Channel     desk.Channel      `json:"channel"`
	Address     string            `json:"address"`
	Trust       desk.Trust        `json:"trust" enum:"claimed,aligned,verified"`
	VerifiedAt  *time.Time        `json:"verified_at"`
	Unreachable *desk.Unreachable `json:"unreachable" doc:"Why it gets no replies; null if it does"`
}

// Contact is a person who writes to the desk.
type Contact struct {
	ID         desk.ContactID `json:"id"`
	Name       string         `json:"name"`
	Account    AccountName    `json:"account"`
	Identities []Identity     `json:"identities"`
	CreatedAt  time.Time      `json:"created_at"`

	NoAdvisoriesSince *time.Time `json:"no_advisories_since" doc:"When they said that they want no more advisories; null: they get them"`
}

// Key is an API key without its secret, which is shown only once.
type Key struct {
	ID         desk.KeyID `json:"id"`
	Name       string     `json:"name"`
	Agent      AgentName  `json:"agent" doc:"The agent whose permissions it has"`
	Scopes     []string   `json:"scopes" doc:"What it may do, such as conversations:read; empty: whatever the agent may"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"Null: never"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// AppPassword is a password of a mail program without its secret, which is shown only once.
type AppPassword struct {
	ID         desk.KeyID `json:"id"`
	Name       string     `json:"name" doc:"What it is for"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"Null: never"`
}

// ByName is a place in a list ordered by name. The zero ByName is the start.
type ByName struct {
	Name string
	ID   [16]byte
}
