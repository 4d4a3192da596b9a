package router

import (
	"time"

	"switchboard/desk"
)

// Facts are the values that conditions can use. The tag is the name in the policy
// document, the comment becomes doc/facts.md. An unknown fact has the zero value of
// its type.
type Facts struct {
	Channel      string            `expr:"channel" json:"channel"`   // "email", "chat" or "form"
	Endpoint     string            `expr:"endpoint" json:"endpoint"` // where it arrived: mailbox name, "smtp", widget key or form key
	Message      MessageFacts      `expr:"message" json:"message"`   // the message being routed
	Contact      ContactFacts      `expr:"contact" json:"contact"`   // who wrote it
	Account      AccountFacts      `expr:"account" json:"account"`   // the customer the contact belongs to
	Segment      string            `expr:"segment" json:"segment"`   // the account's segment; not available in segments
	Tier         int               `expr:"tier" json:"tier"`         // tier of the inbox; not available in segments and routing
	Inbox        string            `expr:"inbox" json:"inbox"`       // key of the inbox; not available in segments and routing
	History      HistoryFacts      `expr:"history" json:"history"`   // the account's earlier conversations
	Conversation ConversationFacts `expr:"conversation" json:"conversation"`
	Calendar     map[string]bool   `expr:"calendar" json:"calendar"` // calendar.NAME is true while that calendar is open
	SLA          SLAFacts          `expr:"sla" json:"sla"`           // SLA clocks; not available in segments and routing
	Stint        StintFacts        `expr:"stint" json:"stint"`       // the current assignment; not available in segments and routing
	Messages     CountFacts        `expr:"messages" json:"messages"` // message counts of the conversation
	Gap          string            `expr:"gap" json:"gap"`           // what the conversation lacks, for longer than the policy's gaps allow: "owner", "clock" or "next_action"; empty: nothing; not available in segments, routing and slas
	Handoff      HandoffFacts      `expr:"handoff" json:"handoff"`   // the last handoff; not available in segments, routing and slas

	remarks *[]string // why tests of attributes were false; nil: nobody asks
}

// MessageFacts describe one message.
type MessageFacts struct {
	Subject       string           `expr:"subject" json:"subject"`
	NewText       string           `expr:"new_text" json:"new_text"`             // new text, without quotes and signature
	From          string           `expr:"from" json:"from"`                     // lower-case address
	To            string           `expr:"to" json:"to"`                         // lower-case addresses of To and the envelope, joined by ", "
	CC            string           `expr:"cc" json:"cc"`                         // lower-case addresses, joined by ", "
	Desk          string           `expr:"desk" json:"desk"`                     // those of To, Cc and the envelope that are the desk's own, joined by ", "
	Language      string           `expr:"language" json:"language"`             // ISO 639-1, such as "en"; empty if the new text is too short to tell
	Attachments   []AttachmentFact `expr:"attachments" json:"attachments"`       // each {name, type, size}
	AutoSubmitted string           `expr:"auto_submitted" json:"auto_submitted"` // "none", "auto-reply", "bounce", "complaint", "list", "auto-generated"
	Trust         string           `expr:"trust" json:"trust"`                   // authentication of the sender's address: "claimed", "aligned", "verified", "forged"
	List          string           `expr:"list" json:"list"`                     // List-Id; empty if it is not list mail
}

// AttachmentFact describes one attachment.
type AttachmentFact struct {
	Name string `expr:"name" json:"name"`
	Type string `expr:"type" json:"type"` // media type, lower case
	Size int64  `expr:"size" json:"size"` // octets
}

// ContactFacts describe the sender.
type ContactFacts struct {
	Name    string `expr:"name" json:"name"`
	Address string `expr:"address" json:"address"` // lower case
	Domain  string `expr:"domain" json:"domain"`   // of the address
	Known   bool   `expr:"known" json:"known"`     // has written before
}

// AccountFacts describe the customer.
type AccountFacts struct {
	Name       string         `expr:"name" json:"name"`
	Domains    []string       `expr:"domains" json:"domains"`
	Plan       string         `expr:"plan" json:"plan"`             // attribute "plan"
	Attributes map[string]any `expr:"attributes" json:"attributes"` // custom attributes, such as account.attributes.arr; a test of a missing one is false, see above
	Tags       []string       `expr:"tags" json:"tags"`
}

// FactsOf returns the facts of an account.
func FactsOf(a *desk.Account) AccountFacts {
	plan, _ := a.Attributes["plan"].(string)
	return AccountFacts{Name: a.Name, Domains: a.Domains, Plan: plan, Attributes: a.Attributes, Tags: a.Tags}
}

// HistoryFacts describe what happened before.
type HistoryFacts struct {
	Open     int `expr:"open" json:"open"`           // other open conversations of the account
	Total    int `expr:"total" json:"total"`         // all other conversations of the account, at most 1000
	LastTier int `expr:"last_tier" json:"last_tier"` // tier that resolved the contact's last conversation, -1 if there is none
	Reopened int `expr:"reopened" json:"reopened"`   // how often the contact's last 50 conversations were reopened after they had been resolved
}

// ConversationFacts describe the current state of the conversation.
type ConversationFacts struct {
	Number     int64         `expr:"number" json:"number"` // 0 for a new conversation
	Subject    string        `expr:"subject" json:"subject"`
	Status     string        `expr:"status" json:"status"`     // "open", "pending", "snoozed", "resolved", "closed"
	Priority   string        `expr:"priority" json:"priority"` // "low", "normal", "high", "urgent"
	Tags       []string      `expr:"tags" json:"tags"`
	Restricted bool          `expr:"restricted" json:"restricted"`
	Assigned   bool          `expr:"assigned" json:"assigned"`
	FollowUp   bool          `expr:"follow_up" json:"follow_up"` // continues a closed conversation
	Age        time.Duration `expr:"age" json:"age"`
}

// SLAFacts are the conversation's clocks.
type SLAFacts struct {
	FirstResponse ClockFacts `expr:"first_response" json:"first_response"`
	NextResponse  ClockFacts `expr:"next_response" json:"next_response"`
	Resolution    ClockFacts `expr:"resolution" json:"resolution"`
	Update        ClockFacts `expr:"update" json:"update"`
	UpdateEvery   ClockFacts `expr:"update_every" json:"update_every"` // the same as update
}

// ClockFacts describe one clock. A clock can be compared with a percentage:
// sla.first_response >= 80% means that at least 80 % of its time is used and the
// target has not been met.
type ClockFacts struct {
	Running   bool          `expr:"running" json:"running"` // neither met nor paused
	Breached  bool          `expr:"breached" json:"breached"`
	Used      float64       `expr:"used" json:"used"`           // share of the time used, 1 at the deadline; 0 once the target is met
	Remaining time.Duration `expr:"remaining" json:"remaining"` // business time; negative after the deadline
}

// StintFacts describe the current assignment.
type StintFacts struct {
	Age            time.Duration `expr:"age" json:"age"`
	Unacknowledged time.Duration `expr:"unacknowledged" json:"unacknowledged"` // time since the assignment, until the assignee does something; then 0
	WaitingOn      string        `expr:"waiting_on" json:"waiting_on"`         // "us", "customer", "third-party"
	Assignee       string        `expr:"assignee" json:"assignee"`             // address of the agent, or empty
}

// HandoffFacts describe the last handoff of the conversation to another inbox. A handoff
// is pending until the receiver accepts it or returns the conversation.
type HandoffFacts struct {
	Pending bool          `expr:"pending" json:"pending"`
	Age     time.Duration `expr:"age" json:"age"`       // time since the handoff; 0 if it is not pending
	Accept  ClockFacts    `expr:"accept" json:"accept"` // the clock of accept_within; its target is met when the receiver accepts
}

// CountFacts count messages.
type CountFacts struct {
	Inbound  int `expr:"inbound" json:"inbound"`   // from the customer, without automatic ones
	Outbound int `expr:"outbound" json:"outbound"` // to the customer, without automatic ones
}

// Percent is a percentage in a condition: 80% is 80.
type Percent float64
